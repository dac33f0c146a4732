"""The partner desk: plain signed pages, one for each link in a notice. `app` is the ASGI app; `python -m deployments.desk` serves it.

Texts are in `templates/desk`, what they show in `tasks.pages`, what an answer does behind the doors of `models`.
"""

from __future__ import annotations

from deployments.desk.site import create_app

app = create_app()
"""Reads the environment when it starts, not when it is imported: `DATABASE_URL`, `DESK_SECRET`, `PUBLIC_URL`, `VAR`."""

__all__ = ["app", "create_app"]

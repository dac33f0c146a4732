"""Where things are and what is configured, from the environment. Read at the edges; rules get values, never this."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from models.errors import ProgrammeError


def var_folder() -> Path:
    """`VAR`, or `var/`: everything the engine writes beside the database."""
    return Path(os.environ.get("VAR") or "var").resolve()


def documents_folder() -> Path:
    """Where files of editions are written."""
    return var_folder() / "documents"


def mail_folder() -> Path:
    """Where mail is written as `.eml` files while no mail server is configured."""
    return var_folder() / "mail"


def notify_urls() -> str | None:
    """`NOTIFY_URLS`: the channels notices go through; None for the mail folder."""
    return os.environ.get("NOTIFY_URLS") or None


def public_url() -> str:
    """`PUBLIC_URL`: the address partners reach the desk at, without a slash at the end. Not set: this machine's own, at `DESK_PORT`."""
    return (os.environ.get("PUBLIC_URL") or f"http://127.0.0.1:{os.environ.get('DESK_PORT') or 4280}").rstrip("/")


def prefect_ui() -> str:
    """`PREFECT_UI_URL`: where a coordinator's browser reaches Prefect, without a slash at the end; empty where that is not known.

    Not set: the address the engine itself uses (`PREFECT_API_URL`), unless that is this machine's own and the desk's is not.
    """
    named = (os.environ.get("PREFECT_UI_URL") or os.environ.get("PREFECT_API_URL") or "").rstrip("/").removesuffix("/api")
    if os.environ.get("PREFECT_UI_URL") or not _is_here(named) or _is_here(public_url()):
        return named
    return ""


def _is_here(address: str) -> bool:
    return urlsplit(address).hostname in ("127.0.0.1", "localhost", "::1")


def desk_proxies() -> str:
    """`DESK_PROXIES`: how many proxies stand in front of the desk, or their addresses; empty: what X-Forwarded-For says is not believed."""
    return os.environ.get("DESK_PROXIES") or ""


def link_secret() -> str:
    """`DESK_SECRET`, or the one `make up` keeps in `var/secret`: what links in notices are signed with."""
    secret = os.environ.get("DESK_SECRET")
    kept = var_folder() / "secret"
    if secret or kept.exists():
        return secret or kept.read_text().strip()
    raise ProgrammeError(f"There is no secret to sign links with: set DESK_SECRET, or start with `make up`, which keeps one in {kept}.")


def programmes_folder() -> Path:
    """The programme files that come with the project."""
    return Path(__file__).resolve().parent.parent / "deployments" / "programmes"

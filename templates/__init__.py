"""Jinja templates, styles and catalogues; no code."""

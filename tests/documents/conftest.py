"""What the document tests share: the static font faces, cut once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.fonts import font_folder


@pytest.fixture(scope="session")
def faces() -> Path:
    """The folder of the faces, in this user's cache."""
    return font_folder()

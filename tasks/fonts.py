"""Static faces of Noto Sans, cut once from the variable font of the `fontpkg-noto-sans` package and kept in a cache folder.

WeasyPrint lays out static faces several times faster than a variable font, and the same faces everywhere give the same bytes.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import tempfile
from importlib.metadata import version
from pathlib import Path

WRITTEN_WITH = (range(0x530), range(0x1E00, 0x2300), range(0x2460, 0x27C0), range(0xA640, 0xA700), range(0xFB00, 0xFB07))
"""Latin, Greek, Cyrillic with their extensions, punctuation, arrows and signs; other scripts come from the system's fonts."""
FACES = {
    "regular": ("NotoSans[wdth,wght].ttf", 400, "normal"),
    "bold": ("NotoSans[wdth,wght].ttf", 700, "normal"),
    "italic": ("NotoSans-Italic[wdth,wght].ttf", 400, "italic"),
}


def cache_folder() -> Path:
    """Where this user keeps caches: `$XDG_CACHE_HOME/inclucities`, by default under `~/.cache`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "inclucities"


def font_folder(cache: Path | None = None) -> Path:
    """The folder with `regular.ttf`, `bold.ttf` and `italic.ttf`, cut if they are not there yet.

    Safe beside other processes: a face appears whole or not at all, and all of them cut the same bytes.
    """
    folder = (cache or cache_folder()) / f"noto-sans-{_edition()}"
    folder.mkdir(parents=True, exist_ok=True)
    for face, (source, weight, _) in FACES.items():
        if not (folder / f"{face}.ttf").exists():
            _cut(_package() / source, weight, folder / f"{face}.ttf")
    return folder


def font_css(base: str) -> str:
    """The `@font-face` rules for the faces, with addresses that start with `base`."""
    rules = (
        f'@font-face {{ font-family: "Noto Sans"; font-weight: {weight}; font-style: {style}; src: url("{base}/{face}.ttf"); }}'
        for face, (_, weight, style) in FACES.items()
    )
    return "\n".join(rules)


def fonts_sha256(folder: Path) -> str:
    """One digest over all faces, for the build key."""
    return hashlib.sha256(b"".join(hashlib.sha256((folder / f"{face}.ttf").read_bytes()).digest() for face in sorted(FACES))).hexdigest()


def _edition() -> str:
    return f"{version('fontpkg-noto-sans')}-{version('fonttools')}"


def _package() -> Path:
    found = importlib.util.find_spec("fontpkg_noto_sans")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("fontpkg-noto-sans is not installed: run `make setup`")
    return Path(found.submodule_search_locations[0]) / "files"


def _cut(source: Path, weight: int, target: Path) -> None:
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont
    from fontTools.varLib.instancer import instantiateVariableFont

    font = TTFont(source, recalcTimestamp=False)
    smaller = Subsetter(Options(name_IDs=["*"], notdef_outline=True, recalc_timestamp=False))
    smaller.populate(unicodes=[code for codes in WRITTEN_WITH for code in codes])
    smaller.subset(font)
    static = instantiateVariableFont(font, {"wght": weight, "wdth": 100})
    handle, name = tempfile.mkstemp(dir=target.parent, suffix=".part")
    os.close(handle)
    static.save(name)
    Path(name).replace(target)

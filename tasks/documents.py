"""Writing editions: every format of an edition to its place in the output folder, one at a time or many in a pool.

HTML is rendered first and decides what must be laid out at all; PDF and PNG are `pdf`'s, Word is `word`'s, sites are `shops`'.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from tasks.files import put, sha256
from tasks.fonts import font_folder
from tasks.pdf import Layout, build_key, lay_out_all
from tasks.reading import EditionView
from tasks.rendering import breakable, render_html, render_svg
from tasks.shops import write_site

Job = tuple[EditionView, tuple[str, ...]]
FORMATS = ("pdf", "html", "docx", "svg", "png", "site")


@dataclass(frozen=True)
class Written:
    """One file of an edition: its path relative to the output folder, its digest, and what decided its bytes."""

    format: str
    path: str
    file_sha256: str
    build_key: str


@dataclass
class _Edition:
    """An edition on its way: what is written, and the layout it still waits for."""

    view: EditionView
    formats: tuple[str, ...]
    written: dict[str, Written] = field(default_factory=dict)

    def in_order(self) -> list[Written]:
        return [self.written[name] for name in self.formats]


def write_edition(
    view: EditionView, out: Path, formats: tuple[str, ...], cache: Path | None = None, fonts: Path | None = None
) -> list[Written]:
    """Write one edition in this process; see `write_editions`."""
    return write_editions([(view, formats)], out, workers=1, cache=cache, fonts=fonts)[0]


def write_editions(
    jobs: Iterable[Job],
    out: Path,
    workers: int = 2,
    on_done: Callable[[EditionView, list[Written]], None] | None = None,
    cache: Path | None = None,
    fonts: Path | None = None,
) -> list[list[Written]]:
    """Write all editions, each in its formats; the answer is in the order of the jobs, `on_done` is told as each is complete.

    1. Render every page and write what needs no layout: HTML, Word, SVG, sites.
    2. Lay out the PDFs, longest first, in `workers` processes; what `cache` holds under the same build key is taken from there.

    Same input, same bytes. Raises NotLaidOut where a PDF cannot be made.
    """
    editions = [_Edition(view, formats) for view, formats in jobs]

    def tell(edition: _Edition) -> None:
        if on_done:
            on_done(edition.view, edition.in_order())

    faces = (fonts or font_folder()) if any(_needs_layout(one.formats) for one in editions) else None
    waiting: dict[Layout, _Edition] = {}
    for edition in editions:
        layout = _write_pages(edition, out, faces, cache)
        if layout:
            waiting[layout] = edition
        else:
            tell(edition)

    def finished(layout: Layout) -> None:
        edition = waiting[layout]
        _note_layout(edition, layout, out)
        tell(edition)

    lay_out_all(list(waiting), workers, finished)
    return [edition.in_order() for edition in editions]


def _needs_layout(formats: tuple[str, ...]) -> bool:
    return "pdf" in formats or "png" in formats


def _write_pages(edition: _Edition, out: Path, faces: Path | None, cache: Path | None) -> Layout | None:
    """Everything but PDF and PNG, and the layout these need."""
    view = edition.view
    unknown = [name for name in edition.formats if name not in FORMATS]
    if unknown:
        raise ValueError(f"no such format: {', '.join(unknown)}; there are {', '.join(FORMATS)}")
    html = render_html(view)
    page = breakable(html)
    if "html" in edition.formats:
        _write(edition, out, "html", page.encode(), _key("html", page))
    if "docx" in edition.formats:
        from tasks.word import docx_of

        _write(edition, out, "docx", docx_of(html, view), _key("docx", html, version("python-docx"), version("lxml")))
    if "svg" in edition.formats:
        svg = render_svg(view)
        _write(edition, out, "svg", svg.encode(), _key("svg", svg))
    if "site" in edition.formats:
        path, digest = write_site(view, out)
        edition.written["site"] = Written("site", path, digest, digest)
    if not _needs_layout(edition.formats) or faces is None:
        return None
    picture = out / f"{view.path}.png" if "png" in edition.formats else None
    return Layout(page, out / f"{view.path}.pdf", build_key(page, faces), faces, cache, picture)


def _note_layout(edition: _Edition, layout: Layout, out: Path) -> None:
    for name, path in (("pdf", layout.target), ("png", layout.png)):
        if name in edition.formats and path is not None:
            digest = sha256(path.read_bytes())
            edition.written[name] = Written(name, path.relative_to(out).as_posix(), digest, layout.key)


def _write(edition: _Edition, out: Path, name: str, data: bytes, key: str) -> None:
    path = f"{edition.view.path}.{name}"
    put(out / path, data)
    edition.written[name] = Written(name, path, sha256(data), key)


def _key(*parts: str) -> str:
    return sha256(json.dumps(parts).encode())


__all__ = ["EditionView", "Written", "render_html", "write_edition", "write_editions"]

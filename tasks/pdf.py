"""HTML to PDF with WeasyPrint: tagged (PDF/UA-1), the same bytes for the same input, in one process or a pool of them.

WeasyPrint is imported where it works and nowhere else, so that a rehearsal without documents stays small.
"""

from __future__ import annotations

import ctypes
import gc
import hashlib
import io
import json
import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from models.errors import ProgrammeError
from tasks.files import put
from tasks.fonts import font_css, fonts_sha256
from tasks.pictures import png_of

OPTIONS: dict[str, Any] = {"pdf_variant": "pdf/ua-1", "optimize_images": False, "full_fonts": False, "hinting": False}
EPOCH = "1577836800"  # 2020-01-01: the date inside files is no news, their versions are on the cover
PRINT_FLAG = 4
TOLD_OF_PARENTS_END = 1
"""Linux's PR_SET_PDEATHSIG."""


class NotLaidOut(ProgrammeError):
    """A document could not be made into PDF; the message names it and the cause."""


@dataclass(frozen=True)
class Layout:
    """One PDF to be made: of which page, where to, under which build key; with a picture of its first page if `png` says where to."""

    html: str
    target: Path
    key: str
    fonts: Path
    cache: Path | None = None
    png: Path | None = None


def build_key(html: str, fonts: Path) -> str:
    """What decides every byte of the PDF: the page with its styles, the faces, options, and the libraries' versions."""
    said = {"html": hashlib.sha256(html.encode()).hexdigest(), "fonts": _fonts(fonts), "options": OPTIONS, "libraries": libraries()}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


@lru_cache(maxsize=1)
def libraries() -> dict[str, str]:
    """Versions of all that draws: the Python packages and the system's Pango, HarfBuzz and fontconfig."""
    from weasyprint.text.ffi import ffi, fontconfig, harfbuzz, pango

    names = ("weasyprint", "pydyf", "pikepdf", "pypdfium2", "pillow", "fonttools", "tinycss2")
    ffi.cdef("const char* hb_version_string(void); int FcGetVersion(void);")
    return {name: version(name) for name in names} | {
        "pango": str(pango.pango_version()),
        "harfbuzz": ffi.string(harfbuzz.hb_version_string()).decode(),
        "fontconfig": str(fontconfig.FcGetVersion()),
    }


@lru_cache(maxsize=8)
def _fonts(folder: Path) -> str:
    return fonts_sha256(folder)


def lay_out(layout: Layout) -> None:
    """Make one PDF and its picture, from the cache where the build key is known there. A file appears whole or not at all."""
    kept = layout.cache / f"{layout.key}.pdf" if layout.cache else None
    found = _known(kept) if kept else None
    if found is not None:
        put(layout.target, found)
    else:
        with _source_date():
            data = _finished(_drawn(layout))
        put(layout.target, data)
        if kept:
            put(kept, data)
    if layout.png:
        put(layout.png, png_of(layout.target.read_bytes()))


def _known(kept: Path) -> bytes | None:
    """What the cache holds, marked as used today: what is not used for long is cleared away (`tasks.retention`)."""
    try:
        os.utime(kept)
        return kept.read_bytes()
    except FileNotFoundError:
        return None


def lay_out_all(layouts: list[Layout], workers: int, on_done: Callable[[Layout], None]) -> None:
    """Lay out all, longest first; `on_done` is called in this process as each is finished.

    Raises NotLaidOut at the first that fails; those finished before are kept.
    """
    order = sorted(layouts, key=lambda one: (-len(one.html), str(one.target)))
    if workers <= 1 or len(order) <= 1:
        for layout in order:
            _guarded(layout)
            on_done(layout)
        return
    _lay_out_in_pool(order, min(workers, len(order)), on_done)


def _lay_out_in_pool(order: list[Layout], workers: int, on_done: Callable[[Layout], None]) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_prepare_worker) as pool:
        running: dict[Future[None], Layout] = {pool.submit(_guarded, layout): layout for layout in order}
        try:
            while running:
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    layout = running.pop(future)
                    future.result()
                    on_done(layout)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)  # without waiting, the thread that minds the processes outlives us
            raise


def _guarded(layout: Layout) -> None:
    """`lay_out` with errors that name the document, and the memory of one document freed before the next."""
    try:
        lay_out(layout)
    except Exception as error:
        cause = f"{type(error).__name__}: {error}"
        raise NotLaidOut(f"{layout.target.name} in {layout.target.parent} could not be laid out: {cause}") from error
    finally:
        gc.collect()


def _prepare_worker() -> None:
    """Load once what every document needs, and take it out of the collector's sight (measured: half the time per page)."""
    _end_with_parent()
    import weasyprint

    logging.getLogger(weasyprint.__name__).setLevel(logging.ERROR)
    gc.collect()
    gc.freeze()
    gc.disable()


def _end_with_parent() -> None:
    """A builder that is killed outright takes its helpers along: they hold 140 MB each and would wait for ever."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(TOLD_OF_PARENTS_END, signal.SIGKILL)


@contextmanager
def _source_date() -> Iterator[None]:
    """Libraries that write dates into files take this one."""
    before = os.environ.get("SOURCE_DATE_EPOCH")
    os.environ["SOURCE_DATE_EPOCH"] = EPOCH
    try:
        yield
    finally:
        if before is None:
            del os.environ["SOURCE_DATE_EPOCH"]
        else:
            os.environ["SOURCE_DATE_EPOCH"] = before


def _drawn(layout: Layout) -> bytes:
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration

    logging.getLogger("weasyprint").setLevel(logging.ERROR)  # it warns of every screen-only property
    fetch = _fetcher(layout.fonts)
    fonts = FontConfiguration()
    faces = CSS(string=font_css(layout.fonts.resolve().as_uri()), font_config=fonts, url_fetcher=fetch)
    page = HTML(string=layout.html, url_fetcher=fetch, base_url=None)
    return bytes(page.write_pdf(stylesheets=[faces], font_config=fonts, pdf_identifier=bytes.fromhex(layout.key)[:16], **OPTIONS))


def _fetcher(fonts: Path) -> Any:
    """Serves the font folder and addresses that carry their own data; everything else is refused, network and files alike."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class OnlyOurs(URLFetcher):  # type: ignore[misc]  # WeasyPrint ships no types
        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            if url.startswith("data:image/svg+xml;base64,"):
                return super().fetch(url, headers)
            path = Path(unquote(urlsplit(url).path)).resolve()
            if not url.startswith("file:") or path.parent != fonts.resolve():
                raise ValueError(f"documents fetch nothing from outside: {url}")
            return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": "font/ttf"})

    return OnlyOurs()


def _finished(data: bytes) -> bytes:
    """What WeasyPrint leaves out of PDF/UA: the scope of header cells, and that links are printed."""
    import pikepdf

    with pikepdf.open(io.BytesIO(data)) as pdf:
        for page in pdf.pages:
            for annotation in page.get("/Annots", []):
                annotation["/F"] = int(annotation.get("/F", 0)) | PRINT_FLAG
        if "/StructTreeRoot" in pdf.Root:
            _scope_headers(pdf.Root.StructTreeRoot, pikepdf)
        out = io.BytesIO()
        pdf.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def _scope_headers(root: Any, pikepdf: Any) -> None:
    """Give every TH its scope: a column's in the table's head, a row's elsewhere. Walks without recursion: trees are deep."""
    todo: list[tuple[Any, bool]] = [(root, False)]
    while todo:
        element, in_head = todo.pop()
        kind = str(element.get("/S", ""))
        if kind == "/TH":
            about = element.get("/A") or pikepdf.Dictionary(O=pikepdf.Name("/Table"))
            about["/Scope"] = pikepdf.Name("/Column" if in_head else "/Row")
            element["/A"] = about
        children = element.get("/K", [])
        children = children if isinstance(children, pikepdf.Array) else [children]
        todo += [(child, in_head or kind == "/THead") for child in children if isinstance(child, pikepdf.Dictionary) and "/S" in child]

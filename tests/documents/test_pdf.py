"""Real PDFs: tagged, whole, the same bytes for the same input, and nothing fetched from outside."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pypdf import PdfReader

from tasks.documents import write_edition, write_editions
from tasks.pdf import Layout, NotLaidOut, build_key, lay_out, lay_out_all
from tests.deployments.living import alive, wait_until
from tests.documents.samples import content, edition, full

CITY = "city-bergamo-sul-mare"
TINY = "<!DOCTYPE html><html lang='en'><head><title>t</title></head><body><h1>Tiny</h1><p>{}</p></body></html>"


def nothing(_: Layout) -> None:
    """Nobody waits for it."""


def texts(pdf: Path) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in PdfReader(pdf).pages]


def elements(pdf: pikepdf.Pdf, kind: str) -> list[Any]:
    return [one for one in pdf.objects if isinstance(one, pikepdf.Dictionary) and one.get("/S") == kind]


@pytest.fixture(scope="module")
def plan(faces: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("plan")
    write_edition(edition(full("D5.2", CITY), "For review"), out, ("pdf",), fonts=faces)
    return out / f"deliverables/D5.2/{CITY}/en.pdf"


def test_every_page_says_which_document_it_is_and_its_number(plan: Path) -> None:
    pages = texts(plan)
    assert len(pages) >= 8
    assert all(f"{at} / {len(pages)}" in page and "D5.2 Action plan · Bergamo sul Mare" in page for at, page in enumerate(pages[1:], 2))


def test_the_contents_list_names_the_page_a_section_is_on(plan: Path) -> None:
    pages = texts(plan)
    page = next(at for at, page in enumerate(pages[2:], 3) if "14 Risks" in page)
    listed = pages[1].split("14 Risks")[1].split("15 ")[0].replace(".", " ").split()
    assert listed[-1] == str(page)


def test_the_pdf_is_tagged_for_screen_readers(plan: Path) -> None:
    with pikepdf.open(plan) as pdf:
        assert str(pdf.Root.Lang) == "en"
        assert "pdfuaid:part" in bytes(pdf.Root.Metadata.read_bytes()).decode()
        headers = elements(pdf, "/TH")
        scopes = {str(one.A.Scope) for one in headers}
        assert len(headers) > 20
        assert scopes == {"/Column", "/Row"}
        links = [note for page in pdf.pages for note in page.get("/Annots", [])]
        assert links
        assert all(int(link.F) & 4 for link in links)


def test_only_our_font_is_in_it(plan: Path) -> None:
    with pikepdf.open(plan) as pdf:
        names = {str(one.BaseFont) for one in pdf.objects if isinstance(one, pikepdf.Dictionary) and "/BaseFont" in one}
    assert names
    assert all("Noto-Sans" in name or "NotoSans" in name for name in names)


def test_the_same_edition_gives_the_same_bytes_in_another_process(faces: Path, tmp_path: Path) -> None:
    view = edition(full("D1.1", CITY), "Rehearsal")
    other = edition(content("D2.1", "pair-liepkalns"), "Rehearsal")
    here = write_edition(view, tmp_path / "here", ("pdf",), fonts=faces)
    pool = write_editions([(view, ("pdf",)), (other, ("pdf",))], tmp_path / "pool", workers=2, fonts=faces)
    again = write_editions([(other, ("pdf",)), (view, ("pdf",))], tmp_path / "again", workers=2, fonts=faces)
    assert here == pool[0] == again[1]
    assert pool[1] == again[0]
    assert here[0].file_sha256 == hashlib.sha256((tmp_path / "pool" / here[0].path).read_bytes()).hexdigest()


def test_a_change_of_content_changes_the_build_key(faces: Path) -> None:
    assert build_key(TINY.format("a"), faces) != build_key(TINY.format("b"), faces)
    assert build_key(TINY.format("a"), faces) == build_key(TINY.format("a"), faces)


def test_what_the_cache_holds_is_not_laid_out_again(faces: Path, tmp_path: Path) -> None:
    key = build_key(TINY.format("a"), faces)
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / f"{key}.pdf").write_bytes(b"kept")
    lay_out(Layout(TINY.format("a"), tmp_path / "a.pdf", key, faces, tmp_path / "cache"))
    assert (tmp_path / "a.pdf").read_bytes() == b"kept"


def test_a_laid_out_document_goes_into_the_cache(faces: Path, tmp_path: Path) -> None:
    key = build_key(TINY.format("b"), faces)
    lay_out(Layout(TINY.format("b"), tmp_path / "b.pdf", key, faces, tmp_path / "cache"))
    assert (tmp_path / "cache" / f"{key}.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


def test_files_and_network_are_out_of_a_documents_reach(faces: Path, tmp_path: Path) -> None:
    from weasyprint.urls import URLFetchingError

    from tasks.pdf import _fetcher

    secret = tmp_path / "secret.ttf"
    secret.write_text("secret")
    fetch = _fetcher(faces)
    outside = (
        secret.as_uri(),
        f"{faces.as_uri()}/../../secret.ttf",
        "http://127.0.0.1:9/x",
        "https://example.org/",
        "data:text/html,x",
        "ftp://x/y",
    )
    for address in outside:
        with pytest.raises((ValueError, URLFetchingError)):
            fetch.fetch(address)
    assert fetch.fetch(f"{faces.as_uri()}/bold.ttf").read()[:4] == b"\x00\x01\x00\x00"


def test_a_document_that_cannot_be_laid_out_is_named(faces: Path, tmp_path: Path) -> None:
    (tmp_path / "in-the-way").write_text("a file where a folder should be")
    layout = Layout(TINY.format("c"), tmp_path / "in-the-way" / "c.pdf", "0" * 64, faces)
    with pytest.raises(NotLaidOut, match=r"c\.pdf in .*in-the-way could not be laid out"):
        lay_out_all([layout], 1, nothing)


def test_no_process_is_left_behind_when_a_document_fails(faces: Path, tmp_path: Path) -> None:
    (tmp_path / "in-the-way").write_text("")
    bad = [Layout(TINY.format(at), tmp_path / "in-the-way" / f"{at}.pdf", "0" * 64, faces) for at in range(2)]
    with pytest.raises(NotLaidOut):
        lay_out_all(bad, 2, nothing)
    for child in multiprocessing.active_children():
        child.join(20)
    assert multiprocessing.active_children() == []


def test_importing_the_documents_loads_no_heavy_library() -> None:
    heavy = ("weasyprint", "prefect", "sqlalchemy", "pikepdf", "docx", "fontTools", "pypdfium2")
    code = f"import sys, tasks.documents, tasks.index_page; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ | {"PYTHONPATH": "."})
    assert done.stdout.strip() == "[]"


BUILDER = """
import os, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from tasks.pdf import _prepare_worker

if __name__ == "__main__":
    pool = ProcessPoolExecutor(2, mp_context=get_context("spawn"), initializer=_prepare_worker)
    print(*{pool.submit(os.getpid).result() for _ in range(3)}, flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent is gone")
def test_a_builder_that_is_killed_takes_its_helpers_along(tmp_path: Path) -> None:
    (tmp_path / "builder.py").write_text(BUILDER)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen([sys.executable, str(tmp_path / "builder.py")], env=environment, stdout=subprocess.PIPE, text=True) as builder:
        assert builder.stdout is not None
        helpers = [int(pid) for pid in builder.stdout.readline().split()]
        assert helpers
        builder.kill()
        builder.wait()
    wait_until(lambda: not [pid for pid in helpers if alive(pid)])
    assert [pid for pid in helpers if alive(pid)] == []

"""The one-stop shop of a city as a small static site: one page and its open data."""

from __future__ import annotations

import json
from pathlib import Path

from tasks.files import put, sha256
from tasks.reading import EditionView, Reading
from tasks.rendering import environment, sample_note
from tasks.services import hsds
from tasks.shape import Shape
from tasks.wording import Words


def site_pages(view: EditionView) -> dict[str, bytes]:
    """The files of the site by name: `index.html` and `services.json`."""
    words = Words(view.language)
    reading = Reading(view, words)
    shared = {"view": view, "doc": reading, "cover": view.cover, "programme": reading.programme, "shape": Shape(reading)}
    page = environment(view.language).get_template("shop/site.html").render(shared | {"sample": sample_note(reading)})
    data = json.dumps(hsds(reading.body("one-stop-shop"), reading.subject), ensure_ascii=False, indent=1, sort_keys=True)
    return {"index.html": page.encode(), "services.json": data.encode() + b"\n"}


def site_folder(view: EditionView) -> str:
    """Where the site lies under the output folder: `shops/<city>`, other languages than the programme's own in a folder of theirs."""
    city = str(view.content["scope"]).partition("-")[2]
    own = view.language == view.content["programme"]["working_language"]
    return f"shops/{city}" if own else f"shops/{city}/{view.language}"


def write_site(view: EditionView, out: Path) -> tuple[str, str]:
    """Write the site; the path of its `index.html` and the digest over its files."""
    folder = site_folder(view)
    pages = site_pages(view)
    for name, data in pages.items():
        put(out / folder / name, data)
    return f"{folder}/index.html", site_sha256({f"{folder}/{name}": sha256(data) for name, data in pages.items()})


def site_sha256(files: dict[str, str]) -> str:
    """The digest of a site: over the sorted lines `path NUL sha256`, each ended by a line feed; paths relative to the output folder."""
    lines = sorted(f"{path}\0{digest}\n" for path, digest in files.items())
    return sha256("".join(lines).encode())

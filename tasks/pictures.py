"""Pictures made of PDF pages. Infographics are drawn as SVG by `rendering`; this makes PNG of the first page of a PDF."""

from __future__ import annotations

import io

PIXELS_PER_POINT = 2.0


def png_of(pdf: bytes) -> bytes:
    """The first page of a PDF as PNG, 144 pixels to the inch. Same PDF, same bytes."""
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf)
    try:
        image = document[0].render(scale=PIXELS_PER_POINT).to_pil().convert("RGB")
    finally:
        document.close()
    out = io.BytesIO()
    image.save(out, format="PNG", optimize=False, compress_level=6)
    return out.getvalue()

"""The first page of a PDF (首页小图), drawn small by PDFium: no forms, no scripts (the wheel is built without either).

Runs in the media child only, after the file was read through for what would act.
"""

from pathlib import Path

import pypdfium2

_LEAST = 1e-6
"""A page may say that it has no size at all."""


def first_page(paper: Path, longest: int) -> Path:
    """Draws the first page beside the paper, its longer side `longest` pixels, however long it calls itself.

    Raises what PDFium cannot open or draw.
    """
    page = pypdfium2.PdfDocument(paper)[0]
    scale = longest / max(*page.get_size(), _LEAST)
    drawn = page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
    drawn.thumbnail((longest, longest))
    target = paper.with_name(paper.name + ".drawn")
    drawn.save(target, "JPEG", quality=80)
    return target

"""The pages of a PDF as pictures, each named by what is on it."""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.hashing import sha256_bytes

if TYPE_CHECKING:
    from pypdfium2 import PdfPage

DOTS_PER_INCH = 120
"""Of the pictures: sharp enough to proofread, twenty pages in a quarter of a second."""
POINTS_PER_INCH = 72

_PDFIUM = threading.Lock()  # the library knows no threads


@dataclass(frozen=True, slots=True)
class PageName:
    """A page: a hash of its picture, and its width and height in points."""

    key: str
    width: float
    height: float


class Pages:
    """The pages of one PDF.

    Parameters
    ----------
    content : bytes
        The PDF.

    Attributes
    ----------
    names : tuple of PageName
        In their order. Two pages of one name look alike, also in two PDFs.
    """

    def __init__(self, content: bytes) -> None:
        from pypdfium2 import PdfDocument

        with _PDFIUM:
            self._document = PdfDocument(content)
            self.names = tuple(_name(page) for page in self._document)

    def picture(self, index: int) -> bytes:
        """Return a page as PNG; the first has index 0."""
        buffer = io.BytesIO()
        with _PDFIUM:
            image = self._document[index].render(scale=DOTS_PER_INCH / POINTS_PER_INCH).to_pil()
            image.load()
        image.save(buffer, "png", compress_level=1)
        return buffer.getvalue()

    def close(self) -> None:
        """Free what the library holds of the PDF."""
        with _PDFIUM:
            self._document.close()


def _name(page: PdfPage) -> PageName:
    bitmap = page.render(scale=DOTS_PER_INCH / POINTS_PER_INCH)
    return PageName(sha256_bytes(bytes(bitmap.buffer))[:16], page.get_width(), page.get_height())


def changed(before: tuple[PageName, ...], after: tuple[PageName, ...]) -> tuple[int, ...]:
    """Return the numbers of the pages that look otherwise than before, from 1; new ones count.

    Examples
    --------
    >>> one, two = PageName("a", 595, 842), PageName("b", 595, 842)
    >>> changed((one,), (one, two))
    (2,)
    """
    old: tuple[PageName | None, ...] = (*before, *[None] * len(after))
    return tuple(n for n, (was, is_) in enumerate(zip(old, after, strict=False), 1) if was != is_)

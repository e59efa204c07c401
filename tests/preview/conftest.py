from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def draw(tmp_path: Path) -> Callable[..., Path]:
    """Return what writes a PDF: one square of so many points on each of its pages, none for 0."""
    import pikepdf

    def write(*sides: int) -> Path:
        pdf, content = pikepdf.new(), io.BytesIO()
        for side in sides:
            page = pdf.add_blank_page(page_size=(200, 100))
            page.Contents = pdf.make_stream(f"0 0 {side} {side} re f".encode())
        pdf.save(content)
        path = tmp_path / "RIOS_ANA.pdf"
        path.write_bytes(content.getvalue())
        return path

    return write

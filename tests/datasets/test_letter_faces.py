"""Letters of fonts: where they stand, how large, and that no two faces are one."""

from __future__ import annotations

import dataclasses
import string
from pathlib import Path

import numpy as np
import pytest

from reportgen.datasets.letter_faces import FACES, Face, Pen
from reportgen.errors import DataError

SIDE = 112  # four times 28; 80 of it is the longer side of a letter, as 20 of 28


def pen(face: Face) -> Pen:
    path = face.file.find()
    assert isinstance(path, Path)
    return Pen(face, path, SIDE)


def ink(face: Face, letter: str, bold: int = 0) -> np.ndarray:
    """How black each pixel is, from 0 to 255."""
    return 255 - np.asarray(pen(face).draw(letter, bold))


def edges(picture: np.ndarray) -> list[int]:
    """Left, top, right and bottom of what is drawn."""
    columns, rows = np.flatnonzero(picture.max(axis=0)), np.flatnonzero(picture.max(axis=1))
    return [int(end) for end in (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)]


@pytest.mark.parametrize("face", [FACES[0], FACES[1], FACES[-3]], ids=["sans", "italic", "script"])
@pytest.mark.parametrize("letter", ["o", "M", "j", "i"])
def test_a_letter_fills_its_part_of_the_side_and_stands_in_the_middle(
    face: Face, letter: str
) -> None:
    left, top, right, bottom = edges(ink(face, letter))
    assert max(right - left, bottom - top) == pytest.approx(80, abs=2)
    assert (left + right) / 2 == pytest.approx(56, abs=1.5)
    assert (top + bottom) / 2 == pytest.approx(56, abs=1.5)


def test_bold_grows_to_each_side() -> None:
    plain, bold = edges(ink(FACES[0], "l")), edges(ink(FACES[0], "l", 3))
    assert [a - b for a, b in zip(plain, bold, strict=True)] == pytest.approx([3, 3, -3, -3], abs=1)


def test_a_weight_is_of_the_side_for_both_sides_of_a_stroke() -> None:
    """0.05 of 112 pixels are 5.6; 2.8 to each side."""
    assert [pen(FACES[0]).bold(weight) for weight in (0.0, 0.008, 0.05)] == [0, 0, 3]


def test_all_letters_of_all_faces_are_different_drawings() -> None:
    """A face that only measures otherwise would bring one picture into two splits."""
    pens = [pen(face) for face in FACES]
    drawn = [p.draw(letter).tobytes() for p in pens for letter in string.ascii_letters]
    assert len(set(drawn)) == len(drawn) == 25 * 52


def test_faces_have_numbers_of_their_own() -> None:
    """Which do not change with their place: those of the first and of the script are pinned."""
    assert len({face.number for face in FACES}) == len(FACES) == 25
    assert (FACES[0].number, FACES[-3].number) == (2163381936, 2361033933)


def test_the_alphabets_begin_where_they_say() -> None:
    script = FACES[-3]
    assert [chr(FACES[0].code_point(letter)) for letter in "AZaz"] == list("AZaz")
    assert [chr(script.code_point(letter)) for letter in "AZaz"] == list("𝓐𝓩𝓪𝔃")


def test_a_font_without_the_letter_is_told() -> None:
    blank = dataclasses.replace(FACES[0], lower=ord(" "))
    with pytest.raises(DataError, match=r"DejaVuSans.ttf is damaged: .* the letter a, got nothing"):
        pen(blank).draw("a")


def test_what_is_no_font_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.ttf"
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(DataError, match=r"a.ttf is damaged: expected a font, got "):
        Pen(FACES[0], path, SIDE)
    with pytest.raises(DataError, match=r"b.ttf cannot be read: "):
        Pen(FACES[0], tmp_path / "b.ttf", SIDE)

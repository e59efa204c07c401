"""Where Spanish sentences end."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ABBREVIATIONS = frozenset(
    "p ej etc fig figs tab ec cap sec pág págs núm núms n nn vol ed eds cf vs aprox máx mín "
    "dr dra sr sra srta d prof ref refs s ss ee uu art apdo av ap al v".split()
)
# The end of a sentence, closing quotes and brackets, and the blank after them.
_END = re.compile(r"(?:[.!?]+|…)[»”\"’')\]]*(?=\s)")
_LAST_WORD = re.compile(r"([^\W\d_]+)\.$")
_LONGEST_WORD = 50
_NEXT = re.compile(r"\s*[«“\"‘'(\[]*(\S)")


def split(text: str) -> Iterator[tuple[int, int]]:
    """Yield the bounds of each sentence of a paragraph, without the blanks around it.

    A full stop ends one unless it closes an abbreviation or an initial; an
    ellipsis, a question or an exclamation does unless a small letter follows.
    A decimal comma or point, or the stop of ``3.ª``, has no blank after it.

    Examples
    --------
    >>> text = "Sube, p. ej. 0,5 puntos. ¿Por qué? ¡Porque sí! y ya…"
    >>> [text[start:end] for start, end in split(text)]
    ['Sube, p. ej. 0,5 puntos.', '¿Por qué?', '¡Porque sí! y ya…']
    """
    start = 0
    for match in _END.finditer(text):
        if not _goes_on(text, match):
            yield from _stripped(text, start, match.end())
            start = match.end()
    yield from _stripped(text, start, len(text))


def _goes_on(text: str, end: re.Match[str]) -> bool:
    """Whether a sentence goes on after what looks like its end."""
    after = _NEXT.match(text, end.end())
    small = after is not None and after[1].islower()
    mark = end[0].rstrip("»”\"’')]")
    if mark != ".":
        return small
    before = max(0, end.start() - _LONGEST_WORD)  # all of a long text would be searched each time
    word = _LAST_WORD.search(text[before : end.start() + 1])
    if word is None:
        return False
    if word[1].lower() == "etc":
        return small
    initial = len(word[1]) == 1 and word[1].isupper()
    return initial or word[1].lower() in _ABBREVIATIONS


def _stripped(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    part = text[start:end]
    if part.strip():
        yield start + len(part) - len(part.lstrip()), start + len(part.rstrip())

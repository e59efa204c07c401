"""Notes of a page in columns: below their paragraphs, not at the foot of the page.

WeasyPrint moves footnotes of balanced columns to other pages, and may leave a page
empty or fail over them; so where text stands in columns, each note becomes a small
paragraph of its own. A note in a caption stays in the caption.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

NOTE = '<span class="footnote">'
_TOKEN = re.compile(
    rf"{re.escape(NOTE)}|<(?P<end>/?)(?P<tag>p|li|figcaption|td|th|span)\b[^>]*>|[^<]+|<"
)
_HOLDERS = frozenset({"p", "li", "figcaption", "td", "th"})
_MOVED = frozenset({"p", "li"})


@dataclass(slots=True)
class _Pass:
    """What was read so far: the elements that are open, and the notes that wait for their end."""

    number: int = 0
    open: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    note: list[str] = field(default_factory=list)
    depth: int = 0  # of spans inside the note that is being read


def notes_below(html: str) -> str:
    """Return a page whose footnotes are paragraphs below those that they belong to, numbered.

    Examples
    --------
    >>> notes_below('<p>Sí.<span class="footnote">Casi.</span> No.</p>')[:40]
    '<p>Sí.<a class="call" href="#note-1"><sp'
    """
    state = _Pass()
    return "".join(part for match in _TOKEN.finditer(html) for part in _read(match, state))


def _read(match: re.Match[str], state: _Pass) -> Iterator[str]:
    """Yield what stands for a token."""
    text, tag, end = match[0], match["tag"], bool(match["end"])
    if state.depth:
        state.depth += (tag == "span" or text == NOTE) * (-1 if end else 1)
        if state.depth:
            state.note.append(text)
        else:
            yield _call(state)
    elif text == NOTE and state.open and state.open[-1] in _MOVED:
        state.depth, state.note = 1, []
    elif tag in _HOLDERS and not end:
        state.open.append(tag)
        yield text
    elif tag in _HOLDERS and state.open:
        state.open.pop()
        yield from (text, *_flushed(state)) if tag == "p" else (*_flushed(state), text)
    else:
        yield text


def _call(state: _Pass) -> str:
    """Return the number that stands for a note just read, which is kept for later."""
    state.number += 1
    number = f'<span class="literal">{state.number}</span>'
    body = "".join(state.note)
    state.waiting.append(f'<p class="note" id="note-{state.number}"><sup>{number}</sup> {body}</p>')
    return f'<a class="call" href="#note-{state.number}">{number}</a>'


def _flushed(state: _Pass) -> list[str]:
    """Return the notes that wait."""
    waiting, state.waiting = state.waiting, []
    return waiting

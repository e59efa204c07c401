"""Source code as HTML: one block a line, told apart by weight and slant, not by colour."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from markupsafe import Markup, escape

# Token types of Pygments, the most special first, and the class of the page's style sheet.
_CLASSES = (
    (("Comment",), "c"),
    (("Literal", "String"), "s"),
    (("Keyword",), "k"),
    (("Operator", "Word"), "k"),
    (("Name", "Function"), "d"),
    (("Name", "Class"), "d"),
)


@lru_cache(maxsize=64)
def python_listing(source: str, first_line: int = 1) -> Markup:
    """Return Python source as the lines of a ``pre``.

    Parameters
    ----------
    source : str
    first_line : int
        Number of its first line in the file that it is from.
    """
    lines = [
        Markup('<span class="line" data-line="{}">{}</span>').format(
            number, line or Markup("\u200b")
        )
        for number, line in enumerate(_highlighted_lines(source), start=first_line)
    ]
    return Markup('<pre class="listing">{}</pre>').format(Markup("").join(lines))


def _highlighted_lines(source: str) -> Iterator[Markup]:
    """Yield each line with its tokens marked; blank lines at the ends are dropped."""
    from pygments import lex
    from pygments.lexers.python import PythonLexer

    line: list[Markup] = []
    for token, text in lex(source.strip("\n") + "\n", PythonLexer(stripnl=False)):
        name = _class_of(tuple(token))
        for i, piece in enumerate(text.split("\n")):
            if i:
                yield Markup("").join(line)
                line = []
            if piece:
                shown = escape(piece)
                line.append(
                    Markup('<span class="{}">{}</span>').format(name, shown) if name else shown
                )


def _class_of(token: tuple[str, ...]) -> str:
    """Return the CSS class of a token type; most tokens have none."""
    return next((name for kind, name in _CLASSES if token[: len(kind)] == kind), "")

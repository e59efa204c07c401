"""From markup to plain text: what goes into alt texts, figures and bookmarks."""

from __future__ import annotations

import html
import re

_TAG = re.compile(r"<[^<>]*>")
# Not `\s`: that would swallow the no-break spaces inside numbers.
_SPAN = re.compile(r'<span(?: class="(fact|literal|spec|claim|context)")?[^>]*>|</span>')
_BLANKS = re.compile(r"[ \t\r\n]+")


def plain(markup: object) -> str:
    r"""Return markup without tags, entities and line breaks; no-break spaces stay.

    Examples
    --------
    >>> plain('<b>98,94\u202f%</b>\n  de  &lt;x&gt;')
    '98,94\u202f% de <x>'
    """
    return html.unescape(_BLANKS.sub(" ", _TAG.sub("", str(markup)))).strip()


def without_grounds(markup: str) -> str:
    """Return markup without the spans that say what vouches for it: print needs no tag for each.

    Examples
    --------
    >>> without_grounds('<span class="claim"><span class="fact">2</span> <i>m</i></span>')
    '2 <i>m</i>'
    """
    kept: list[bool] = []

    def drop(match: re.Match[str]) -> str:
        if match[0] == "</span>":
            return match[0] if not kept or kept.pop() else ""
        kept.append(match[1] is None)
        return match[0] if kept[-1] else ""

    return _SPAN.sub(drop, markup)

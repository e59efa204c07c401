"""From markup to plain text: what goes into alt texts, figures and bookmarks."""

from __future__ import annotations

import html
import re

_TAG = re.compile(r"<[^>]*>")
# Not `\s`: that would swallow the no-break spaces inside numbers.
_BLANKS = re.compile(r"[ \t\r\n]+")


def plain(markup: object) -> str:
    r"""Return markup without tags, entities and line breaks; no-break spaces stay.

    Examples
    --------
    >>> plain('<b>98,94\u202f%</b>\n  de  &lt;x&gt;')
    '98,94\u202f% de <x>'
    """
    return html.unescape(_BLANKS.sub(" ", _TAG.sub("", str(markup)))).strip()

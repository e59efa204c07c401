"""Unquoted text of a YAML file as a value, and a value in the words of a message.

The values are those of YAML 1.2's core schema (yaml.org/spec/1.2.2, section
10.3), so `no` is text and a date stays text.
"""

from __future__ import annotations

import math
import re
from typing import Any

MAX_DIGITS = 300

NULL = re.compile(r"null|Null|NULL|~|")
TRUE = re.compile(r"true|True|TRUE")
FALSE = re.compile(r"false|False|FALSE")
INTEGERS = (
    (re.compile(r"[-+]?[0-9]+"), 10),
    (re.compile(r"0o[0-7]+"), 8),
    (re.compile(r"0x[0-9a-fA-F]+"), 16),
)
FLOAT = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
    r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)


def resolve(text: str) -> Any:
    """Return the value of an unquoted scalar by YAML 1.2's core schema.

    Raises
    ------
    ValueError
        If it is a number that is not finite or has more than `MAX_DIGITS` characters.

    Examples
    --------
    >>> resolve("no"), resolve("true"), resolve("1e-3"), resolve("2026-04-10")
    ('no', True, 0.001, '2026-04-10')
    """
    if NULL.fullmatch(text):
        return None
    if TRUE.fullmatch(text) or FALSE.fullmatch(text):
        return text[0] in "tT"
    return _number(text)


def _number(text: str) -> int | float | str:
    """Return the number that a text spells, or the text where it spells none."""
    base = next((base for pattern, base in INTEGERS if pattern.fullmatch(text)), None)
    if base is None and not FLOAT.fullmatch(text):
        return text
    if len(text) > MAX_DIGITS:
        msg = f"a number may have {MAX_DIGITS} characters, got {len(text)}"
        raise ValueError(msg)
    if base is not None:
        return int(text, base)
    value = float("inf") if text[-1].isalpha() else float(text)
    if not math.isfinite(value):
        msg = f"a number must be finite, got {text}"
        raise ValueError(msg)
    return value


def describe(value: Any) -> str:
    """Say what a value is, for messages.

    Examples
    --------
    >>> describe("256"), describe(True), describe(None), describe([1, 2])
    ('the text "256"', 'true', 'nothing', 'a list')
    """
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        text = value if len(value) <= 40 else value[:39] + "…"
        return f'the text "{text}"'
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if isinstance(value, dict):
        return "a mapping" if value else "an empty mapping"
    return str(value)

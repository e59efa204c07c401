"""What may come of a spoilt file: it works, or it is refused in a message that says where."""

from __future__ import annotations

import re
from dataclasses import dataclass

from reportgen.errors import ReportgenError, abridged

LONGEST = 20_000
"""Characters that a message may have: all faults of a file are told at once."""
CODES = frozenset({0, 1, 2, 3})
"""0 it works, 1 the input is wrong, 2 usage, 3 stale; nothing is run, so never 4."""
STORE_CODES = CODES | {4}
"""Of a store that cannot be used, which is no input."""

_PLACE = re.compile(
    r"[\w.@-]+\.(?:yaml|py|j2|css|json|safetensors|npz|pkl|zip|gz|ipynb|png|jpg|gif|tif|webp)\b"
    r"|idx\d-ubyte|\"[^\"\n]*\"|'[^'\n]*'|#[\w-]+|dataset\.source\.|the page|page \d"
    r"|\(seed \d+\)|Usage: "
)
"""A file, a quoted name, an anchor, a key, a page, a run; or the whole of what a command takes."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a case ended; `fault` is empty unless it must not end so."""

    outcome: str
    fault: str = ""
    message: str = ""


def judge_exit(code: object, out: str, err: str, codes: frozenset[int] = CODES) -> Verdict:
    """Judge how the command line ended; `codes` are those with which it may."""
    outcome = {0: "accepted", 3: "stale"}.get(code, "refused") if isinstance(code, int) else "?"
    if code not in codes:
        return Verdict(outcome, f"exit code {code!r}", err)
    if "Traceback (most recent call last)" in out + err:
        return Verdict(outcome, "a traceback", err)
    if "a fault of reportgen itself" in err:
        return Verdict(outcome, "an error that nobody caught", err)
    return _message(outcome, err) if code else Verdict("accepted")


def judge_error(error: BaseException) -> Verdict:
    """Judge what a function of the package raised."""
    if not isinstance(error, ReportgenError):
        return Verdict("refused", f"{type(error).__name__} that nobody caught", str(error)[:500])
    if error.exit_code not in CODES:
        return Verdict("refused", f"exit code {error.exit_code}", str(error)[:500])
    return _message("refused", abridged(str(error)))


def _message(outcome: str, text: str) -> Verdict:
    """Judge the message of an error."""
    if not text.strip(" \n:"):
        return Verdict(outcome, "no message")
    if len(text) > LONGEST:
        return Verdict(outcome, f"a message of {len(text)} characters", text[:300])
    if not _PLACE.search(text):
        return Verdict(outcome, "a message that names no place", text)
    return Verdict(outcome, message=text)

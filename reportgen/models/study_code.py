"""Where an error of the study's own code was raised.

The study's file runs under a module name that begins with `STUDY_MODULE`, so
that its frames are found in any traceback, whoever called them.
"""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from reportgen.errors import Fault, ModelError, ReportgenError
from reportgen.project import shown

if TYPE_CHECKING:
    from torch import nn

STUDY_MODULE = "reportgen_study_"
STUDY_ERRORS = (Exception, SystemExit)
"""What the study's code may raise; an interruption is the user's, and goes through."""


def study_frame(trace: TracebackType | None) -> tuple[str, int] | None:
    """Return file and line of the deepest frame in the study's code, None without one."""
    place = None
    for frame, line in traceback.walk_tb(trace):
        if str(frame.f_globals.get("__name__", "")).startswith(STUDY_MODULE):
            place = (frame.f_code.co_filename, line)
    return place


def fault_at(error: BaseException, what: str, *, file: str | Path = "") -> Fault:
    """Return an error as a fault at its line in the study's code.

    Parameters
    ----------
    error : BaseException
        What was raised.
    what : str
        What was being done, e.g. "SimpleCNN.forward failed on (2, 1, 28, 28)".
    file : str or Path
        Named, without a line, if no frame of the study's code is on the way.
    """
    place = study_frame(error.__traceback__)
    message = f"{what}: {type(error).__name__}: {_text(error)}"
    if place is None:
        return Fault(shown(Path(file)) if file else "", 0, 0, message)
    return Fault(shown(Path(place[0])), place[1], 0, message)


def _text(error: BaseException) -> str:
    """Return the text of an error, whose class may be the study's own."""
    try:
        return str(error).strip() or "no message"
    except Exception:  # noqa: BLE001 - the study's code may raise anything
        return "no message"


def forward_fault(model: nn.Module, message: str) -> Fault:
    """Return a fault at the first line of a network's `forward`, if that is the study's code."""
    forward = type(model).forward
    if not str(getattr(forward, "__module__", "")).startswith(STUDY_MODULE):
        return Fault("", 0, 0, message)
    code = forward.__code__
    return Fault(shown(Path(code.co_filename)), code.co_firstlineno, 0, message)


@contextlib.contextmanager
def located_errors(what: str) -> Iterator[None]:
    """Turn what the study's code raises within the block into a located ModelError.

    Errors that do not come through the study's code pass unchanged.
    """
    try:
        yield
    except ReportgenError:
        raise
    except STUDY_ERRORS as error:
        if study_frame(error.__traceback__) is None:
            raise
        raise ModelError(faults=[fault_at(error, what)]) from error

"""WeasyPrint tells of what it could not do in its log and goes on; a report does not."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from types import TracebackType
from typing import Self

from reportgen.errors import Fault

_STYLE_FAULT = re.compile(r"^(.*) at (\d+):(\d+)[,.]?(.*)$", re.DOTALL)


class StrictLog(logging.Handler):
    """Collects every warning of WeasyPrint, with its cause, while the context lasts.

    Parameters
    ----------
    style_sheet : Path, optional
        The file that the page's style comes from.
    """

    def __init__(self, style_sheet: Path | None = None) -> None:
        super().__init__(logging.DEBUG)
        self._style_sheet = style_sheet
        self._messages: list[str] = []
        self._logger = logging.getLogger("weasyprint")

    def __enter__(self) -> Self:
        self._before = (self._logger.level, self._logger.propagate, self._logger.handlers)
        self._logger.handlers = [self]
        self._logger.setLevel(logging.DEBUG)
        self._logger.propagate = False
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        level, self._logger.propagate, self._logger.handlers = self._before
        self._logger.setLevel(level)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a warning; an exception logged below that level is the cause of the last one."""
        if record.levelno >= logging.WARNING:
            self._messages.append(record.getMessage())
        elif record.exc_info and record.exc_info[1] is not None and self._messages:
            cause = record.exc_info[1]
            while cause.__cause__ is not None:
                cause = cause.__cause__
            self._messages[-1] += f" (cause: {type(cause).__name__}: {cause})"

    def faults(self) -> list[Fault]:
        """Return what was collected, each once."""
        return [self._fault(message) for message in dict.fromkeys(self._messages)]

    def _fault(self, message: str) -> Fault:
        match = _STYLE_FAULT.match(message)
        if match is None or not message.startswith("Ignored") or self._style_sheet is None:
            return Fault("", 0, 0, message)
        what, line, column, why = match.groups()
        if line == "1":  # the first line of the style sheet is a comment
            return Fault("", 0, 0, f"{message} (in a style attribute)")
        file = f"{self._style_sheet.parent.name}/{self._style_sheet.name}"
        return Fault(file, int(line), int(column), f"{what}: {why.strip()}")

"""WeasyPrint tells of what it could not do in its log and goes on; a report does not."""

from __future__ import annotations

import ast
import logging
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from reportgen.errors import Fault, TemplateError

_STYLE_FAULT = re.compile(r"^(.*) at (\d+):(\d+)[,.:]?(.*)$", re.DOTALL)
_SELECTOR = re.compile(r"^Invalid or unsupported selector, (.*)$", re.DOTALL)
_OF_STYLE = re.compile(
    r"Ignored|Error|Parse error|Unknown|Invalid|Unsupported|Empty|Missing|No source"
    r"|In counter style"
)
BASE_URL = "https://informe.invalid/"
"""A made-up address: the folder of the page must not get into the PDF."""
_ADDRESS = re.compile(re.escape(BASE_URL) + r"(\S*)")
_PROGRESS, _PAGE = "weasyprint.progress", "Page %d"
MAX_PAGES = 3_000
"""Of a layout; a style whose pages hold next to nothing would go on for hours."""


class StrictLog(logging.Handler):
    """Collects every warning of WeasyPrint, with its cause, while the context lasts.

    Parameters
    ----------
    style_sheets : sequence of Path
        The files that the page's style is made of, one after the other.
    """

    def __init__(self, style_sheets: Sequence[Path] = ()) -> None:
        super().__init__(logging.DEBUG)
        self._style_sheets = style_sheets
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
        """Keep a warning; an exception logged below that level is the cause of the last one.

        Raises
        ------
        TemplateError
            If the layout begins with more pages than a report may have.
        """
        if record.name == _PROGRESS and str(record.msg).endswith(_PAGE):
            _require_pages(record.args)
        if record.levelno >= logging.WARNING:
            self._messages.append(record.getMessage())
        elif record.exc_info and record.exc_info[1] is not None and self._messages:
            cause = record.exc_info[1]
            while cause.__cause__ is not None:
                cause = cause.__cause__
            self._messages[-1] += f" (cause: {type(cause).__name__}: {cause})"

    def faults(self) -> list[Fault]:
        """Return what was collected, each once; a made-up address is named for what it stands."""
        told = (_ADDRESS.sub(lambda m: m[1] or "of the page", text) for text in self._messages)
        return [self._fault(message) for message in dict.fromkeys(told)]

    def _fault(self, message: str) -> Fault:
        match, selector = _STYLE_FAULT.match(message), _SELECTOR.match(message)
        if not self._style_sheets or not _OF_STYLE.match(message):
            return Fault("", 0, 0, message)
        if selector:
            return self._selector_fault(selector[1], message)
        if match is None:
            return Fault("", 0, 0, message)
        what, line, column, why = match.groups()
        if line == "1":  # the first line of the style sheet is a comment
            return Fault("", 0, 0, f"{message} (in a style attribute)")
        sheet, number = self._sheet_of(int(line))
        return Fault(_name(sheet), number, int(column), f"{what}: {why.strip()}".rstrip(": "))

    def _selector_fault(self, text: str, message: str) -> Fault:
        """Return the fault of a selector, whose place WeasyPrint does not tell."""
        with suppress(SyntaxError, ValueError):
            text = str(ast.literal_eval(text))
        for sheet in self._style_sheets if text.strip() else ():
            before, found, _ = sheet.read_text(encoding="utf-8").partition(text.strip())
            if found:
                return Fault(_name(sheet), before.count("\n") + 1, 0, message)
        return Fault("", 0, 0, f"{message} (in {' or '.join(map(_name, self._style_sheets))})")

    def _sheet_of(self, line: int) -> tuple[Path, int]:
        """Return the style sheet of a line of the page's style, and the line in it."""
        for sheet in self._style_sheets[:-1]:
            n_lines = sheet.read_text(encoding="utf-8").count("\n")
            if line <= n_lines:
                return sheet, line
            line -= n_lines
        return self._style_sheets[-1], line


def _name(sheet: Path) -> str:
    """Return how a style sheet is named: the file, and the folder that it is in."""
    return f"{sheet.parent.name}/{sheet.name}"


def _require_pages(numbers: object) -> None:
    """Stop a layout that has come to too many pages."""
    if isinstance(numbers, tuple) and isinstance(numbers[0], int) and numbers[0] > MAX_PAGES:
        msg = (
            f"the page comes to more than {MAX_PAGES} sheets; its style leaves next to no room "
            "on each: look at @page, margins, sizes and breaks, or shorten its tables"
        )
        raise TemplateError(faults=[Fault("", 0, 0, msg)])

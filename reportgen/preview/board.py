"""What a browser is shown, and the threads that wait for its next state."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reportgen.preview.pages import PageName, Pages, changed

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class State:
    """What a browser is shown.

    Attributes
    ----------
    number : int
        Counts the states.
    busy : bool
        Whether the report is being made again.
    pages : tuple of PageName
        Of the last report that could be made.
    changed : tuple of int
        The numbers of those that the last rendering changed; empty after the first.
    faults : str
        What keeps the report from being made; empty if it is up to date.
    file : str
        The PDF's name; empty if none could be made yet.
    """

    number: int = 0
    busy: bool = False
    pages: tuple[PageName, ...] = ()
    changed: tuple[int, ...] = ()
    faults: str = ""
    file: str = ""

    def encode(self) -> bytes:
        """Return the state as JSON."""
        told = {name: getattr(self, name) for name in ("number", "busy", "faults", "file")}
        pages = [[page.key, page.width, page.height] for page in self.pages]
        return json.dumps({**told, "changed": self.changed, "pages": pages}).encode()


@dataclass(slots=True)
class Board:
    """The state that browsers see. All methods may be called from any thread."""

    state: State = field(default_factory=State)
    closed: bool = False
    _pdf: bytes = b""
    _pages: Pages | None = None
    _news: threading.Condition = field(default_factory=threading.Condition)

    def begin(self) -> None:
        """Tell that the report is being made again."""
        self._show(replace(self.state, busy=True))

    def fail(self, faults: str) -> None:
        """Tell why it could not be made; the last good pages stay."""
        self._show(replace(self.state, busy=False, changed=(), faults=faults))

    def show(self, pdf: Path) -> State:
        """Show a new PDF. Return the state."""
        content = pdf.read_bytes()
        pages, before = Pages(content), self.state.pages
        with self._news:
            old, self._pages, self._pdf = self._pages, pages, content
            news = changed(before, pages.names) if before else ()
            state = State(self.state.number, pages=pages.names, changed=news, file=pdf.name)
            self._show(state)
            if old is not None:
                old.close()
        return self.state

    def close(self) -> None:
        """Let nobody wait any more, and free the pages."""
        with self._news:
            self.closed = True
            if self._pages is not None:
                self._pages.close()
                self._pages = None
            self._news.notify_all()

    def wait(self, number: int, timeout_s: float) -> State:
        """Return the state once it is another than that of a number, or the time is over."""
        with self._news:
            self._news.wait_for(lambda: self.closed or self.state.number != number, timeout_s)
            return self.state

    def picture(self, index: int, key: str) -> bytes | None:
        """Return a page as PNG, or None if it is no longer the one of that key."""
        with self._news:
            names = self.state.pages
            if self._pages is None or not 0 <= index < len(names) or names[index].key != key:
                return None
            return self._pages.picture(index)

    def pdf(self, name: str) -> bytes | None:
        """Return the PDF, or None if it has another name."""
        with self._news:
            return self._pdf if self._pdf and name == self.state.file else None

    def _show(self, state: State) -> None:
        with self._news:
            self.state = replace(state, number=self.state.number + 1)
            self._news.notify_all()

"""A report in a browser, from the address to its end."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable
from contextlib import suppress

from reportgen.order import Window
from reportgen.preview.board import Board
from reportgen.preview.follow import MakePdf, Watched, changes, follow
from reportgen.preview.server import serving


def show(
    label: str, make: MakePdf, watched: Watched, window: Window, tell: Callable[[str], None]
) -> None:
    """Make a report, show it, and again after each change of a file, until Ctrl-C.

    Parameters
    ----------
    label : str
        The study's.
    make : callable
    watched : Watched
    window : Window
    tell : callable
        Told the address once there is something to show, and a line about each rendering.

    Raises
    ------
    UsageError
        If the port cannot be had.
    SystemLibraryError
        If what the preview takes is not installed.
    ReportgenError
        If the report cannot be made for a reason that is in no file of the study.
    """
    board = Board()
    looks = changes(watched)
    with serving(board, window.port) as url, suppress(KeyboardInterrupt):
        address = f"{url} shows {label} and each change of its files; Ctrl-C ends it"
        begun: list[str] = []

        def tell_after_address(line: str) -> None:
            if not begun:  # what no file mends ends it before
                tell(address)
                if window.opened and not webbrowser.open(url):
                    tell("no browser could be opened; open that address yourself")
            begun.append(line)
            tell(line)

        follow(make, watched, looks, board, tell_after_address)

"""Makes the report, and again after each change of a file, until it is interrupted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.collector import collect
from reportgen.errors import ReportgenError, SystemLibraryError, abridged

if TYPE_CHECKING:
    from reportgen.preview.board import Board

LOOK_MS = 200
"""How long a look for changes takes; it ends at once where there are some."""
SETTLE_MS = 50
"""A change counts once nothing else has changed for so long: editors write in steps."""

MakePdf = Callable[[bool], Path]
"""Makes the report and returns its PDF; told whether more than templates has changed."""


@dataclass(frozen=True, slots=True)
class Watched:
    """The folders that are watched: that of the templates, and others, which may not exist."""

    templates: Path
    others: tuple[Path, ...]

    def folders(self) -> list[Path]:
        """Return those that exist."""
        return [folder for folder in (self.templates, *self.others) if folder.is_dir()]

    def is_template(self, path: Path) -> bool:
        """Tell whether a file is a template or belongs to one."""
        return path.is_relative_to(self.templates)


def changes(watched: Watched) -> Iterator[frozenset[Path]]:
    """Return what yields the files that changed since the last time; none after a while without.

    The first time it yields once the folders are watched.

    Raises
    ------
    SystemLibraryError
        If what the preview takes is not installed.
    """
    try:
        import pypdfium2  # noqa: F401 - that it is there, before anything is made
        from watchfiles import watch
    except ImportError as error:
        msg = (
            f"the preview needs a package that cannot be imported ({error}); install it with: "
            "pip install 'reportgen-lab[preview]'"
        )
        raise SystemLibraryError(msg) from error
    batches = watch(*watched.folders(), step=SETTLE_MS, rust_timeout=LOOK_MS, yield_on_timeout=True)
    return (frozenset(Path(path) for _, path in batch) for batch in batches)


def follow(
    make: MakePdf,
    watched: Watched,
    looks: Iterable[frozenset[Path]],
    board: Board,
    tell: Callable[[str], None],
) -> None:
    """Make the report and show it, then after each change again.

    Parameters
    ----------
    make : callable
    watched : Watched
    looks : iterable of frozenset of Path
        As `changes` yields; it ends where the preview does.
    board : Board
    tell : callable
        Told a line about each rendering.

    Raises
    ------
    ReportgenError
        If the first rendering fails by more than a fault that can be mended in a file.
    """
    for number, files in enumerate(looks):
        if number and not files:
            continue
        board.begin()
        started = time.perf_counter()
        try:
            pdf = make(not all(map(watched.is_template, files)))
        except ReportgenError as error:
            if not number and error.exit_code != 1:
                raise
            board.fail(abridged(str(error)))
            tell(f"{_named(files)}errors:\n{abridged(str(error))}")
            continue
        state = board.show(pdf)
        seconds, n = time.perf_counter() - started, len(state.pages)
        made = f"{n} page{'' if n == 1 else 's'} in {seconds:.1f} s"
        tell(f"{_named(files)}{made}{_news(state.changed)}")
        collect()  # now that nobody waits


def _named(files: frozenset[Path]) -> str:
    """Return what begins a line: the files that changed, if they are few."""
    there = [path for path in files if path.exists()]  # an editor's scratch file has gone again
    names = sorted(path.name for path in there or files)
    if not names:
        return ""
    return f"{', '.join(names) if len(names) <= 3 else f'{len(names)} files'}: "


def _news(pages: Sequence[int]) -> str:
    """Return what ends a line: the pages that look otherwise now."""
    if not pages:
        return ""
    shown = ", ".join(map(str, pages[:8])) + (", …" if len(pages) > 8 else "")
    return f"; other than before: page{'s' if len(pages) > 1 else ''} {shown}"

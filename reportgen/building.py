"""The build folder of a study: one build writes there at a time, and leaves nothing half done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.order import Order
from reportgen.staging import remove_staged
from reportgen.stamp import Stamp, read_current
from reportgen.store.files import file_errors, hold_lock

if TYPE_CHECKING:
    from reportgen.progress import Progress
    from reportgen.spec.study import Study

STAMP = ".stamp.json"
ELSEWHERE = "build in a copy of the project elsewhere"


@dataclass(frozen=True, slots=True)
class Built:
    """What a build left behind; `fresh` says that all of it was there already."""

    pdf: Path
    archive: Path
    fresh: bool
    n_pages: int = 0
    n_notebooks: int = 0


def last_build(order: Order) -> Built | None:
    """Return what the last build left, if nothing has changed since."""
    last = read_current(order.build_folder / STAMP, order.arguments())
    if last is None:
        return None
    return Built(_output(last, ".pdf"), _output(last, ".zip"), fresh=True)


@contextmanager
def building(study: Study, progress: Progress) -> Iterator[bool]:
    """Hold the lock of a study's build folder: a second build of it waits.

    Tell whether there was none to wait for. What a killed build left half written
    is removed.
    """
    waited = []

    def waiting() -> None:
        waited.append(True)
        progress.note(f"another build of {study.label} is under way; waiting for it")

    folder = study.build_folder
    with file_errors(folder, ELSEWHERE):
        folder.mkdir(parents=True, exist_ok=True)
    with hold_lock(folder.with_name(f".{folder.name}.lock"), waiting, ELSEWHERE):
        with file_errors(folder, ELSEWHERE):
            for part in (folder, *(path for path in folder.iterdir() if path.is_dir())):
                remove_staged(part)
        yield not waited


def _output(stamp: Stamp, suffix: str) -> Path:
    """Return the file of this kind that a stamped build wrote."""
    return next(Path(output) for output in stamp.outputs if output.endswith(suffix))

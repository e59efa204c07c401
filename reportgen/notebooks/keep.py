"""Executed notebooks: in the store under a key, and committed beside the records.

A kept notebook counts as fresh if it was made from what is composed today, shows
the records of today, and every fact that it prints still has that value. So no
notebook can disagree with the report, though it is not run again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from reportgen.errors import Fault, RunError, StaleError
from reportgen.facts.fact import Fact
from reportgen.notebooks.compose import Composed
from reportgen.notebooks.execute import execute_notebook
from reportgen.notebooks.paper import OWN, blank_notebook, notebook_bytes, plain_notebook
from reportgen.order import Order
from reportgen.plan.keys import StageKey
from reportgen.progress import Progress
from reportgen.records import RunId, RunRecord
from reportgen.spec.study import Study
from reportgen.staging import write_synced
from reportgen.store.files import file_errors
from reportgen.store.store import Store

VERSION = 1
"""Raised when this package puts other outputs into the same notebook."""

FOLDER = "notebooks"
FILE = "notebook.ipynb"
MEND = "run `reportgen run {0}` and `reportgen freeze {0}`"

Records = Mapping[RunId, RunRecord]


def noted(composed: Composed, records: Records) -> dict[str, Any]:
    """Return what is noted in a notebook of its making: what decides its outputs."""
    return noted_keys(composed, {run: records[run].result.keys["record"] for run in composed.runs})


def noted_keys(composed: Composed, keys: Mapping[RunId, str]) -> dict[str, Any]:
    """Return what `noted` does, from the keys of the records, be they made or not."""
    shown = {str(run): keys[run] for run in composed.runs}
    return {"version": VERSION, "source": composed.digest, "records": shown}


def why_stale(data: bytes, composed: Composed, records: Records, facts: Iterable[Fact]) -> str:
    """Return why a kept notebook is not of today; empty if it is."""
    try:
        own = json.loads(data)["metadata"][OWN]
        known = {name: own[name] for name in ("version", "source", "records", "facts")}
    except (ValueError, KeyError, TypeError):
        return "is no notebook of this program"
    shown = known.pop("facts")
    wanted = noted(composed, records)
    reasons = {
        "version": "is of another version of this program",
        "source": "was made from other files",
        "records": "shows other records",
    }
    for name, reason in reasons.items():
        if known[name] != wanted[name]:
            return reason
    values = {fact.id: fact.value for fact in facts}
    for name, value in shown.items():
        if name not in values or values[name] != value:
            return f"shows {name} as {value}, which is {values.get(name)} now"
    return ""


def notebook_key(composed: Composed, records: Records) -> StageKey:
    """Return the key under which the store keeps an executed notebook."""
    return StageKey("notebook", noted(composed, records))


def make_notebooks(
    order: Order,
    books: Sequence[Composed],
    records: Records,
    facts: Sequence[Fact],
    progress: Progress,
) -> dict[str, bytes]:
    """Return executed notebooks by file name; one that the store does not hold is run.

    Raises
    ------
    RunError
        If a cell of one fails, or one prints another number than the report.
    """
    store = Store(order.store_folder)
    made: dict[str, bytes] = {}
    for book in books:
        key = notebook_key(book, records)
        with store.lock(key):
            data = read_stored_notebook(store, book, records, facts)
            if data is None:
                progress.note(f"notebook {book.name}: running")
                data = run_notebook(order, book, records)
                require_fresh(data, book, records, facts)
                store.write(key, {FILE: data}, {})
            else:
                progress.note(f"notebook {book.name}: reused")
        made[book.name] = data
    return made


def require_fresh(data: bytes, book: Composed, records: Records, facts: Iterable[Fact]) -> None:
    """Refuse a notebook that disagrees with the report right after it was run.

    Raises
    ------
    RunError
        If it prints another number.
    """
    reason = why_stale(data, book, records, facts)
    if reason:
        msg = f"notebook {book.name} disagrees with the report: it {reason}; mend its template"
        raise RunError(msg)


def run_notebook(order: Order, book: Composed, records: Records) -> bytes:
    """Return the bytes of a notebook after its execution, with the records of the store."""
    variables = {"REPORTGEN_STORE": str(order.store_folder), "REPORTGEN_STORE_ONLY": "1"}
    if order.data_dir is not None:
        variables["REPORTGEN_DATA"] = str(order.data_dir)
    executed = execute_notebook(book.name, blank_notebook(book.cells), variables)
    return notebook_bytes(plain_notebook(executed, noted(book, records)))


def read_stored_notebook(
    store: Store, book: Composed, records: Records, facts: Iterable[Fact]
) -> bytes | None:
    """Return a notebook from the store; None if it is missing, or a fact has changed since."""
    entry = store.read(notebook_key(book, records))
    if entry is None or why_stale(entry.files[FILE], book, records, facts):
        return None
    return entry.files[FILE]


# ── committed notebooks ─────────────────────────────────────────────────────


def freeze_notebooks(
    order: Order,
    study: Study,
    books: Sequence[Composed],
    records: Records,
    facts: Sequence[Fact],
) -> tuple[Path, ...]:
    """Put the store's notebooks beside the committed records, and remove those that are gone.

    Raises
    ------
    StaleError
        If the store does not hold one of today: all of them at once.
    """
    store = Store(order.store_folder)
    found = {book.name: read_stored_notebook(store, book, records, facts) for book in books}
    missing = [name for name, data in found.items() if data is None]
    if missing:
        mend = f"make them with `reportgen run {study.arguments}`"
        msg = f"not in the store: {', '.join(f'notebook {name}' for name in missing)}; {mend}"
        raise StaleError(msg)
    return write_notebooks(
        study.records_folder / FOLDER, {name: data for name, data in found.items() if data}
    )


def read_frozen_notebooks(
    study: Study, books: Sequence[Composed], records: Records, facts: Sequence[Fact]
) -> dict[str, bytes]:
    """Return the committed notebooks by file name.

    Raises
    ------
    StaleError
        If one is missing or stale: all of them at once, with the command that mends it.
    """
    found: dict[str, bytes] = {}
    faults: list[Fault] = []
    for book in books:
        path = study.records_folder / FOLDER / book.name
        where = path.relative_to(study.root).as_posix()
        try:
            data = path.read_bytes()
        except OSError:
            faults.append(Fault("", 0, 0, f"no committed notebook ({where})"))
            continue
        reason = why_stale(data, book, records, facts)
        if reason:
            faults.append(Fault("", 0, 0, f"{where} is stale: it {reason}"))
        found[book.name] = data
    if faults:
        mend = Fault("", 0, 0, MEND.format(study.arguments))
        raise StaleError(faults=[*faults, mend])
    return found


def write_notebooks(folder: Path, notebooks: Mapping[str, bytes]) -> tuple[Path, ...]:
    """Write notebooks into a folder of their own, and remove the others; return their paths."""
    with file_errors(folder, "make the folder writable"):
        if notebooks:
            folder.mkdir(parents=True, exist_ok=True)
        for name, data in notebooks.items():
            if not (folder / name).is_file() or (folder / name).read_bytes() != data:
                write_synced(folder / name, data)
        for path in folder.glob("*.ipynb"):
            if path.name not in notebooks:
                path.unlink()
    return tuple(folder / name for name in notebooks)

"""The records that a study has, without running anything: from the store or the committed ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.errors import DataError, StaleError
from reportgen.order import Order

if TYPE_CHECKING:
    from reportgen.plan.keys import RunPlan
    from reportgen.progress import Progress
    from reportgen.records import RunId, RunRecord
    from reportgen.spec.study import Study
    from reportgen.stages.sources import SourceShelf
    from reportgen.store.store import Store


def find_records(order: Order, study: Study, progress: Progress) -> dict[RunId, RunRecord]:
    """Return a record of every run without running anything.

    They come from the store; or, for a locked order or where the data are not at
    hand, from the committed records.

    Raises
    ------
    DataError
        If the data are not at hand and no records are committed.
    StaleError
        If a record is missing or stale: all of them at once.
    """
    from reportgen.store.frozen import read_frozen

    if order.locked:
        return read_frozen(study)
    try:
        return stored_records(order, study)
    except DataError as error:
        if not study.records_folder.is_dir():
            raise
        reason = error.message.partition("\n")[0].removesuffix(" Tried, in order:")
        progress.note(f"taking the committed records, as --locked does: {reason}")
        return read_frozen(study)


def stored_records(order: Order, study: Study) -> dict[RunId, RunRecord]:
    """Return a record of every run from the store.

    Raises
    ------
    StaleError
        If one is not there: all of them at once.
    """
    from reportgen.progress import Silence

    store, _, plans = plan(order, study)
    held = read_stored(store, plans, Silence())
    missing = [str(item.run.id) for item in plans if item.run.id not in held]
    if missing:
        mend = f"make them with `reportgen run {study.arguments}`"
        msg = f"not in the store: {', '.join(missing)}; {mend}"
        raise StaleError(msg)
    return held


def plan(
    order: Order, study: Study, *, looking: bool = False
) -> tuple[Store, SourceShelf, tuple[RunPlan, ...]]:
    """Return the store, the data sources, and the keys of every run's stages.

    Only `looking`, nothing is downloaded, decoded or written.
    """
    from reportgen.plan.keys import plan_run
    from reportgen.plan.network import CodeShelf, weights_file_fingerprint
    from reportgen.stages.sources import SourceShelf
    from reportgen.store.store import Store

    store = Store(order.store_folder)
    sources = SourceShelf.open(store, order.data_dir, looking=looking)
    code = CodeShelf(study.models_file)
    weights_of = cache(lambda weights: weights_file_fingerprint(weights, order.data_dir))
    with looking_for_data(study):
        plans: dict[RunId, RunPlan] = {}
        for item in study.runs:
            plans[item.id] = plan_run(
                item,
                sources.fingerprint(item.spec.dataset),
                code.fingerprint(item.spec.model),
                weights_of(item.spec.weights),
                None if item.source is None else plans[item.source],
            )
    return store, sources, tuple(plans.values())


def read_stored(
    store: Store, plans: tuple[RunPlan, ...], progress: Progress
) -> dict[RunId, RunRecord]:
    """Return the records that the store holds."""
    from reportgen.plan.decision import decide_stage
    from reportgen.store.codec import read_record

    held = {}
    for item in plans:
        record = read_record(store, item)
        if record is not None:
            progress.stage(item.run.id, decide_stage("record", present=True))
            held[item.run.id] = record
    return held


def data_files(order: Order, study: Study) -> list[Path]:
    """Return the data files that the study's records depend on."""
    from reportgen.stages.sources import SourceShelf
    from reportgen.store.store import Store

    shelf = SourceShelf.open(Store(order.store_folder), order.data_dir)
    with looking_for_data(study):
        return shelf.paths(item.spec.dataset for item in study.runs)


@contextmanager
def looking_for_data(study: Study) -> Iterator[None]:
    """Let the error of data that are not at hand name the way that needs none, if there is."""
    try:
        yield
    except DataError as error:
        if not study.records_folder.is_dir():
            raise
        command = f"reportgen build {study.arguments} --locked"
        hint = f"Without the data: `{command}` renders the committed records."
        msg = f"{error.message}\n{hint}"
        raise DataError(msg, error.faults) from error

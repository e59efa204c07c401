"""What a build would do with each stage and notebook, and why; nothing is run or written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from reportgen.errors import DataError, StaleError, UsageError, nearest
from reportgen.holdings import plan
from reportgen.plan.decision import (
    Decision,
    Held,
    decide_locked,
    decide_notebook,
    decide_run,
)
from reportgen.plan.keys import StageKey
from reportgen.plan.network import CodeShelf
from reportgen.store.codec import read_record
from reportgen.store.frozen import plan_by_record, read_committed
from reportgen.store.journal import peek_journal
from reportgen.store.ledger import read_noted
from reportgen.store.store import Store

if TYPE_CHECKING:
    from reportgen.facts.fact import Fact
    from reportgen.notebooks.compose import Composed
    from reportgen.order import Order
    from reportgen.plan.keys import RunPlan
    from reportgen.progress import Progress
    from reportgen.records import RunId, RunRecord
    from reportgen.spec.study import Study

VERBS = {"run": "would run", "resume": "would resume", "reuse": "reused", "refuse": "stale"}


def explain(
    order: Order, study: Study, experiment: str | None, progress: Progress
) -> tuple[str, ...]:
    """Return a line for each stage of each run, and for each notebook; of one experiment if named.

    Where the data are not at hand, the committed records are asked, as by
    `--locked`, and a note says so.

    Raises
    ------
    UsageError
        If the study has no experiment of that name.
    DataError
        If the data are not at hand and no records are committed.
    StoreError
        If the store was written by a newer version.
    """
    if experiment is not None and experiment not in study.experiments:
        found = nearest(experiment, list(study.experiments))
        msg = f'{study.name} has no experiment "{experiment}"; {found}'
        raise UsageError(msg)
    if not order.locked:
        try:
            return tuple(_lines(*_from_store(order, study), experiment))
        except DataError as error:
            if not study.records_folder.is_dir():
                raise
            reason = error.message.partition("\n")[0].removesuffix(" Tried, in order:")
            progress.note(f"asking the committed records, as --locked does: {reason}")
    return tuple(_lines(*_from_committed(order, study), experiment))


Decided = Mapping["RunId", Sequence[Decision]]
Books = Sequence[tuple["Composed", Decision]]


def _lines(runs: Decided, books: Books, experiment: str | None) -> Iterator[str]:
    """Yield the lines; in a whole study's, a run of which all is reused has one."""
    for run, decisions in runs.items():
        if experiment is None and all(one.action == "reuse" for one in decisions):
            yield f"{run}: {_told(Decision('every stage', 'reuse', decisions[-1].reason))}"
        elif experiment in {None, run.experiment}:
            yield from (f"{run}: {_told(decision)}" for decision in decisions)
    for book, decision in books:
        if experiment is None or experiment in {run.experiment for run in book.runs}:
            yield f"notebook {_told(decision)}"


def _told(decision: Decision) -> str:
    return f"{decision.stage}: {VERBS[decision.action]} ({decision.reason})"


# ── from the store ──────────────────────────────────────────────────────────


def _from_store(order: Order, study: Study) -> tuple[Decided, Books]:
    store, _, plans = plan(order, study, looking=True)
    records = {item.run.id: record for item in plans if (record := read_record(store, item))}
    held = hold(store, plans, records)
    runs = {item.run.id: decide_run(item, held) for item in plans}
    books = _compose(study)
    facts = _facts(study, records) if books else ()
    return runs, [(book, _stored_book(store, book, plans, records, facts, held)) for book in books]


def hold(store: Store, plans: Sequence[RunPlan], records: Mapping[RunId, RunRecord]) -> Held:
    """Return what a store holds of some plans; of those with a record, nothing else is read."""
    whole = {item.record.digest for item in plans if item.run.id in records}
    epochs: dict[str, tuple[int, bool]] = {}
    for item in plans:
        if item.run.id in records:
            continue
        keys = [*item.evaluate.values(), *item.embed.values()]
        if item.maximize is not None:
            keys.append(item.maximize)
        training = item.run.spec.training
        if training is None:
            keys.append(item.train)
        elif (journal := peek_journal(store, item.train)) is not None:
            epochs[item.train.digest] = journal.n_epochs, journal.has_ended(training)
        whole |= {key.digest for key in keys if store.read(key) is not None}
    return Held(frozenset(whole), epochs, read_noted(store))


def _compose(study: Study) -> tuple[Composed, ...]:
    """Return the notebooks that the study wants made."""
    if not study.report.generates_notebooks:
        return ()
    from reportgen.notebooks.compose import compose_notebooks

    return compose_notebooks(study)


def _stored_book(
    store: Store,
    book: Composed,
    plans: Sequence[RunPlan],
    records: Mapping[RunId, RunRecord],
    facts: Sequence[Fact],
    held: Held,
) -> Decision:
    """Decide on a notebook by the keys of today's records, whether they are made or not."""
    from reportgen.notebooks.keep import FILE, noted_keys, why_stale

    wanted = {item.run.id: item.record.digest for item in plans}
    key = StageKey("notebook", noted_keys(book, wanted))
    entry = store.read(key)
    if entry is None:
        return decide_notebook(book.name, key, held)
    there = replace(held, whole=held.whole | {key.digest})
    # Without all facts it cannot be compared with them; then its runs' records are to be made.
    stale = why_stale(entry.files[FILE], book, records, facts) if facts else ""
    return decide_notebook(book.name, key, there, stale)


def _facts(study: Study, records: Mapping[RunId, RunRecord]) -> Sequence[Fact]:
    """Return the facts of a study; none where a record is missing."""
    from reportgen.facts.derive import derive_facts

    return derive_facts(study, records) if len(records) == len(study.runs) else ()


# ── from the committed records ──────────────────────────────────────────────


def _from_committed(order: Order, study: Study) -> tuple[Decided, Books]:
    held = Held(noted=read_noted(Store(order.store_folder)))
    runs: dict[RunId, Sequence[Decision]] = {}
    plans: dict[RunId, RunPlan] = {}
    fresh: dict[RunId, RunRecord] = {}
    code = CodeShelf(study.models_file)
    for run in study.runs:
        try:
            record = read_committed(study, run)
            plans[run.id] = plan_by_record(code, run, record, plans)
        except StaleError as error:
            text = error.message.removeprefix(f"{run.id}: ")
            runs[run.id] = [Decision("record", "refuse", text)]
            continue
        runs[run.id] = decide_locked(plans[run.id], record.result.keys, held)
        if all(one.action == "reuse" for one in runs[run.id]):
            fresh[run.id] = record
    books = _compose(study)
    facts = _facts(study, fresh) if books else ()
    return runs, [(book, _committed_book(study, book, fresh, facts)) for book in books]


def _committed_book(
    study: Study, book: Composed, fresh: Mapping[RunId, RunRecord], facts: Sequence[Fact]
) -> Decision:
    """Decide on a committed notebook."""
    from reportgen.notebooks.keep import FOLDER, why_stale

    path = study.records_folder / FOLDER / book.name
    if not path.is_file():
        return Decision(book.name, "refuse", "there is no committed notebook")
    gone = [str(run) for run in book.runs if run not in fresh]
    if gone:
        return Decision(book.name, "refuse", f"the record of {', '.join(gone)} is stale")
    if not facts:
        return Decision(book.name, "reuse", "its records are fresh; its facts wait for the others")
    stale = why_stale(path.read_bytes(), book, fresh, facts)
    if stale:
        return Decision(book.name, "refuse", f"it {stale}")
    return Decision(book.name, "reuse", "the committed one is of today")

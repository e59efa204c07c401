"""The order of the stages, and nothing else: from the name of a study to its submission."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.building import ELSEWHERE, STAMP, Built, building, last_build
from reportgen.collector import without_collector
from reportgen.errors import SystemLibraryError, TemplateError, UsageError
from reportgen.holdings import data_files, find_records, plan, read_stored, stored_records
from reportgen.order import Order, Window
from reportgen.staging import write_synced
from reportgen.stamp import note_data, note_inputs, write_stamp
from reportgen.store.files import file_errors

if TYPE_CHECKING:
    from reportgen.facts.fact import Fact
    from reportgen.notebooks.compose import Composed
    from reportgen.plan.keys import RunPlan
    from reportgen.progress import Progress
    from reportgen.records import RunId, RunRecord
    from reportgen.report.document import Checked, Rendered
    from reportgen.report.readings import Readings
    from reportgen.spec.study import Study
    from reportgen.stages.sources import SourceShelf
    from reportgen.store.store import Store


def build(order: Order, progress: Progress) -> Built:
    """Do everything: run what is missing, render, write the submission.

    Raises
    ------
    ReportgenError
        Whatever a stage raises; what was finished before is kept.
    """
    stamp_file = order.build_folder / STAMP
    last = last_build(order)
    if last is not None:
        return last
    from reportgen.report.html import require_answers
    from reportgen.system import require_pango

    study = load(order)
    stamp = note_inputs(order.arguments(), [study.folder, study.templates])
    with building(study, progress) as alone:
        last = None if alone else last_build(order)
        if last is not None:
            return last
        stamp_file.unlink(missing_ok=True)
        require_pango()
        require_answers(study)
        books = compose(order, study)
        if not order.locked:
            stamp = note_data(stamp, data_files(order, study))
        records = obtain_records(order, study, progress)
        facts = derive(study, records)
        notebooks = obtain_notebooks(order, study, books, records, facts, progress)
        rendered = render(study, records, facts)
        archive = submit(study, rendered, notebooks)
        made = [rendered.pdf, rendered.html, rendered.results, archive, *notebooks]
        with file_errors(study.build_folder, ELSEWHERE):
            write_stamp(stamp_file, stamp, made)
    n_notebooks = len(study.report.own_notebooks) + len(notebooks)
    return Built(rendered.pdf, archive, False, rendered.n_pages, n_notebooks)


def run(order: Order, progress: Progress) -> Mapping[RunId, RunRecord]:
    """Do the first half alone: make every record and notebook that the store does not hold."""
    study = load(order)
    books = compose(order, study)
    records = obtain_records(order, study, progress)
    if books:
        from reportgen.notebooks.keep import make_notebooks

        make_notebooks(order, books, records, derive(study, records), progress)
    return records


def render_only(order: Order, progress: Progress) -> Rendered:
    """Do the second half alone: nothing is run, missing records are an error."""
    study = load(order)
    with building(study, progress):
        records = find_records(order, study, progress)
        (order.build_folder / STAMP).unlink(missing_ok=True)
        return render(study, records, derive(study, records))


def preview(order: Order, window: Window, progress: Progress, tell: Callable[[str], None]) -> None:
    """Render as `render_only`, show it in a browser, and again after each change; until Ctrl-C.

    Records, facts and templates are read again only where their files change.
    """
    from reportgen.preview.follow import Watched
    from reportgen.preview.show import show
    from reportgen.report.readings import Readings

    readings = Readings()
    held: list[tuple[Study, dict[RunId, RunRecord], tuple[Fact, ...]]] = []

    def make(anew: bool) -> Path:
        study = load(order)
        if anew or not held or held[0][0] != study:
            held.clear()
            records = find_records(order, study, progress)
            held.append((study, records, derive(study, records)))
        with building(study, progress):
            (order.build_folder / STAMP).unlink(missing_ok=True)
            return render(*held[0], readings).pdf

    study = load(order)
    records = order.store_folder / "record"
    show(study.label, make, Watched(study.templates, (study.folder, records)), window, tell)


def check(order: Order, progress: Progress) -> Checked:
    """Return what keeps the report from being complete, and warnings; nothing is written."""
    from reportgen.report.document import check_report

    study = load(order)
    records = find_records(order, study, progress)
    return check_report(study, records, derive(study, records))


def list_facts(
    order: Order, progress: Progress, experiment: str | None = None, *, brief: bool = False
) -> tuple[str, ...]:
    """Return a line for each fact that a template may use; of one experiment if named.

    Raises
    ------
    UsageError
        If the study has no experiment of that name.
    """
    from reportgen.facts.listing import list_lines

    study = load(order)
    if experiment is not None:
        study.require_experiment(experiment)
    facts = derive(study, find_records(order, study, progress))
    prefix = f"{experiment}." if experiment else ""
    chosen = (fact for fact in facts if fact.id.startswith(prefix))
    trials = {f"{item.id.experiment}.{item.id.trial}" for item in study.runs if item.id.trial}
    return list_lines(chosen, brief=brief, trials=trials)


def trace(order: Order, progress: Progress, value: str) -> tuple[str, ...]:
    """Return the lines that tell where a printed value, or a fact, came from.

    Raises
    ------
    TraceError
        If no fact has that value.
    """
    from reportgen.report.document import write_page
    from reportgen.trace import Origin, trace_value

    study = load(order)
    records = find_records(order, study, progress)
    facts = derive(study, records)
    try:
        html = write_page(study, records, facts).html
    except TemplateError:
        progress.note("a template is at fault, so places are unknown; `reportgen check` says more")
        html = ""
    return trace_value(Origin(study, records, facts, html), value)


def why(order: Order, progress: Progress, experiment: str | None = None) -> tuple[str, ...]:
    """Return lines on what a build would do with each stage, and why; nothing is run or written."""
    from reportgen.why import explain

    return explain(order, load(order), experiment, progress)


def new_study(
    root: Path, study: str, dataset: str, title: str | None
) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Begin a study whose report can be built, in a project or a folder that becomes one.

    Return its files, and those that the project lacked.
    """
    import datetime as dt

    from reportgen.beginning import plan_study
    from reportgen.scaffold import write_stub

    today = dt.datetime.now(tz=dt.UTC).astimezone().date()
    begun = plan_study(root, study, dataset, title, today)
    write_stub({**begun.project, **begun.study})
    return tuple(begun.study), tuple(begun.project)


def new_question(order: Order, question: str) -> tuple[Path, ...]:
    """Begin a new question of a study: its entry and a stub that renders. Return the files."""
    from reportgen.scaffold import plan_question, write_stub

    return write_stub(plan_question(load(order), question))


def new_dataset(order: Order, experiment: str, file: Path) -> tuple[str, ...]:
    """Write an experiment's whole source, before division, into a new file. Return what to tell.

    Raises
    ------
    UsageError
        If the study has no experiment of that name, or the file is there already.
    """
    from reportgen.datasets.dataset_file import describe_dataset, encode_dataset, require_new
    from reportgen.datasets.registry import load_source, locate_spec

    study = load(order)
    study.require_experiment(experiment)
    require_new(file)
    spec = study.experiments[experiment].dataset
    source = load_source(locate_spec(spec, order.data_dir))
    data = encode_dataset(source, file.suffix)
    with file_errors(file, "write it elsewhere"):
        write_synced(file, data)
    return describe_dataset(source, file)


def freeze(order: Order) -> tuple[Path, ...]:
    """Put the store's records and notebooks beside the study's files; return the files written."""
    from reportgen.notebooks.keep import freeze_notebooks
    from reportgen.store.frozen import freeze_records

    study = load(order)
    books = compose(order, study)
    records = stored_records(order, study)
    notebooks = freeze_notebooks(order, study, books, records, derive(study, records))
    return (*freeze_records(study, records), *notebooks)


def clean(order: Order, everything: bool) -> tuple[Path, ...]:
    """Remove what was built of a study; the store only if `everything`. Return what is gone.

    Raises
    ------
    UsageError
        If what should be the store is another folder: it is left alone.
    """
    load(order)
    doomed = [order.build_folder]
    if everything:
        from reportgen.store.store import is_store

        if order.store_folder.is_dir() and not is_store(order.store_folder):
            msg = f"{order.store_folder} is no store of reportgen; correct --store"
            raise UsageError(msg)
        doomed.append(order.store_folder)
    gone = [folder for folder in doomed if folder.is_dir()]
    for folder in gone:
        with file_errors(folder, "remove it by hand"):
            shutil.rmtree(folder)
    return tuple(gone)


# ── the stages ──────────────────────────────────────────────────────────────


def load(order: Order) -> Study:
    """Read the study's files."""
    from reportgen.spec.study import load_study

    return load_study(order.root, order.study, order.profile)


def obtain_records(order: Order, study: Study, progress: Progress) -> dict[RunId, RunRecord]:
    """Return a record of every run, running what is missing unless the order is locked."""
    if order.locked:
        return find_records(order, study, progress)
    store, sources, plans = plan(order, study)
    held = read_stored(store, plans, progress)
    missing = [item for item in plans if item.run.id not in held]
    if missing:
        made = make_records(order, study, store, sources, missing, progress)
        held |= {record.result.id: record for record in made}
    return {item.run.id: held[item.run.id] for item in plans}


def make_records(
    order: Order,
    study: Study,
    store: Store,
    sources: SourceShelf,
    missing: Sequence[RunPlan],
    progress: Progress,
) -> list[RunRecord]:
    """Run what is missing, here or on a cluster. Here torch is imported, and nowhere else.

    Raises
    ------
    SystemLibraryError
        If it is not installed.
    """
    from reportgen.system import share_cores

    share_cores()
    try:
        from reportgen.stages.laboratory import Laboratory
        from reportgen.stages.workers import make_records as make_side_by_side
    except ImportError as error:
        msg = (
            f"{study.name} has runs to be made, which needs a package that cannot be imported "
            f"({error}); install it with: pip install 'reportgen-lab[train]'. Without it, "
            "--locked renders the committed records"
        )
        raise SystemLibraryError(msg) from error
    laboratory = Laboratory.open(study, store, sources, order.device, progress)
    if order.cluster:
        from reportgen.cluster.elsewhere import make_records as make_elsewhere

        return make_elsewhere(laboratory, missing, order.cluster, order.jobs)
    return make_side_by_side(laboratory, missing, order.jobs)


def compose(order: Order, study: Study) -> tuple[Composed, ...]:
    """Return the notebooks that the study wants made, before they are run.

    Raises
    ------
    SystemLibraryError
        If they will have to be run, and what that takes is not installed.
    """
    if not study.report.generates_notebooks:
        return ()
    from reportgen.notebooks.compose import compose_notebooks
    from reportgen.notebooks.execute import require_kernel

    if not order.locked:
        require_kernel(study.name)
    return compose_notebooks(study)


def obtain_notebooks(
    order: Order,
    study: Study,
    books: Sequence[Composed],
    records: Mapping[RunId, RunRecord],
    facts: tuple[Fact, ...],
    progress: Progress,
) -> tuple[Path, ...]:
    """Return the notebooks in the build folder, run where the store has none of today."""
    from reportgen.notebooks.keep import (
        FOLDER,
        make_notebooks,
        read_frozen_notebooks,
        write_notebooks,
    )

    if order.locked:
        found = read_frozen_notebooks(study, books, records, facts)
    else:
        found = make_notebooks(order, books, records, facts, progress)
    return write_notebooks(study.build_folder / FOLDER, found)


def derive(study: Study, records: Mapping[RunId, RunRecord]) -> tuple[Fact, ...]:
    """Derive the facts."""
    from reportgen.facts.derive import derive_facts

    return derive_facts(study, records)


def render(
    study: Study,
    records: Mapping[RunId, RunRecord],
    facts: tuple[Fact, ...],
    readings: Readings | None = None,
) -> Rendered:
    """Draw, render and write `report.html`, `results.json` and the PDF."""
    from reportgen.system import require_pango

    require_pango()
    with without_collector(), file_errors(study.build_folder, ELSEWHERE):
        from reportgen.report.document import render_report

        return render_report(study, records, facts, study.build_folder, readings)


def submit(study: Study, rendered: Rendered, notebooks: Sequence[Path]) -> Path:
    """Write the submission's zip beside the PDF."""
    from reportgen.submission import list_files, write_zip

    files = list_files(
        rendered.pdf,
        study.report.listed_notebooks,
        study.folder,
        listed_in=f"experiments/{study.name}/report.yaml",
        generated=notebooks,
    )
    return write_zip(rendered.pdf.with_suffix(".zip"), files).path

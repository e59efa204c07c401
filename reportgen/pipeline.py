"""The order of the stages, and nothing else: from the name of a study to its submission."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from reportgen.errors import DataError, StaleError, UsageError, nearest
from reportgen.stamp import is_current, make_stamp, write_stamp

if TYPE_CHECKING:
    from reportgen.facts.fact import Fact
    from reportgen.plan.keys import RunPlan
    from reportgen.progress import Progress
    from reportgen.records import RunId, RunRecord
    from reportgen.report.document import Rendered
    from reportgen.spec.study import Study
    from reportgen.stages.sources import SourceShelf
    from reportgen.store.store import Store

STAMP = ".stamp.json"

Device = Literal["auto", "cpu", "cuda", "mps"]


@dataclass(frozen=True, slots=True)
class Order:
    """What the user asked for.

    `data_dir` and `store` are absolute, or None for the defaults; `locked` takes
    the committed records instead of running anything.
    """

    root: Path
    study: str
    profile: str = "default"
    data_dir: Path | None = None
    device: Device = "auto"
    store: Path | None = None
    locked: bool = False

    @property
    def build_folder(self) -> Path:
        """Folder of what is built; that of `Study.build_folder`, known without reading a file."""
        label = self.study if self.profile == "default" else f"{self.study}@{self.profile}"
        return self.root / "build" / label

    @property
    def store_folder(self) -> Path:
        """Folder of the store."""
        return self.store or self.root / "build" / "runs"

    def arguments(self) -> dict[str, str]:
        """Return what decides which build this is, for the stamp."""
        return {
            "study": self.study,
            "profile": self.profile,
            "data_dir": str(self.data_dir),
            "store": str(self.store_folder),
            "locked": str(self.locked),
        }


@dataclass(frozen=True, slots=True)
class Built:
    """What a build left behind; `fresh` says that all of it was there already."""

    pdf: Path
    archive: Path
    fresh: bool
    n_pages: int = 0
    n_notebooks: int = 0


def build(order: Order, progress: Progress) -> Built:
    """Do everything: run what is missing, render, write the submission.

    Raises
    ------
    ReportgenError
        Whatever a stage raises; what was finished before is kept.
    """
    stamp = order.build_folder / STAMP
    if is_current(stamp, order.arguments()):
        pdf = next(order.build_folder.glob("*.pdf"))
        return Built(pdf, pdf.with_suffix(".zip"), fresh=True)
    study = load(order)
    with building(study):
        stamp.unlink(missing_ok=True)
        records = obtain_records(order, study, progress)
        facts = derive(study, records)
        rendered = render(study, records, facts)
        archive = submit(study, rendered)
        write_stamp(
            stamp,
            make_stamp(
                order.arguments(),
                folders=[study.folder, study.templates],
                data=[] if order.locked else data_files(order, study),
                inputs=[],
                outputs=[rendered.pdf, rendered.html, rendered.results, archive],
            ),
        )
    return Built(
        rendered.pdf,
        archive,
        fresh=False,
        n_pages=rendered.n_pages,
        n_notebooks=len(notebooks(study)),
    )


def run(order: Order, progress: Progress) -> Mapping[RunId, RunRecord]:
    """Do the first half alone: make every record that the store does not hold."""
    return obtain_records(order, load(order), progress)


def render_only(order: Order, progress: Progress) -> Rendered:
    """Do the second half alone: nothing is run, missing records are an error."""
    study = load(order)
    with building(study):
        records = find_records(order, study, progress)
        (order.build_folder / STAMP).unlink(missing_ok=True)
        return render(study, records, derive(study, records))


def check(order: Order, progress: Progress) -> tuple[str, ...]:
    """Return what keeps the report from being complete, a line each; nothing is written."""
    from reportgen.report.document import check_report

    study = load(order)
    records = find_records(order, study, progress)
    return tuple(check_report(study, records, derive(study, records)))


def list_facts(order: Order, progress: Progress, experiment: str | None = None) -> tuple[Fact, ...]:
    """Return all facts that a template may use, sorted by id; of one experiment if named.

    Raises
    ------
    UsageError
        If the study has no experiment of that name.
    """
    study = load(order)
    if experiment is not None and experiment not in study.experiments:
        found = nearest(experiment, list(study.experiments))
        msg = f'{study.name} has no experiment "{experiment}"; {found}'
        raise UsageError(msg)
    facts = derive(study, find_records(order, study, progress))
    prefix = f"{experiment}." if experiment else ""
    return tuple(fact for fact in facts if fact.id.startswith(prefix))


def freeze(order: Order) -> tuple[Path, ...]:
    """Put the store's records beside the study's files; return the files written."""
    from reportgen.store.frozen import freeze_records

    study = load(order)
    return freeze_records(study, stored_records(order, study))


def clean(order: Order, everything: bool) -> tuple[Path, ...]:
    """Remove what was built of a study; the store only if `everything`. Return what is gone."""
    load(order)
    doomed = [order.build_folder] + ([order.store_folder] if everything else [])
    gone = [folder for folder in doomed if folder.is_dir()]
    for folder in gone:
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
    from reportgen.system import require_pango

    require_pango()
    store, sources, plans = plan(order, study)
    held = read_stored(store, plans, progress)
    missing = [item for item in plans if item.run.id not in held]
    if missing:
        from reportgen.stages.laboratory import Laboratory

        laboratory = Laboratory.open(study, store, sources, order.device, progress)
        made = laboratory.make_records(missing)
        held |= {record.result.id: record for record in made}
    return {item.run.id: held[item.run.id] for item in plans}


def find_records(order: Order, study: Study, progress: Progress) -> dict[RunId, RunRecord]:
    """Return a record of every run without running anything.

    They come from the store; or, for a locked order or where the data are not at
    hand, from the committed records.
    """
    from reportgen.store.frozen import read_frozen

    if order.locked:
        return read_frozen(study)
    try:
        return stored_records(order, study)
    except DataError:
        progress.note("the data are not at hand: taking the committed records, as --locked does")
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
        msg = f"not in the store: {', '.join(missing)}; make them with `reportgen run {study.name}`"
        raise StaleError(msg)
    return held


def plan(order: Order, study: Study) -> tuple[Store, SourceShelf, tuple[RunPlan, ...]]:
    """Return the store, the data sources, and the keys of every run's stages."""
    from reportgen.plan.code import fingerprint_class
    from reportgen.plan.keys import plan_run
    from reportgen.stages.sources import SourceShelf
    from reportgen.store.store import Store

    store = Store(order.store_folder)
    sources = SourceShelf.open(store, order.data_dir)
    return (
        store,
        sources,
        tuple(
            plan_run(
                item,
                sources.fingerprint(item.spec.dataset.name),
                fingerprint_class(study.models_file, item.spec.model.class_).digest,
            )
            for item in study.runs
        ),
    )


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


def derive(study: Study, records: Mapping[RunId, RunRecord]) -> tuple[Fact, ...]:
    """Derive the facts."""
    from reportgen.facts.derive import derive_facts

    return derive_facts(study, records)


def render(study: Study, records: Mapping[RunId, RunRecord], facts: tuple[Fact, ...]) -> Rendered:
    """Draw, render and write `report.html`, `results.json` and the PDF."""
    from reportgen.report.document import render_report
    from reportgen.system import require_pango

    require_pango()
    return render_report(study, records, facts, study.build_folder)


def notebooks(study: Study) -> dict[str, Path]:
    """Return the notebooks that go into the submission, by name."""
    return {Path(name).name: study.folder / name for name in study.report.notebooks}


def submit(study: Study, rendered: Rendered) -> Path:
    """Write the submission's zip beside the PDF."""
    from reportgen.submission import write_zip

    archive = rendered.pdf.with_suffix(".zip")
    write_zip(archive, [(rendered.pdf.name, rendered.pdf), *notebooks(study).items()])
    return archive


def data_files(order: Order, study: Study) -> list[Path]:
    """Return the data files that the study's records depend on."""
    from reportgen.stages.sources import SourceShelf
    from reportgen.store.store import Store

    shelf = SourceShelf.open(Store(order.store_folder), order.data_dir)
    names = sorted({item.spec.dataset.name for item in study.runs})
    return [path for name in names for path in shelf.location(name).files.values()]


@contextmanager
def building(study: Study) -> Iterator[None]:
    """Hold the lock of a study's build folder: a second build of it waits."""
    from filelock import FileLock

    from reportgen.store.files import file_errors

    with file_errors(study.build_folder):
        study.build_folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(study.build_folder.parent / f".{study.build_folder.name}.lock")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()

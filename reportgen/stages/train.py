"""The training stage: what the journal does not hold is trained."""

from __future__ import annotations

import subprocess
from importlib import metadata
from pathlib import Path

from reportgen.errors import RunError
from reportgen.order import Device
from reportgen.plan.decision import decide_training
from reportgen.progress import Progress
from reportgen.records import EpochRow
from reportgen.stages.bench import Bench
from reportgen.stages.placing import place_run
from reportgen.store.journal import Session, TrainingJournal, open_journal
from reportgen.store.store import Store
from reportgen.training.loop import train_run
from reportgen.training.placement import Placement

LIBRARIES = ("torch", "numpy", "scikit-learn", "opentsne", "reportgen-lab")
"""Libraries whose version a record notes."""

COMMIT = ".commit"


def train_stage(
    bench: Bench, store: Store, device: Device, progress: Progress
) -> tuple[TrainingJournal, Placement]:
    """Train a run to its last epoch, from where the store stands.

    Returns
    -------
    journal : TrainingJournal
        With every epoch that the spec asks for, or with the reason why it ended.
    placement : Placement
        Where the stages that follow compute: the device that was asked for, with
        the threads and the precision that the training began with.

    Raises
    ------
    RunError
        If the training diverged and `on_divergence` is `fail`.
    """
    run, key, spec = bench.plan.run.id, bench.plan.train, bench.spec
    training = spec.training
    assert training is not None
    with store.lock(key):
        journal = open_journal(store, key)
        placement = place_run(bench, device, journal.sessions[0] if journal.sessions else None)
        decision = decide_training(spec.epochs, journal.n_epochs, journal.has_ended(training))
        progress.stage(run, decision)
        if decision.action != "reuse":
            journal.begin(open_session(placement, journal.n_epochs + 1, bench.study.root))
            _train(bench, journal, placement, progress)
    require_epochs(bench, journal)
    return journal, placement


def _train(
    bench: Bench, journal: TrainingJournal, placement: Placement, progress: Progress
) -> None:
    run, epochs, training = bench.plan.run.id, bench.spec.epochs, bench.spec.training
    assert training is not None

    def on_epoch(row: EpochRow, seconds: float) -> None:
        progress.epoch(run, row, epochs, seconds / training.validate_every)

    def on_batch(fraction: float) -> None:
        progress.batches(run, journal.n_epochs + training.validate_every, fraction)

    outcome = train_run(
        run,
        training,
        bench.network(),
        bench.data.splits,
        bench.data.summary.mean,
        bench.data.summary.std,
        placement,
        journal,
        on_epoch=on_epoch,
        on_batch=on_batch,
    )
    if outcome.diverged_at:
        journal.stop(f"diverged in epoch {outcome.diverged_at}", outcome.diverged_at)


def require_epochs(bench: Bench, journal: TrainingJournal) -> None:
    """Refuse a training that ended before its first epoch was measured, unless that is its result.

    Raises
    ------
    RunError
        If there is nothing that could be evaluated, and `on_divergence` is `fail`.
    """
    assert bench.spec.training is not None
    if not journal.rows and bench.spec.training.on_divergence == "fail":
        rate = bench.spec.training.phases[0].optimizer.lr
        msg = (
            f"{bench.plan.run.id}: it {journal.stopped}, so there is nothing to report; "
            f"try a smaller lr than {rate:g}"
        )
        raise RunError(msg)


def open_session(placement: Placement, first_epoch: int, root: Path) -> Session:
    """Return the note on where the epochs from `first_epoch` on run."""
    return Session(
        first_epoch=first_epoch,
        device=placement.device,
        device_name=placement.device_name,
        precision=placement.precision,
        threads=placement.threads,
        versions={name: installed_version(name) for name in LIBRARIES},
        commit=current_commit(root),
    )


def installed_version(distribution: str) -> str:
    """Return a distribution's version, or "not installed" where it runs from a bare checkout."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "not installed"


def current_commit(root: Path) -> str:
    """Return the commit of the project, with "+" if files differ from it; empty without git.

    A copy of the project without its history, as on another machine, has it noted in a file.
    """
    noted = root / COMMIT
    if noted.is_file():
        return noted.read_text(encoding="utf-8")
    try:
        commit = _git(root, "rev-parse", "--short=12", "HEAD")
        return commit + ("+" if _git(root, "status", "--porcelain") else "")
    except (OSError, subprocess.SubprocessError):
        return ""


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=root, capture_output=True, text=True, check=True, timeout=10
    )
    return done.stdout.strip()

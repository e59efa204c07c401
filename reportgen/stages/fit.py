"""The estimator in place of training: fitted to features of the network as it starts."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.hashing import canonical_json
from reportgen.measures.linear_svm import fit_linear_svm
from reportgen.order import Device
from reportgen.plan.decision import decide_stage
from reportgen.progress import Progress
from reportgen.records import EpochRow, EstimatorSummary
from reportgen.stages.bench import Bench
from reportgen.stages.features import read_features
from reportgen.stages.placing import place_run
from reportgen.stages.train import open_session
from reportgen.store.arrays import dump_arrays, load_arrays
from reportgen.store.journal import Session
from reportgen.store.store import Entry, Store
from reportgen.training.placement import Placement

if TYPE_CHECKING:
    from numpy.typing import NDArray

FITTED, ARRAYS = "estimator.json", "predictions.safetensors"


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """An estimator's fit: checkpoints without epochs, and its answers.

    `predictions` is uint16 (n,), of the evaluated split; `test` uint16 (k,), of the test
    split, if there is one.
    """

    estimator: EstimatorSummary
    predictions: NDArray[np.uint16]
    test: NDArray[np.uint16] | None
    sessions: tuple[Session, ...]
    rows: tuple[EpochRow, ...] = ()
    seconds: tuple[float, ...] = ()
    stopped: str = ""
    diverged_at: int = 0

    def load_weights(self, epoch: int) -> None:
        """Return nothing: the network is as it starts."""


def fit_stage(
    bench: Bench, store: Store, device: Device, progress: Progress
) -> tuple[Fitted, Placement]:
    """Fit a run's estimator, or take the fit from the store.

    Returns
    -------
    fitted : Fitted
    placement : Placement
        Where the stages that follow compute, with the threads of the fit.

    Raises
    ------
    RunError
        If features are not finite.
    """
    run, key = bench.plan.run.id, bench.plan.train
    with store.lock(key):
        entry = store.read(key)
        progress.stage(run, decide_stage("train", entry is not None))
        if entry is not None:
            fitted = _read(entry)
            return fitted, place_run(bench, device, fitted.sessions[0])
        placement = place_run(bench, device)
        started = time.perf_counter()
        summary, answers = _fit(bench, placement)
        session = open_session(placement, 1, bench.study.root)
        files = {
            FITTED: canonical_json(asdict(summary)),
            ARRAYS: dump_arrays(answers),
        }
        seconds = time.perf_counter() - started
        store.write(key, files, {"session": asdict(session), "seconds": seconds})
    progress.note(
        f"{run}: {summary.name} on {summary.n_features} features of {summary.layer}, "
        f"{seconds:.1f} s"
    )
    return Fitted(summary, answers["predictions"], answers.get("test"), (session,)), placement


def _read(entry: Entry) -> Fitted:
    """Return the fit that an entry of the store holds."""
    session: dict[str, Any] = dict(entry.provenance["session"])
    answers = load_arrays(entry.files[ARRAYS])
    return Fitted(
        EstimatorSummary(**json.loads(entry.files[FITTED])),
        answers["predictions"],
        answers.get("test"),
        (Session(**session),),
    )


def _fit(
    bench: Bench, placement: Placement
) -> tuple[EstimatorSummary, dict[str, NDArray[np.uint16]]]:
    """Read the splits' features, fit to the training split's, answer on the others."""
    wanted = bench.spec.estimator
    assert wanted is not None
    alias = bench.spec.estimator_features
    layer = bench.spec.features[alias]
    train = bench.data.splits["train"]
    seen = read_features(bench, None, train, [layer], placement)[layer]
    machine = fit_linear_svm(seen, train.labels, c=wanted.c, scale=wanted.scale)
    hits = int((machine.predict(seen) == train.labels).sum())
    summary = EstimatorSummary(
        name=wanted.name,
        c=wanted.c,
        scaled=wanted.scale,
        alias=alias,
        layer=layer,
        n_features=seen.shape[1],
        n_train=len(train),
        n_support=machine.n_support,
        train_accuracy=hits / len(train),
    )
    return summary, {
        name: machine.predict(read_features(bench, None, split, [layer], placement)[layer])
        for name, split in bench.answered.items()
    }

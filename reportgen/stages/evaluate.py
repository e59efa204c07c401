"""The evaluation stage: a horizon's best checkpoint on every validation and test sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.plan.decision import decide_stage
from reportgen.progress import Progress
from reportgen.stages.bench import TEST, Bench
from reportgen.stages.checkpoints import Checkpoints, chosen_epoch
from reportgen.stages.fit import Fitted
from reportgen.store.arrays import dump_arrays, load_arrays
from reportgen.store.store import Store
from reportgen.training.inference import predict

if TYPE_CHECKING:
    from reportgen.training.placement import Placement

ARRAYS = "predictions.safetensors"


@dataclass(frozen=True, slots=True)
class Answers:
    """What a checkpoint answers on the evaluated split.

    `predictions` is uint16 (n,), `confidence` float32 (n,), or None for an estimator, which
    gives no probabilities. `test` is uint16 (k,), of the test split, if there is one.
    """

    horizon: int
    epoch: int
    predictions: np.ndarray
    confidence: np.ndarray | None
    test: np.ndarray | None


def evaluate_stage(
    bench: Bench,
    store: Store,
    horizon: int,
    learnt: Checkpoints,
    placement: Placement,
    progress: Progress,
) -> Answers:
    """Return the answers of the best checkpoint within a horizon, from the store if it has them.

    An estimator has given its answers when it was fitted.
    """
    if isinstance(learnt, Fitted):
        return Answers(horizon, 0, learnt.predictions, None, learnt.test)
    key = bench.plan.evaluate[horizon]
    epoch = chosen_epoch(learnt.rows, horizon)
    with store.lock(key):
        entry = store.read(key)
        progress.stage(bench.plan.run.id, decide_stage(f"evaluate.h{horizon}", entry is not None))
        if entry is not None:
            arrays = load_arrays(entry.files[ARRAYS])
        else:
            arrays = _answer(bench, learnt.load_weights(epoch), placement)
            store.write(key, {ARRAYS: dump_arrays(arrays)}, {"device": placement.device})
    return Answers(horizon, epoch, arrays["predictions"], arrays["confidence"], arrays.get(TEST))


def _answer(bench: Bench, weights: bytes | None, placement: Placement) -> dict[str, np.ndarray]:
    """Return what a checkpoint answers on each split, and how sure it is on the evaluated one."""
    model = bench.network(weights)
    arrays: dict[str, np.ndarray] = {}
    for name, split in bench.answered.items():
        found = predict(
            model,
            split,
            bench.data.summary.mean,
            bench.data.summary.std,
            placement,
            batch_size=bench.spec.evaluation_batch_size,
            augmentation=bench.spec.augmentation,
        )
        arrays[name] = found.predicted
        if name != TEST:
            arrays["confidence"] = found.confidence
    return arrays

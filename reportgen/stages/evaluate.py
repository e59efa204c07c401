"""The evaluation stage: a horizon's best checkpoint on every validation sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.plan.decision import decide_stage
from reportgen.progress import Progress
from reportgen.stages.bench import Bench
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
    gives no probabilities.
    """

    horizon: int
    epoch: int
    predictions: np.ndarray
    confidence: np.ndarray | None


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
        return Answers(horizon, 0, learnt.predictions, None)
    key = bench.plan.evaluate[horizon]
    epoch = chosen_epoch(learnt.rows, horizon)
    with store.lock(key):
        entry = store.read(key)
        progress.stage(bench.plan.run.id, decide_stage(f"evaluate.h{horizon}", entry is not None))
        if entry is not None:
            arrays = load_arrays(entry.files[ARRAYS])
            return Answers(horizon, epoch, arrays["predictions"], arrays["confidence"])
        model = bench.network(learnt.load_weights(epoch))
        found = predict(
            model,
            bench.evaluated,
            bench.data.summary.mean,
            bench.data.summary.std,
            placement,
            batch_size=bench.spec.evaluation_batch_size,
            augmentation=bench.spec.augmentation,
        )
        arrays = {"predictions": found.predicted, "confidence": found.confidence}
        store.write(key, {ARRAYS: dump_arrays(arrays)}, {"device": placement.device})
    return Answers(horizon, epoch, found.predicted, found.confidence)

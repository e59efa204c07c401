"""The evaluation stage: a horizon's best checkpoint on every validation sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.plan.decision import decide_stage
from reportgen.progress import Progress
from reportgen.stages.bench import Bench
from reportgen.stages.train import chosen_epoch
from reportgen.store.arrays import dump_arrays, load_arrays
from reportgen.store.journal import TrainingJournal
from reportgen.store.store import Store
from reportgen.training.inference import predict

if TYPE_CHECKING:
    from reportgen.training.placement import Placement

ARRAYS = "predictions.safetensors"


@dataclass(frozen=True, slots=True)
class Answers:
    """What a checkpoint answers on the evaluated split.

    `predictions` is uint16 (n,), `confidence` float32 (n,).
    """

    horizon: int
    epoch: int
    predictions: np.ndarray
    confidence: np.ndarray


def evaluate_stage(
    bench: Bench,
    store: Store,
    horizon: int,
    journal: TrainingJournal,
    placement: Placement,
    progress: Progress,
) -> Answers:
    """Return the answers of the best checkpoint within a horizon, from the store if it has them."""
    key = bench.plan.evaluate[horizon]
    epoch = chosen_epoch(journal.rows, horizon)
    with store.lock(key):
        entry = store.read(key)
        progress.stage(bench.plan.run.id, decide_stage(f"evaluate.h{horizon}", entry is not None))
        if entry is not None:
            arrays = load_arrays(entry.files[ARRAYS])
            return Answers(horizon, epoch, arrays["predictions"], arrays["confidence"])
        model = bench.network(journal.load_weights(epoch))
        found = predict(
            model,
            bench.evaluated,
            bench.data.summary.mean,
            bench.data.summary.std,
            placement,
            batch_size=bench.spec.training.validation_batch_size,
        )
        arrays = {"predictions": found.predicted, "confidence": found.confidence}
        store.write(key, {ARRAYS: dump_arrays(arrays)}, {"device": placement.device})
    return Answers(horizon, epoch, found.predicted, found.confidence)

"""How the reported checkpoint was chosen, and by how much that may flatter it.

The best of several accuracies on one set of samples is above the accuracy on new
samples, since chance helped it to win: G. C. Cawley and N. L. C. Talbot, "On
over-fitting in model selection", Journal of Machine Learning Research 11 (2010),
2079–2107. How much depends on how far the epochs' errors agree, which the run
does not tell; the distance to its last epochs' mean is what it does tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import fmean

from reportgen.facts.fact import Fact, Source, define
from reportgen.facts.smoothing import window_width
from reportgen.records import Evaluation, RunRecord, row_at, within

SELECTED_ON = "validation"
"""The split whose accuracy chooses the best epoch."""

CANDIDATES = define(
    "{run}.h{h}.selection.candidates",
    "epoch",
    "Epochs that the best one was chosen among, those measured.",
)
SAME_SPLIT = define(
    "{run}.h{h}.selection.same_split",
    "bool",
    "Whether the samples that chose the epoch also give its accuracy.",
)
EPOCHS = define("{run}.h{h}.selection.recent.epochs", "epoch", "Last epochs looked at, below.")
MEAN = define("{run}.h{h}.selection.recent.mean", "fraction", "Mean accuracy of the last epochs.")
LOW = define("{run}.h{h}.selection.recent.min", "fraction", "Smallest accuracy of the last epochs.")
HIGH = define("{run}.h{h}.selection.recent.max", "fraction", "Largest accuracy of the last epochs.")
EXCESS = define(
    "{run}.h{h}.selection.excess", "ratio", "Best accuracy minus the mean of the last epochs."
)


def selection_facts(
    run: str, record: RunRecord, evaluation: Evaluation, key: str
) -> Iterator[Fact]:
    """Yield among how many epochs the checkpoint was chosen, and the last epochs' accuracies.

    An estimator has no epochs to choose among: its accuracy is not one of several.
    """
    h = evaluation.horizon
    if not record.result.epochs:
        yield SAME_SPLIT(False, Source(key, "estimator"), run=run, h=h)
        return
    rows = within(record.result.epochs, h)
    accuracies = [row.validation_accuracy for row in rows]
    recent = accuracies[-max(1, window_width(len(accuracies))) :]
    source = Source(key, f"epochs[:{h}]")
    yield CANDIDATES(len(accuracies), source, run=run, h=h)
    yield SAME_SPLIT(evaluation.split == SELECTED_ON, source, run=run, h=h)
    yield EPOCHS(len(recent), source, run=run, h=h)
    yield MEAN(fmean(recent), source, run=run, h=h)
    yield LOW(min(recent), source, run=run, h=h)
    yield HIGH(max(recent), source, run=run, h=h)
    yield EXCESS(
        row_at(rows, evaluation.epoch).validation_accuracy - fmean(recent), source, run=run, h=h
    )

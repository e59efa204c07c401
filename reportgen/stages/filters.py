"""The filters of a convolution at the last horizon's checkpoint, and images after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.datasets.thumbnail import make_thumbnail
from reportgen.records import FilterBank
from reportgen.stages.bench import EVALUATED, Bench
from reportgen.stages.checkpoints import Checkpoints, chosen_epoch
from reportgen.training.filters import read_filters

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.training.placement import Placement


@dataclass(frozen=True, slots=True, eq=False)
class FilterReading:
    """Filters float32 (k, h, w, c), and what they make of images, uint8 (i, k, h, w)."""

    bank: FilterBank
    weights: NDArray[np.float32]
    outputs: NDArray[np.uint8]


def filter_stage(bench: Bench, learnt: Checkpoints, placement: Placement) -> FilterReading | None:
    """Return the filters that a run keeps; None where it keeps none.

    It takes well under a second, and so is done with the record.
    """
    wanted = bench.spec.filters
    if wanted is None:
        return None
    horizon = bench.spec.report_horizons[-1]
    epoch = chosen_epoch(learnt.rows, horizon)
    split, summary = bench.evaluated, bench.data.summary
    rows = first_of_classes(split.labels, wanted.images) if bench.is_illustrated else []
    weights, outputs = read_filters(
        bench.network(learnt.load_weights(epoch)),
        wanted.layer,
        split,
        np.array(rows, np.int32),
        summary.mean,
        summary.std,
        placement,
        augmentation=bench.spec.augmentation,
    )
    n, height, width, channels = weights.shape
    images = tuple(
        make_thumbnail(EVALUATED, row, int(split.labels[row]), split.images[row]) for row in rows
    )
    bank = FilterBank(wanted.layer, horizon, epoch, n, height, width, channels, images)
    return FilterReading(bank, weights, outputs)


def first_of_classes(labels: NDArray[np.uint16], n: int) -> list[int]:
    """Return the first row of each of the first n classes that have samples.

    Examples
    --------
    >>> first_of_classes(np.array([2, 0, 2, 1], np.uint16), 2)
    [1, 3]
    """
    classes, rows = np.unique(labels, return_index=True)
    return [int(row) for _, row in list(zip(classes, rows, strict=True))[:n]]

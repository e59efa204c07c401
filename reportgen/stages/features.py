"""What the named layers of a run's network give for some samples of its data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from reportgen.stages.bench import Bench
from reportgen.training.inference import extract_features

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.datasets.source import Split
    from reportgen.training.placement import Placement


def read_features(
    bench: Bench,
    weights: bytes | None,
    split: Split,
    layers: Sequence[str],
    placement: Placement,
    rows: NDArray[np.int32] | None = None,
) -> dict[str, NDArray[np.float32]]:
    """Return float32 (m, d) by layer, for some rows of a split or for all.

    Parameters
    ----------
    bench : Bench
    weights : bytes or None
        Of a checkpoint; None for those that the network starts with.
    split : Split
    layers : sequence of str
        Names of modules.
    placement : Placement
    rows : ndarray of int32, (m,), optional
    """
    chosen = np.arange(len(split), dtype=np.int32) if rows is None else rows
    return extract_features(
        bench.network(weights),
        split,
        chosen,
        list(dict.fromkeys(layers)),
        bench.data.summary.mean,
        bench.data.summary.std,
        placement,
        batch_size=bench.spec.evaluation_batch_size,
        augmentation=bench.spec.augmentation,
    )

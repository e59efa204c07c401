"""The filters of a convolution, and what they make of some images, for figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from reportgen.errors import ModelError
from reportgen.models.contract import find_layer
from reportgen.models.outputs import evaluating
from reportgen.models.study_code import located_errors
from reportgen.training.inference import prepare
from reportgen.training.placement import running_on

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.datasets.source import Split
    from reportgen.spec.training import Augmentation
    from reportgen.training.placement import Placement

MAX_SIDE = 32
"""Largest side of a map, in pixels: a record stays small, and a figure shows no more."""


def read_filters(
    model: nn.Module,
    layer: str,
    split: Split,
    rows: NDArray[np.int32],
    mean: Sequence[float],
    std: Sequence[float],
    placement: Placement,
    *,
    augmentation: Sequence[Augmentation] = (),
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Return a convolution's filters, and its output for some rows of a split.

    Returns
    -------
    weights : ndarray of float32, (k, h, w, c)
        Filter, row, column, input channel (of its group).
    outputs : ndarray of uint8, (i, k, h, w)
        What each filter makes of each image, in evaluation mode, before the
        activation: averaged down to sides of 32 at most, then from 0, the least
        value of that map, to 255, the largest; all 0 where they are one. Without
        rows, (0, k, 0, 0).

    Raises
    ------
    ModelError
        If there is no such layer, it is no convolution, or the network fails.
    """
    convolution = find_layer(model, layer)
    if not isinstance(convolution, nn.Conv2d):
        msg = f'filters.layer: "{layer}" must be a Conv2d, and is a {type(convolution).__name__}'
        raise ModelError(msg)
    weights = convolution.weight.detach().permute(0, 2, 3, 1).float().cpu().numpy()
    weights = np.ascontiguousarray(weights)
    if not len(rows):
        return weights, np.zeros((0, len(weights), 0, 0), np.uint8)
    maps: list[Tensor] = []
    with running_on(placement):
        chosen = split.take(rows.astype(np.intp))
        network, batches = prepare(model, chosen, mean, std, placement, len(rows), augmentation)
        # A copy: a later in-place layer would write into the output.
        handle = convolution.register_forward_hook(
            lambda _module, _inputs, output: maps.append(output.detach().float().clone())
        )
        try:
            with evaluating(model), located_errors(f"{type(model).__name__} failed"):
                for images, _ in batches:
                    network.logits(images)
        finally:
            handle.remove()
        outputs = grey_levels(_reduced(torch.cat(maps))).cpu().numpy()
    return weights, outputs


def grey_levels(maps: Tensor) -> Tensor:
    """Return uint8 (i, k, h, w) of maps: each from its own least value, 0, to its largest, 255."""
    least, largest = maps.amin((2, 3), keepdim=True), maps.amax((2, 3), keepdim=True)
    span = torch.where(largest > least, largest - least, 1)
    return ((maps - least) * (255 / span)).round().clamp(0, 255).to(torch.uint8)


def _reduced(maps: Tensor) -> Tensor:
    """Average maps down until no side is longer than `MAX_SIDE`, keeping the proportions."""
    height, width = maps.shape[2:]
    longest = max(height, width)
    if longest <= MAX_SIDE:
        return maps
    size = [max(1, round(side * MAX_SIDE / longest)) for side in (height, width)]
    return nn.functional.interpolate(maps, size, mode="bilinear", antialias=True)

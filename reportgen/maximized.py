"""Images that maximise filters, as a record holds them."""

from __future__ import annotations

from dataclasses import dataclass

MAX_SHOWN = 64
"""Pictures that a record keeps of one alias: those of the first filters."""

MAX_SIDE = 64
"""Pixels along the longer side of one, as of a thumbnail."""

MAX_PICTURE_BYTES = 3 << 18
"""What all of them may take of a record: three quarters of its MiB."""


@dataclass(frozen=True, slots=True)
class MaximizedFilter:
    """A filter, from 1, and its mean activation.

    `activation` is by the image that was made for it, `start` by the noise that this
    began as, `real` the largest by any image of the split. A `dead` filter had no gradient
    at any step: its image shows nothing.
    """

    number: int
    activation: float
    start: float
    real: float
    dead: bool


@dataclass(frozen=True, slots=True)
class MaximizedLayer:
    """Images for filters of one layer at a checkpoint.

    `alias` names them in the experiment file; `n_filters` is how many the layer has;
    the array ``maximization.<alias>`` holds the pictures of the first `n_shown`. `weight`
    is 0 without a regulariser. `split` is that of the real images.
    """

    alias: str
    layer: str
    horizon: int
    epoch: int
    split: str
    n_filters: int
    n_shown: int
    steps: int
    lr: float
    regularizer: str
    weight: float
    seed: int
    filters: tuple[MaximizedFilter, ...]


def picture_bytes(channels: int, height: int, width: int) -> int:
    """Return how many bytes a picture takes when blocks have brought it to `MAX_SIDE`.

    Examples
    --------
    >>> picture_bytes(1, 28, 28), picture_bytes(3, 224, 200)
    (784, 8400)
    """
    factor = -(-max(height, width) // MAX_SIDE)
    return channels * max(1, height // factor) * max(1, width // factor)

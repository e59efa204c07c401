"""Small pictures of a large one, in random poses."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from PIL.Image import Image

MAX_ANGLE = math.radians(15.0)
SCALES = (0.85, 1.1)
MAX_SHIFT = 0.06
"""Of the image's side, to each direction."""

OVERSAMPLING = 4
"""Pixels, along a side, whose mean is a pixel of the result."""

_WHITE = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Pose:
    """A turn by `angle` (radians, clockwise), a scaling and a shift (of the side) of an image."""

    angle: float = 0.0
    scale: float = 1.0
    right: float = 0.0
    down: float = 0.0

    def coefficients(self, side: int) -> tuple[float, float, float, float, float, float]:
        """Return the affine map from a place of the result to its place in the image.

        Both are squares of `side` pixels, turned and scaled about their centre:
        (x, y) of the result shows (a x + b y + c, d x + e y + f).
        """
        half = side / 2
        cos, sin = math.cos(self.angle) / self.scale, math.sin(self.angle) / self.scale
        x, y = half + self.right * side, half + self.down * side
        return cos, sin, half - cos * x - sin * y, -sin, cos, half + sin * x - cos * y


def random_poses(n: int, *seeds: int) -> list[Pose]:
    """Return `n` poses, uniform in angle, scale and shift; more begin with the same ones."""
    rng = np.random.default_rng(seeds)
    return [
        Pose(
            float(rng.uniform(-MAX_ANGLE, MAX_ANGLE)),
            float(rng.uniform(*SCALES)),
            float(rng.uniform(-MAX_SHIFT, MAX_SHIFT)),
            float(rng.uniform(-MAX_SHIFT, MAX_SHIFT)),
        )
        for _ in range(n)
    ]


def draw_poses(
    picture: Image, poses: list[Pose], side: int, *, grey: bool
) -> Iterator[NDArray[np.uint8]]:
    """Yield a large square picture in each pose, small.

    Parameters
    ----------
    picture : PIL.Image.Image
        Square, RGB, on white.
    poses : list of Pose
        How it lies.
    side : int
        Height and width of the results.
    grey : bool
        Whether they have one channel, of the luma of ITU-R BT.601 as a negative
        (the ground 0), instead of three.

    Yields
    ------
    ndarray of uint8, (side, side, c)
    """
    from PIL import Image

    large = OVERSAMPLING * side
    canvas = picture.resize((large, large), Image.Resampling.BOX)
    for pose in poses:
        turned = canvas.transform(
            (large, large),
            Image.Transform.AFFINE,
            pose.coefficients(large),
            resample=Image.Resampling.BILINEAR,
            fillcolor=_WHITE,
        )
        small = turned.reduce(OVERSAMPLING)
        if grey:
            yield 255 - np.asarray(small.convert("L"), np.uint8)[:, :, np.newaxis]
        else:
            yield np.asarray(small, np.uint8)

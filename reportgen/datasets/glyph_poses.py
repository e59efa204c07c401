"""Small pictures of a large one, in random poses."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray
    from PIL.Image import Image

MAX_ANGLE = math.radians(15.0)
SCALES = (0.85, 1.1)
MAX_SHIFT = 0.06
"""Of the image's side, to each direction."""

RANGES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "angle": (-MAX_ANGLE, MAX_ANGLE),
        "scale": SCALES,
        "right": (-MAX_SHIFT, MAX_SHIFT),
        "down": (-MAX_SHIFT, MAX_SHIFT),
    }
)
"""In which random poses lie, by the names of what a pose has, in the order of drawing."""

OVERSAMPLING = 4
"""Pixels, along a side, whose mean is a pixel of the result."""


@dataclass(frozen=True, slots=True)
class Pose:
    """How an image lies.

    It leans to the right by `shear` (of its height), is widened by `stretch`, scaled,
    turned by `angle` (radians, clockwise), and shifted (of the side). Strokes are
    thicker by `weight` (of the side), where what is drawn has any.
    """

    angle: float = 0.0
    scale: float = 1.0
    right: float = 0.0
    down: float = 0.0
    shear: float = 0.0
    stretch: float = 1.0
    weight: float = 0.0

    def coefficients(self, side: int) -> tuple[float, float, float, float, float, float]:
        """Return the affine map from a place of the result to its place in the image.

        Both are squares of `side` pixels, changed about their centre:
        (x, y) of the result shows (a x + b y + c, d x + e y + f).
        """
        half = side / 2
        cos, sin = math.cos(self.angle) / self.scale, math.sin(self.angle) / self.scale
        a, b = cos / self.stretch - self.shear * sin, sin / self.stretch + self.shear * cos
        x, y = half + self.right * side, half + self.down * side
        return a, b, half - a * x - b * y, -sin, cos, half + sin * x - cos * y


def random_poses(
    n: int, *seeds: int, ranges: Mapping[str, tuple[float, float]] = RANGES
) -> list[Pose]:
    """Return `n` poses, uniform in the ranges; more begin with the same ones."""
    rng = np.random.default_rng(seeds)
    lows, highs = np.array(list(ranges.values())).T
    # Row by row, from the same numbers as drawn one by one.
    drawn = rng.uniform(lows, highs, (n, len(ranges))).tolist()
    return [Pose(**dict(zip(ranges, row, strict=True))) for row in drawn]


def draw_poses(
    picture: Image, poses: list[Pose], side: int, *, grey: bool
) -> Iterator[NDArray[np.uint8]]:
    """Yield a large square picture in each pose, small; see `draw_pose`.

    Parameters
    ----------
    picture : PIL.Image.Image
        Square, RGB or grey (mode L), on white.
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
        small = draw_pose(canvas, pose)
        yield negative(small) if grey else np.asarray(small, np.uint8)


def draw_pose(canvas: Image, pose: Pose) -> Image:
    """Return a square picture in a pose, `OVERSAMPLING` times smaller; what comes in is white.

    The weight of a pose is for whoever draws the picture: it changes nothing here.
    """
    from PIL import Image

    turned = canvas.transform(
        canvas.size,
        Image.Transform.AFFINE,
        pose.coefficients(canvas.width),
        resample=Image.Resampling.BILINEAR,
        fillcolor="white",
    )
    return turned.reduce(OVERSAMPLING)


def negative(picture: Image) -> NDArray[np.uint8]:
    """Return a picture's luma as a negative, (h, w, 1): white is 0."""
    return 255 - np.asarray(picture.convert("L"), np.uint8)[:, :, np.newaxis]

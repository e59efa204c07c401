"""Small pictures of a large one: where each pixel comes from."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image

from reportgen.datasets.glyph_poses import (
    MAX_ANGLE,
    MAX_SHIFT,
    SCALES,
    Pose,
    draw_poses,
    random_poses,
)


def picture(rows: slice, columns: slice) -> Image.Image:
    """A picture of 64 × 64 pixels, white but for a black rectangle."""
    pixels = np.full((64, 64, 3), 255, np.uint8)
    pixels[rows, columns] = 0
    return Image.fromarray(pixels)


LEFT = picture(slice(None), slice(0, 32))


def small(image: Image.Image, pose: Pose, *, grey: bool = False) -> list[list[int]]:
    """The first channel of a picture in a pose, 4 × 4."""
    (result,) = draw_poses(image, [pose], 4, grey=grey)
    assert result.shape == (4, 4, 1 if grey else 3)
    assert result.dtype == np.uint8
    pixels: list[list[int]] = result[..., 0].tolist()
    return pixels


def test_an_upright_picture_is_its_means() -> None:
    assert small(LEFT, Pose()) == [[0, 0, 255, 255]] * 4


def test_grey_is_a_negative() -> None:
    """So the ground is 0. Luma of pure red, by BT.601: 0.299 · 255 = 76.2, and 255 - 76 = 179."""
    assert small(LEFT, Pose(), grey=True) == [[255, 255, 0, 0]] * 4
    red = Image.new("RGB", (64, 64), (255, 0, 0))
    assert small(red, Pose(), grey=True) == [[179] * 4] * 4


def test_a_shift_goes_right_and_down() -> None:
    """A quarter of the side is one pixel of four; what comes in is white."""
    block = picture(slice(0, 32), slice(0, 32))
    assert small(block, Pose(right=0.25, down=0.5)) == [
        [255, 255, 255, 255],
        [255, 255, 255, 255],
        [255, 0, 0, 255],
        [255, 0, 0, 255],
    ]


def test_a_turn_goes_clockwise() -> None:
    """A quarter turn clockwise brings the left half to the top."""
    turned = np.array(small(LEFT, Pose(angle=math.pi / 2)))
    assert turned[:2].max() <= 40  # the outermost pixels mix with the ground
    assert turned[2:].min() == 255


def test_half_the_scale_is_half_the_side() -> None:
    black = Image.new("RGB", (64, 64))
    shrunk = np.array(small(black, Pose(scale=0.5)))
    inside = np.zeros((4, 4), bool)
    inside[1:3, 1:3] = True
    assert shrunk[inside].max() <= 40
    assert shrunk[~inside].min() == 255


def test_coefficients_by_hand() -> None:
    """Twice as large about the middle of 10: 0 shows 2.5, 10 shows 7.5."""
    assert Pose(scale=2.0).coefficients(10) == (0.5, 0.0, 2.5, -0.0, 0.5, 2.5)
    assert Pose(right=0.1, down=-0.2).coefficients(10) == (1.0, 0.0, -1.0, -0.0, 1.0, 2.0)


def test_a_slant_leans_to_the_right() -> None:
    """By half the height about the middle of 10: at the top, 5 above, 2.5 to the right."""
    assert Pose(shear=0.5).coefficients(10) == (1.0, 0.5, -2.5, -0.0, 1.0, 0.0)
    # The place 7.5 of the upper edge shows the middle of that edge.
    assert 1.0 * 7.5 + 0.5 * 0 - 2.5 == 5.0


def test_a_stretch_widens_and_leaves_the_height() -> None:
    """Twice as wide about the middle of 10: 0 shows 2.5; the height is as it was."""
    assert Pose(stretch=2.0).coefficients(10) == (0.5, 0.0, 2.5, -0.0, 1.0, 0.0)


def test_what_is_slanted_is_turned_afterwards() -> None:
    """A quarter turn clockwise: what leaned to the right at the top now sinks at the right.

    The top of the middle, (5, 0), goes to (7.5, 0), and turned about (5, 5) to (10, 7.5).
    """
    a, b, c, d, e, f = Pose(angle=math.pi / 2, shear=0.5).coefficients(10)
    assert a * 10 + b * 7.5 + c == pytest.approx(5)
    assert d * 10 + e * 7.5 + f == pytest.approx(0)


def test_a_grey_picture_is_drawn_too() -> None:
    assert small(LEFT.convert("L"), Pose(), grey=True) == [[255, 255, 0, 0]] * 4
    shifted = small(LEFT.convert("L"), Pose(down=0.5), grey=True)
    assert shifted == [[0] * 4] * 2 + [[255, 255, 0, 0]] * 2


def test_other_ranges_bring_what_they_name() -> None:
    ranges = {"weight": (0.1, 0.2), "shear": (-0.5, -0.4)}
    poses = random_poses(50, 3, ranges=ranges)
    assert all(0.1 <= pose.weight < 0.2 and -0.5 <= pose.shear < -0.4 for pose in poses)
    assert {(pose.angle, pose.scale, pose.stretch) for pose in poses} == {(0.0, 1.0, 1.0)}
    assert random_poses(5, 3, ranges=ranges) == poses[:5]


def test_poses_fill_their_ranges_and_follow_from_the_seeds() -> None:
    poses = random_poses(400, 3, 0x1F34E)
    columns = {
        "angle": (-MAX_ANGLE, MAX_ANGLE),
        "scale": SCALES,
        "right": (-MAX_SHIFT, MAX_SHIFT),
        "down": (-MAX_SHIFT, MAX_SHIFT),
    }
    for name, (low, high) in columns.items():
        values = [getattr(pose, name) for pose in poses]
        assert low <= min(values) < low + 0.05 * (high - low)
        assert high - 0.05 * (high - low) < max(values) <= high
        assert np.mean(values) == pytest.approx((low + high) / 2, abs=0.1 * (high - low))
    assert random_poses(8, 3, 0x1F34E) == poses[:8]
    assert random_poses(8, 4, 0x1F34E) != poses[:8]
    assert random_poses(8, 3, 0x1F34F) != poses[:8]

"""Tints of matrix cells: legible, ordered, errors brought out."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import pytest

from reportgen.figures.heat import contrast, heat, luminance

TOTALS = (1, 2, 10, 100, 1000, 10_000)


@pytest.mark.parametrize("total", TOTALS)
def test_every_cell_is_legible(total: int) -> None:
    counts = {0, 1, total // 3, total // 2, total - 1, total}
    ratios = {count: contrast(*heat(count, total)) for count in counts}
    assert all(ratio >= 4.5 for ratio in ratios.values()), ratios


def test_more_is_darker_in_grey_as_well() -> None:
    greys = [luminance(heat(count, 100)[0]) for count in range(101)]
    assert all(a >= b for a, b in pairwise(greys))
    assert greys[0] == 1.0


def test_one_error_of_ten_thousand_is_seen() -> None:
    # A step of 0.1 in luminance is plain to the eye beside white.
    assert luminance(heat(1, 10_000)[0]) < 0.9


def test_one_error_and_eight_are_told_apart() -> None:
    # Cube roots of 1 and 8 thousandths, 0.1 and 0.2: tints 0.262 and 0.344;
    # red = 255 − 0.262 × 135 = 219.63 → 220 = 0xdc, 255 − 0.344 × 135 = 208.56 → 209 = 0xd1.
    assert heat(1, 1000)[0][1:3] == "dc"
    assert heat(8, 1000)[0][1:3] == "d1"


def test_an_empty_cell_is_paper_with_faint_ink() -> None:
    assert heat(0, 10) == ("#ffffff", "#767676")


def test_a_full_cell_has_the_deepest_tint() -> None:
    assert heat(10, 10)[0] == "#78a4d4"


def test_an_eighth_of_a_row_lies_between_the_ends() -> None:
    # tint = 0.18 + 0.82 / 2 = 0.59; red = 255 − 0.59 × (255 − 120) = 175.35 → 175 = 0xaf
    assert heat(2, 16)[0][1:3] == "af"


def test_a_class_without_samples_is_paper() -> None:
    assert heat(0, 0)[0] == "#ffffff"


@pytest.mark.parametrize("count", [-1, 11])
def test_an_impossible_count_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match=f"0 to 10 samples, got {count}"):
        heat(count, 10)


def test_contrast_of_a_known_pair() -> None:
    # #767676 on white is the example that WCAG's authors use: 4.54.
    assert contrast("#ffffff", "#767676") == pytest.approx(4.54, abs=0.005)


def test_heat_needs_no_drawing_library() -> None:
    code = (
        "import sys, reportgen.figures.heat as h; h.heat(1, 2); print('matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"

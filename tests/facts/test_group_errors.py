"""Errors that stay in their group, and the exact chance that so many do."""

import math

import numpy as np
import pytest

from reportgen.facts.group_errors import count_inside, find_members, stay_chances, upper_tail


def test_errors_into_a_class_of_no_group_leave():
    """Two classes of no group are not one more group: ant as bee leaves though both are free."""
    labels, predictions = np.array([0, 1, 2]), np.array([1, 0, 0])
    members = find_members({"c": ("cat",)}, ("ant", "bee", "cat"))
    found = count_inside(labels, predictions, members, 1)
    assert (found.errors, found.count) == (1, 0)


def test_members_follow_the_classes_of_the_data():
    assert find_members({"x": ("b", "d"), "y": ("a",)}, ("a", "b", "c", "d")).tolist() == [
        1,
        0,
        2,
        0,
    ]


def test_chances_of_ten_classes_in_six_and_four():
    """A sixth of ten has five companions among nine others, a fourth three."""
    chances = stay_chances(np.array([0] * 6 + [1] * 4), 2)
    assert chances.tolist() == pytest.approx([5 / 9] * 6 + [3 / 9] * 4)


def test_tail_of_equal_draws_is_the_binomial_one():
    """P(X ≥ 8) of 10 with 0.3."""
    exact = sum(math.comb(10, k) * 0.3**k * 0.7 ** (10 - k) for k in (8, 9, 10))
    assert upper_tail([(1, 0.3)] * 10, 8) == pytest.approx(exact, rel=1e-12)


def test_tail_of_unequal_draws():
    """0.5 and 0.2: both 0.1, at least one 1 − 0.5 · 0.8."""
    draws = [(1, 0.5), (1, 0.2)]
    assert upper_tail(draws, 2) == pytest.approx(0.1)
    assert upper_tail(draws, 1) == pytest.approx(0.6)
    assert upper_tail(draws, 0) == pytest.approx(1.0)


def test_tail_of_draws_that_weigh():
    """3 and 1, each with ½: at least 3 is half of the cases, at least 4 a quarter."""
    draws = [(3, 0.5), (1, 0.5)]
    assert upper_tail(draws, 2) == upper_tail(draws, 3) == 0.5
    assert upper_tail(draws, 4) == 0.25


def test_a_clear_case_is_told():
    """Ten ants taken for bees among four classes: (1/3)^10."""
    members = np.array([0, 0, 1, 1])
    found = count_inside(np.zeros(10, int), np.ones(10, int), members, 2)
    assert found.p == pytest.approx(3.0**-10)
    assert found.more_than_chance


def test_errors_of_one_glyph_fall_together():
    """The same ten errors are of two glyphs: by chance both stay with (1/3)², and that is more."""
    members = np.array([0, 0, 1, 1])
    glyphs = np.array([4] * 7 + [9] * 3)
    found = count_inside(np.zeros(10, int), np.ones(10, int), members, 2, glyphs)
    assert found.p == pytest.approx(1 / 9)
    assert not found.more_than_chance
    assert found.expected == pytest.approx(1 / 3)


def test_the_test_holds_its_level():
    """Errors that fall evenly on ten classes, most of them of one: at most 5 % are told, about."""
    rng = np.random.default_rng(1)
    members = np.array([0] * 6 + [1] * 4)
    told = 0
    for _ in range(400):
        labels = rng.choice(10, 60, p=[0.55, *[0.05] * 9])
        predictions = (labels + rng.integers(1, 10, 60)) % 10
        told += count_inside(labels, predictions, members, 2).more_than_chance
    assert 4 <= told <= 28  # 5 % of 400 is 20

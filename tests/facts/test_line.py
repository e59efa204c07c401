"""Facts on the separating line of a map, from points that can be placed by hand."""

import dataclasses

import numpy as np
import pytest

from reportgen.facts.groups import grouped_wilson
from reportgen.facts.line import line_facts, right_side
from reportgen.measures.space import measure_space, separating_line
from tests.facts.hand_made import record, values

AT = "net.h2.maps.final.line"
# The line x = y: the second class has the side below it, where x − y is positive.
LINE = (1.0, -1.0, 0.0)
POINTS = [[0, 1], [2, 1], [0, 3], [1, 1], [3, 0], [0, 2], [2, 0], [4, 5]]
LABELS = [0, 0, 0, 0, 1, 1, 1, 1]  # wrong: 1 of the first class, 5 and 7 of the second


def lined(line=LINE, groups=None):
    """Return the record with a map of eight samples, the last of twelve, in two classes."""
    base = record()
    labels = np.array([1, 0, 1, 0, *LABELS], np.uint16)
    layer_map = dataclasses.replace(base.result.maps[0], n=8, line=line)
    arrays = base.arrays | {
        "labels": labels,
        "embedding.sample": np.arange(4, 12, dtype=np.int32),
        "h2.map.final": np.array(POINTS, np.float32),
    }
    if groups is not None:
        arrays["groups"] = np.array(groups, np.int32)
    result = dataclasses.replace(base.result, maps=(layer_map,))
    return dataclasses.replace(base, result=result, arrays=arrays), layer_map


def test_wrong_side_by_class():
    """Three of eight; (1, 1) lies on the line, which counts as the first class's side."""
    made, layer_map = lined()
    found = values(line_facts("net", made, layer_map, "key"))
    assert found[f"{AT}.errors"] == 3
    assert found[f"{AT}.accuracy"] == 5 / 8
    assert found[f"{AT}.classes.0.errors"] == 1
    assert found[f"{AT}.classes.1.errors"] == 2
    # Wilson: (5/8 + z²/16 ∓ z √(15/512 + z²/256)) / (1 + z²/8), z = 1.959964
    assert found[f"{AT}.low"] == pytest.approx(0.30574, abs=1e-5)
    assert found[f"{AT}.high"] == pytest.approx(0.86316, abs=1e-5)
    assert len(found) == 6


def test_interval_by_group():
    """Two samples a group, of those on the map only: 1, 2, 1 and 1 of two are right."""
    made, layer_map = lined(groups=[7, 7, 7, 7, 0, 0, 1, 1, 2, 2, 3, 3])
    found = values(line_facts("net", made, layer_map, "key"))
    low, high = grouped_wilson([1, 2, 1, 1], [2, 2, 2, 2])
    assert (found[f"{AT}.low"], found[f"{AT}.high"]) == (low, high)


def test_the_other_side():
    """With the line turned about, and no point on it, right and wrong change places."""
    points, labels = np.array(POINTS)[[0, 1, 2, 4, 5]], np.array([0, 0, 0, 1, 1])
    assert right_side(points, labels, LINE).tolist() == [True, False, True, True, False]
    turned = right_side(points, labels, (-1.0, 1.0, 0.0))
    assert turned.tolist() == [False, True, False, False, True]


def test_the_constant_moves_the_line():
    """x = y + 1: the point (2, 0) is beyond it by 1, (1, 1) short of it by 1."""
    points, labels = np.array([[2.0, 0.0], [1.0, 1.0]]), np.array([0, 1])
    assert right_side(points, labels, (1.0, -1.0, -1.0)).tolist() == [False, False]


def test_a_map_without_a_line():
    made, layer_map = lined(line=None)
    assert list(line_facts("net", made, layer_map, "key")) == []


def test_the_errors_are_those_of_the_machine_that_drew_the_line():
    rng = np.random.default_rng(0)
    labels = np.arange(200) % 2
    points = (rng.normal(0, 1, (200, 2)) + 1.5 * labels[:, None]).astype(np.float32)
    line = separating_line(points, labels)
    wrong = int((~right_side(points, labels, line)).sum())
    assert wrong == measure_space(points, labels, 2).linear_errors > 0

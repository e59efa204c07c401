"""Facts on a checkpoint, from a matrix that can be counted by hand."""

import dataclasses

import numpy as np
import pytest

from reportgen.facts.evaluation import (
    class_facts,
    error_facts,
    hits,
    pair_facts,
    score_facts,
)
from tests.facts.hand_made import record, values

RECORD = record()
EARLY, LATE = RECORD.result.evaluations


def test_score():
    found = values(score_facts("net", RECORD, EARLY, "key"))
    assert found["net.h2.best.epoch"] == 2
    assert found["net.h2.best.n"] == 12
    assert found["net.h2.best.errors"] == 5
    assert found["net.h2.best.accuracy"] == 7 / 12
    # Wilson: (7/12 + z²/24 ∓ z √(7·5/12³ + z²/576)) / (1 + z²/12), z = 1.959964
    assert found["net.h2.best.low"] == pytest.approx(0.31951, abs=1e-5)
    assert found["net.h2.best.high"] == pytest.approx(0.80674, abs=1e-5)
    assert found["net.h2.best.validation_loss"] == 0.95
    assert found["net.h2.best.train_accuracy"] == 0.70
    assert found["net.h2.best.train_loss"] == 0.9


def test_groups_are_right_as_a_whole_in_part_or_not_at_all():
    """Wrong are 3, 4, 5, 9 and 10, so of the groups 0–2, 3–4, 5–9 and 10–11 one, one and two."""
    groups = np.array([0] * 3 + [1] * 2 + [2] * 5 + [3] * 2, np.int32)
    grouped = dataclasses.replace(RECORD, arrays={**RECORD.arrays, "groups": groups})
    found = values(score_facts("net", grouped, EARLY, "key"))
    at = "net.h2.group_hits"
    assert [found[f"{at}.{name}"] for name in ("all", "none", "some")] == [1, 1, 2]


def test_without_groups_there_are_no_hits_of_groups():
    assert not any("group_hits" in name for name in values(score_facts("net", RECORD, EARLY, "k")))


def test_chance_is_the_share_of_the_commonest_class():
    """5 of 12 are ants: 0.417 lies within the interval of 7/12, but not of 11/12 (from 0.646)."""
    assert values(score_facts("net", RECORD, EARLY, "key"))["net.h2.best.chance"] is True
    assert values(score_facts("net", RECORD, LATE, "key"))["net.h4.best.chance"] is False


def test_pairs_with_ties():
    """ant→bee 2; then bee→ant, bee→cat and cat→bee once each. Both ways: ant-bee 3, bee-cat 2."""
    found = values(pair_facts("net", RECORD, EARLY, "key"))
    assert found["net.h2.confusion.0.1"] == 2
    assert found["net.h2.confusion.2.2"] == 1
    pairs = [
        tuple(found[f"net.h2.pairs.{k}.{part}"] for part in ("true", "predicted", "count"))
        for k in (1, 2, 3, 4)
    ]
    assert pairs == [("ant", "bee", 2), ("bee", "ant", 1), ("bee", "cat", 1), ("cat", "bee", 1)]
    assert found["net.h2.pairs_tied"] is True
    merged = [
        tuple(found[f"net.h2.merged.{k}.{part}"] for part in ("a", "b", "count", "share"))
        for k in (1, 2)
    ]
    assert merged == [("ant", "bee", 3, 3 / 5), ("bee", "cat", 2, 2 / 5)]
    assert found["net.h2.merged_tied"] is False


def test_one_error_is_one_pair():
    found = values(pair_facts("net", RECORD, LATE, "key"))
    assert found["net.h4.pairs.1.true"] == "bee"
    assert "net.h4.pairs.2.true" not in found
    assert found["net.h4.merged.1.share"] == 1.0


def test_no_error_is_no_pair():
    right = dataclasses.replace(LATE, n_errors=0, confusion=((5, 0, 0), (0, 5, 0), (0, 0, 2)))
    found = values(pair_facts("net", RECORD, right, "key"))
    assert not [name for name in found if ".pairs." in name or ".merged." in name]
    assert values(score_facts("net", RECORD, right, "key"))["net.h4.best.high"] == 1.0


def test_recall_worst_and_cleanest():
    """3/5, 3/5 and 1/2: the worst is cat; ant and bee tie for the cleanest, the first is told."""
    found = values(class_facts("net", RECORD, EARLY, "key"))
    assert [found[f"net.h2.recall.{i}"] for i in range(3)] == [3 / 5, 3 / 5, 1 / 2]
    assert [found[f"net.h2.worst.{p}"] for p in ("label", "recall", "errors")] == ["cat", 0.5, 1]
    assert [found[f"net.h2.cleanest.{p}"] for p in ("label", "recall", "errors")] == [
        "ant",
        3 / 5,
        2,
    ]


def test_a_class_without_samples_has_no_recall():
    odd = dataclasses.replace(EARLY, n=10, n_errors=4, confusion=((3, 2, 0), (1, 3, 1), (0, 0, 0)))
    found = values(class_facts("net", RECORD, odd, "key"))
    assert "net.h2.recall.2" not in found
    assert found["net.h2.worst.label"] == "ant"


def test_confident_errors():
    found = values(error_facts("net", RECORD, EARLY, "key"))
    assert found["net.h2.confident_errors"] == 2
    assert found["net.h2.confident.2.true"] == "bee"
    assert found["net.h2.confident.2.predicted"] == "cat"
    assert found["net.h2.confident.2.confidence"] == 0.75


def test_hits():
    assert np.flatnonzero(~hits(RECORD, 2)).tolist() == [3, 4, 5, 9, 10]


def test_every_fact_names_its_source():
    for fact in score_facts("net", RECORD, EARLY, "key"):
        assert fact.source.run == "key"
        assert fact.source.field.startswith(("evaluations[h=2]", "epochs[1]"))

"""Errors inside and between groups of classes, counted by hand."""

import dataclasses

import numpy as np
import pytest

from reportgen.facts.class_groups import group_error_facts, group_facts, group_map_facts
from tests.facts.hand_made import IN_FEATURES, LABELS, record, values

GROUPS = {"insects": ("ant", "bee"), "mammals": ("cat",)}
RECORD = record()
EARLY, LATE = RECORD.result.evaluations


def test_sizes():
    assert values(group_facts("net", GROUPS, "key")) == {
        "net.groups.insects.classes": 2,
        "net.groups.mammals.classes": 1,
    }


def test_by_group():
    """ant: 3 right, 2 as bee. bee: 3 right, 1 as ant, 1 as cat. cat: 1 right, 1 as bee."""
    found = values(group_error_facts("net", RECORD, GROUPS, EARLY, "key"))
    insects = {field: found[f"net.h2.groups.insects.{field}"] for field in FIELDS}
    assert insects == dict(zip(FIELDS, (10, 4, 3, 1, 6 / 10, 3 / 4), strict=True))
    mammals = {field: found[f"net.h2.groups.mammals.{field}"] for field in FIELDS}
    assert mammals == dict(zip(FIELDS, (2, 1, 0, 1, 1 / 2, 0.0), strict=True))
    assert found["net.h2.groups_between.insects.mammals.count"] == 1
    assert found["net.h2.groups_between.mammals.insects.count"] == 1
    assert found["net.h2.groups_between.insects.mammals.share"] == 1 / 5
    assert "net.h2.groups_between.insects.insects.count" not in found


FIELDS = ("n", "errors", "inside", "outside", "recall", "inside_share")


def test_inside_all_groups():
    """Three of five errors stay. By chance an insect's stays with 1/2, a mammal's never.

    So the expected share is 4 · ½ / 5, and P(at least 3 of 4 halves) is (4 + 1) / 16.
    """
    found = values(group_error_facts("net", RECORD, GROUPS, EARLY, "key"))
    inside = {name.split(".")[-1]: v for name, v in found.items() if ".groups_inside." in name}
    assert inside == {
        "errors": 5,
        "count": 3,
        "outside": 2,
        "share": 3 / 5,
        "outside_share": 2 / 5,
        "expected": pytest.approx(2 / 5),
        "p": pytest.approx(5 / 16),
        "more_than_chance": False,
    }


def test_one_error():
    """bee as ant: it stays inside, which chance does in half of the cases."""
    found = values(group_error_facts("net", RECORD, GROUPS, LATE, "key"))
    assert found["net.h4.groups_inside.share"] == 1.0
    assert found["net.h4.groups_inside.p"] == 0.5
    assert found["net.h4.groups.mammals.inside_share"] is None


def test_no_error():
    right = dataclasses.replace(LATE, n_errors=0, confusion=((5, 0, 0), (0, 5, 0), (0, 0, 2)))
    made = dataclasses.replace(
        RECORD, arrays=RECORD.arrays | {"h4.predictions": RECORD.arrays["labels"]}
    )
    found = values(group_error_facts("net", made, GROUPS, right, "key"))
    assert found["net.h4.groups_inside.count"] == 0
    assert found["net.h4.groups_inside.share"] is None
    assert found["net.h4.groups_inside.expected"] is None
    assert found["net.h4.groups_inside.p"] == 1.0
    assert found["net.h4.groups_inside.more_than_chance"] is False
    assert found["net.h4.groups_between.insects.mammals.share"] is None


def test_a_group_without_samples_has_no_recall():
    odd = dataclasses.replace(EARLY, n=10, n_errors=4, confusion=((3, 2, 0), (1, 3, 1), (0, 0, 0)))
    found = values(group_error_facts("net", RECORD, GROUPS, odd, "key"))
    assert found["net.h2.groups.mammals.n"] == 0
    assert found["net.h2.groups.mammals.recall"] is None


def test_a_class_of_no_group_takes_no_part():
    """Only ants and cats are grouped, apart: ant as bee twice, cat as bee once, none inside."""
    groups = {"a": ("ant",), "c": ("cat",)}
    found = values(group_error_facts("net", RECORD, groups, EARLY, "key"))
    assert found["net.h2.groups_inside.errors"] == 3
    assert found["net.h2.groups_inside.count"] == 0
    assert found["net.h2.groups.a.outside"] == 2
    assert found["net.h2.groups_between.a.c.count"] == 0
    assert found["net.h2.groups_inside.p"] == 1.0


def test_without_groups_there_are_no_facts():
    assert list(group_facts("net", {}, "key")) == []
    assert list(group_error_facts("net", RECORD, {}, EARLY, "key")) == []
    assert list(group_map_facts("net", RECORD, {}, RECORD.result.maps[0], "key")) == []


def test_the_records_own_groups_of_samples_are_used():
    """Insects err in samples 3 and 4 (glyph 1), 5 (glyph 2) and 9 (glyph 3): weights 2, 1, 1.

    Three of the four stay; at least 3 of the sum is 2 + 1, 2 + 1 or all: 3 of 8 cases.
    """
    glyphs = np.array([0, 0, 0, 1, 1, 2, 0, 0, 0, 3, 5, 5], np.int32)
    made = dataclasses.replace(RECORD, arrays=RECORD.arrays | {"groups": glyphs})
    found = values(group_error_facts("net", made, GROUPS, EARLY, "key"))
    assert found["net.h2.groups_inside.p"] == pytest.approx(3 / 8)


def test_mixed_pairs_of_one_group():
    """Among the features bee-cat, ant-bee, ant-cat are the pairs; only ant-bee is of one group."""
    found = values(group_map_facts("net", RECORD, GROUPS, RECORD.result.maps[0], "key"))
    at = "net.h2.maps.final.features.mixed"
    assert [found[f"{at}.{k}.same_group"] for k in (1, 2, 3)] == [False, True, False]
    assert len(found) == 6
    assert IN_FEATURES.mixing[1][2] > 0


def test_a_pair_of_classes_of_no_group_is_of_none():
    groups = {"mammals": ("cat",)}
    found = values(group_map_facts("net", RECORD, groups, RECORD.result.maps[0], "key"))
    assert not any(found.values())


def test_sources():
    facts = [*group_error_facts("net", RECORD, GROUPS, EARLY, "key")]
    assert {fact.source.field for fact in facts} == {"evaluations[h=2].confusion"}
    assert len(LABELS) == 12

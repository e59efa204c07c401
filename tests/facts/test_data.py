"""Facts on the data."""

from dataclasses import replace

import numpy as np

from reportgen.facts.data import data_facts
from tests.facts.hand_made import record, values

FACTS = list(data_facts("net", record(), "key"))
FOUND = values(FACTS)


def test_the_whole():
    assert FOUND["net.data.name"] == "toy"
    assert FOUND["net.data.n"] == 42  # 30 + 12
    assert FOUND["net.data.n_classes"] == 3
    assert FOUND["net.data.classes.2"] == "cat"
    assert FOUND["net.data.shared"] == 1
    assert (FOUND["net.data.mean.0"], FOUND["net.data.std.0"]) == (0.25, 0.5)


def test_by_split():
    at = "net.data.train"
    assert [FOUND[f"{at}.{name}"] for name in ("n", "height", "width", "channels")] == [30, 8, 6, 1]
    assert (FOUND[f"{at}.smallest_class"], FOUND[f"{at}.largest_class"]) == (8, 12)
    assert [FOUND[f"net.data.validation.classes.{i}"] for i in range(3)] == [5, 5, 2]


def test_source():
    fields = {fact.id: fact.source.field for fact in FACTS}
    assert fields["net.data.validation.n"] == "data.splits[1].n"
    assert {fact.source.run for fact in FACTS} == {"key"}


def test_groups_of_an_evaluated_split():
    """Of the 5, 5 and 2 samples: glyphs 0 0 0 1 1, 2 3 4 4 4, and 9 9."""
    plain = record()
    groups = np.array([0, 0, 0, 1, 1, 2, 3, 4, 4, 4, 9, 9], np.int32)
    found = values(
        data_facts("net", replace(plain, arrays={**plain.arrays, "groups": groups}), "key")
    )
    at = "net.data.validation.groups"
    assert found[f"{at}.n"] == 6
    assert [found[f"{at}.classes.{i}"] for i in range(3)] == [2, 3, 1]
    assert (found[f"{at}.smallest"], found[f"{at}.largest"]) == (1, 3)
    assert not any("train.groups" in name for name in found)


def test_without_groups_nothing_is_said_of_them():
    assert not any(".groups" in name for name in FOUND)

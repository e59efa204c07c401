"""What an experiment may say of drawn letters."""

from __future__ import annotations

from typing import Any

import pytest

from reportgen.spec.dataset import DatasetSpec
from reportgen.spec.faults import read_model
from reportgen.spec.letters import Letters


def refused(value: dict[str, Any]) -> list[str]:
    """Return the messages of all faults."""
    model, refusals = read_model(DatasetSpec, value)
    assert (model is None) == bool(refusals)
    return [refusal.message for refusal in refusals]


def test_every_key_is_optional() -> None:
    spec = DatasetSpec.from_plain({"name": "letters", "letters": {}})
    assert spec.letters == Letters(side=28, per_class=2000, cases="both", seed=0)
    assert DatasetSpec.from_plain({"name": "letters"}).letters is None


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "side": ({"side": 7}, "letters.side must be at least 8, got 7"),
    "large": ({"side": 257}, "letters.side must be at most 256, got 257"),
    "none": ({"per_class": 0}, "letters.per_class must be at least 1, got 0"),
    "many": ({"per_class": 20001}, "letters.per_class must be at most 20000, got 20001"),
    "cases": ({"cases": "small"}, 'letters.cases cannot be "small"; allowed: both, lower, upper'),
    "seed": ({"seed": -1}, "letters.seed must be at least 0, got -1"),
    "key": ({"perclass": 3}, 'unknown key "perclass" in letters; did you mean "per_class"?'),
}


@pytest.mark.parametrize(("keys", "message"), FAULTS.values(), ids=FAULTS)
def test_bad_values_have_a_place(keys: dict[str, Any], message: str) -> None:
    (found,) = refused({"name": "letters", "letters": keys})
    assert found.startswith(message)


def test_all_faults_are_told_at_once() -> None:
    assert len(refused({"name": "letters", "letters": {"side": 7, "seed": "x"}})) == 2


def test_letters_are_for_one_data_set_alone() -> None:
    assert refused({"name": "emnist-letters", "letters": {}}) == [
        'letters is for the data set letters alone, got "emnist-letters"'
    ]


def test_letters_stand_beside_neither_emoji_nor_a_source() -> None:
    source = {"zip": "a.zip", "splits": {"all": "."}}
    assert refused({"name": "letters", "letters": {}, "glyphs": {}, "source": source}) == [
        'glyphs is for the data set openmoji alone, got "letters"',
        "source cannot stand beside glyphs; give one of them",
        "source cannot stand beside letters; give one of them",
    ]

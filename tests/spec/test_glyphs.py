"""What an experiment may say of emoji and of divisions by shares."""

from __future__ import annotations

from typing import Any

import pytest

from reportgen.spec.dataset import DatasetSpec, Division, ShareDivision
from reportgen.spec.faults import read_model
from reportgen.spec.glyphs import KNOWN_CLASSES, Glyphs


def dataset(**keys: Any) -> dict[str, Any]:
    return {"name": "openmoji"} | keys


def refused(value: dict[str, Any]) -> list[str]:
    """Return the messages of all faults."""
    model, refusals = read_model(DatasetSpec, value)
    assert (model is None) == bool(refusals)
    return [refusal.message for refusal in refusals]


def test_without_classes_all_known_ones_are_meant() -> None:
    assert list(Glyphs().by_class) == list(KNOWN_CLASSES)
    assert len(KNOWN_CLASSES) == 10


def test_some_known_classes_keep_the_order_of_the_file() -> None:
    found = Glyphs.from_plain({"classes": ["food", "birds"]}).by_class
    assert list(found.items()) == [
        ("food", ("food-prepared", "food-asian")),
        ("birds", ("animal-bird",)),
    ]


def test_classes_of_ones_own_keep_their_members() -> None:
    classes = {"sea": ["animal-marine", "U+1F980"], "sky": ["animal-bird"]}
    found = Glyphs.from_plain({"classes": classes}).by_class
    assert list(found.items()) == [("sea", ("animal-marine", "U+1F980")), ("sky", ("animal-bird",))]


FAULTS: dict[str, tuple[Any, str]] = {
    "unknown": (["food", "brids"], 'glyphs.classes.1 is no known class, got "brids"; '),
    "twice": (["food", "birds", "food"], 'glyphs.classes.2 stands twice, got "food"'),
    "one": (["food"], "glyphs.classes must hold at least 2 entries"),
    "empty class": (
        {"a": [], "b": ["x"]},
        "glyphs.classes.a must hold at least one entry, got an empty list",
    ),
    "no class": ({}, "glyphs.classes must hold at least 2 entries, got an empty mapping"),
    "code point": (
        {"a": ["U+ZZ"], "b": ["x"]},
        'glyphs.classes.a.0 must be a code point such as U+1F34E, got "U+ZZ"',
    ),
    "two classes": (
        {"a": ["x", "y"], "b": ["z", "y"]},
        'glyphs.classes.b.1 is in the class a already, got "y"',
    ),
}


@pytest.mark.parametrize(("classes", "message"), FAULTS.values(), ids=FAULTS)
def test_faulty_classes_have_a_place(classes: Any, message: str) -> None:
    found = refused(dataset(glyphs={"classes": classes}))
    assert len(found) == 1
    assert found[0].startswith(message)


def test_an_unknown_class_brings_the_nearest() -> None:
    assert "birds" in refused(dataset(glyphs={"classes": ["food", "brids"]}))[0]


def test_glyphs_are_for_openmoji_alone() -> None:
    assert refused({"name": "mnist", "glyphs": {}}) == [
        'glyphs is for the data set openmoji alone, got "mnist"'
    ]


def test_glyphs_and_a_source_exclude_each_other() -> None:
    source = {"zip": "a.zip", "splits": {"all": "."}}
    assert refused(dataset(glyphs={}, source=source)) == [
        "source cannot stand beside glyphs; give one of them"
    ]


def test_images_are_counted_by_glyph_or_by_class() -> None:
    assert Glyphs.from_plain({"per_class": 201}).per_class == 201
    assert refused(dataset(glyphs={"variants": 4, "per_class": 201})) == [
        "glyphs.per_class cannot stand beside variants; give one of them"
    ]


def test_a_misspelt_key_brings_the_nearest() -> None:
    (message,) = refused(dataset(glyphs={"variant": 3}))
    assert message.startswith('unknown key "variant" in glyphs; did you mean "variants"?')


# ── divisions ───────────────────────────────────────────────────────────────


def test_a_division_is_by_samples_or_by_shares() -> None:
    counts = DatasetSpec.from_plain(dataset(split={"train": 8, "validation": 2}))
    shares = DatasetSpec.from_plain(dataset(split={"validation_share": 0.25}))
    assert counts.split == Division(train=8, validation=2)
    assert shares.split == ShareDivision(validation_share=0.25)


def test_a_division_by_samples_is_written_as_ever() -> None:
    """The keys of stages cover it: other values here would make committed records stale."""
    spec = DatasetSpec.from_plain(dataset(split={"train": 8, "validation": 2}))
    assert spec.to_plain()["split"] == {"train": 8, "validation": 2, "test": None, "seed": 0}


DIVISIONS: dict[str, tuple[dict[str, Any], str]] = {
    "both": ({"train": 8, "validation_share": 0.2}, '"train" cannot stand in split beside'),
    "all": ({"validation_share": 1.0}, "split.validation_share must be less than 1, got 1.0"),
    "none": ({"validation_share": 0}, "split.validation_share must be greater than 0, got 0"),
    "nothing to train on": (
        {"validation_share": 0.5, "test_share": 0.5},
        "split.test_share and validation_share must leave something to train on",
    ),
}


@pytest.mark.parametrize(("split", "message"), DIVISIONS.values(), ids=DIVISIONS)
def test_faulty_shares_have_a_place(split: dict[str, Any], message: str) -> None:
    found = refused(dataset(split=split))
    assert len(found) == 1
    assert found[0].startswith(message)

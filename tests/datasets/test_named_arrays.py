"""What is taken for images, labels, groups and classes, and what is refused."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from reportgen.datasets import array_values
from reportgen.datasets.named_arrays import ArrayContent, Reading, arrange
from reportgen.errors import DataError

PATH = Path("toy.pkl")
RNG = np.random.default_rng(0)
COLOUR = RNG.integers(0, 256, (4, 6, 5, 3), dtype=np.uint8)
LABELS = [0, 1, 2, 1]


def read(content: object, **reading: Any) -> ArrayContent:
    return arrange(content, PATH, Reading(**reading))


def images(given: object, **reading: Any) -> Any:
    """What is read of some images."""
    return read({"images": given, "labels": LABELS}, **reading).splits["all"].images


def labelled(labels: object, **more: object) -> ArrayContent:
    return read({"images": COLOUR, "labels": labels} | more)


def refusal(content: object, **reading: Any) -> str:
    """What reading says is wrong."""
    with pytest.raises(DataError) as caught:
        read(content, **reading)
    message = caught.value.message
    assert message.startswith("toy.pkl does not fit: expected ")
    assert message.endswith("; save the file anew")
    return message.removeprefix("toy.pkl does not fit: expected ").removesuffix(
        "; save the file anew"
    )


# ── images ──────────────────────────────────────────────────────────────────

SAME: dict[str, Any] = {
    "as they are": COLOUR,
    "columns first": np.asfortranarray(COLOUR),
    "channels first": COLOUR.transpose(0, 3, 1, 2),
    "wide integers": COLOUR.astype(np.int64),
    "whole floats": COLOUR.astype(np.float64),
    "parts of one": COLOUR / 255,
    "parts of one, single": (COLOUR / 255).astype(np.float32),
    "parts of one, half": (COLOUR / 255).astype(np.float16),
    "parts of one, channels first": (COLOUR / 255).transpose(0, 3, 1, 2),
    "big-endian": COLOUR.astype(">i2"),
    "a list of arrays": list(COLOUR),
    "a tuple of arrays": tuple(COLOUR / 255),
}


@pytest.mark.parametrize("given", SAME.values(), ids=SAME)
def test_the_same_images_in_many_forms(given: Any) -> None:
    found = images(given)
    assert found.dtype == np.uint8
    assert np.array_equal(found, COLOUR)
    assert found.flags.c_contiguous


@pytest.mark.parametrize("axis", [None, 1, 3])
def test_grey_images_have_one_channel_whether_it_is_an_axis_or_not(axis: int | None) -> None:
    grey = COLOUR[..., 0]
    given = grey if axis is None else np.expand_dims(grey, axis)
    assert np.array_equal(images(given), grey[..., np.newaxis])


def test_a_float_between_two_levels_goes_to_the_nearest() -> None:
    """0.3 · 255 = 76.5 goes to the even neighbour, 0.5 · 255 = 127.5 too; 0.1 · 255 = 25.5."""
    given = np.full((4, 6, 5, 3), 0.0)
    given[0, 0, 0] = [0.301, 0.499, 0.001]
    assert images(given)[0, 0, 0].tolist() == [77, 127, 0]


def test_floats_of_all_splits_are_of_one_scale() -> None:
    """A split whose brightest pixel is 1 of 255 is not taken for white."""
    dark = np.zeros((4, 6, 5, 3))
    dark[0] = 1.0
    found = read(
        {
            "train": {"x": COLOUR.astype(float), "y": LABELS},
            "val": {"x": dark, "y": LABELS},
        }
    )
    assert found.splits["validation"].images.max() == 1


def test_which_axis_the_channels_are_may_be_said() -> None:
    """3 rows of 5 pixels in 3 channels, either way."""
    given = RNG.integers(0, 256, (4, 3, 5, 3), dtype=np.uint8)
    assert np.array_equal(images(given, layout="channels_last"), given)
    first = images(given, layout="channels_first")
    assert first.shape == (4, 5, 3, 3)
    assert np.array_equal(first, given.transpose(0, 2, 3, 1))


def test_said_channels_may_be_any_number() -> None:
    assert images(np.zeros((4, 6, 5, 4), np.uint8), layout="channels_last").shape == (4, 6, 5, 4)


IMAGE_FAULTS: dict[str, tuple[Any, str]] = {
    "ambiguous": (
        np.zeros((4, 3, 5, 3), np.uint8),
        "dataset.source.layout: channels_first or channels_last, got uint8 (4, 3, 5, 3), where bo",
    ),
    "four channels": (np.zeros((4, 6, 5, 4), np.uint8), "got uint8 (4, 6, 5, 4), where neither is"),
    "flat rows": (np.zeros((4, 90), np.uint8), "of shape (n, h, w), (n, h, w, c) or (n, c, h, w)"),
    "five axes": (np.zeros((4, 1, 6, 5, 3)), "got float64 (4, 1, 6, 5, 3)"),
    "no image": (np.zeros((0, 6, 5, 3)), "images to be at least one image"),
    "no pixel": (np.zeros((4, 0, 5, 3)), "got float64 (4, 0, 5, 3)"),
    "ragged": (
        [np.zeros((6, 5), np.uint8), np.zeros((6, 5), np.uint8), np.zeros((7, 5), np.uint8)],
        "images to be arrays of one shape and type, got uint8 (6, 5) (2), uint8 (7, 5) (1)",
    ),
    "types that differ": (
        [np.zeros((6, 5), np.uint8), np.zeros((6, 5))],
        "got uint8 (6, 5) (1), float64 (6, 5) (1)",
    ),
    "lists of lists": ([[[0, 1], [2, 3]]], "got a list of a list (1)"),
    "an empty list": ([], "images to be an array, or a list of arrays of one shape, got a list"),
    "nothing": (None, "got a NoneType"),
    "NaN": (
        np.where(COLOUR > 250, np.nan, COLOUR / 255),
        f"finite numbers, got {int((COLOUR > 250).sum())} that are NaN or infinite",
    ),
    "infinity": (np.full((4, 6, 5), np.inf), "got 120 that are NaN or infinite"),
    "negative floats": (
        COLOUR / 127.5 - 1,
        "images to be from 0 to 255, or floats from 0 to 1, got float64 from -1 to",
    ),
    "negative integers": (COLOUR.astype(int) - 300, "got int64 from -300 to -4"),
    "too much": (COLOUR.astype(int) * 2, "got int64 from 0 to "),
    "parts of levels": (
        COLOUR / 2 + 0.25,
        "floats from 0 to 1, or whole numbers from 0 to 255",
    ),
    "truths": (COLOUR > 9, "images to be integers or floats, got bool (4, 6, 5, 3)"),
    "texts": (np.full((4, 6, 5), "x"), "integers or floats, got <U1 (4, 6, 5)"),
    "complex": (COLOUR * 1j, "integers or floats, got complex128"),
}


@pytest.mark.parametrize(("given", "expected"), IMAGE_FAULTS.values(), ids=IMAGE_FAULTS)
def test_other_images_are_refused(given: Any, expected: str) -> None:
    assert expected in refusal({"images": given, "labels": LABELS})


def test_one_array_many_times_over_is_not_stacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of a thousand times one image is small; what it would become is not."""
    monkeypatch.setattr(array_values, "MAX_BYTES", 20_000)
    assert refusal({"images": [COLOUR[0]] * 1000, "labels": LABELS}) == (
        "images to be at most 20000 bytes, got 90000 bytes"
    )


# ── labels and classes ──────────────────────────────────────────────────────

ONE_HOT = np.eye(3, dtype=int)[LABELS]

FORMS: dict[str, Any] = {
    "a list": LABELS,
    "a tuple": tuple(LABELS),
    "bytes": np.array(LABELS, np.uint8),
    "big-endian": np.array(LABELS, ">i8"),
    "the widest": np.array(LABELS, np.uint64),
    "a column": np.array(LABELS)[:, np.newaxis],
    "scalars": [np.int16(label) for label in LABELS],
    "arrays without axes": [np.array(label) for label in LABELS],
    "one-hot": ONE_HOT,
    "one-hot floats": ONE_HOT.astype(np.float32),
    "one-hot truths": ONE_HOT.astype(bool),
    "one-hot in a list": list(ONE_HOT),
}


@pytest.mark.parametrize("given", FORMS.values(), ids=FORMS)
def test_the_same_labels_in_many_forms(given: Any) -> None:
    found = labelled(given)
    assert found.splits["all"].labels.dtype == np.uint16
    assert found.splits["all"].labels.tolist() == LABELS
    assert found.classes == ("0", "1", "2")


TEXTS = ["owl", "ant", "cat", "ant"]


@pytest.mark.parametrize("given", [TEXTS, np.array(TEXTS), np.array(TEXTS)[:, np.newaxis]])
def test_texts_name_the_classes_in_sorted_order(given: Any) -> None:
    found = labelled(given)
    assert found.classes == ("ant", "cat", "owl")
    assert found.splits["all"].labels.tolist() == [2, 0, 1, 0]


@pytest.mark.parametrize("names", [["owl", "ant", "cat", "dog"], np.array(["owl", "ant", "cat"])])
def test_class_names_of_the_file_are_in_the_order_of_their_index(names: Any) -> None:
    for labels in (LABELS, TEXTS):
        found = labelled(labels, class_names=names)
        assert found.classes == tuple(names)
        assert found.splits["all"].labels.tolist() == LABELS


def test_one_hot_rows_tell_of_classes_without_samples() -> None:
    assert labelled(np.eye(5)[LABELS]).classes == ("0", "1", "2", "3", "4")


def test_the_classes_of_a_known_data_set_serve_where_the_file_names_none() -> None:
    content = {"images": COLOUR, "labels": LABELS}
    known = ("a", "b", "c")
    assert read(content, classes=known).classes == known
    own = read(content | {"classes": ["x", "y", "z"]}, classes=known)
    assert own.classes == ("x", "y", "z")


LABEL_FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "fewer": (
        {"labels": [0, 1]},
        "labels to be 4 integers, texts or one-hot rows, one for each image, got 2",
    ),
    "more rows": ({"labels": np.eye(5)}, "one for each image, got float64 (5, 5)"),
    "negative": ({"labels": [-1, 0, 1, 2]}, "labels to be from 0 to 65535, got -1 to 2"),
    "huge": ({"labels": [0, 1, 2, 70_000]}, "from 0 to 65535, got 0 to 70000"),
    "beyond 64 bits": ({"labels": [0, 1, 2, 10**40]}, "got integers of more than 64 bits"),
    "unsigned beyond": (
        {"labels": np.array([0, 1, 2, 1 << 63], np.uint64)},
        "got integers of more than 63 bits",
    ),
    "beyond the names": (
        {"classes": ["a", "b"]},
        "labels to be from 0 to 1, as there are 2 class names, got 0 to 2",
    ),
    "from 1": (
        {"labels": [1, 2, 3, 2]},
        "labels to be from 0 up where the classes have no names, got 1 and up",
    ),
    "floats": ({"labels": np.array([0.0, 1.0, 2.0, 1.0])}, "got float64 (4,)"),
    "truths": ({"labels": [True, False, True, True]}, "got a list of a bool (4)"),
    "mixed": ({"labels": [0, "a", 1, 2]}, "got a list of a int (3), a str (1)"),
    "a dictionary": ({"labels": {0: 1}}, "got a dict"),
    "two ones": (
        {"labels": np.array([[1, 0], [1, 1], [0, 1], [0, 1]])},
        "one-hot rows, of zeros and one 1, got row 1, [1, 1], with the sum 2",
    ),
    "no one": ({"labels": np.zeros((4, 3))}, "got row 0, [0.0, 0.0, 0.0], with the sum 0"),
    "shares": (
        {"labels": np.array([[1, 0], [0.25, 0.75], [0, 1], [0, 1]])},
        "got row 1, [0.25, 0.75], with the sum 1",
    ),
    "NaN": ({"labels": np.full((4, 2), np.nan)}, "got row 0, [nan, nan], with the sum nan"),
    "one-hot beside other names": (
        {"labels": ONE_HOT, "classes": ["a", "b"]},
        "one-hot rows of 2, as there are as many class names, got int64 (4, 3)",
    ),
    "a text that is no class": (
        {"labels": ["a", "b", "c", "a"], "classes": ["a", "b"]},
        "labels to be class names ('a', 'b'), got 'c' for sample 2",
    ),
    "blank text": ({"labels": ["a", " ", "a", "a"]}, "different texts, none of them empty"),
    "names twice": ({"classes": ["a", "a", "b"]}, "classes to be different texts, none"),
    "names of bytes": ({"classes": [b"a", b"b", b"c"]}, "an array or a list of texts, got a list"),
    "names by index": ({"classes": {0: "a"}}, "classes to be an array or a list of texts, got a d"),
    "no names": ({"classes": []}, "classes to be 1 to 65536 names, got 0"),
    "licence": ({"licence": 4}, "licence to be a text, got a int"),
}


@pytest.mark.parametrize(("changed", "expected"), LABEL_FAULTS.values(), ids=LABEL_FAULTS)
def test_other_labels_and_names_are_refused(changed: dict[str, Any], expected: str) -> None:
    assert expected in refusal({"images": COLOUR, "labels": LABELS} | changed)


# ── groups ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([7, 7, -2, 7], [7, 7, -2, 7]),
        (np.array([[1], [2], [2], [0]], np.uint8), [1, 2, 2, 0]),
        (["u2", "u1", "u1", "u3"], [1, 0, 0, 2]),
    ],
)
def test_groups_are_numbers_or_texts(given: Any, expected: list[int]) -> None:
    groups = labelled(LABELS, groups=given).splits["all"].groups
    assert groups is not None
    assert groups.dtype == np.int32
    assert groups.tolist() == expected


def test_a_text_means_the_same_group_in_all_splits() -> None:
    part = {"images": COLOUR, "labels": LABELS}
    found = read(
        {
            "train": part | {"groups": ["b", "b", "c", "c"]},
            "test": part | {"groups": ["a", "c", "c", "b"]},
        }
    )
    groups = [split.groups for split in found.splits.values()]
    assert [None if g is None else g.tolist() for g in groups] == [[1, 1, 2, 2], [0, 2, 2, 1]]


GROUP_FAULTS: dict[str, tuple[Any, str]] = {
    "fewer": ([1, 2], "groups to be 4 integers or texts, one for each image, got 2"),
    "wide": ([0, 1, 2, 1 << 31], "groups to be integers of 32 bits, got 0 to 2147483648"),
    "floats": (np.zeros(4), "got float64 (4,)"),
    "rows": (ONE_HOT, "got int64 (4, 3)"),
}


@pytest.mark.parametrize(("given", "expected"), GROUP_FAULTS.values(), ids=GROUP_FAULTS)
def test_other_groups_are_refused(given: Any, expected: str) -> None:
    assert expected in refusal({"images": COLOUR, "labels": LABELS, "groups": given})


# ── keys and splits ─────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("of_images", "of_labels", "of_classes"),
    [
        ("images", "labels", "classes"),
        ("data", "targets", "class_names"),
        ("X", "y", "label_names"),
        ("IMAGES", "Label", "target_names"),
        (b"data", b"labels", b"label_names"),
    ],
)
def test_usual_keys(of_images: Any, of_labels: Any, of_classes: Any) -> None:
    content = {of_images: COLOUR, of_labels: LABELS, of_classes: ["a", "b", "c"], "note": object}
    found = read(content)
    assert found.classes == ("a", "b", "c")
    assert np.array_equal(found.splits["all"].images, COLOUR)


def test_keys_that_the_experiment_says() -> None:
    content = {
        "imgs_rgb": COLOUR,
        "images": None,
        "cls": TEXTS,
        "glyph": [1, 1, 2, 2],
        "names": ["owl", "ant", "cat"],
    }
    keys = {"images": "imgs_rgb", "labels": "cls", "groups": "glyph", "classes": "names"}
    found = read(content, keys=keys)
    split = found.splits["all"]
    assert split.labels.tolist() == LABELS
    assert split.groups is not None
    assert split.groups.tolist() == [1, 1, 2, 2]


PART = {"images": COLOUR, "labels": LABELS}


@pytest.mark.parametrize("validation", ["validation", "val", "VALID"])
def test_a_dictionary_for_each_split(validation: str) -> None:
    """They come in one order, whatever that of the file."""
    found = read({"test": PART, validation: PART, "Train": PART, "classes": ["a", "b", "c"]})
    assert list(found.splits) == ["train", "validation", "test"]
    assert found.classes == ("a", "b", "c")


def test_classes_and_licence_may_stand_in_the_splits() -> None:
    inner = PART | {"classes": ["a", "b", "c"], "license": " CC0 "}
    found = read({"train": inner, "test": inner})
    assert (found.classes, found.licence) == (("a", "b", "c"), "CC0")


def test_which_key_is_which_split_may_be_said() -> None:
    splits = {"train": "first", "validation": "test"}
    assert list(read({"first": PART, "test": PART}, splits=splits).splits) == list(splits)
    assert list(read({"deep": PART}, splits={"all": "deep"}).splits) == ["all"]


KEY_FAULTS: dict[str, tuple[Any, dict[str, Any], str]] = {
    "no dictionary": (
        (COLOUR, LABELS),
        {},
        "it to be a dictionary with images and labels, got a tuple",
    ),
    "no images": (
        {"bilder": COLOUR, "labels": LABELS},
        {},
        "x, pixels (or said in dataset.source.keys.images), got the keys 'bilder', 'labels'",
    ),
    "no labels": (
        {"images": COLOUR},
        {},
        "target, y (or said in dataset.source.keys.labels), got the keys 'images'",
    ),
    "nothing": ({}, {}, "got the keys none"),
    "a said key": (PART, {"keys": {"labels": "cls"}}, "the labels under the key 'cls', got the ke"),
    "said groups": (PART, {"keys": {"groups": "who"}}, "the groups under the key 'who', got the k"),
    "said classes": (PART, {"keys": {"classes": "n"}}, "the classes under the key 'n', got the ke"),
    "two keys": (
        PART | {"data": COLOUR},
        {},
        "one key of 'images', 'data', or to be told which: dataset.source.keys.images, got all",
    ),
    "labels of a split": (
        {"train": PART, "val": {"images": COLOUR}},
        {},
        "the labels of val under the key labels,",
    ),
    "a split of arrays": (
        {"train": (COLOUR, LABELS)},
        {},
        "train to be a dictionary with images and labels, got a tuple",
    ),
    "two keys of a split": ({"val": PART, "valid": PART}, {}, "one key of 'val', 'valid', or"),
    "a said split": (
        {"train": PART},
        {"splits": {"train": "train", "test": "tst"}},
        "the test under the key 'tst', got the keys 'train'",
    ),
    "sizes that differ": (
        {"train": PART, "test": PART | {"images": COLOUR[:, :4]}},
        {},
        "of one shape in all splits, got train (6, 5, 3), test (4, 5, 3)",
    ),
    "texts and integers": (
        {"train": PART, "test": PART | {"labels": TEXTS}},
        {},
        "train/labels to be of one kind in all splits, got integers in some, texts in others",
    ),
    "names that differ": (
        {"train": PART | {"classes": list("abc")}, "test": PART | {"classes": list("abd")}},
        {},
        "test/classes to be the same in all splits, got other class names",
    ),
    "labels of one split": (
        {"train": PART, "test": PART | {"labels": [0, 1]}},
        {},
        "test/labels to be 4 integers",
    ),
}


@pytest.mark.parametrize(("content", "reading", "expected"), KEY_FAULTS.values(), ids=KEY_FAULTS)
def test_other_dictionaries_are_refused(
    content: Any, reading: dict[str, Any], expected: str
) -> None:
    assert expected in refusal(content, **reading)


def test_keys_with_control_characters_are_told_without_them() -> None:
    assert "'\\x1b[2J'" in refusal({"\x1b[2J": 1})


PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 70), 1 << 70),
    st.floats(),
    st.text(max_size=3),
    st.binary(max_size=3),
    arrays(
        st.sampled_from([np.uint8, np.int64, np.float16, np.bool_, np.uint64, "U2", "S2", "c8"]),
        array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=4),
    ),
)
KEYS = st.sampled_from(["images", "y", "groups", "classes", "licence", "train", "val", b"x", 3])
ANYTHING = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5)
)


@given(st.dictionaries(KEYS, ANYTHING, max_size=6))
def test_whatever_a_file_holds_ends_in_splits_or_a_message(content: dict[Any, Any]) -> None:
    with contextlib.suppress(DataError):
        assert read(content).splits


@given(
    arrays(np.uint8, st.tuples(st.just(2), *[st.integers(1, 4)] * 3)),
    PLAIN | st.lists(PLAIN, min_size=2, max_size=2),
    PLAIN | st.lists(PLAIN, min_size=2, max_size=2),
)
def test_whatever_stands_beside_images_ends_in_splits_or_a_message(
    stack: Any, labels: Any, groups: Any
) -> None:
    with contextlib.suppress(DataError):
        found = read({"images": stack, "labels": labels, "groups": groups})
        assert len(found.splits["all"]) == 2

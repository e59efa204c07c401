"""NumPy archives in the data directory."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from reportgen.datasets.named_arrays import Reading
from reportgen.datasets.npz import NpzFile
from reportgen.datasets.place import Found, Miss, Request
from reportgen.errors import DataError

PLACE = NpzFile()


def arrays(**changed: Any) -> dict[str, NDArray[Any]]:
    """The four arrays of a small archive, some of them changed."""
    rng = np.random.default_rng(0)
    whole = {
        "x_train": rng.integers(0, 256, (4, 3, 2), dtype=np.uint8),
        "y_train": np.array([0, 1, 1, 0]),
        "x_test": rng.integers(0, 256, (2, 3, 2), dtype=np.uint8),
        "y_test": np.array([1, 0]),
    }
    return whole | changed


def write(folder: Path, content: dict[str, NDArray[Any]]) -> Path:
    """Write `toy.npz`."""
    path = folder / "toy.npz"
    np.savez_compressed(path, **content)  # type: ignore[arg-type]
    return path


def test_both_splits_are_read(tmp_path: Path) -> None:
    content = arrays()
    path = write(tmp_path, content)
    assert PLACE.find(Request("toy", tmp_path, download=False)) == Found(
        "data directory", {"npz": path}
    )
    splits = PLACE.read({"npz": path})
    assert list(splits) == ["train", "validation"]
    assert np.array_equal(splits["train"].images[..., 0], content["x_train"])
    assert splits["validation"].labels.tolist() == [1, 0]


def test_colour_images_and_a_column_of_labels(tmp_path: Path) -> None:
    colour = np.zeros((2, 3, 2, 3), np.uint8)
    column = np.array([[1], [0]], np.uint8)
    more = {"x_train": np.zeros((4, 3, 2, 3), np.uint8)}
    path = write(tmp_path, arrays(x_test=colour, y_test=column, **more))
    validation = PLACE.read({"npz": path})["validation"]
    assert validation.images.shape == (2, 3, 2, 3)
    assert validation.labels.tolist() == [1, 0]


def test_a_place_without_the_file(tmp_path: Path) -> None:
    miss = PLACE.find(Request("toy", tmp_path, download=False))
    assert miss == Miss(f"data directory: no file {tmp_path / 'toy.npz'}")


DAMAGES: dict[str, tuple[dict[str, NDArray[Any]], str]] = {
    "floats": (
        arrays(x_train=np.full((4, 3, 2), 1.5)),
        "x_train to be floats from 0 to 1.* got float64 from 1.5 to 1.5 that are not all whole",
    ),
    "flat images": (
        arrays(x_test=np.zeros((2, 6), np.uint8)),
        r"x_test to be at least one image, of shape \(n, h, w\).*got uint8 \(2, 6\)",
    ),
    "too few labels": (arrays(y_train=np.zeros(3, int)), "y_train to be 4 integers.*, got 3;"),
    "one-hot of other samples": (
        arrays(y_train=np.eye(5, dtype=int)),
        r"y_train to be 4 .*got int64 \(5, 5\)",
    ),
    "a lone label": (arrays(y_train=np.array(1)), r"y_train to be 4 integers.*got int64 \(\)"),
    "negative label": (
        arrays(y_test=np.array([-1, 0])),
        "y_test to be from 0 to 65535, got -1 to 0",
    ),
    "groups of one split": (
        arrays(groups_test=np.array([0, 1])),
        "groups_test to be in all splits or in none, got 1 of 2",
    ),
}


@pytest.mark.parametrize(("content", "message"), DAMAGES.values(), ids=DAMAGES)
def test_unfit_arrays_are_told(
    tmp_path: Path, content: dict[str, NDArray[Any]], message: str
) -> None:
    path = write(tmp_path, content)
    with pytest.raises(DataError, match=message):
        PLACE.read({"npz": path})


def test_a_missing_array_is_told(tmp_path: Path) -> None:
    content = arrays()
    del content["y_test"]
    path = write(tmp_path, content)
    with pytest.raises(
        DataError, match="expected the labels of test under the key labels, .*, got the keys 'x'"
    ):
        PLACE.read({"npz": path})


@pytest.mark.parametrize("keep", [0, 10, 200])
def test_a_cut_archive_is_damaged(tmp_path: Path, keep: int) -> None:
    path = write(tmp_path, arrays())
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match=r"toy\.npz is damaged"):
        PLACE.read({"npz": path})


def test_a_lone_array_is_no_archive(tmp_path: Path) -> None:
    path = tmp_path / "toy.npz"
    with path.open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(DataError, match=r"expected an \.npz archive, got a single array"):
        PLACE.read({"npz": path})


def test_pickled_objects_are_never_read(tmp_path: Path) -> None:
    path = write(tmp_path, arrays(y_test=np.array([{"run": "me"}, None], dtype=object)))
    with pytest.raises(DataError, match="an .npz archive of plain arrays"):
        PLACE.read({"npz": path})


def test_groups_and_a_third_split(tmp_path: Path) -> None:
    """With x_validation the arrays x_test are a split of their own."""
    rng = np.random.default_rng(0)
    content: dict[str, NDArray[Any]] = {}
    for i, part in enumerate(("train", "validation", "test")):
        content[f"x_{part}"] = rng.integers(0, 256, (2, 3, 2), dtype=np.uint8)
        content[f"y_{part}"] = np.array([0, 1])
        content[f"groups_{part}"] = np.array([i, i])
    splits = PLACE.read({"npz": write(tmp_path, content)})
    assert list(splits) == ["train", "validation", "test"]
    groups = [part.groups for part in splits.values()]
    assert [None if g is None else g.tolist() for g in groups] == [[0, 0], [1, 1], [2, 2]]
    assert np.array_equal(splits["test"].images[..., 0], content["x_test"])


def test_one_undivided_source(tmp_path: Path) -> None:
    images = np.arange(12, dtype=np.uint8).reshape(2, 3, 2)
    path = write(tmp_path, {"images": images, "labels": np.array(["b", "a"])})
    found = PLACE.load({"npz": path})
    assert list(found.splits) == ["all"]
    assert found.classes == ("a", "b")
    assert found.splits["all"].labels.tolist() == [1, 0]


def test_splits_as_folders_of_arrays_and_keys_of_ones_own(tmp_path: Path) -> None:
    """Objects under a name that is not looked for are not read."""
    images = np.zeros((2, 4, 4), np.uint8)
    content = {"a/imgs_": images, "a/y": np.array([0, 1]), "note": np.array([{}], object)}
    reading = Reading(keys={"images": "imgs_"}, splits={"train": "a"})
    splits = NpzFile("toy.npz", reading).read({"npz": write(tmp_path, content)})
    assert {name: len(part) for name, part in splits.items()} == {"train": 2}


def test_an_array_that_declares_more_than_memory_holds_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "toy.npz"
    head = io.BytesIO()
    form = {"descr": "|u1", "fortran_order": False, "shape": (1 << 50, 4, 4)}
    np.lib.format.write_array_header_1_0(head, form)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("images.npy", head.getvalue())
    with pytest.raises(DataError, match=r"toy\.npz is damaged"):
        PLACE.read({"npz": path})


@pytest.mark.parametrize(
    "shape", ["(True, 3)", "(9.5, 3)", "(-1, 3)", "None", "(4000000000, 4000000000)"]
)
def test_a_shape_that_is_none_is_damage(tmp_path: Path, shape: str) -> None:
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".encode()
    array = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(3)
    path = tmp_path / "toy.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for name in arrays():
            archive.writestr(f"{name}.npy", array)
    with pytest.raises(DataError, match=r"toy\.npz is damaged"):
        PLACE.read({"npz": path})


@pytest.mark.parametrize("field", [6, 8], ids=["a password", "another packing"])
def test_a_member_that_cannot_be_unpacked_is_damage(tmp_path: Path, field: int) -> None:
    """Both its own header and the directory's say so, at the same place but for two bytes."""
    path = write(tmp_path, arrays())
    data = bytearray(path.read_bytes())
    for head, first in ((b"PK\x03\x04", field), (b"PK\x01\x02", field + 2)):
        at = data.find(head)
        while at >= 0:
            data[at + first] = 99 if field == 8 else 1
            at = data.find(head, at + 4)
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"toy\.npz is damaged"):
        PLACE.read({"npz": path})

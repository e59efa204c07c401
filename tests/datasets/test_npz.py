"""NumPy archives in the data directory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

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
    path = write(tmp_path, arrays(x_test=colour, y_test=np.array([[1], [0]], np.uint8)))
    validation = PLACE.read({"npz": path})["validation"]
    assert validation.images.shape == (2, 3, 2, 3)
    assert validation.labels.tolist() == [1, 0]


def test_a_place_without_the_file(tmp_path: Path) -> None:
    miss = PLACE.find(Request("toy", tmp_path, download=False))
    assert miss == Miss(f"data directory: no file {tmp_path / 'toy.npz'}")


DAMAGES: dict[str, tuple[dict[str, NDArray[Any]], str]] = {
    "floats": (arrays(x_train=np.zeros((4, 3, 2))), "x_train to be uint8 .*got float64"),
    "flat images": (arrays(x_test=np.zeros((2, 6), np.uint8)), "x_test to be uint8 of shape"),
    "too few labels": (arrays(y_train=np.zeros(3, int)), "y_train to be 4 integers, got int64"),
    "one-hot labels": (arrays(y_train=np.eye(4, dtype=int)), "y_train to be 4 integers"),
    "a lone label": (arrays(y_train=np.array(1)), "y_train to be 4 integers"),
    "negative label": (arrays(y_test=np.array([-1, 0])), "y_test from 0 up, got -1 to 0"),
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
        DataError, match="expected arrays x_train, .*, got x_train, y_train, x_test"
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

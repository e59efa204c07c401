"""A pickled dictionary in the data directory: found, read as data, refused where it is not."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reportgen.datasets import pickle_file
from reportgen.datasets.division import divide
from reportgen.datasets.registry import Location, fingerprint, load_source, locate
from reportgen.datasets.source import Source
from reportgen.errors import DataError
from reportgen.spec.arrays import ArraySource
from reportgen.spec.dataset import DatasetSpec

RNG = np.random.default_rng(0)
CONTENT: dict[str, Any] = {
    "images": RNG.integers(0, 256, (6, 8, 8, 3), dtype=np.uint8),
    "labels": np.array([0, 1, 0, 1, 0, 1]),
    "groups": np.array([0, 1, 2, 3, 4, 5]),
    "classes": ["cats", "dogs"],
}


def write(folder: Path, content: object, protocol: int = 4) -> Path:
    """Write `pets.pkl` and return its folder."""
    (folder / "pets.pkl").write_bytes(pickle.dumps(content, protocol))
    return folder


def location(folder: Path, **keys: Any) -> Location:
    source = ArraySource.from_plain({"pickle": "pets.pkl"} | keys)
    return locate("pets", folder, source=source)


def read(folder: Path, **keys: Any) -> Source:
    return load_source(location(folder, **keys))


def refusal(folder: Path) -> str:
    with pytest.raises(DataError) as caught:
        read(folder)
    return caught.value.message


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickled_dictionary_is_a_data_set(tmp_path: Path, protocol: int) -> None:
    found = read(write(tmp_path, CONTENT, protocol))
    assert (found.name, found.origin, found.licence) == ("pets", "data directory", "not stated")
    assert found.classes == ("cats", "dogs")
    assert np.array_equal(found.splits["all"].images, CONTENT["images"])
    assert found.splits["all"].groups is not None


def test_it_is_divided_like_any_other(tmp_path: Path) -> None:
    """A third of each class's three groups validates."""
    source = {"pickle": "pets.pkl"}
    split = {"validation_share": 0.34}
    spec = DatasetSpec.from_plain({"name": "pets", "source": source, "split": split})
    splits = divide(read(write(tmp_path, CONTENT)), spec)
    assert {name: len(part) for name, part in splits.items()} == {"train": 4, "validation": 2}


def test_keys_splits_and_layout_are_those_of_the_experiment(tmp_path: Path) -> None:
    part = {"imgs": np.zeros((2, 3, 5, 3), np.uint8), "cls": ["a", "b"]}
    said = {"keys": {"images": "imgs", "labels": "cls"}, "layout": "channels_first"}
    splits = {"train": "one", "validation": "two"}
    found = read(write(tmp_path, {"one": part, "two": part}), splits=splits, **said)
    assert {name: part.images.shape for name, part in found.splits.items()} == {
        "train": (2, 5, 3, 3),
        "validation": (2, 5, 3, 3),
    }


def test_what_decides_what_is_read_is_in_the_signature(tmp_path: Path) -> None:
    folder = write(tmp_path, CONTENT)
    plain = location(folder)
    before = plain.signature
    assert before == location(folder).signature
    assert before != location(folder, layout="channels_last").signature
    assert before != location(folder, keys={"groups": "groups"}).signature
    write(tmp_path, CONTENT | {"labels": np.array([0, 1, 0, 1, 1, 1])}, protocol=3)
    assert before != location(folder).signature
    assert plain.holds_arrays
    assert plain.paths == [folder / "pets.pkl"]


def test_the_form_of_a_file_does_not_decide_the_fingerprint(tmp_path: Path) -> None:
    """A pickle, its images as parts of one, channels first, one-hot; and an archive."""
    plain = fingerprint(read(write(tmp_path, CONTENT)))
    other = CONTENT | {
        "images": list((CONTENT["images"] / 255).transpose(0, 3, 1, 2).astype(np.float32)),
        "labels": np.eye(2)[CONTENT["labels"]],
    }
    assert fingerprint(read(write(tmp_path, other))) == plain
    np.savez(tmp_path / "pets.npz", **CONTENT)
    archive = ArraySource.from_plain({"npz": "pets.npz"})
    assert fingerprint(load_source(locate("pets", tmp_path, source=archive))) == plain
    assert fingerprint(load_source(locate("pets", tmp_path))) == plain


def test_a_licence_in_the_file_reaches_the_data_set(tmp_path: Path) -> None:
    assert read(write(tmp_path, CONTENT | {"licence": "CC0"})).licence == "CC0"


def test_the_classes_of_a_known_name_serve_where_the_file_has_none(tmp_path: Path) -> None:
    content = {key: CONTENT[key] for key in ("images", "labels")}
    write(tmp_path, content)
    source = ArraySource.from_plain({"pickle": "pets.pkl"})
    assert len(load_source(locate("cifar10", tmp_path, source=source)).classes) == 10


# ── what is refused ─────────────────────────────────────────────────────────


class Command:
    """What runs a command where a pickle is run."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.mark}",)


def test_code_is_named_and_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    message = refusal(write(tmp_path, CONTENT | {"labels": Command(mark)}))
    assert f"the name {os.system.__module__}.system" in message
    assert "pets.pkl is not read" in message
    assert not mark.exists()


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (Path("x"), "pathlib"),
        (np.array([np.zeros(2), np.zeros(3)], object), "an array of objects"),
        (np.zeros(2, [("a", "u1")]), "an array of"),
    ],
)
def test_other_objects_are_named(tmp_path: Path, value: object, named: str) -> None:
    assert named in refusal(write(tmp_path, CONTENT | {"labels": value}))


def test_a_file_that_is_cut_short(tmp_path: Path) -> None:
    path = write(tmp_path, CONTENT) / "pets.pkl"
    path.write_bytes(path.read_bytes()[:-40])
    message = refusal(tmp_path)
    assert f"{path} is damaged: expected a whole pickle" in message


def test_a_file_that_is_no_pickle(tmp_path: Path) -> None:
    (tmp_path / "pets.pkl").write_bytes(b"\x1f\x8b\x08" + bytes(100))
    assert "expected a whole pickle, got at byte 0: 0x1f, which is no instruction" in refusal(
        tmp_path
    )


def test_a_file_that_is_too_large_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, CONTENT)
    monkeypatch.setattr(pickle_file, "MAX_BYTES", 1000)
    assert "a pickle of at most 1000 bytes is read" in refusal(tmp_path)


def test_what_is_not_there_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        location(tmp_path)
    assert f"no file {tmp_path / 'pets.pkl'}" in caught.value.message
    assert "dataset.source says that it lies at DIR/pets.pkl" in caught.value.message
    with pytest.raises(DataError, match="none was given"):
        locate("pets", source=ArraySource.from_plain({"pickle": "pets.pkl"}))


def test_a_key_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    assert "got the keys 'images', 'y_true'" in refusal(
        write(tmp_path, {"images": CONTENT["images"], "y_true": CONTENT["labels"]})
    )


def test_a_file_that_goes_away_is_named(tmp_path: Path) -> None:
    found = location(write(tmp_path, CONTENT))
    (tmp_path / "pets.pkl").unlink()
    with pytest.raises(DataError, match=r"pets\.pkl cannot be read"):
        load_source(found)

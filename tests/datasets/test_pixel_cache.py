"""Decoded images on disk: whole or not there, and made anew where damaged."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from reportgen.datasets.pixel_cache import (
    GROUPS,
    IMAGES,
    INDEX,
    LABELS,
    making,
    making_alone,
    read_entry,
    write_index,
    write_split,
)
from reportgen.datasets.registry import fingerprint, load_source, locate
from reportgen.datasets.source import Split
from reportgen.errors import StoreError
from reportgen.hashing import canonical_json, sha256_json
from tests.datasets.made_images import load_zip, made_files, spec_of


def fill(folder: Path, value: int = 1) -> None:
    """Write an entry of two black-and-white images, one a split."""
    (folder / IMAGES).write_bytes(bytes([0, value]))
    write_index(folder, ["a"], {"train": [0], "validation": [0]}, (1, 1, 1), 3)


@pytest.fixture
def entry(tmp_path: Path) -> Path:
    """A written entry."""
    folder = tmp_path / "decoded" / "key"
    with making(folder) as staging:
        fill(staging)
    return folder


def test_what_is_written_is_read(entry: Path) -> None:
    held = read_entry(entry)
    assert held is not None
    assert (held.classes, held.n_skipped) == (("a",), 3)
    assert [split.images.ravel().tolist() for split in held.splits.values()] == [[0], [1]]
    assert [path.name for path in entry.parent.iterdir()] == ["key"]


def test_the_file_cannot_be_changed_through_the_array(entry: Path) -> None:
    held = read_entry(entry)
    assert held is not None
    held.splits["train"].images[:] = 9
    assert (entry / IMAGES).read_bytes() == b"\x00\x01"


@pytest.mark.parametrize("name", [INDEX, IMAGES, LABELS])
@pytest.mark.parametrize("damage", ["gone", "cut", "flipped"])
def test_a_damaged_entry_counts_as_missing(entry: Path, name: str, damage: str) -> None:
    path = entry / name
    data = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(data[:-1] if damage == "cut" else data[:-1] + bytes([data[-1] ^ 1]))
    assert read_entry(entry) is None
    with making(entry) as staging:
        fill(staging)
    assert read_entry(entry) is not None
    assert [path.name for path in entry.parent.iterdir()] == ["key"]


def grouped() -> Split:
    """Three images of two pixels, the last two of one group."""
    images = np.arange(6, dtype=np.uint8).reshape(3, 1, 2, 1)
    return Split(images, np.array([0, 1, 1], np.uint16), np.array([5, 7, 7], np.int32))


def test_groups_are_kept(tmp_path: Path) -> None:
    with making(tmp_path / "key") as staging:
        write_split(staging, ["a", "b"], grouped())
    held = read_entry(tmp_path / "key")
    assert held is not None
    assert (held.classes, list(held.splits), held.n_skipped) == (("a", "b"), ["all"], 0)
    split = held.splits["all"]
    assert split.images.tolist() == grouped().images.tolist()
    assert split.labels.tolist() == [0, 1, 1]
    assert split.groups is not None
    assert split.groups.tolist() == [5, 7, 7]


@pytest.mark.parametrize("damage", ["gone", "cut", "flipped"])
def test_damaged_groups_count_as_missing(tmp_path: Path, damage: str) -> None:
    with making(tmp_path / "key") as staging:
        write_split(staging, ["a", "b"], grouped())
    path = tmp_path / "key" / GROUPS
    data = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(data[:-1] if damage == "cut" else data[:-1] + bytes([data[-1] ^ 1]))
    assert read_entry(tmp_path / "key") is None


def test_an_entry_of_before_there_were_groups_is_read(entry: Path) -> None:
    head = json.loads((entry / INDEX).read_bytes())
    assert head["index"].pop("groups") == ""
    head["sha256"] = sha256_json(head["index"])
    (entry / INDEX).write_bytes(canonical_json(head))
    held = read_entry(entry)
    assert held is not None
    assert held.splits["train"].groups is None


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one"), making(tmp_path / "decoded/key") as at:
        write_index(at, ["a"], {}, (1, 1, 1), 0)
    assert list((tmp_path / "decoded").iterdir()) == []


def test_the_first_of_two_to_finish_stays(tmp_path: Path) -> None:
    folder = tmp_path / "decoded" / "key"
    with making(folder) as outer:
        fill(outer, 1)
        with making(folder) as inner:
            fill(inner, 2)
    assert (folder / IMAGES).read_bytes() == b"\x00\x02"
    assert [path.name for path in folder.parent.iterdir()] == ["key"]


def test_a_cache_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "decoded").write_bytes(b"")
    with pytest.raises(StoreError, match="XDG_CACHE_HOME"), making(tmp_path / "decoded" / "key"):
        pass


def test_a_damaged_cache_is_made_anew(tmp_path: Path, cache: Path) -> None:
    first = fingerprint(load_zip(tmp_path, made_files()))
    (images,) = cache.glob("decoded/*/images.u8")
    images.write_bytes(bytes(images.stat().st_size))
    location = locate("pets", tmp_path, source=spec_of("zip", "pets.zip"))
    assert fingerprint(load_source(location)) == first
    assert images.read_bytes() != bytes(images.stat().st_size)


def test_several_loads_at_once(tmp_path: Path) -> None:
    prints: list[str] = []
    load_zip(tmp_path, made_files(), resize=9)  # the zip is there; its plain form not yet
    location = locate("pets", tmp_path, source=spec_of("zip", "pets.zip"))

    def load() -> None:
        prints.append(fingerprint(load_source(location)))

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(prints) == 4
    assert len(set(prints)) == 1


def test_labels_above_a_byte_come_back(tmp_path: Path) -> None:
    with making(tmp_path / "key") as staging:
        (staging / IMAGES).write_bytes(b"\x05")
        write_index(staging, [str(i) for i in range(301)], {"all": [300]}, (1, 1, 1), 0)
    held = read_entry(tmp_path / "key")
    assert held is not None
    assert held.splits["all"].labels.dtype == np.uint16
    assert held.splits["all"].labels.tolist() == [300]


def test_what_killed_builds_left_is_removed_by_the_next_that_makes_any(tmp_path: Path) -> None:
    """Whether of the same images or of others, or of an older version."""
    cache = tmp_path / "decoded"
    for name in ("key-0123abcd", "other-0123abcd", "0123456789abcdef0123456789abcdef"):
        (cache / f".making-{name}").mkdir(parents=True)
        (cache / f".making-{name}" / IMAGES).write_bytes(b"ha")
    with making_alone(cache / "key"), making(cache / "key") as staging:
        fill(staging)
    assert list(cache.glob(".making-*")) == []
    assert read_entry(cache / "key") is not None


def test_what_another_build_is_making_is_left_alone(tmp_path: Path) -> None:
    cache = tmp_path / "decoded"
    with making_alone(cache / "other"), making(cache / "other") as held:
        with making_alone(cache / "key"):
            assert held.is_dir()
        fill(held)
    assert read_entry(cache / "other") is not None


def test_two_that_want_the_same_images_make_them_once(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_zip(tmp_path, made_files(), resize=9)
    location = locate("pets", tmp_path, source=spec_of("zip", "pets.zip"))
    made, make = [], type(location.place).make

    def counted(place: object, files: object, staging: Path) -> None:
        made.append(staging)
        make(place, files, staging)

    monkeypatch.setattr(type(location.place), "make", counted)
    threads = [threading.Thread(target=load_source, args=(location,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1

"""Data sets of class folders: what is read, what is refused, what is kept."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from reportgen.datasets.division import divide
from reportgen.datasets.image_folders import ImageFolders
from reportgen.datasets.registry import fingerprint, load_source, locate
from reportgen.datasets.source import Source
from reportgen.datasets.summary import summarize_data
from reportgen.errors import DataError
from reportgen.spec.dataset import DatasetSpec
from tests.datasets.made_images import (
    CLASSES,
    encoded,
    image_bytes,
    load_folder,
    load_zip,
    made_files,
    spec_of,
    write_folder,
    write_zip,
)

Load = Callable[..., Source]
both = pytest.mark.parametrize("load", [load_folder, load_zip])


# ── what is read ────────────────────────────────────────────────────────────


@both
def test_classes_splits_and_order(load: Load, tmp_path: Path) -> None:
    source = load(tmp_path, made_files())
    assert (source.name, source.origin, source.classes) == ("pets", "data directory", CLASSES)
    assert source.splits["train"].labels.tolist() == [0, 0, 0, 1, 1]
    assert source.splits["validation"].labels.tolist() == [0, 1, 1]
    expected = np.random.default_rng(3).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    assert np.array_equal(source.splits["train"].images[3], expected)  # the file train/dog/0.png
    assert source.n_skipped == 0


def test_folder_and_zip_have_one_fingerprint(tmp_path: Path) -> None:
    files = made_files()
    zipped = load_zip(tmp_path / "zip", files)
    assert fingerprint(load_folder(tmp_path, files)) == fingerprint(zipped)


def test_a_source_that_is_not_divided(tmp_path: Path) -> None:
    files = {name.partition("/")[2]: data for name, data in made_files().items()}
    write_zip(tmp_path / "pets.zip", files)
    spec = spec_of("zip", "pets.zip", splits={"all": "."})
    source = load_source(locate("pets", tmp_path, source=spec))
    assert {name: len(split) for name, split in source.splits.items()} == {"all": 5}
    divided = divide(source, DatasetSpec.model_validate({"name": "pets", "split": _halves()}))
    assert [len(split) for split in divided.values()] == [3, 2]


def _halves() -> dict[str, int]:
    return {"train": 3, "validation": 2}


@both
def test_what_systems_leave_in_folders_is_passed_over(load: Load, tmp_path: Path) -> None:
    litter = ("train/.DS_Store", "train/cat/Thumbs.db", "val/dog/._0.png", "val/__MACOSX/x/0.png")
    source = load(tmp_path, made_files() | dict.fromkeys(litter, b""))
    assert source.classes == CLASSES
    assert len(source.splits["train"]) == 5


def test_a_division_anew_copies_no_more_than_it_takes(tmp_path: Path) -> None:
    source = load_folder(tmp_path, made_files())
    spec = DatasetSpec.model_validate({"name": "pets", "split": {"train": 5, "validation": 3}})
    splits = divide(source, spec)
    whole = [image.tobytes() for split in source.splits.values() for image in split.images]
    taken = [image.tobytes() for split in splits.values() for image in split.images]
    assert sorted(taken) == sorted(whole)


# ── size and channels ───────────────────────────────────────────────────────


@both
def test_sizes_that_vary_are_told_with_the_key(load: Load, tmp_path: Path) -> None:
    files = made_files() | {"train/cat/9.png": image_bytes(size=(8, 5))}
    message = r"2 sizes.*most often 6 × 4 \(8\), 5 × 8 \(1\).*dataset\.source\.resize"
    with pytest.raises(DataError, match=message):
        load(tmp_path, files)


def test_they_are_brought_to_one(tmp_path: Path) -> None:
    files = made_files() | {"train/cat/9.png": image_bytes(size=(8, 5))}
    square = load_folder(tmp_path, files, resize=3)
    assert square.splits["train"].images.shape == (6, 3, 3, 3)
    wide = load_folder(tmp_path, files, size={"height": 2, "width": 7})
    assert wide.splits["validation"].images.shape == (3, 2, 7, 3)
    assert fingerprint(square) != fingerprint(wide)


@pytest.mark.parametrize(("mode", "expected"), [("L", 1), ("RGB", 3)])
def test_channels_follow_the_images(mode: str, expected: int, tmp_path: Path) -> None:
    assert load_folder(tmp_path, made_files(mode=mode)).splits["train"].images.shape[3] == expected


@pytest.mark.parametrize("odd", ["train/cat/0.png", "val/dog/1.png"])
def test_one_colour_image_makes_all_of_three_channels(odd: str, tmp_path: Path) -> None:
    grey = made_files(mode="L")
    source = load_folder(tmp_path, grey | {odd: image_bytes(50)})
    assert source.splits["train"].images.shape == (5, 4, 6, 3)
    same = source.splits["train"].images[4]  # train/dog/1.png is grey
    assert np.array_equal(same[..., 0], same[..., 2])


def test_channels_can_be_asked_for(tmp_path: Path) -> None:
    files = made_files()
    assert load_folder(tmp_path, files, channels="grey").splits["train"].images.shape[3] == 1
    grey = made_files(mode="L")
    assert load_zip(tmp_path, grey, channels="rgb").splits["train"].images.shape[3] == 3


# ── corrupt images ──────────────────────────────────────────────────────────

CORRUPT = {"train/cat/1.png": b"no image", "val/dog/0.png": image_bytes(1)[:60]}


@both
def test_corrupt_images_are_named(load: Load, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        load(tmp_path, made_files() | CORRUPT)
    lines = caught.value.message.splitlines()
    assert lines[0] == "2 images cannot be decoded:"
    assert "train/cat/1.png: cannot identify image file" in lines[1]
    assert "val/dog/0.png: " in lines[2]
    assert "skip_corrupt: true" in lines[3]


@both
def test_corrupt_images_are_left_out_and_counted(load: Load, tmp_path: Path) -> None:
    source = load(tmp_path, made_files() | CORRUPT, skip_corrupt=True)
    assert source.splits["train"].labels.tolist() == [0, 0, 1, 1]
    assert source.splits["validation"].labels.tolist() == [0, 1]
    expected = np.random.default_rng(2).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    assert np.array_equal(source.splits["train"].images[1], expected)
    spec = DatasetSpec(name="pets")
    summary = summarize_data(source, source.splits, spec, "")
    assert source.n_skipped == summary.n_skipped == 2


def test_the_number_left_out_is_part_of_the_content(tmp_path: Path) -> None:
    whole = {name: data for name, data in made_files().items() if name not in CORRUPT}
    without = load_zip(tmp_path / "a", whole, skip_corrupt=True)
    counted = load_zip(tmp_path / "b", made_files() | CORRUPT, skip_corrupt=True)
    assert np.array_equal(without.splits["train"].images, counted.splits["train"].images)
    assert fingerprint(without) != fingerprint(counted)


def test_a_class_that_is_corrupt_altogether(tmp_path: Path) -> None:
    files = made_files() | {"val/cat/0.png": b""}
    with pytest.raises(DataError, match='class "cat" of the split validation'):
        load_folder(tmp_path, files, skip_corrupt=True)


def test_nothing_that_can_be_decoded(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="none of the images can be decoded"):
        load_folder(tmp_path, dict.fromkeys(made_files(), b"?"), skip_corrupt=True)


def test_pixels_that_are_not_read_stop_even_where_corrupt_ones_are_skipped(tmp_path: Path) -> None:
    deep = encoded(Image.fromarray(np.zeros((4, 6), np.uint16)))
    with pytest.raises(DataError, match=r"val/dog/1\.png: its pixels are of the kind I"):
        load_folder(tmp_path, made_files() | {"val/dog/1.png": deep}, skip_corrupt=True)


# ── folders that are not in order ───────────────────────────────────────────


@both
@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"train/owl/0.png": image_bytes()}, 'no folder of the class "owl" of another split'),
        ({"train/owl/": b"", "val/owl/0.png": image_bytes()}, "owl/?: the class has no image"),
        ({"train/cat/notes.txt": b"x"}, "notes.txt: not an image file"),
        ({"train/9.png": image_bytes()}, r"9\.png: in no class folder"),
        ({"train/cat/old/0.png": image_bytes()}, "in a folder inside a class folder"),
    ],
)
def test_folders_that_are_not_in_order(
    load: Load, changed: dict[str, bytes], expected: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=expected):
        load(tmp_path, made_files() | changed)


@both
def test_a_folder_without_class_folders(load: Load, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="a folder for each class, got 3 image files in no folder"):
        load(tmp_path, made_files(), splits={"train": "train/cat", "validation": "val"})


def test_class_folders_must_be_those_of_a_known_name(tmp_path: Path) -> None:
    write_folder(tmp_path / "pets", made_files())
    spec = spec_of("folder", "pets")
    with pytest.raises(DataError, match="must be alien, predator; got cat, dog"):
        load_source(locate("alien-vs-predator", tmp_path, source=spec))


def test_a_zip_without_the_folder_names_those_it_has(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r'no folder "trian/" .*did you mean "train"'):
        load_zip(tmp_path, made_files(), splits={"train": "trian", "validation": "val"})


# ── where it lies ───────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["zip", "folder"])
def test_a_place_that_is_not_there(kind: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        locate("pets", tmp_path, source=spec_of(kind, "a/pets.zip"))
    assert 'data set "pets" was not found' in caught.value.message
    assert str(tmp_path / "a" / "pets.zip") in caught.value.message
    assert "dataset.source says that it lies at DIR/a/pets.zip" in caught.value.message


def test_a_missing_split_folder_is_named(tmp_path: Path) -> None:
    write_folder(tmp_path / "pets", {"train/cat/0.png": b""})
    with pytest.raises(DataError, match=r"no folder \S*pets/val"):
        locate("pets", tmp_path, source=spec_of("folder", "pets"))


def test_without_a_data_directory(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="data directory: none was given"):
        locate("cifar10", source=spec_of("zip", "pets.zip"))


def test_a_manner_without_a_place_needs_a_name_of_image_files(tmp_path: Path) -> None:
    manner = spec_of("zip", "x").model_copy(update={"zip": None, "splits": None, "resize": 8})
    with pytest.raises(DataError, match="names no zip and no folder"):
        locate("mnist", tmp_path, source=manner)


def _tiny(folders: dict[str, tuple[str, ...]]) -> dict[str, bytes]:
    names = [f"{folder}/{name}/0.png" for folder, classes in folders.items() for name in classes]
    return {name: image_bytes(i, (2, 2)) for i, name in enumerate(names)}


CIFAR = tuple("airplane automobile bird cat deer dog frog horse ship truck".split())


def test_cifar10_from_zip_and_from_folder(tmp_path: Path) -> None:
    files = _tiny({"cifar10/train": CIFAR, "cifar10/test": CIFAR})
    write_zip(tmp_path / "zip" / "cifar10-jpeg.zip", files)
    write_folder(tmp_path / "folder", files)
    first, second = (load_source(locate("cifar10", tmp_path / kind)) for kind in ("zip", "folder"))
    assert first.classes == CIFAR
    assert set(first.splits) == {"train", "validation"}
    assert fingerprint(first) == fingerprint(second)


def test_alien_vs_predator_takes_its_size_from_the_file_and_is_not_shown(tmp_path: Path) -> None:
    classes = ("alien", "predator")
    files = _tiny({"data/train": classes, "data/validation": classes})
    write_zip(tmp_path / "alien-vs-predator.zip", files)
    spec = spec_of("zip", "x").model_copy(update={"zip": None, "splits": None, "resize": 5})
    source = load_source(locate("alien-vs-predator", tmp_path, source=spec))
    assert source.splits["train"].images.shape == (2, 5, 5, 3)
    assert summarize_data(source, source.splits, DatasetSpec(name="x"), "").samples == ()


# ── signature and cache ─────────────────────────────────────────────────────


def _location(tmp_path: Path, kind: str = "folder", **keys: Any) -> Any:
    return locate("pets", tmp_path, source=spec_of(kind, "pets", **keys))


def test_the_signature_of_a_folder_changes_with_any_file(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "pets", made_files())
    seen = [_location(tmp_path).signature]
    assert _location(tmp_path).signature == seen[0]
    os.utime(folder / "train/cat/0.png", ns=(1, 1))
    seen.append(_location(tmp_path).signature)
    (folder / "val/dog/7.png").write_bytes(image_bytes())
    seen.append(_location(tmp_path).signature)
    (folder / "val/dog/7.png").rename(folder / "val/dog/8.png")
    seen.append(_location(tmp_path).signature)
    assert all(a != b for i, a in enumerate(seen) for b in seen[:i])
    assert str(tmp_path) not in str(seen)


def test_the_signature_covers_how_images_are_read(tmp_path: Path) -> None:
    write_folder(tmp_path / "pets", made_files())
    manners: list[dict[str, Any]] = [
        {},
        {"resize": 2},
        {"resize": 3},
        {"channels": "grey"},
        {"skip_corrupt": True},
    ]
    signatures = [str(_location(tmp_path, **manner).signature) for manner in manners]
    assert len(set(signatures)) == len(signatures)


def test_the_paths_of_a_folder_are_all_that_lies_there(tmp_path: Path) -> None:
    files = made_files()
    folder = write_folder(tmp_path / "pets", files)
    paths = _location(tmp_path).paths
    assert {folder / name for name in files} < set(paths)
    assert {folder / "train", folder / "train/cat"} < set(paths)


def test_the_second_load_decodes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load_folder(tmp_path, made_files())
    monkeypatch.setattr("reportgen.datasets.image_folders.decode_files", None)
    second = load_source(_location(tmp_path))
    assert fingerprint(first) == fingerprint(second)
    assert isinstance(second.splits["train"].images.base, np.ndarray)  # a view of the whole map
    with pytest.raises(TypeError, match="NoneType"):
        load_source(_location(tmp_path, resize=2))


def test_files_that_change_while_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    write_zip(tmp_path / "pets.zip", made_files())
    listing = "reportgen.datasets.image_folders.list_class_files"
    real = ImageFolders.make.__globals__["list_class_files"]

    def touch(*arguments: Any) -> Any:
        os.utime(tmp_path / "pets.zip", ns=(1, 1))
        return real(*arguments)

    monkeypatch.setattr(listing, touch)
    with pytest.raises(DataError, match="changed while the images were read"):
        load_source(locate("pets", tmp_path, source=spec_of("zip", "pets.zip")))
    left = [path for path in (cache / "decoded").iterdir() if path.suffix != ".lock"]
    assert left == []


@pytest.mark.slow
def test_cifar10_in_time(data_dir: Path) -> None:
    if not (data_dir / "cifar10-jpeg.zip").is_file():
        pytest.skip("needs cifar10-jpeg.zip in the data directory")
    import time

    start = time.perf_counter()
    source = load_source(locate("cifar10", data_dir))
    assert time.perf_counter() - start < 120.0
    start = time.process_time()
    assert load_source(locate("cifar10", data_dir)).splits["train"].images.shape[0] == 50_000
    assert time.process_time() - start < 1.0
    assert source.splits["validation"].class_counts(10).tolist() == [1000] * 10


# ── zips that are not to be trusted ─────────────────────────────────────────


def _zip_error(tmp_path: Path) -> str:
    with pytest.raises(DataError) as caught:
        load_source(locate("pets", tmp_path, source=spec_of("zip", "pets.zip")))
    return caught.value.message


@pytest.mark.parametrize("name", ["../out.png", "/etc/out.png", "train/../../x.png", "C:\\x.png"])
def test_a_member_outside_the_zip(name: str, tmp_path: Path) -> None:
    write_zip(tmp_path / "pets.zip", made_files() | {name: b""})
    assert "lies outside the zip's own folder" in _zip_error(tmp_path)


def test_a_link_in_a_zip(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "pets.zip", made_files())
    link = zipfile.ZipInfo("train/cat/9.png")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    assert '"train/cat/9.png" is a link' in _zip_error(tmp_path)


def test_a_name_that_stands_twice(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "pets.zip", made_files())
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("train/cat/0.png", b"")
    assert "stands in it twice" in _zip_error(tmp_path)


def test_an_encrypted_zip(tmp_path: Path) -> None:
    """The flag of the first member is set in the list at the end: bytes 8 and 9 of its entry."""
    path = write_zip(tmp_path / "pets.zip", made_files())
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert "is encrypted" in _zip_error(tmp_path)


@pytest.mark.parametrize("keep", [0, 10, 300, -1])
def test_a_zip_that_is_cut_short(keep: int, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "pets.zip", made_files())
    path.write_bytes(path.read_bytes()[:keep])
    assert "is damaged: expected a whole zip file" in _zip_error(tmp_path)


def test_a_member_that_unpacks_to_far_too_much(tmp_path: Path) -> None:
    bomb = {"train/cat/9.png": bytes(1 << 22)}
    write_zip(tmp_path / "pets.zip", made_files() | bomb, zipfile.ZIP_DEFLATED)
    assert "unpacks to 4194304 bytes from" in _zip_error(tmp_path)


def test_a_zip_that_unpacks_to_too_much_in_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reportgen.datasets.trees.MAX_TOTAL_BYTES", 100)
    write_zip(tmp_path / "pets.zip", made_files())
    assert "at most 100 may be" in _zip_error(tmp_path)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_damage_inside_a_zip_is_a_corrupt_image(method: int, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "pets.zip", made_files(), method)
    data = bytearray(path.read_bytes())
    start = data.index(b"train/dog/0.png") + 15
    data[start + 40 : start + 60] = bytes(20)
    path.write_bytes(data)
    assert "train/dog/0.png: damaged in the zip" in _zip_error(tmp_path)
    spec = spec_of("zip", "pets.zip", skip_corrupt=True)
    assert load_source(locate("pets", tmp_path, source=spec)).n_skipped == 1


def test_a_zip_with_any_bytes_changed_is_read_or_refused(tmp_path: Path) -> None:
    """Never anything but a message, wherever the damage is."""
    path = write_zip(tmp_path / "pets.zip", made_files(), zipfile.ZIP_DEFLATED)
    data = path.read_bytes()
    rng = np.random.default_rng(0)
    spec = spec_of("zip", "pets.zip", skip_corrupt=True)
    n_refused = 0
    for _ in range(30):
        changed = bytearray(data)
        for place in rng.integers(data.index(b"PK\x01\x02"), len(data), 2):
            changed[place] = rng.integers(256)
        path.write_bytes(changed)
        try:
            load_source(locate("pets", tmp_path, source=spec))
        except DataError:
            n_refused += 1
    assert n_refused > 5

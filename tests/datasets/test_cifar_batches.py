"""CIFAR-10 in its authors' layout: a folder, an archive, torchvision's download."""

from __future__ import annotations

import functools
import hashlib
import http.server
import io
import os
import pickle
import sys
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reportgen.datasets import cifar_batches
from reportgen.datasets.cifar_batches import ARCHIVE, FILES, FOLDER
from reportgen.datasets.registry import fingerprint, load_source, locate
from reportgen.errors import DataError
from tests.datasets.made_images import image_bytes, write_folder

CIFAR = "airplane automobile bird cat deer dog frog horse ship truck".split()
N = 4  # samples of each batch


def make_batch(index: int, *, as_bytes: bool = False) -> dict[Any, Any]:
    """A batch of random pixels; the labels follow each other over the batches."""
    pixels = np.random.default_rng(index).integers(0, 256, (N, 3072), dtype=np.uint8)
    batch = {"data": pixels, "labels": [(N * index + i) % 10 for i in range(N)]}
    return {key.encode(): value for key, value in batch.items()} if as_bytes else batch


def make_files(*, as_bytes: bool = False, protocol: int = 2) -> dict[str, bytes]:
    """The seven files."""
    names = [name.encode() for name in CIFAR] if as_bytes else CIFAR
    meta = {b"label_names" if as_bytes else "label_names": names, "num_vis": 3072}
    values = [meta, *(make_batch(i, as_bytes=as_bytes) for i in range(6))]
    return {name: pickle.dumps(value, protocol) for name, value in zip(FILES, values, strict=True)}


def write_batches(root: Path, files: dict[str, bytes]) -> Path:
    """Write the folder of the batches."""
    (root / FOLDER).mkdir(parents=True)
    for name, data in files.items():
        (root / FOLDER / name).write_bytes(data)
    return root


def write_archive(root: Path, members: dict[str, bytes]) -> Path:
    """Write the archive."""
    root.mkdir(exist_ok=True)
    with tarfile.open(root / ARCHIVE, "w:gz") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return root


def in_folder(files: dict[str, bytes]) -> dict[str, bytes]:
    """The files under their names in the archive."""
    return {f"{FOLDER}/{name}": data for name, data in files.items()}


def read_error(root: Path) -> str:
    """What reading says is wrong."""
    with pytest.raises(DataError) as caught:
        load_source(locate("cifar10", root, download=False))
    return caught.value.message


# ── the folder ──────────────────────────────────────────────────────────────


def test_the_batches_of_the_data_directory(tmp_path: Path) -> None:
    location = locate("cifar10", write_batches(tmp_path, make_files()))
    source = load_source(location)
    assert location.origin == "data directory"
    assert source.classes == tuple(CIFAR)
    train, validation = source.splits["train"], source.splits["validation"]
    assert (train.images.shape, validation.images.shape) == ((20, 32, 32, 3), (4, 32, 32, 3))
    assert train.images.flags.c_contiguous  # as of the other places: the loop gathers rows
    # Batches 0 to 4 hold the labels 0, 1, … 19 by the rest of the division by 10.
    assert train.labels.tolist() == [*range(10), *range(10)]
    assert validation.labels.tolist() == [0, 1, 2, 3]


def test_a_row_is_the_reds_then_the_greens_then_the_blues(tmp_path: Path) -> None:
    files, batch = make_files(), make_batch(0)
    batch["data"][0] = 0
    batch["data"][0, [5 * 32 + 7, 1024 + 5 * 32 + 7, 2048 + 5 * 32 + 7]] = 10, 20, 30
    files["data_batch_1"] = pickle.dumps(batch)
    source = load_source(locate("cifar10", write_batches(tmp_path, files)))
    assert source.splits["train"].images[0, 5, 7].tolist() == [10, 20, 30]
    assert source.splits["train"].images[0].sum() == 60


@pytest.mark.parametrize("protocol", [0, 2, 5])
@pytest.mark.parametrize("as_bytes", [False, True])
def test_old_and_new_pickles_have_one_fingerprint(
    as_bytes: bool, protocol: int, tmp_path: Path
) -> None:
    write_batches(tmp_path / "a", make_files())
    write_batches(tmp_path / "b", make_files(as_bytes=as_bytes, protocol=protocol))
    prints = {fingerprint(load_source(locate("cifar10", tmp_path / name))) for name in "ab"}
    assert len(prints) == 1


def test_torchvision_reads_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("torchvision.datasets")
    files = make_files()
    point_to(monkeypatch, datasets.CIFAR10, files)
    theirs = datasets.CIFAR10(write_batches(tmp_path, files), train=True)
    ours = load_source(locate("cifar10", tmp_path))
    assert np.array_equal(ours.splits["train"].images, theirs.data)
    assert ours.splits["train"].labels.tolist() == theirs.targets
    assert list(ours.classes) == theirs.classes


def test_image_folders_come_first(tmp_path: Path) -> None:
    write_batches(tmp_path, make_files())
    names = [f"{split}/{name}/0.png" for split in ("train", "test") for name in CIFAR]
    write_folder(tmp_path / "cifar10", {name: image_bytes(i) for i, name in enumerate(names)})
    assert set(locate("cifar10", tmp_path).files) == {"train", "validation"}


def test_the_folder_comes_before_the_archive(tmp_path: Path) -> None:
    write_archive(write_batches(tmp_path, make_files()), {})
    assert tuple(locate("cifar10", tmp_path).files) == FILES


def test_an_earlier_download_serves(cache: Path) -> None:
    write_batches(cache, make_files())
    location = locate("cifar10")
    assert location.origin == "torchvision's download"
    assert len(load_source(location).splits["train"]) == 20


def test_the_signature_changes_with_a_batch(tmp_path: Path) -> None:
    before = locate("cifar10", write_batches(tmp_path, make_files())).signature
    assert locate("cifar10", tmp_path).signature == before
    os.utime(tmp_path / FOLDER / "data_batch_3", ns=(1, 1))
    after = locate("cifar10", tmp_path).signature
    assert [i for i in range(7) if before[i] != after[i]] == [FILES.index("data_batch_3")]


def test_what_was_tried_and_what_to_put_where(tmp_path: Path) -> None:
    write_batches(tmp_path, make_files())
    (tmp_path / FOLDER / "data_batch_2").unlink()
    (tmp_path / FOLDER / "batches.meta").unlink()
    told = read_error(tmp_path)
    lines = told.splitlines()
    assert lines[1].endswith("cifar10-jpeg.zip")
    assert lines[2].endswith("cifar10")
    assert lines[3].endswith(f"{FOLDER} lacks batches.meta, data_batch_2")
    assert lines[4].endswith(f"no file {tmp_path / ARCHIVE}")
    assert lines[5].startswith("  5. torchvision's download: no folder")
    assert lines[6] == "  6. torchvision's download: not allowed here"
    assert f"put torchvision's folder {FOLDER} or the archive {ARCHIVE} into DIR" in lines[7]


# ── files that are not as they must be ──────────────────────────────────────


class Command:
    """A value whose pickle runs a command."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> Any:
        return os.system, (self.command,)


def test_a_batch_that_would_run_a_command_is_refused_and_does_not_run(tmp_path: Path) -> None:
    files = make_files()
    files["data_batch_4"] = pickle.dumps({"data": Command(f"touch {tmp_path}/ran")})
    told = read_error(write_batches(tmp_path, files))
    assert f"{tmp_path / FOLDER / 'data_batch_4'} is not read: at byte" in told
    assert f"{os.system.__module__}.system" in told
    assert not (tmp_path / "ran").exists()


def test_a_batch_that_is_cut_short_is_named(tmp_path: Path) -> None:
    files = make_files()
    files["test_batch"] = files["test_batch"][:-100]
    told = read_error(write_batches(tmp_path, files))
    assert f"{tmp_path / FOLDER / 'test_batch'} is damaged" in told


def batch_with(**changed: Any) -> dict[str, Any]:
    """The first batch with other entries; those of None are left out."""
    return {key: value for key, value in (make_batch(0) | changed).items() if value is not None}


UNFIT: dict[str, tuple[str, Any, str]] = {
    "no dictionary": ("data_batch_1", [1], "expected a dictionary, got a list"),
    "no labels": ("data_batch_1", batch_with(labels=None), "expected the key labels, got data"),
    "no pixels": ("data_batch_1", {"x": 1}, "expected the key data, got x"),
    "fewer labels": (
        "data_batch_1",
        batch_with(labels=[1, 2]),
        "expected labels to be 4 integers, got int64 (2,)",
    ),
    "ragged labels": (
        "data_batch_1",
        batch_with(labels=[[1], [2, 3], [], [4]]),
        "expected labels to be 4 integers, got a list",
    ),
    "texts as labels": ("data_batch_1", batch_with(labels=["a"] * N), "labels to be 4 integers"),
    "huge labels": ("data_batch_1", batch_with(labels=[10**30] * N), "labels to be 4 integers"),
    "labels below 0": ("data_batch_1", batch_with(labels=[0, -1, 2, 3]), "from 0 up, got -1 to 3"),
    "label of no class": (
        "data_batch_1",
        batch_with(labels=[0, 1, 2, 10]),
        "label 10 with only 10 classes",
    ),
    "grey pixels": (
        "data_batch_1",
        batch_with(data=np.zeros((N, 1024), np.uint8)),
        "data to be uint8 of shape (n, 3072), got uint8 (4, 1024)",
    ),
    "fractions": ("data_batch_1", batch_with(data=np.zeros((N, 3072))), "got float64 (4, 3072)"),
    "ragged pixels": ("data_batch_1", batch_with(data=[[0] * 3072, [0]]), "got a list"),
    "other order": (
        "batches.meta",
        {"label_names": CIFAR[::-1]},
        "expected label_names to be airplane, automobile, bird",
    ),
    "no names": ("batches.meta", {}, "expected the key label_names, got none"),
    "names of no list": ("batches.meta", {"label_names": 3}, "to be a list, got a int"),
}


@pytest.mark.parametrize(("name", "value", "expected"), UNFIT.values(), ids=UNFIT)
def test_a_file_of_something_else_is_named(
    name: str, value: Any, expected: str, tmp_path: Path
) -> None:
    told = read_error(write_batches(tmp_path, make_files() | {name: pickle.dumps(value)}))
    assert str(tmp_path / FOLDER / name) in told
    assert expected in told


def test_a_file_that_is_far_too_large_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cifar_batches, "MAX_FILE_BYTES", 1000)
    told = read_error(write_batches(tmp_path, make_files()))
    assert "data_batch_1 does not fit: expected at most 1000 bytes" in told


def test_a_file_that_goes_away_is_named(tmp_path: Path) -> None:
    location = locate("cifar10", write_batches(tmp_path, make_files()))
    (tmp_path / FOLDER / "data_batch_5").unlink()
    with pytest.raises(DataError, match="data_batch_5 cannot be read: No such file"):
        load_source(location)


# ── the archive ─────────────────────────────────────────────────────────────


def test_the_archive_is_read_where_it_lies(tmp_path: Path) -> None:
    write_batches(tmp_path / "folder", make_files())
    write_archive(tmp_path / "data", in_folder(dict(reversed(make_files().items()))))
    first, second = (load_source(locate("cifar10", tmp_path / at)) for at in ("folder", "data"))
    assert second.origin == "data directory"
    assert fingerprint(first) == fingerprint(second)
    assert [path.name for path in (tmp_path / "data").iterdir()] == [ARCHIVE]


def test_members_with_other_names_are_passed_over(tmp_path: Path) -> None:
    others = {"../out": b"x", "/out": b"x", f"{FOLDER}/../data_batch_1": b"x", "test_batch": b"x"}
    write_archive(tmp_path / "data", others | in_folder(make_files()))
    source = load_source(locate("cifar10", tmp_path / "data"))
    assert len(source.splits["train"]) == 20
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_file_of_an_archive_is_named_with_it(tmp_path: Path) -> None:
    files = make_files() | {"data_batch_2": b"cos\nsystem\n(tR."}
    told = read_error(write_archive(tmp_path, in_folder(files)))
    assert f"{tmp_path / ARCHIVE}: {FOLDER}/data_batch_2 is not read" in told
    assert "os.system" in told


def test_a_link_in_place_of_a_batch_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / ARCHIVE, "w:gz") as archive:
        link = tarfile.TarInfo(f"{FOLDER}/data_batch_1")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    assert "data_batch_1 to be a file, got something else" in read_error(tmp_path)


def test_an_archive_without_a_batch_names_it(tmp_path: Path) -> None:
    members = in_folder(make_files())
    del members[f"{FOLDER}/test_batch"]
    told = read_error(write_archive(tmp_path, members))
    assert f"{tmp_path / ARCHIVE} is damaged" in told
    assert f"got none of {FOLDER}/test_batch;" in told


@pytest.mark.parametrize("keep", [0, 5, 100, 5000, -20])
def test_an_archive_that_is_cut_short_is_damaged(keep: int, tmp_path: Path) -> None:
    path = write_archive(tmp_path, in_folder(make_files())) / ARCHIVE
    path.write_bytes(path.read_bytes()[:keep])
    assert f"{path} is damaged: expected the whole archive" in read_error(tmp_path)


def test_an_archive_that_unpacks_to_far_too_much_is_not_read_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cifar_batches, "MAX_ARCHIVE_BYTES", 1 << 16)
    write_archive(tmp_path, {"readme.html": bytes(1 << 20)} | in_folder(make_files()))
    assert "got more than 65536 bytes" in read_error(tmp_path)


# ── the download ────────────────────────────────────────────────────────────


def md5(data: bytes) -> str:
    """The checksum that torchvision compares."""
    return hashlib.md5(data).hexdigest()


def point_to(monkeypatch: pytest.MonkeyPatch, dataset: Any, files: dict[str, bytes]) -> None:
    """Let torchvision's class take these files for the right ones."""
    sums = [[name, md5(data)] for name, data in files.items()]
    monkeypatch.setattr(dataset, "meta", dict(dataset.meta, md5=sums[0][1]))
    monkeypatch.setattr(dataset, "train_list", sums[1:6])
    monkeypatch.setattr(dataset, "test_list", sums[6:])


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder without writing to standard error."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base's name)
        """Say nothing."""


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """torchvision's class, pointed at a server of this machine with a small archive."""
    dataset = pytest.importorskip("torchvision.datasets").CIFAR10
    files = make_files()
    archive = write_archive(tmp_path / "served", in_folder(files)) / ARCHIVE
    point_to(monkeypatch, dataset, files)
    monkeypatch.setattr(dataset, "tgz_md5", md5(archive.read_bytes()))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    handler = functools.partial(QuietHandler, directory=str(tmp_path / "served"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setattr(dataset, "url", f"http://127.0.0.1:{httpd.server_port}/{ARCHIVE}")
        yield dataset
        httpd.shutdown()
        thread.join()


@pytest.mark.usefixtures("served")
def test_the_download_goes_into_the_cache(cache: Path) -> None:
    location = locate("cifar10")
    assert location.origin == "torchvision's download"
    assert len(load_source(location).splits["train"]) == 20
    assert [path.name for path in cache.iterdir()] == [FOLDER]
    assert sorted(path.name for path in (cache / FOLDER).iterdir()) == sorted(FILES)


def test_the_download_goes_into_the_data_directory_and_only_once(
    tmp_path: Path, served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    first = locate("cifar10", tmp_path / "data")
    monkeypatch.setattr(served, "url", "http://127.0.0.1:9/")  # nothing answers there
    second = locate("cifar10", tmp_path / "data")
    assert first.origin == second.origin == "data directory"
    assert first.signature == second.signature
    assert [path.name for path in (tmp_path / "data").iterdir()] == [FOLDER]


def test_a_wrong_checksum_leaves_nothing_behind(
    cache: Path, served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served, "tgz_md5", "0" * 32)
    with pytest.raises(DataError, match="torchvision's download into .*corrupted"):
        locate("cifar10")
    assert list(cache.iterdir()) == []


def test_a_server_that_does_not_answer_is_told(
    served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served, "url", "http://127.0.0.1:9/")
    with pytest.raises(DataError) as caught:
        locate("cifar10")
    assert "torchvision's download into" in caught.value.message
    assert "refused" in caught.value.message
    assert f"put torchvision's folder {FOLDER} or the archive" in caught.value.message
    assert caught.value.__cause__ is not None


def test_without_torchvision_the_message_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchvision.datasets", None)
    with pytest.raises(DataError, match="torchvision's download: torchvision is not installed"):
        locate("cifar10")

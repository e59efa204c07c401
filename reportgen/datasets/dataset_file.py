"""A data set as one file of named arrays, for others to read and to be read back."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.datasets.array_values import CHANNELS, MAX_BYTES
from reportgen.datasets.plain_pickle import dump_plain
from reportgen.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.datasets.source import Source, Split

ENDINGS = {".pkl": "pickle", ".npz": "npz"}
"""Ending of the file to the key of `dataset.source` that reads it."""

_ROOM = 1 << 26  # for labels, groups and names beside the images


def require_new(path: Path) -> None:
    """Refuse a file that is there already, or whose ending tells no form.

    Raises
    ------
    UsageError
        If so, or if its folder is not there.
    """
    if path.suffix not in ENDINGS:
        msg = f"{path.name}: expected a file that ends in {' or '.join(ENDINGS)}"
        raise UsageError(msg)
    if path.exists():
        msg = f"{path} is there already; remove it, or choose another name"
        raise UsageError(msg)
    if not path.parent.is_dir():
        msg = f"{path.parent} is no folder; make it first"
        raise UsageError(msg)


def encode_dataset(source: Source, ending: str) -> bytes:
    """Return a data set as the bytes of a file: the same for the same data.

    A dictionary has `images` (n, h, w, c), `labels` (n,), `groups` (n,) if there
    are any, `classes` and `licence`; of a source in splits there is a dictionary
    of the first three for each split. In an archive their names are joined by
    `/`. Read back, it has the same fingerprint, unless images were skipped: how
    many is not written.

    Parameters
    ----------
    source : Source
    ending : str
        `.pkl`, a pickle of texts and arrays that any NumPy reads, or `.npz`.

    Raises
    ------
    DataError
        If its licence does not let a file carry its images, or a pickle would be
        larger than what is read.
    """
    if not source.may_show:
        msg = (
            f'data set "{source.name}" is not written: its licence ({source.licence}) lets no '
            "file carry its images"
        )
        raise DataError(msg)
    n_bytes = sum(split.images.nbytes for split in source.splits.values())
    if ending == ".pkl" and n_bytes > MAX_BYTES - _ROOM:
        msg = (
            f'data set "{source.name}" is not written: its images take {n_bytes} bytes, and a '
            f"pickle of more than {MAX_BYTES} bytes would not be read; write an .npz archive"
        )
        raise DataError(msg)
    parts = {name: _plain_split(split) for name, split in source.splits.items()}
    whole: dict[str, Any] = parts["all"] if set(parts) == {"all"} else dict(parts)
    content = {**whole, "classes": list(source.classes), "licence": source.licence}
    return dump_plain(content) if ending == ".pkl" else _archive(content)


def describe_dataset(source: Source, path: Path) -> tuple[str, ...]:
    """Return the lines that tell what was written into a file, and how a study reads it."""
    shape = next(iter(source.splits.values())).images.shape
    parts = [f"{name} {len(split)}" for name, split in source.splits.items()]
    height, width, channels = shape[1:]
    plain = channels in CHANNELS and height not in CHANNELS
    layout = "" if plain else ", layout: channels_last"
    read = f"{{{ENDINGS[path.suffix]}: {path.name}{layout}}}"
    return (
        f"{', '.join(parts)} images of {height} × {width} in {source.n_classes} classes",
        f"in the data directory, dataset.source reads it: {read}",
    )


def _plain_split(split: Split) -> dict[str, Any]:
    """Return a split's arrays, numbers as most programs expect them."""
    arrays = {"images": split.images, "labels": split.labels.astype(np.int64)}
    if split.groups is not None:
        arrays["groups"] = split.groups.astype(np.int64)
    return arrays


def _archive(content: Mapping[str, Any]) -> bytes:
    """Return a NumPy archive, whose members have a fixed time."""
    arrays: dict[str, Any] = {}
    for key, value in content.items():
        if isinstance(value, dict):
            arrays |= {f"{key}/{name}": array for name, array in value.items()}
        else:
            arrays[key] = np.asarray(value)
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()

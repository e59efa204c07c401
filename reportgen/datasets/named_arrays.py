"""Splits from arrays under names: which entry of a file is what.

A file holds a dictionary with images and labels, and perhaps groups, class
names and a licence; or a dictionary of such dictionaries, one for each split.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.datasets.array_labels import class_names, make_groups, make_labels
from reportgen.datasets.array_values import Named, kind, make_pixels, misfit, shown
from reportgen.datasets.place import unfit
from reportgen.datasets.source import Split
from reportgen.hashing import sha256_json

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.errors import DataError
    from reportgen.spec.arrays import ArraySource, Layout

READING = 1
"""Raised when the same file is read otherwise."""

USUAL: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "images": ("images", "image", "imgs", "data", "x", "pixels"),
        "labels": ("labels", "label", "targets", "target", "y"),
        "groups": ("groups", "group"),
        "classes": ("classes", "class_names", "label_names", "target_names"),
        "licence": ("licence", "license"),
    }
)
"""What is looked for and the keys it goes by, whatever their case."""

SPLITS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "train": ("train", "training"),
        "validation": ("validation", "val", "valid"),
        "test": ("test",),
    }
)
"""Split to the keys it goes by, whatever their case."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file of arrays is read, where an experiment file says.

    Parameters
    ----------
    keys : mapping of str to str
        What is looked for, a key of `USUAL`, to its key in the file.
    splits : mapping of str to str
        Split to its key in the file; empty if the usual keys hold.
    layout : "channels_first" or "channels_last", optional
        Where the channels are; without it the axis of 1 or 3 tells.
    classes : tuple of str
        Class names where the file has none.
    """

    keys: Mapping[str, str] = field(default_factory=dict)
    splits: Mapping[str, str] = field(default_factory=dict)
    layout: Layout | None = None
    classes: tuple[str, ...] = ()

    @classmethod
    def of(cls, source: ArraySource, classes: tuple[str, ...]) -> Reading:
        """Return what an experiment file says; `classes` are those of a known data set."""
        splits = {} if source.splits is None else source.splits.model_dump(exclude_none=True)
        keys = source.keys.model_dump(exclude_none=True)
        return cls(keys, splits, source.layout, classes)

    @property
    def mark(self) -> str:
        """Digest of what, beside the file, decides what is read."""
        plain = asdict(self) | {"keys": dict(self.keys), "splits": dict(self.splits)}
        return sha256_json(plain | {"reading": READING, "classes": list(self.classes)})


@dataclass(frozen=True, slots=True, eq=False)
class ArrayContent:
    """What a file of arrays holds; `licence` is empty if it does not say."""

    classes: tuple[str, ...]
    splits: Mapping[str, Split]
    licence: str = ""


def below(split: str, key: str) -> str:
    """Return what messages call an entry of a split's dictionary."""
    return f"{split}/{key}"


def arrange(
    content: object, path: Path, reading: Reading, name_of: Callable[[str, str], str] = below
) -> ArrayContent:
    """Return the splits and classes of a file's dictionary.

    Where images stand at the top, the file has the one split `all`; else there
    is a dictionary for each split, and the splits come as train, validation,
    test. Class names and licence may stand at the top or in each split, groups
    beside the labels. Entries under other keys are left alone.

    Parameters
    ----------
    content : object
        What the file holds: text or byte keys to arrays, lists or such
        dictionaries.
    path : Path
        The file, for messages.
    reading : Reading
    name_of : callable
        What messages call an entry, from the keys of its split and itself.

    Raises
    ------
    DataError
        If images or labels are not there, or something is not as it must be;
        the message says what was found.
    """
    table = _Table(path, reading, name_of, _keyed(content, path, "it"))
    parts = _parts(table)
    images = {split: part.required("images") for split, part in parts.items()}
    labels = [part.required("labels") for part in parts.values()]
    groups = [part.optional("groups") for part in parts.values()]
    tables = list({id(one): one for one in (table, *parts.values())}.values())
    names, licences = (
        [found for one in tables if (found := one.optional(role))]
        for role in ("classes", "licence")
    )
    _check_said(table, {"groups": [one for one in groups if one], "classes": names})
    pixels = make_pixels(list(images.values()), reading.layout)
    sizes = [len(stack) for stack in pixels]
    named = _agreed(names) or reading.classes
    classes, numbers = make_labels(labels, sizes, named)
    split_groups = make_groups(groups, sizes)
    rows = zip(pixels, numbers, split_groups, strict=True)
    splits = {split: Split(*row) for split, row in zip(parts, rows, strict=True)}
    _check_shapes(images, splits)
    return ArrayContent(classes, splits, _licence(licences))


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """A dictionary of a file; `split` is its key in the one above, if it is of a split."""

    path: Path
    reading: Reading
    name_of: Callable[[str, str], str]
    held: Mapping[str, Any]
    split: str = ""

    def find(self, usual: tuple[str, ...], said: str | None, option: str) -> Named | None:
        """Return the entry under the key that was said, or the one under a usual key."""
        keys = [key for key in self.held if (key == said if said else key.lower() in usual)]
        if len(keys) > 1:
            expected = f"one key of {shown(keys)}, or to be told which: dataset.source.{option}"
            raise unfit(self.path, expected, "all of them")
        return Named(self.path, self.called(keys[0]), self.held[keys[0]]) if keys else None

    def optional(self, role: str) -> Named | None:
        """Return what is looked for, or None if it is not there."""
        return self.find(USUAL[role], self.reading.keys.get(role), f"keys.{role}")

    def required(self, role: str) -> Named:
        """Return what is looked for."""
        found = self.optional(role)
        if found is None:
            raise self.lacks(role, self.reading.keys.get(role), USUAL[role], f"keys.{role}")
        return found

    def lacks(self, what: str, said: str | None, usual: tuple[str, ...], option: str) -> DataError:
        """Return the error, to be raised, for an entry that is not there."""
        name = repr(said) if said else f"{', '.join(usual)} (or said in dataset.source.{option})"
        inside = f" of {self.split}" if self.split else ""
        expected = f"the {what}{inside} under the key {name}"
        return unfit(self.path, expected, f"the keys {shown(list(self.held))}")

    def called(self, key: str) -> str:
        """Return what messages call an entry."""
        return self.name_of(self.split, key) if self.split else key


def _keyed(content: object, path: Path, name: str) -> dict[str, Any]:
    """Return a dictionary with texts as keys; older files have them as bytes."""
    if not isinstance(content, Mapping):
        expected = f"{name} to be a dictionary with images and labels"
        raise unfit(path, expected, kind(content))
    return {
        key.decode("latin-1") if isinstance(key, bytes) else str(key): value
        for key, value in content.items()
    }


def _parts(table: _Table) -> dict[str, _Table]:
    """Return the dictionary of each split, or the one that is all."""
    said = table.reading.splits
    if not said and table.optional("images") is not None:
        return {"all": table}
    entries: dict[str, Named] = {}
    for split in said or SPLITS:
        usual, key = SPLITS.get(split, ()), said.get(split)
        found = table.find(usual, key, f"splits.{split}")
        if found is not None:
            entries[split] = found
        elif said:
            raise table.lacks(split, key, usual, f"splits.{split}")
    if not entries:
        table.required("images")
    return {
        split: replace(table, held=_keyed(one.value, table.path, one.name), split=one.name)
        for split, one in entries.items()
    }


def _check_said(table: _Table, found: Mapping[str, list[Named]]) -> None:
    """Refuse a key of an experiment file that the file lacks."""
    for role, there in found.items():
        said = table.reading.keys.get(role)
        if said is not None and not there:
            raise table.lacks(role, said, (), "")


def _agreed(names: list[Named]) -> tuple[str, ...]:
    """Return the class names; empty if the file has none."""
    found = {class_names(one): one for one in names}
    if len(found) > 1:
        raise misfit(names[-1], "the same in all splits", "other class names")
    return next(iter(found), ())


def _licence(found: list[Named]) -> str:
    """Return the licence as the file tells it; empty if it does not."""
    texts = []
    for one in found:
        is_text = isinstance(one.value, np.ndarray) and one.value.shape == ()
        text = one.value.item() if is_text else one.value
        if not isinstance(text, str):
            raise misfit(one, "a text", kind(one.value))
        texts.append(text.strip())
    return "; ".join(dict.fromkeys(text for text in texts if text))


def _check_shapes(images: Mapping[str, Named], splits: Mapping[str, Split]) -> None:
    """Refuse splits whose images differ in shape."""
    shapes = {split: part.images.shape[1:] for split, part in splits.items()}
    if len(set(shapes.values())) > 1:
        got = ", ".join(f"{split} {shape}" for split, shape in shapes.items())
        raise misfit(next(iter(images.values())), "of one shape in all splits", got)

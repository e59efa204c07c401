"""What an experiment file may say of images that lie as arrays under names, in one file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from reportgen.spec.base import SpecModel, Text, placed
from reportgen.spec.consistency import Inconsistency, leaves_folder
from reportgen.spec.images import SplitPlaces

Layout = Literal["channels_first", "channels_last"]


class ArrayKeys(SpecModel):
    """Under which key a file holds what, where it is not a usual one."""

    images: Text | None = Field(None, description="Key of the images.")
    labels: Text | None = Field(None, description="Key of the labels.")
    groups: Text | None = Field(None, description="Key of the groups, if there are any.")
    classes: Text | None = Field(None, description="Key of the class names, if there are any.")


class ArraySource(SpecModel):
    """Which file holds images and labels as arrays, and under which keys."""

    pickle: Text | None = Field(
        None, description="A pickled dictionary of arrays, by its path in the data directory."
    )
    npz: Text | None = Field(
        None, description="An archive of NumPy arrays, by its path in the data directory."
    )
    keys: ArrayKeys = Field(
        ArrayKeys(), description="Keys that are not the usual ones (images, labels, …)."
    )
    splits: SplitPlaces | None = Field(
        None, description="Key of each split's dictionary; without it train, validation, test."
    )
    layout: Layout | None = Field(
        None, description="Where the channels are; without it the axis of 1 or 3 tells."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if found := list(self._faults()):
            raise placed(ArraySource, found)
        return self

    def _faults(self) -> Iterator[Inconsistency]:
        if self.pickle is None and self.npz is None:
            yield (), "needs pickle or npz: the file that holds the arrays"
        if self.pickle is not None and self.npz is not None:
            yield ("npz",), "cannot stand beside pickle; give one of them"
        for key, path in (("pickle", self.pickle), ("npz", self.npz)):
            if path is not None and leaves_folder(path):
                text = f'must be a relative path inside the data directory, with /, got "{path}"'
                yield (key,), text

"""What an experiment file may say of image files in class folders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from reportgen.spec.base import SpecModel, Text, placed
from reportgen.spec.consistency import Inconsistency, leaves_folder

Side = Annotated[int, Field(ge=1, le=4096)]


class ImageSize(SpecModel):
    """Size of an image in pixels."""

    height: Side = Field(description="Height in pixels.")
    width: Side = Field(description="Width in pixels.")


class SplitPlaces(SpecModel):
    """Where each split lies: its folder, or its key."""

    train: Text | None = Field(None, description="Where the training split lies.")
    validation: Text | None = Field(None, description="Where the validation split lies.")
    test: Text | None = Field(None, description="Where the test split lies.")
    all: Text | None = Field(None, description="Where a source lies that is not divided.")

    @model_validator(mode="after")
    def _some_or_all(self) -> Self:
        given = self.model_dump(exclude_none=True)
        if not given:
            raise placed(SplitPlaces, [((), "must say where at least one split lies")])
        if self.all is not None and len(given) > 1:
            raise placed(SplitPlaces, [(("all",), "cannot stand beside other splits")])
        return self


class ImageSource(SpecModel):
    """Where the class folders of image files lie, and how the images are read."""

    zip: Text | None = Field(None, description="A zip, by its path in the data directory.")
    folder: Text | None = Field(None, description="A folder, by its path in the data directory.")
    splits: SplitPlaces | None = Field(
        None, description="Folder of each split inside the zip or folder; `.` is the whole."
    )
    resize: Side | None = Field(
        None, description="Bring all to a square: shorter side to so many pixels, then its centre."
    )
    size: ImageSize | None = Field(
        None, description="Bring all to this size: scaled to cover it, then the centre."
    )
    channels: Literal["grey", "rgb"] | None = Field(
        None, description="grey or rgb; without it rgb, unless all images are grey."
    )
    skip_corrupt: bool = Field(
        False, description="Leave out images that cannot be read, and count them."
    )

    @property
    def pixels(self) -> tuple[int, int] | None:
        """Height and width that all images are brought to, if any."""
        if self.size is not None:
            return self.size.height, self.size.width
        return None if self.resize is None else (self.resize, self.resize)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if found := list(self._faults()):
            raise placed(ImageSource, found)
        return self

    def _faults(self) -> Iterator[Inconsistency]:
        if self.zip is not None and self.folder is not None:
            yield ("folder",), "cannot stand beside zip; give one of them"
        if self.size is not None and self.resize is not None:
            yield ("resize",), "cannot stand beside size; give one of them"
        if (self.zip or self.folder) and self.splits is None:
            yield (), "needs splits: the folder of each split inside the zip or folder"
        if self.splits is not None and not (self.zip or self.folder):
            yield ("splits",), "needs zip or folder, which they lie in"
        paths: dict[tuple[str, ...], str | None] = {("zip",): self.zip, ("folder",): self.folder}
        splits = {} if self.splits is None else self.splits.model_dump(exclude_none=True)
        paths |= {("splits", name): path for name, path in splits.items()}
        for place, path in paths.items():
            if path is not None and leaves_folder(path):
                inside = "the zip or folder" if place[0] == "splits" else "the data directory"
                text = f'must be a relative path inside {inside}, with /, got "{path}"'
                yield place, text

"""What an experiment file may say of its data: which, how they are divided and normalised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from reportgen.errors import nearest
from reportgen.spec.arrays import ArraySource
from reportgen.spec.base import Count, Name, Positive, Seed, SpecModel, Text, placed
from reportgen.spec.consistency import Inconsistency
from reportgen.spec.glyphs import Glyphs
from reportgen.spec.images import ImageSource
from reportgen.spec.letters import Letters

Share = Annotated[float, Field(gt=0.0, lt=1.0)]

BY_RUN = "run"
"""Seed of a part or a division that each run draws anew, by its own seed."""


def _text_or_number(value: Any) -> str:
    """Tell which form of a seed is meant."""
    return "text" if isinstance(value, str) else "number"


DrawSeed = Annotated[
    Annotated[Seed, Tag("number")] | Annotated[Literal["run"], Tag("text")],
    Discriminator(_text_or_number),
]
"""A seed, or `run`: the seed of the run, so that each of several seeds draws its own samples."""


def draw_seed(seed: int | str) -> int:
    """Return a seed that is known.

    Raises
    ------
    ValueError
        If it is `run`, and so known of a run alone.
    """
    if isinstance(seed, str):
        msg = f"the seed is that of a run, got {seed}"
        raise ValueError(msg)
    return seed


DRAWN: Mapping[str, str] = MappingProxyType({"glyphs": "openmoji", "letters": "letters"})
"""What says how images are drawn, and the data set that it is for."""


class Subset(SpecModel):
    """A seeded part of the training split."""

    n: Count | None = Field(None, description="How many training samples to keep.")
    per_class: Count | None = Field(None, description="How many to keep of each class.")
    stratified: bool = Field(True, description="With `n`: keep the classes' proportions.")
    seed: DrawSeed = Field(
        0, description="Which samples; the same seed keeps the same ones. run: each run its own."
    )

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        if self.n is None and self.per_class is None:
            raise placed(Subset, [((), "needs n or per_class")])
        if self.n is not None and self.per_class is not None:
            raise placed(Subset, [(("per_class",), "cannot stand beside n; give one of them")])
        return self


class Division(SpecModel):
    """A seeded division of a source into splits, stratified by class."""

    train: Count = Field(description="Training samples.")
    validation: Count = Field(description="Validation samples.")
    test: Count | None = Field(None, description="Test samples; without it there is no test split.")
    seed: DrawSeed = Field(0, description="Which samples go where; run: each run its own.")


class ShareDivision(SpecModel):
    """A seeded division of each class's groups by shares; what is left trains."""

    validation_share: Share = Field(description="Share of each class's groups that validates.")
    test_share: Share | None = Field(
        None, description="Share that tests; without it there is no test split."
    )
    seed: DrawSeed = Field(0, description="Which groups go where; run: each run its own.")

    @model_validator(mode="after")
    def _some_left(self) -> Self:
        if self.test_share is not None and self.validation_share + self.test_share >= 1:
            text = "and validation_share must leave something to train on: together below 1"
            raise placed(ShareDivision, [(("test_share",), text)])
        return self


class Normalization(SpecModel):
    """Mean and standard deviation of each channel, on pixels in [0, 1]."""

    mean: tuple[float, ...] = Field(min_length=1, description="Mean of each channel.")
    std: tuple[Positive, ...] = Field(
        min_length=1, description="Standard deviation of each channel."
    )

    @model_validator(mode="after")
    def _same_length(self) -> Self:
        n_mean, n_std = len(self.mean), len(self.std)
        if n_mean != n_std:
            text = f"must have as many values as mean, one a channel: {n_mean}, got {n_std}"
            raise placed(Normalization, [(("std",), text)])
        return self


def _text_or_mapping(value: Any) -> str:
    """Tell which form of a field that takes either is meant."""
    return "text" if isinstance(value, str) else "mapping"


def _counts_or_shares(value: Any) -> str:
    """Tell which form of division is meant."""
    if isinstance(value, dict):
        return "shares" if {"validation_share", "test_share"} & value.keys() else "counts"
    return "shares" if isinstance(value, ShareDivision) else "counts"


def _images_or_arrays(value: Any) -> str:
    """Tell which form of source is meant."""
    if isinstance(value, dict):
        return "arrays" if {"pickle", "npz", "keys", "layout"} & value.keys() else "images"
    return "arrays" if isinstance(value, ArraySource) else "images"


class DatasetSpec(SpecModel):
    """Which data, and how they are divided."""

    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9_-]*$",
        description=(
            "mnist, fashion-mnist, emnist-letters, mnist-5k, digits, openmoji, letters, cifar10, "
            "alien-vs-predator, NAME.npz of the data directory, or a name of your own for `source`."
        ),
    )
    source: (
        Annotated[
            Annotated[ImageSource, Tag("images")] | Annotated[ArraySource, Tag("arrays")],
            Discriminator(_images_or_arrays),
        ]
        | None
    ) = Field(
        None,
        description=(
            "Where image files in class folders lie, or a file of arrays, and how it is read."
        ),
    )
    glyphs: Glyphs | None = Field(
        None, description="Of openmoji: which emoji, drawn how; without it, all known classes."
    )
    letters: Letters | None = Field(
        None, description="Of letters: how many are drawn, and how; without it, 2000 of each."
    )
    split: (
        Annotated[
            Annotated[Division, Tag("counts")] | Annotated[ShareDivision, Tag("shares")],
            Discriminator(_counts_or_shares),
        ]
        | None
    ) = Field(None, description="Divide the source anew, by numbers of samples or by shares.")
    subset: Subset | None = Field(None, description="Train on a part of the training split.")
    normalization: Annotated[
        Annotated[Normalization, Tag("mapping")] | Annotated[Literal["train"], Tag("text")],
        Discriminator(_text_or_mapping),
    ] = Field("train", description="Given values, or `train`: the training split's own.")
    class_groups: dict[Name, Annotated[tuple[Text, ...], Field(min_length=1)]] = Field(
        default_factory=dict,
        description="Groups of classes that belong together, for the discussion of errors.",
    )

    @property
    def has_test(self) -> bool:
        """Whether the experiment file asks for a test split."""
        if isinstance(self.split, Division):
            return self.split.test is not None
        if isinstance(self.split, ShareDivision):
            return self.split.test_share is not None
        source = None if self.source is None else self.source.splits
        return source is not None and source.test is not None

    @property
    def samples_mark(self) -> str:
        """What tells which samples are validated and tested on: the data set and its division."""
        return self.model_dump_json(include={"name", "split"})

    def drawn(self, seed: int) -> DatasetSpec:
        """Return the data of one run, its seed in place of `run`."""
        parts = {"split": self.split, "subset": self.subset}
        mine = {
            name: part.model_copy(update={"seed": seed})
            for name, part in parts.items()
            if part is not None and part.seed == BY_RUN
        }
        return self.model_copy(update=mine)

    def stray_classes(self, classes: Sequence[str]) -> Iterator[str]:
        """Yield what is wrong with each name in `class_groups` that is none of the classes."""
        for group, names in self.class_groups.items():
            for name in names:
                if name not in classes:
                    hint = nearest(name, list(classes))
                    yield f'dataset.class_groups.{group}: no class is called "{name}"; {hint}'

    @model_validator(mode="after")
    def _drawing_fits(self) -> Self:
        if found := list(self._stray_drawings()):
            raise placed(DatasetSpec, found)
        return self

    def _stray_drawings(self) -> Iterator[Inconsistency]:
        for key, owner in DRAWN.items():
            if getattr(self, key) is None:
                continue
            if self.name != owner:
                yield (key,), f'is for the data set {owner} alone, got "{self.name}"'
            if self.source is not None:
                yield ("source",), f"cannot stand beside {key}; give one of them"

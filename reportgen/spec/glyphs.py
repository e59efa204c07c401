"""What an experiment file may say of emoji that are drawn as images."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from reportgen.errors import nearest
from reportgen.spec.base import Name, Seed, SpecModel, Text, placed
from reportgen.spec.consistency import Inconsistency

CODE_POINT = re.compile(r"U\+[0-9A-F]{4,6}")
"""A single emoji by its code point, such as U+1F34E."""

KNOWN_CLASSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "faces": (
            "face-smiling",
            "face-affection",
            "face-tongue",
            "face-hand",
            "face-neutral-skeptical",
            "face-sleepy",
            "face-unwell",
            "face-hat",
            "face-glasses",
            "face-concerned",
            "face-negative",
        ),
        "hands": (
            "hand-fingers-open",
            "hand-fingers-partial",
            "hand-single-finger",
            "hand-fingers-closed",
            "hands",
            "hand-prop",
        ),
        "people": ("person-role",),
        "mammals": ("animal-mammal",),
        "birds": ("animal-bird",),
        "produce": ("food-fruit", "food-vegetable"),
        "food": ("food-prepared", "food-asian"),
        "vehicles": ("transport-ground",),
        "buildings": ("place-building",),
        "clothing": ("clothing",),
    }
)
"""Classes that a small network can tell apart at 32 × 32 pixels, by Unicode's subcategories."""


VARIANTS = 8
"""Images of each emoji where nothing else is said."""


def _names_or_members(value: Any) -> str:
    """Tell which form of `classes` is meant."""
    return "members" if isinstance(value, dict) else "names"


Names = Annotated[tuple[Text, ...], Field(min_length=2)]
Members = Annotated[
    dict[Name, Annotated[tuple[Text, ...], Field(min_length=1)]], Field(min_length=2)
]


class Glyphs(SpecModel):
    """Emoji in classes, each drawn in several poses."""

    classes: (
        Annotated[
            Annotated[Names, Tag("names")] | Annotated[Members, Tag("members")],
            Discriminator(_names_or_members),
        ]
        | None
    ) = Field(
        None,
        description=(
            "Some of the known classes, or class to emoji subcategories and code points "
            f"(U+1F34E); without it all known ones: {', '.join(KNOWN_CLASSES)}."
        ),
    )
    side: Annotated[int, Field(ge=8, le=256)] = Field(
        32, description="Height and width of an image in pixels."
    )
    channels: Literal["grey", "rgb"] = Field(
        "rgb", description="rgb, on white; grey, as a negative: the ground is 0, as in MNIST."
    )
    variants: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        None,
        description=(
            "Images of each emoji, each in another pose; they are one group. "
            f"{VARIANTS} without it and without per_class."
        ),
    )
    per_class: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        None,
        description=(
            "In place of variants: images of each class, shared out evenly over its emoji; "
            "the first ones, by code point, get one more."
        ),
    )
    seed: Seed = Field(0, description="Which poses.")

    @property
    def n_channels(self) -> int:
        """Channels of an image."""
        return 3 if self.channels == "rgb" else 1

    @property
    def by_class(self) -> Mapping[str, tuple[str, ...]]:
        """What each class holds, in the order of the classes."""
        if isinstance(self.classes, dict):
            return self.classes
        return {name: KNOWN_CLASSES[name] for name in self.classes or KNOWN_CLASSES}

    @model_validator(mode="after")
    def _classes_fit(self) -> Self:
        if found := list(self._faults()):
            raise placed(Glyphs, found)
        return self

    def _faults(self) -> Iterator[Inconsistency]:
        if self.variants is not None and self.per_class is not None:
            yield ("per_class",), "cannot stand beside variants; give one of them"
        if isinstance(self.classes, dict):
            yield from _member_faults(self.classes)
            return
        names = self.classes or ()
        for index, name in enumerate(names):
            if name not in KNOWN_CLASSES:
                hint = nearest(name, list(KNOWN_CLASSES))
                yield ("classes", index), f'is no known class, got "{name}"; {hint}'
            elif name in names[:index]:
                yield ("classes", index), f'stands twice, got "{name}"'


def _member_faults(classes: Mapping[str, tuple[str, ...]]) -> Iterator[Inconsistency]:
    """Yield what is wrong with the members of classes, as far as their spelling tells."""
    holder: dict[str, str] = {}
    for name, members in classes.items():
        for index, member in enumerate(members):
            place = ("classes", name, index)
            if member.startswith("U+") and not CODE_POINT.fullmatch(member):
                yield place, f'must be a code point such as U+1F34E, got "{member}"'
            elif member in holder:
                yield place, f'is in the class {holder[member]} already, got "{member}"'
            holder.setdefault(member, name)

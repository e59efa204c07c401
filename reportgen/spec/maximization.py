"""What an experiment file may say of images that maximise filters."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field

from reportgen.spec.base import Count, Name, Positive, Seed, SpecModel, Text


class TotalVariation(SpecModel):
    """Hold back by how much neighbouring pixels differ."""

    name: Literal["total_variation"] = Field(description="Mean difference of neighbouring pixels.")
    weight: Positive = Field(0.1, description="How much it counts beside the activation.")


class SquaredDistance(SpecModel):
    """Hold back by how far pixels are from the mean of the data."""

    name: Literal["l2"] = Field(description="Mean squared distance from the data's mean pixel.")
    weight: Positive = Field(0.1, description="How much it counts beside the activation.")


class Unregularized(SpecModel):
    """Hold nothing back but the range of pixels."""

    name: Literal["none"] = Field(description="No regulariser.")

    @property
    def weight(self) -> float:
        """It counts for nothing."""
        return 0.0


def _named(value: Any) -> Any:
    """Take a name for the mapping that has nothing else."""
    return {"name": value} if isinstance(value, str) else value


Regularizer = Annotated[
    TotalVariation | SquaredDistance | Unregularized,
    Discriminator("name"),
]


class MaximizedFilters(SpecModel):
    """Filters of one layer."""

    layer: Text = Field(
        description=(
            "Name of the module, as named_modules() has it, whose output has a map for each "
            "filter: a convolution, or the activation after it."
        )
    )
    filters: tuple[Count, ...] | None = Field(
        None, min_length=1, description="Their numbers, from 1; without them, every filter."
    )


class Maximization(SpecModel):
    """The image that most excites a filter: its mean activation is raised step by step.

    Images begin as seeded noise; Adam raises the mean activation less the regulariser
    times its weight, and pixels stay between black and white.
    """

    images: dict[Name, MaximizedFilters] = Field(
        min_length=1, description="Alias to the filters that a figure shows."
    )
    steps: Annotated[int, Field(ge=1, le=10_000)] = Field(256, description="Steps of Adam.")
    lr: Positive = Field(
        0.1, description="Adam's first learning rate, on pixels from 0 to 1; it falls to 0."
    )
    regularizer: Annotated[
        Regularizer,
        BeforeValidator(
            _named,
            json_schema_input_type=Literal["total_variation", "l2", "none"] | Regularizer,
        ),
    ] = Field(
        TotalVariation(name="total_variation"), description="What is held back, and how much."
    )
    seed: Seed = Field(0, description="Of the noise that the images begin as.")

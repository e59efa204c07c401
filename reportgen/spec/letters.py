"""What an experiment file may say of letters that are drawn as images."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from reportgen.spec.base import Seed, SpecModel


class Letters(SpecModel):
    """The 26 letters, each drawn from several fonts in many poses."""

    side: Annotated[int, Field(ge=8, le=256)] = Field(
        28, description="Height and width of an image in pixels."
    )
    per_class: Annotated[int, Field(ge=1, le=20000)] = Field(
        2000, description="Images of each letter, shared out evenly among fonts and cases."
    )
    cases: Literal["both", "upper", "lower"] = Field(
        "both", description="Upper and lower case in one class, or one of them alone."
    )
    seed: Seed = Field(0, description="Which poses.")

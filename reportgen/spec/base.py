"""What the models of all study files share: strictness, faults with a place, kinds of values."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from reportgen.spec.consistency import Inconsistency

Fraction = Annotated[float, Field(ge=0.0, lt=1.0)]
Positive = Annotated[float, Field(gt=0.0)]
Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Text = Annotated[str, Field(pattern=r"\S")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
ClassName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class SpecModel(BaseModel):
    """Base of all that is read from a study file: frozen, strict, no unknown keys."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, hide_input_in_errors=True
    )

    @classmethod
    def from_plain(cls, value: Any) -> Self:
        """Return the model of plain values, as a YAML or JSON file gives them.

        Strict models take a list for a tuple and text for a date only from JSON.

        Raises
        ------
        pydantic.ValidationError
            If a value is wrong; see `reportgen.spec.faults`.
        """
        return cls.model_validate_json(json.dumps(value))

    def to_plain(self) -> dict[str, Any]:
        """Return the plain values, with the names of the files and all defaults."""
        return self.model_dump(mode="json", by_alias=True)


def placed(model: type[SpecModel], found: Iterable[Inconsistency]) -> ValidationError:
    """Return the validation error that holds faults below a model, each with its place."""
    details = [
        InitErrorDetails(
            type=PydanticCustomError("inconsistent", "{text}", {"text": text}),
            loc=path,
            input=None,
        )
        for path, text in found
    ]
    return ValidationError.from_exception_data(model.__name__, details)

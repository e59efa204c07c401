"""What an experiment file may say of its network: where it is from, what it starts with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from reportgen.errors import DataError
from reportgen.spec.base import ClassName, SpecModel
from reportgen.spec.consistency import leaves_folder

WEIGHTS = r"^(none|(torchvision|package|file|experiment):[A-Za-z0-9_][A-Za-z0-9_./-]*)$"
"""How `weights` names what a network starts from."""

PACKAGE_MODELS = ("efficientnet_lite0",)
"""Networks that installed packages carry, with their weights."""


LIBRARY_ARGS = (
    "Keyword arguments of the network's constructor. norm_momentum sets the momentum of all its "
    "batch norms: from scratch on few images 0.1 learns where 0.01 does not."
)


class StudyModel(SpecModel):
    """The network: a class of the study's models.py and its keyword arguments."""

    class_: ClassName = Field(alias="class", description="Name of an nn.Module class of models.py.")
    args: dict[str, Any] = Field(default_factory=dict, description="Keyword arguments.")

    @property
    def name(self) -> str:
        """Name of the network."""
        return self.class_


class TorchvisionModel(SpecModel):
    """The network: one of torchvision's for classification, its last layer as wide as needed."""

    torchvision: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)] = Field(
        description="Name of a classification model of torchvision: resnet50."
    )
    args: dict[str, Any] = Field(default_factory=dict, description=LIBRARY_ARGS)

    @property
    def name(self) -> str:
        """Name of the network."""
        return self.torchvision


class PackageModel(SpecModel):
    """The network: one that an installed package carries, its last layer as wide as needed."""

    package: Literal["efficientnet_lite0"] = Field(description="Name of the network.")
    args: dict[str, Any] = Field(default_factory=dict, description=LIBRARY_ARGS)

    @property
    def name(self) -> str:
        """Name of the network."""
        return self.package


MODELS = {"class": "StudyModel", "torchvision": "TorchvisionModel", "package": "PackageModel"}


def _model(value: Any) -> str | None:
    """Return the kind of a model by its key; without one, the study's class is meant."""
    if isinstance(value, SpecModel):
        return type(value).__name__
    if not isinstance(value, dict):
        return None
    known = [MODELS[key] for key in MODELS if key in value]
    return known[0] if known else "StudyModel"


ModelSpec = Annotated[
    Annotated[StudyModel, Tag("StudyModel")]
    | Annotated[TorchvisionModel, Tag("TorchvisionModel")]
    | Annotated[PackageModel, Tag("PackageModel")],
    Discriminator(_model),
]


def named_experiment(weights: str) -> str:
    """Return the experiment whose network `weights: experiment:NAME` takes; empty for others."""
    kind, _, name = weights.partition(":")
    return name if kind == "experiment" else ""


def weights_file(weights: str, data_dir: Path | None) -> Path | None:
    """Return the file that `weights: file:PATH` names, in the data directory; None for others.

    Raises
    ------
    DataError
        If there is no data directory, or no such file in it.
    """
    kind, _, name = weights.partition(":")
    if kind != "file":
        return None
    if data_dir is None:
        msg = f"weights: {weights} lies in the data directory; name it with --data-dir"
        raise DataError(msg)
    if leaves_folder(name):
        msg = f"weights: {weights} must be a relative path inside the data directory, with /"
        raise DataError(msg)
    path = data_dir / name
    if not path.is_file():
        msg = f"weights: {weights} was not found: there is no file {path}"
        raise DataError(msg)
    return path

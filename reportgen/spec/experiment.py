"""What an experiment file may say: the typed form of `experiments/<study>/<experiment>.yaml`.

The models are strict: an unknown key is a fault, a number in quotes is a
string. A field's description is what editors show from the JSON Schema.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from reportgen.spec.base import (
    ClassName,
    Count,
    Fraction,
    Name,
    Positive,
    Seed,
    SpecModel,
    Text,
    placed,
)
from reportgen.spec.consistency import inconsistencies
from reportgen.spec.images import ImageSource

# ── data ────────────────────────────────────────────────────────────────────


class Subset(SpecModel):
    """A seeded part of the training split."""

    n: Count | None = Field(None, description="How many training samples to keep.")
    per_class: Count | None = Field(None, description="How many to keep of each class.")
    stratified: bool = Field(True, description="With `n`: keep the classes' proportions.")
    seed: Seed = Field(0, description="Which samples; the same seed keeps the same ones.")

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
    seed: Seed = Field(0, description="Which samples go where.")


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


class DatasetSpec(SpecModel):
    """Which data, and how they are divided."""

    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9_-]*$",
        description=(
            "mnist, fashion-mnist, mnist-5k, digits, cifar10, alien-vs-predator, NAME.npz of the "
            "data directory, or a name of your own for `source`."
        ),
    )
    source: ImageSource | None = Field(
        None, description="Image files in class folders: where they lie and how they are read."
    )
    split: Division | None = Field(None, description="Divide the source anew.")
    subset: Subset | None = Field(None, description="Train on a part of the training split.")
    normalization: Annotated[
        Annotated[Normalization, Tag("mapping")] | Annotated[Literal["train"], Tag("text")],
        Discriminator(_text_or_mapping),
    ] = Field("train", description="Given values, or `train`: the training split's own.")


# ── model ───────────────────────────────────────────────────────────────────


class ModelSpec(SpecModel):
    """The network: a class of the study's models.py and its keyword arguments."""

    class_: ClassName = Field(alias="class", description="Name of an nn.Module class of models.py.")
    args: dict[str, Any] = Field(default_factory=dict, description="Keyword arguments.")


# ── training ────────────────────────────────────────────────────────────────


class Sgd(SpecModel):
    """Stochastic gradient descent (torch.optim.SGD)."""

    name: Literal["sgd"] = Field(description="Stochastic gradient descent.")
    lr: Positive = Field(description="Learning rate.")
    momentum: Fraction = Field(0.0, description="Momentum; 0 for none.")
    nesterov: bool = Field(False, description="Nesterov's momentum.")
    weight_decay: Annotated[float, Field(ge=0.0)] = Field(0.0, description="L2 penalty.")

    @model_validator(mode="after")
    def _nesterov_needs_momentum(self) -> Self:
        if self.nesterov and not self.momentum:
            raise placed(Sgd, [(("nesterov",), "needs a momentum above 0")])
        return self


class Adam(SpecModel):
    """Adam, or AdamW with decoupled weight decay (torch.optim)."""

    name: Literal["adam", "adamw"] = Field(
        description="adam, or adamw with decoupled weight decay."
    )
    lr: Positive = Field(description="Learning rate.")
    betas: tuple[Fraction, Fraction] = Field(
        (0.9, 0.999), description="Decay rates of both moments."
    )
    weight_decay: Annotated[float, Field(ge=0.0)] = Field(
        0.0, description="L2 penalty; decoupled for adamw."
    )


Optimizer = Annotated[Sgd | Adam, Field(discriminator="name")]


def _text_or_list(value: Any) -> str:
    """Tell which form of a field that takes either is meant."""
    return "text" if isinstance(value, str) else "list"


class Phase(SpecModel):
    """A stretch of epochs with one optimiser and one set of trained parameters."""

    epochs: Count = Field(description="Epochs of the phase.")
    optimizer: Optimizer = Field(description="Optimiser and its settings.")
    train: Annotated[
        Annotated[Literal["all"], Tag("text")]
        | Annotated[tuple[Text, ...], Tag("list"), Field(min_length=1)],
        Discriminator(_text_or_list),
    ] = Field("all", description="`all`, or the names of the modules whose parameters learn.")
    frozen_norm: Literal["eval", "train"] = Field(
        "eval", description="Whether batch norms of frozen layers keep their statistics (eval)."
    )


class HorizontalFlip(SpecModel):
    """Mirror an image left to right with this probability."""

    horizontal_flip: Annotated[float, Field(gt=0.0, le=1.0)] = Field(
        description="Probability of mirroring an image."
    )


class RandomShift(SpecModel):
    """Pad by this many pixels with zeros and cut the old size at a random place."""

    random_shift: Count = Field(description="Largest shift in pixels.")


TRANSFORMS = {"horizontal_flip": "HorizontalFlip", "random_shift": "RandomShift"}


def _transform(value: Any) -> str | None:
    """Return the class of a transform by its key; an unknown key stands for itself."""
    if isinstance(value, SpecModel):
        return type(value).__name__
    if not isinstance(value, dict):
        return None
    known = [TRANSFORMS[key] for key in value if key in TRANSFORMS]
    return known[0] if known else next(iter(value), "")


Augmentation = Annotated[
    Annotated[HorizontalFlip, Tag("HorizontalFlip")] | Annotated[RandomShift, Tag("RandomShift")],
    Discriminator(_transform),
]


class Training(SpecModel):
    """How the network learns."""

    batch_size: Count = Field(description="Samples of a training batch.")
    validation_batch_size: Count = Field(
        512, description="Samples of a batch when nothing is learnt."
    )
    loss: Literal["cross_entropy"] = Field("cross_entropy", description="What is minimised.")
    augmentation: tuple[Augmentation, ...] = Field(
        (), description="Random changes of training images, in order."
    )
    on_divergence: Literal["fail", "record"] = Field(
        "fail", description="A loss that is not finite: fail, or keep the epochs before (record)."
    )
    phases: tuple[Phase, ...] = Field(min_length=1, description="Stretches of training, in order.")

    @property
    def epochs(self) -> int:
        """Epochs of all phases together."""
        return sum(phase.epochs for phase in self.phases)


# ── what is measured ────────────────────────────────────────────────────────


class Stability(SpecModel):
    """How far maps from random starts agree: how many, of how many of the samples."""

    starts: Annotated[int, Field(ge=2, le=20)] = Field(3, description="Maps from random starts.")
    samples: Annotated[int, Field(ge=10)] | None = Field(
        None, description="Without it, a fifth of those that are mapped, 200 to 1000."
    )


class Embeddings(SpecModel):
    """Maps of the named features."""

    method: Literal["tsne"] = Field("tsne", description="How features become two dimensions.")
    samples: Annotated[int, Field(ge=10)] = Field(
        5000, description="Samples on a map; all, if there are fewer."
    )
    perplexity: Positive = Field(30.0, description="Perplexity of t-SNE, below the samples.")
    seed: Seed = Field(0, description="Which samples, and the start of the map.")
    horizons: tuple[Count, ...] | None = Field(
        None, description="At which horizons' checkpoints; without it, at the first."
    )
    stability: Stability | None = Field(
        Stability(), description="Agreement over random starts; null leaves it out."
    )


class Trial(SpecModel):
    """One trial of a sweep: the experiment with some values set otherwise.

    Trials train and are evaluated; maps are drawn for the experiment itself.
    """

    name: Name = Field(description="Name of the trial in facts and figures.")
    set: dict[str, Any] = Field(min_length=1, description="Dotted path to value.")
    why: Text = Field(description="What changes and to what end, in Spanish.")


class Experiment(SpecModel):
    """One experiment: data, network, training, and what is measured."""

    title: Text = Field(description="Name of the experiment in the report.")
    dataset: DatasetSpec = Field(description="Which data, and how they are divided.")
    model: ModelSpec = Field(description="Which network.")
    weights: Literal["none"] = Field(
        "none", description="What the network starts from; none: at random."
    )
    seeds: tuple[Seed, ...] = Field(
        (0,), min_length=1, description="A run for each; the first is the one that is told."
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="auto: bfloat16 where the device is fast at it, else float32."
    )
    training: Training = Field(description="How the network learns.")
    horizons: tuple[Count, ...] = Field((), description="Epochs at which to report.")
    features: dict[Name, Text] = Field(
        default_factory=dict, description="Alias to module name, as named_modules() has it."
    )
    embeddings: Embeddings | None = Field(
        None, description="Maps of the named features; null for none."
    )
    sweep: tuple[Trial, ...] = Field(
        (), description="Trials that are compared with the experiment, in order."
    )

    @property
    def report_horizons(self) -> tuple[int, ...]:
        """The horizons, or all epochs where the file names none."""
        return self.horizons or (self.training.epochs,)

    @property
    def map_horizons(self) -> tuple[int, ...]:
        """The horizons at whose checkpoints maps are made."""
        if self.embeddings is None or not self.features:
            return ()
        return self.embeddings.horizons or self.report_horizons[:1]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if found := inconsistencies(self.to_plain()):
            raise placed(Experiment, found)
        return self

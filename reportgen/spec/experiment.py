"""What an experiment file may say: the typed form of `experiments/<study>/<experiment>.yaml`.

The models are strict: an unknown key is a fault, a number in quotes is a
string. A field's description is what editors show from the JSON Schema.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from reportgen.spec.base import Count, Name, Positive, Seed, SpecModel, Text, placed
from reportgen.spec.consistency import inconsistencies
from reportgen.spec.dataset import DatasetSpec
from reportgen.spec.maximization import Maximization
from reportgen.spec.network import WEIGHTS, ModelSpec
from reportgen.spec.training import Augmentation, Estimator, Training

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


class Filters(SpecModel):
    """The filters of a convolution, and images after it, kept for figures."""

    layer: Text = Field(description="Name of the convolution, as named_modules() has it.")
    images: Annotated[int, Field(ge=0, le=4)] = Field(
        1, description="Validation images that are shown after it, each of another class."
    )


class Resources(SpecModel):
    """What a run takes of the machine that it is made on; no part of its result or its key."""

    gpus: Annotated[float, Field(gt=0.0, le=1.0)] | None = Field(
        None,
        description=(
            "Share of a GPU, where it computes on one: 0.25 lets four runs share it. Without it "
            "a whole one on a cluster, and what it is measured to need on this machine."
        ),
    )


class Trial(SpecModel):
    """One trial of a sweep: the experiment, or an earlier trial, with some values set otherwise.

    Trials train and are evaluated; maps are drawn for the experiment itself.
    """

    name: Name = Field(description="Name of the trial in facts and figures.")
    origin: Name | None = Field(
        None,
        alias="from",
        description="The earlier trial whose values it begins with; without it, the experiment.",
    )
    set: dict[str, Any] = Field(min_length=1, description="Dotted path to value.")
    why: Text = Field(description="What changes and to what end, in Spanish.")
    title: Text | None = Field(
        None,
        description="Name of the trial in the report; without it, `name` with blanks for the _.",
    )


class Experiment(SpecModel):
    """One experiment: data, network, training, and what is measured."""

    title: Text = Field(description="Name of the experiment in the report.")
    dataset: DatasetSpec = Field(description="Which data, and how they are divided.")
    model: ModelSpec = Field(description="Which network.")
    weights: Annotated[str, Field(pattern=WEIGHTS)] = Field(
        "none",
        description=(
            "What the network starts from. none: at random; torchvision:NAME, as "
            "torchvision.models.get_weight() takes it; package:NAME; file:PATH, a safetensors "
            "file in the data directory; experiment:NAME, the network of another experiment at "
            "its best epoch, its last layer anew where the classes are others."
        ),
    )
    seeds: tuple[Seed, ...] = Field(
        (0,), min_length=1, description="A run for each; the first is the one that is told."
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="auto: bfloat16 where the device is fast at it, else float32."
    )
    training: Training | None = Field(None, description="How the network learns.")
    estimator: Estimator | None = Field(
        None, description="In place of training: what classifies by the network's features."
    )
    horizons: tuple[Count, ...] = Field((), description="Epochs at which to report.")
    features: dict[Name, Text] = Field(
        default_factory=dict, description="Alias to module name, as named_modules() has it."
    )
    embeddings: Embeddings | None = Field(
        None, description="Maps of the named features; null for none."
    )
    filters: Filters | None = Field(
        None, description="Filters of a convolution, for figures; at the last horizon."
    )
    maximization: Maximization | None = Field(
        None,
        description="Images that maximise filters, at the last horizon, of the first seed's run.",
    )
    resources: Resources = Field(
        Resources(), description="What a run takes of its machine. It decides no result."
    )
    sweep: tuple[Trial, ...] = Field(
        (), description="Trials that are compared with the experiment, in order."
    )

    @property
    def epochs(self) -> int:
        """Epochs of all phases together; 0 for an estimator."""
        return 0 if self.training is None else self.training.epochs

    @property
    def report_horizons(self) -> tuple[int, ...]:
        """The horizons, or all epochs where the file names none; 0 for an estimator."""
        return self.horizons or (self.epochs,)

    @property
    def map_horizons(self) -> tuple[int, ...]:
        """The horizons at whose checkpoints maps are made."""
        if self.embeddings is None or not self.features:
            return ()
        return self.embeddings.horizons or self.report_horizons[:1]

    @property
    def illustrated_horizon(self) -> int:
        """The horizon whose errors are shown as pictures: the first with maps, or the first."""
        return (*self.map_horizons, *self.report_horizons)[0]

    @property
    def evaluation_batch_size(self) -> int:
        """Samples of a batch when nothing is learnt."""
        if self.training is not None:
            return self.training.validation_batch_size
        assert self.estimator is not None
        return self.estimator.batch_size

    @property
    def estimator_features(self) -> str:
        """Alias of the features that the estimator takes."""
        assert self.estimator is not None
        return self.estimator.features or next(iter(self.features))

    @property
    def augmentation(self) -> tuple[Augmentation, ...]:
        """Changes of the images before they enter the network; none for an estimator."""
        return () if self.training is None else self.training.augmentation

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if found := inconsistencies(self.to_plain()):
            raise placed(Experiment, found)
        return self

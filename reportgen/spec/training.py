"""What an experiment file may say of learning: phases, augmentation, or an estimator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from reportgen.spec.base import Count, Fraction, Name, Positive, SpecModel, Text, placed
from reportgen.spec.images import Side

if TYPE_CHECKING:
    from reportgen.records import EpochRow


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


class EarlyStopping(SpecModel):
    """End a phase when the validation loss has not improved for some epochs."""

    patience: Count = Field(description="Epochs without improvement after which the phase ends.")
    min_delta: Annotated[float, Field(ge=0.0)] = Field(
        0.0, description="An epoch improves if its validation loss is lower by more than this."
    )

    def ends(self, losses: Sequence[float], every: int = 1) -> bool:
        """Tell whether a phase with these validation losses so far is to end.

        One was measured after each `every` epochs.
        """
        best, waited = float("inf"), 0
        for loss in losses:
            if loss < best - self.min_delta:
                best, waited = loss, 0
            else:
                waited += every
        return waited >= self.patience


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
    early_stopping: EarlyStopping | None = Field(
        None, description="When the phase ends before its epochs; null for never."
    )

    @model_validator(mode="after")
    def _patience_can_run_out(self) -> Self:
        if self.early_stopping is not None and self.early_stopping.patience >= self.epochs:
            text = f"must be below the phase's {self.epochs} epochs, or it could never stop it"
            raise placed(Phase, [(("early_stopping", "patience"), text)])
        return self

    def stopped_early(self, rows: Sequence[EpochRow], every: int = 1) -> int | None:
        """Return the epoch after which the phase stopped before its end; None if it did not.

        `rows` are the phase's own epochs that were measured so far, one after each `every`.
        """
        rule = self.early_stopping
        if rule is None or not rows or len(rows) * every >= self.epochs:
            return None
        losses = [row.validation_loss for row in rows]
        return rows[-1].epoch if rule.ends(losses, every) else None


class Resize(SpecModel):
    """Bring the shorter side to this many pixels, keeping the proportions; evaluation too."""

    resize: Side = Field(description="Pixels of the shorter side.")


class RandomCrop(SpecModel):
    """Cut a square of this side at a random place; in evaluation, the centre."""

    random_crop: Side = Field(description="Side of the square, in pixels.")


class CenterCrop(SpecModel):
    """Cut a square of this side out of the centre; evaluation too."""

    center_crop: Side = Field(description="Side of the square, in pixels.")


class HorizontalFlip(SpecModel):
    """Mirror an image left to right with this probability; never in evaluation."""

    horizontal_flip: Annotated[float, Field(gt=0.0, le=1.0)] = Field(
        description="Probability of mirroring an image."
    )


class RandomShift(SpecModel):
    """Pad by this many pixels with zeros and cut the old size at a random place.

    In evaluation nothing is moved.
    """

    random_shift: Count = Field(description="Largest shift in pixels.")


TRANSFORMS = {
    "resize": "Resize",
    "random_crop": "RandomCrop",
    "center_crop": "CenterCrop",
    "horizontal_flip": "HorizontalFlip",
    "random_shift": "RandomShift",
}


def _transform(value: Any) -> str | None:
    """Return the class of a transform by its key; an unknown key stands for itself."""
    if isinstance(value, SpecModel):
        return type(value).__name__
    if not isinstance(value, dict):
        return None
    known = [TRANSFORMS[key] for key in value if key in TRANSFORMS]
    return known[0] if known else next(iter(value), "")


Augmentation = Annotated[
    Annotated[Resize, Tag("Resize")]
    | Annotated[RandomCrop, Tag("RandomCrop")]
    | Annotated[CenterCrop, Tag("CenterCrop")]
    | Annotated[HorizontalFlip, Tag("HorizontalFlip")]
    | Annotated[RandomShift, Tag("RandomShift")],
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
        (), description="Changes of training images, in order; sizes hold in evaluation too."
    )
    validate_every: Count = Field(
        1,
        description=(
            "Epochs from one measurement, in evaluation mode, of the training and validation "
            "splits to the next; the epochs between them are trained, but neither reported nor "
            "the best."
        ),
    )
    on_divergence: Literal["fail", "record"] = Field(
        "fail", description="A loss that is not finite: fail, or keep the epochs before (record)."
    )
    phases: tuple[Phase, ...] = Field(min_length=1, description="Stretches of training, in order.")

    @property
    def epochs(self) -> int:
        """Epochs of all phases together."""
        return sum(phase.epochs for phase in self.phases)

    def next_phase(self, rows: Sequence[EpochRow]) -> tuple[int, bool] | None:
        """Return the phase of the epochs up to the next row, and whether they are its first.

        It follows from the epochs so far alone, so that a training that was killed goes on
        as it would have.

        Parameters
        ----------
        rows : sequence of EpochRow
            The epochs that were measured so far.

        Returns
        -------
        tuple of int and bool, or None
            The phase counts from 1; None where training is over.
        """
        if not rows:
            return 1, True
        number = rows[-1].phase
        phase, own = self.phases[number - 1], [row for row in rows if row.phase == number]
        every = self.validate_every
        if len(own) * every < phase.epochs and phase.stopped_early(own, every) is None:
            return number, False
        return (number + 1, True) if number < len(self.phases) else None


class LinearSvm(SpecModel):
    """A support-vector machine with a linear kernel on features of the network as it starts."""

    name: Literal["linear_svm"] = Field(description="Linear support-vector machine.")
    features: Name | None = Field(
        None, description="Alias of the features that it takes; without it, the only ones."
    )
    c: Positive = Field(1.0, description="Penalty of errors: larger fits the samples closer.")
    scale: bool = Field(
        True, description="Bring each feature to mean 0 and deviation 1 of the training split."
    )
    batch_size: Count = Field(64, description="Samples of a batch when features are read.")


def _named(value: Any) -> Any:
    """Take a name for the mapping that has nothing else."""
    return {"name": value} if isinstance(value, str) else value


Estimator = Annotated[
    LinearSvm,
    BeforeValidator(_named, json_schema_input_type=Literal["linear_svm"] | LinearSvm),
]

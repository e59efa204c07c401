"""The training of one run, epoch by epoch, with a journal.

Every epoch seeds its own randomness from the run's seed and its number: the
order of the samples, and the noise (dropout, augmentation). So an epoch needs
nothing of the ones before but the parameters, the buffers and the optimiser's
state, and a training that was killed and goes on equals one that was not.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from reportgen.errors import RunError
from reportgen.hashing import sha256_json
from reportgen.models.phases import enter_phase, learnable_names, set_training_mode
from reportgen.models.study_code import located_errors
from reportgen.models.weights import dump_weights
from reportgen.records import EpochRow, within
from reportgen.training.augmentation import build_augmentation, build_preparation
from reportgen.training.batches import Batches, Normalizer, PlacedSplit, place_split
from reportgen.training.checkpoint import dump_state, load_state
from reportgen.training.image_size import prepared_shape
from reportgen.training.inference import evaluate, zero_sum
from reportgen.training.memory import memory_errors
from reportgen.training.network import Network, place_model, pooling_in_order
from reportgen.training.optimizers import build_optimizer
from reportgen.training.placement import running_on

if TYPE_CHECKING:
    from torch.optim import Optimizer

    from reportgen.datasets.source import Split
    from reportgen.records import RunId
    from reportgen.spec.training import Phase, Training
    from reportgen.training.journal import Journal
    from reportgen.training.placement import Placement

OnEpoch = Callable[[EpochRow, float], None]
OnBatch = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class TrainingOutcome:
    """The rows of the epochs that were measured, and where the loss was not finite.

    `diverged_at` is the epoch whose loss was not finite, 0 for none.

    The diverged epoch has no row.
    """

    rows: tuple[EpochRow, ...]
    diverged_at: int = 0


def train_run(  # noqa: PLR0913 - the run's whole hand-over, each part from another stage
    run: RunId,
    training: Training,
    model: nn.Module,
    splits: Mapping[str, Split],
    mean: Sequence[float],
    std: Sequence[float],
    placement: Placement,
    journal: Journal,
    *,
    on_epoch: OnEpoch | None = None,
    on_batch: OnBatch | None = None,
) -> TrainingOutcome:
    """Train a network, from where its journal stands, to the last epoch of its phases.

    Parameters
    ----------
    run : RunId
        Names the run in messages; its seed decides order and noise.
    training : Training
        Phases, batch sizes, augmentation.
    model : nn.Module
        As `build_model` gives it, with its initial weights; trained in place.
        Holds the last epoch's weights in the end, if an epoch was trained.
    splits : mapping of str to Split
        `train` and `validation`.
    mean, std : sequence of float
        Normalisation by channel, on pixels in [0, 1].
    placement : Placement
        A run that goes on must have the thread count with which it began.
    journal : Journal
        Holds the finished epochs; gets each new one.
    on_epoch : callable, optional
        Called with each new row and its seconds, after the journal has it.
    on_batch : callable, optional
        Called with the share of the batches up to the next row that is done, in (0, 1].

    Raises
    ------
    RunError
        If the loss is not finite and `on_divergence` is `fail`, or memory runs out.
    ModelError
        If the network's own code fails, or a crop is larger than the images.
    """
    with running_on(placement), memory_errors(run, training.batch_size), located_errors(str(run)):
        session = _Session.of(run, training, model, splits, mean, std, placement)
        with pooling_in_order(session.network):
            return _train_epochs(session, journal, on_epoch, on_batch)


def epoch_seed(seed: int, epoch: int, purpose: Literal["order", "noise"]) -> int:
    """Return the seed of one epoch's order or noise: 63 bits of a hash."""
    return int(sha256_json([seed, epoch, purpose])[:16], 16) >> 1


@dataclass(frozen=True, slots=True)
class _Session:
    """What stays the same from epoch to epoch."""

    run: RunId
    training: Training
    network: Network
    train: PlacedSplit
    validation: PlacedSplit
    normalizer: Normalizer
    learnable: frozenset[str]

    @classmethod
    def of(
        cls,
        run: RunId,
        training: Training,
        model: nn.Module,
        splits: Mapping[str, Split],
        mean: Sequence[float],
        std: Sequence[float],
        placement: Placement,
    ) -> _Session:
        """Put everything on the device."""
        train = place_split(splits["train"], placement)
        shape = prepared_shape(training.augmentation, train.input_shape)
        learnable = learnable_names(model)
        return cls(
            run,
            training,
            place_model(model, placement, shape),
            train,
            place_split(splits["validation"], placement),
            Normalizer.of(mean, std, placement.device),
            learnable,
        )

    def training_batches(self, epoch: int) -> Batches:
        """Return an epoch's batches: shuffled by seed and epoch, augmented."""
        generator = torch.Generator().manual_seed(epoch_seed(self.run.seed, epoch, "order"))
        return Batches(
            self.train,
            self.training.batch_size,
            self.normalizer,
            order=torch.randperm(len(self.train), generator=generator),
            augment=build_augmentation(self.training.augmentation),
            channels_last=self.network.channels_last,
        )

    def evaluation_batches(self, split: PlacedSplit) -> Batches:
        """Return a split's batches in its order, brought to size, but not augmented."""
        return Batches(
            split,
            self.training.validation_batch_size,
            self.normalizer,
            augment=build_preparation(self.training.augmentation),
            channels_last=self.network.channels_last,
        )


def _train_epochs(
    session: _Session, journal: Journal, on_epoch: OnEpoch | None, on_batch: OnBatch | None
) -> TrainingOutcome:
    """Train the epochs that the journal does not have, up to the next row and so on."""
    training, model = session.training, session.network.model
    rows = list(within(journal.rows, training.epochs))
    optimizer: Optimizer | None = None
    while (following := training.next_phase(rows)) is not None:
        done, (number, is_first) = rows[-1].epoch if rows else 0, following
        phase = training.phases[number - 1]
        if optimizer is None and rows:
            optimizer = _resume(session, journal, rows[-1].phase)
        if optimizer is None or is_first:
            enter_phase(model, phase, session.learnable)
            optimizer = build_optimizer(model, phase.optimizer)
        started = time.perf_counter()
        every = training.validate_every
        for epoch in range(done + 1, done + every + 1):
            share = None if on_batch is None else _share_of(on_batch, epoch - done - 1, every)
            running = _train_epoch(session, phase, optimizer, epoch, share)
            if not math.isfinite(running[0]):
                return _diverged(session, rows, epoch, phase)
        row = _measure(session, epoch, number, running)
        seconds = time.perf_counter() - started
        if row is None:
            return _diverged(session, rows, epoch, phase)
        best = max((r.validation_accuracy for r in rows), default=-math.inf)
        weights = dump_weights(model) if row.validation_accuracy > best else None
        journal.append(row, seconds, dump_state(model, optimizer), weights)
        rows.append(row)
        if on_epoch is not None:
            on_epoch(row, seconds)
    return TrainingOutcome(tuple(rows))


def _resume(session: _Session, journal: Journal, number: int) -> Optimizer:
    """Put the journal's state back; `number` is the phase of its last epoch."""
    state = journal.load_state()
    if state is None:
        msg = f"{session.run}: the journal has {len(journal.rows)} epochs but no state"
        raise RunError(msg)
    phase = session.training.phases[number - 1]
    enter_phase(session.network.model, phase, session.learnable)
    optimizer = build_optimizer(session.network.model, phase.optimizer)
    load_state(state, session.network.model, optimizer)
    return optimizer


def _train_epoch(
    session: _Session, phase: Phase, optimizer: Optimizer, epoch: int, on_batch: OnBatch | None
) -> tuple[float, float]:
    """Train one epoch; return its running mean loss and accuracy, read once at the end."""
    network, batches = session.network, session.training_batches(epoch)
    torch.manual_seed(epoch_seed(session.run.seed, epoch, "noise"))
    set_training_mode(network.model, phase)
    loss_sum, hits = zero_sum(network), zero_sum(network)
    for done, (images, labels) in enumerate(batches, start=1):
        optimizer.zero_grad()
        logits = network.logits(images)
        loss = cross_entropy(logits, labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        loss_sum += loss.detach() * len(labels)
        hits += (logits.detach().argmax(1) == labels).sum()
        if on_batch is not None:
            on_batch(done / len(batches))
    return loss_sum.item() / batches.n, hits.item() / batches.n


def _share_of(on_batch: OnBatch, done: int, every: int) -> OnBatch:
    """Return what tells the share of several epochs that is done, of which `done` are through."""
    return lambda share: on_batch((done + share) / every)


def _measure(
    session: _Session, epoch: int, phase: int, running: tuple[float, float]
) -> EpochRow | None:
    """Return the epoch's row; None if a loss is not finite."""
    train = evaluate(session.network, session.evaluation_batches(session.train))
    validation = evaluate(session.network, session.evaluation_batches(session.validation))
    if not (math.isfinite(train[0]) and math.isfinite(validation[0])):
        return None
    return EpochRow(epoch, phase, *running, *train, *validation)


def _diverged(
    session: _Session, rows: Sequence[EpochRow], epoch: int, phase: Phase
) -> TrainingOutcome:
    """Stop at an epoch whose loss is not finite: fail, or keep the rows so far."""
    if session.training.on_divergence == "record":
        return TrainingOutcome(tuple(rows), diverged_at=epoch)
    advice = f"try a smaller lr than {phase.optimizer.lr:g}"
    if session.network.placement.precision == "bfloat16":
        advice += " or precision: float32"
    msg = (
        f"{session.run}: the loss is not finite in epoch {epoch}; {advice}. "
        "The epochs before it are kept; on_divergence: record reports them"
    )
    raise RunError(msg)

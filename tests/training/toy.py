"""Small networks and data for the tests of the training: an epoch takes milliseconds."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from reportgen.datasets.source import Split
from reportgen.models.weights import named_tensors
from reportgen.records import EpochRow
from reportgen.spec.training import Adam, Phase, Sgd, Training
from reportgen.training.placement import Placement

CPU = Placement("cpu", "a CPU", "float32", 1)
MEAN, STD = (0.5,), (0.25,)
MOMENTUM = Sgd(name="sgd", lr=0.05, momentum=0.9, nesterov=True)
ADAM = Adam(name="adam", lr=0.01)


class ToyNet(nn.Module):
    """Convolutions, batch norm, dropout and a dense layer: all that makes resuming hard."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, padding=1)
        self.mix = nn.Conv2d(4, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.pool = nn.MaxPool2d(2)
        self.drop = nn.Dropout(0.3)
        self.head = nn.Linear(4 * 4 * 4, 3)

    def forward(self, x):
        x = self.pool(torch.relu(self.norm(self.mix(self.conv(x)))))
        return self.head(self.drop(x).flatten(1))


class MemoryJournal:
    """A journal that keeps everything."""

    def __init__(self, rows=(), state=None) -> None:
        self.rows: tuple[EpochRow, ...] = tuple(rows)
        self.states: list[bytes] = [] if state is None else [state]
        self.weights: dict[int, bytes] = {}

    def load_state(self) -> bytes | None:
        return self.states[-1] if self.states else None

    def append(self, row: EpochRow, seconds: float, state: bytes, weights: bytes | None) -> None:
        assert row.epoch > (self.rows[-1].epoch if self.rows else 0)
        assert seconds > 0
        self.rows += (row,)
        self.states.append(state)
        if weights is not None:
            self.weights[row.epoch] = weights


class Killed(Exception):  # noqa: N818 (a death, not a fault)
    """Stands for the death of the process."""


class MortalJournal(MemoryJournal):
    """A journal whose process dies right after an epoch was written down."""

    def __init__(self, dies_after: int, **kept) -> None:
        super().__init__(**kept)
        self.dies_after = dies_after

    def append(self, row, seconds, state, weights) -> None:
        super().append(row, seconds, state, weights)
        if row.epoch == self.dies_after:
            raise Killed


def toy_model(seed: int = 0) -> ToyNet:
    """Return the toy network with seeded weights."""
    torch.manual_seed(seed)
    return ToyNet()


def toy_split(n: int, seed: int = 0, n_classes: int = 3) -> Split:
    """Return 8×8 images whose class is the brightest of three stripes."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, n_classes, n).astype(np.uint16)
    images = random.integers(0, 100, (n, 8, 8, 1)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[:, 2 * label : 2 * label + 2] += 120
    return Split(images, labels)


def toy_splits(n_train: int = 50) -> dict[str, Split]:
    """Return a training and a validation split."""
    return {"train": toy_split(n_train), "validation": toy_split(21, seed=1)}


def phase(epochs: int, optimizer=MOMENTUM, **more) -> Phase:
    """Return a phase of some epochs."""
    return Phase(epochs=epochs, optimizer=optimizer, **more)


def training(*phases: Phase, **more) -> Training:
    """Return a training with batches of 16."""
    return Training(**{"batch_size": 16, "validation_batch_size": 10, "phases": phases, **more})


def tensors_of(model: nn.Module) -> dict[str, bytes]:
    """Return a model's tensors as bytes, to compare bit for bit."""
    return {k: v.detach().cpu().numpy().tobytes() for k, v in named_tensors(model).items()}

"""What the stages after learning ask of it: its epochs, and the weights of a checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from reportgen.records import EpochRow, best_row
from reportgen.store.journal import Session


class Checkpoints(Protocol):
    """What a training's journal has, and an estimator's fit, which has no epochs."""

    @property
    def rows(self) -> tuple[EpochRow, ...]:
        """Finished epochs."""

    @property
    def seconds(self) -> tuple[float, ...]:
        """Seconds of each."""

    @property
    def stopped(self) -> str:
        """Why learning ended for good before its end; empty if it did not."""

    @property
    def diverged_at(self) -> int:
        """Epoch whose loss was not finite; 0 for none."""

    @property
    def sessions(self) -> tuple[Session, ...]:
        """Where it ran, in order."""

    def load_weights(self, epoch: int) -> bytes | None:
        """Return the weights of a checkpoint; None for those that the network starts with."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One checkpoint of what was learnt."""

    learnt: Checkpoints
    epoch: int

    def load(self) -> bytes:
        """Return its weights."""
        weights = self.learnt.load_weights(self.epoch)
        assert weights is not None
        return weights


def chosen_epoch(rows: tuple[EpochRow, ...], horizon: int) -> int:
    """Return the best epoch within a horizon: the checkpoint of everything reported there.

    Without epochs it is 0, the network as it starts.
    """
    if not horizon:
        return 0
    return best_row(rows, horizon).epoch

"""What a training writes down after each epoch, so that it can be killed at any instant."""

from __future__ import annotations

from typing import Protocol

from reportgen.records import EpochRow


class Journal(Protocol):
    """Finished epochs and the last one's state; kept by the store, or by a test in memory."""

    @property
    def rows(self) -> tuple[EpochRow, ...]:
        """Finished epochs, from the first."""

    def load_state(self) -> bytes | None:
        """Return the state after the last of `rows`; None before the first epoch."""

    def append(self, row: EpochRow, seconds: float, state: bytes, weights: bytes | None) -> None:
        """Write down an epoch, all or nothing.

        Parameters
        ----------
        row : EpochRow
            The epoch after the last of `rows`.
        seconds : float
            Wall-clock time of the epoch, its measurements included.
        state : bytes
            What `load_state` gives from now on.
        weights : bytes or None
            The network's weights, if this epoch has the best validation accuracy so far.
        """

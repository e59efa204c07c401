"""What a build tells while it works; the command line decides how it looks."""

from __future__ import annotations

from typing import Protocol

from reportgen.plan.decision import Decision
from reportgen.records import EpochRow, RunId


class Progress(Protocol):
    """Receives the events of a build. All methods return at once."""

    def stage(self, run: RunId, decision: Decision) -> None:
        """Tell that a stage of a run is about to be run, resumed or reused."""

    def batches(self, run: RunId, epoch: int, fraction: float) -> None:
        """Tell what fraction of an epoch's batches is done."""

    def epoch(self, run: RunId, row: EpochRow, epochs: int, seconds: float) -> None:
        """Tell that an epoch is finished; `epochs` is the total of the run."""

    def note(self, text: str) -> None:
        """Tell something that the user should read."""


class Silence:
    """Progress that nobody watches."""

    def stage(self, run: RunId, decision: Decision) -> None:
        """Tell nothing."""

    def batches(self, run: RunId, epoch: int, fraction: float) -> None:
        """Tell nothing."""

    def epoch(self, run: RunId, row: EpochRow, epochs: int, seconds: float) -> None:
        """Tell nothing."""

    def note(self, text: str) -> None:
        """Tell nothing."""

"""What to do about a stage: a pure decision, apart from doing it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Action = Literal["run", "resume", "reuse"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to one stage of one run, and why, in one clause."""

    stage: str
    action: Action
    reason: str


def decide_training(wanted: int, done: int, ended: bool) -> Decision:
    """Decide on a training.

    Parameters
    ----------
    wanted : int
        Epochs that the spec asks for.
    done : int
        Finished epochs that the store holds under this key, verified.
    ended : bool
        Whether the training ended early for good, as one that diverged does.
    """
    if done >= wanted:
        return Decision("train", "reuse", f"{done} of {wanted} epochs are in the store")
    if ended:
        return Decision("train", "reuse", f"it ended for good after epoch {done}")
    if done:
        return Decision("train", "resume", f"{done} of {wanted} epochs are in the store")
    return Decision("train", "run", "nothing in the store has this key")


def decide_stage(stage: str, present: bool) -> Decision:
    """Decide on a stage whose result is all or nothing."""
    if present:
        return Decision(stage, "reuse", "the store holds it")
    return Decision(stage, "run", "nothing in the store has this key")

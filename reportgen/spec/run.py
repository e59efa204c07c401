"""One training to be had: what the files of a study come to."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.records import RunId
from reportgen.spec.experiment import Experiment


@dataclass(frozen=True, slots=True)
class Run:
    """One training to be had: an experiment or one of its trials, with one seed.

    `spec` is what it amounts to: the trial's values are set, it has no sweep,
    one seed, no maps if it is a trial, and images that maximise filters only if it is the
    experiment with its first seed. `source` is the run whose network it
    starts from, where `weights` names an experiment.
    """

    id: RunId
    spec: Experiment
    why: str
    source: RunId | None = None

"""One run's data, network and placement, made when a stage first wants them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from reportgen.datasets.division import divide
from reportgen.datasets.summary import summarize_data
from reportgen.models.study_class import build_model
from reportgen.models.weights import load_weights
from reportgen.plan.keys import RunPlan
from reportgen.records import DataSummary
from reportgen.spec.experiment import DatasetSpec, Experiment
from reportgen.spec.study import Study
from reportgen.stages.sources import SourceShelf

if TYPE_CHECKING:
    from torch import nn

    from reportgen.datasets.source import Source, Split

EVALUATED = "validation"
"""The split that accuracy, matrix, errors and maps are of."""


@dataclass(frozen=True, slots=True)
class DividedData:
    """A data set as an experiment uses it."""

    source: Source
    splits: Mapping[str, Split]
    summary: DataSummary


@dataclass(slots=True)
class DataShelf:
    """Divided data by what divides them: runs that share them share one copy."""

    sources: SourceShelf
    _divided: dict[str, DividedData] = field(default_factory=dict)

    def divided(self, spec: DatasetSpec) -> DividedData:
        """Return the data of an experiment, read and divided at the first call."""
        key = spec.model_dump_json()
        if key not in self._divided:
            source = self.sources.source(spec)
            splits = divide(source, spec)
            known = self.sources.fingerprint(spec)
            self._divided[key] = DividedData(
                source, splits, summarize_data(source, splits, spec, known)
            )
        return self._divided[key]


@dataclass
class Bench:
    """What the stages of one run work on."""

    plan: RunPlan
    study: Study
    shelf: DataShelf

    @property
    def spec(self) -> Experiment:
        """The run's spec."""
        return self.plan.run.spec

    @cached_property
    def data(self) -> DividedData:
        """The run's data."""
        return self.shelf.divided(self.spec.dataset)

    @property
    def evaluated(self) -> Split:
        """The split that is reported on."""
        return self.data.splits[EVALUATED]

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        _, height, width, channels = self.evaluated.images.shape
        return channels, height, width

    def network(self, weights: bytes | None = None) -> nn.Module:
        """Return the network, with its initial weights or with those given."""
        model = build_model(self.study.models_file, self.spec.model, seed=self.plan.run.id.seed)
        if weights is not None:
            load_weights(model, weights)
        return model

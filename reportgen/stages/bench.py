"""One run's data, network and placement, made when a stage first wants them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from reportgen.datasets.division import divide
from reportgen.datasets.summary import summarize_data
from reportgen.models.backbones import build_network
from reportgen.models.pretrained import start_weights
from reportgen.models.weights import load_weights
from reportgen.plan.keys import RunPlan
from reportgen.plan.network import weights_file_fingerprint
from reportgen.records import DataSummary
from reportgen.spec.dataset import DatasetSpec
from reportgen.spec.experiment import Experiment
from reportgen.spec.study import Study
from reportgen.stages.sources import SourceShelf
from reportgen.training.image_size import prepared_shape

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
    def is_illustrated(self) -> bool:
        """Whether the run's record carries pictures: an experiment's first, no trial or other seed.

        So an experiment has `MAX_THUMBNAILS` at most, however many runs it has.
        """
        run = self.plan.run.id
        first_seed = self.study.experiments[run.experiment].seeds[0]
        return not run.trial and run.seed == first_seed and self.data.source.may_show

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image as the network gets it."""
        _, height, width, channels = self.evaluated.images.shape
        return prepared_shape(self.spec.augmentation, (channels, height, width))

    @property
    def weights_fingerprint(self) -> str:
        """SHA-256 of the file that the weights come from; empty where none is named."""
        return weights_file_fingerprint(self.spec.weights, self.shelf.sources.data_dir)

    def network(self, weights: bytes | None = None) -> nn.Module:
        """Return the network with the weights that it starts with, or with those given."""
        spec = self.spec
        model = build_network(
            self.study.models_file,
            spec.model,
            n_classes=self.data.source.n_classes,
            seed=self.plan.run.id.seed,
        )
        if weights is None:
            start_weights(model, spec.weights, spec.model, self.shelf.sources.data_dir)
        else:
            load_weights(model, weights)
        return model

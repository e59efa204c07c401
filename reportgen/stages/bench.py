"""One run's data, network and placement, made when a stage first wants them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from reportgen.datasets.division import divide
from reportgen.datasets.summary import summarize_data
from reportgen.models.backbones import build_network
from reportgen.models.pretrained import adopt_weights, start_weights
from reportgen.models.weights import dump_weights, load_weights
from reportgen.plan.keys import RunPlan
from reportgen.plan.network import weights_file_fingerprint
from reportgen.records import DataSummary
from reportgen.spec.dataset import DatasetSpec
from reportgen.spec.experiment import Experiment
from reportgen.spec.study import Study
from reportgen.stages.checkpoints import Checkpoint
from reportgen.stages.sources import SourceShelf
from reportgen.training.image_size import prepared_shape

if TYPE_CHECKING:
    from torch import nn

    from reportgen.datasets.source import Source, Split

EVALUATED = "validation"
"""The split that accuracy, matrix, errors and maps are of."""

TEST = "test"
"""The split, if there is one, that has no part in choosing the checkpoint."""


@dataclass(frozen=True, slots=True)
class DividedData:
    """A data set as an experiment uses it."""

    source: Source
    splits: Mapping[str, Split]
    summary: DataSummary

    @property
    def n_bytes(self) -> int:
        """Bytes of all images."""
        return sum(split.images.nbytes for split in self.splits.values())


KEPT_BYTES = 1 << 30
"""Images of divided data that are kept for other runs; the latest ones always are."""


@dataclass(slots=True)
class DataShelf:
    """Divided data by what divides them: runs that share them share one copy.

    Where each run draws its own, the longest unused make room.
    """

    sources: SourceShelf
    _divided: dict[str, DividedData] = field(default_factory=dict)

    def divided(self, spec: DatasetSpec) -> DividedData:
        """Return the data of an experiment, read and divided at the first call."""
        key = spec.model_dump_json()
        if key in self._divided:
            self._divided[key] = self._divided.pop(key)  # now the latest
        else:
            source = self.sources.source(spec)
            splits = divide(source, spec)
            known = self.sources.fingerprint(spec)
            self._divided[key] = DividedData(
                source, splits, summarize_data(source, splits, spec, known)
            )
            self._make_room()
        return self._divided[key]

    def _make_room(self) -> None:
        """Let go of the longest unused, as long as there are more bytes than are kept."""
        while len(self._divided) > 1 and sum(d.n_bytes for d in self._divided.values()) > (
            KEPT_BYTES
        ):
            del self._divided[next(iter(self._divided))]


@dataclass
class Bench:
    """What the stages of one run work on.

    `start` is the checkpoint of the run that this one starts from, where it starts from
    one, once that is trained.
    """

    plan: RunPlan
    study: Study
    shelf: DataShelf
    start: Checkpoint | None = None

    @property
    def spec(self) -> Experiment:
        """The run's spec."""
        return self.plan.run.spec

    @property
    def data(self) -> DividedData:
        """The run's data, divided anew if they had to make room."""
        return self.shelf.divided(self.spec.dataset)

    @property
    def evaluated(self) -> Split:
        """The split that is reported on."""
        return self.data.splits[EVALUATED]

    @property
    def answered(self) -> dict[str, Split]:
        """The splits that checkpoints answer, by what their answers are called in the store."""
        found = {"predictions": self.evaluated}
        if TEST in self.data.splits:
            found[TEST] = self.data.splits[TEST]
        return found

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, by index."""
        return self.shelf.sources.source(self.spec.dataset).classes

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

    def of_experiment(self) -> Bench:
        """Return the bench of the experiment itself, for what its trials have from it."""
        own = self.plan.run.id
        if not own.trial:
            return self
        run = next(
            run
            for run in self.study.runs
            if run.id.experiment == own.experiment and not run.id.trial
        )
        return Bench(replace(self.plan, run=run), self.study, self.shelf)

    @property
    def weights_fingerprint(self) -> str:
        """SHA-256 of the file that the weights come from; empty where none is named."""
        return weights_file_fingerprint(self.spec.weights, self.shelf.sources.data_dir)

    @cached_property
    def source(self) -> Bench | None:
        """The bench of the run that this one starts from, if it starts from one."""
        source = self.plan.source
        return None if source is None else Bench(source, self.study, self.shelf)

    def network(self, weights: bytes | None = None) -> nn.Module:
        """Return the network with the weights that it starts with, or with those given."""
        if weights is not None:
            model = self.blank()
            load_weights(model, weights)
            return model
        if self.source is None:
            return self._started(None)
        assert self.start is not None
        return self._started(self.start.load())

    def rehearsal(self) -> nn.Module:
        """Return a network like the one that the run starts with, for what no value decides.

        Where it starts from another run's, this needs no training: names and shapes are known.
        """
        return self._started(None if self.source is None else dump_weights(self.source.blank()))

    def blank(self) -> nn.Module:
        """Return the network with seeded weights, whatever it starts with."""
        return build_network(
            self.study.models_file,
            self.spec.model,
            n_classes=len(self.classes),
            seed=self.plan.run.id.seed,
        )

    def _started(self, inherited: bytes | None) -> nn.Module:
        """Return the network with the weights that it starts with; `inherited` are its source's."""
        spec, model = self.spec, self.blank()
        if self.source is None or inherited is None:
            start_weights(model, spec.weights, spec.model, self.shelf.sources.data_dir)
        else:
            same_classes = self.source.classes == self.classes
            adopt_weights(model, inherited, spec.weights, same_classes=same_classes)
        return model

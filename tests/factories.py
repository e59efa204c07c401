"""Hand-made run records: the same for the same arguments, without training anything."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from PIL import Image

from reportgen.hashing import sha256_json
from reportgen.records import (
    DataSummary,
    EpochRow,
    ErrorSample,
    EstimatorSummary,
    Evaluation,
    FilterBank,
    LayerMap,
    LayerRow,
    MapStability,
    MaximizedFilter,
    MaximizedLayer,
    ModelSummary,
    Provenance,
    RunId,
    RunRecord,
    RunResult,
    SpaceMeasures,
    SpaceStructure,
    SplitSize,
    Thumbnail,
    best_epoch,
)

SOURCE = '''class SimpleCNN(nn.Module):
    """Dos convoluciones, una reducción y dos capas densas."""

    def __init__(self, width: int = 32, hidden: int = 128) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, width, kernel_size=3, padding=1)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(width, width, kernel_size=3, padding=1)
        self.relu2 = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.drop1 = nn.Dropout(0.25)
        self.flatten = nn.Flatten()
        self.fc1 = nn.Linear(width * 14 * 14, hidden)
        self.relu3 = nn.ReLU()
        self.drop2 = nn.Dropout(0.5)  # aquí se lee la representación intermedia
        self.fc2 = nn.Linear(hidden, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu2(self.conv2(self.relu1(self.conv1(x))))
        x = self.flatten(self.drop1(self.pool(x)))
        return self.fc2(self.drop2(self.relu3(self.fc1(x))))
'''


def make_record(
    run: RunId | None = None,
    *,
    dataset: str = "toy",
    classes: tuple[str, ...] = ("circle", "square", "star"),
    side: int = 8,
    n_train: int = 90,
    n: int = 60,
    epochs: int = 4,
    horizons: tuple[int, ...] = (2, 4),
    width: int = 4,
    hidden: int = 6,
    pool: int = 2,
    maps: Mapping[str, str] | None = None,
    n_mapped: int = 30,
    error_rate: float = 0.1,
    n_confident: int = 5,
) -> RunRecord:
    """Return a record of a small network; by default a toy with 3 classes and 4 epochs.

    `maps` maps the alias of each embedded layer to its name; with two classes each map
    has a separating line. `error_rate` is what is left at the end of the first horizon.
    """
    run = run or RunId("toy", "", 0)
    rng = np.random.default_rng([run.seed, width, hidden, pool, len(run.trial)])
    labels = np.arange(n, dtype=np.uint16) % len(classes)
    rows, predicted = _train(rng, labels, len(classes), epochs, error_rate)
    arrays: dict[str, np.ndarray] = {"labels": labels}
    evaluations = []
    for horizon in horizons:
        epoch = best_epoch([row.validation_accuracy for row in rows], horizon)
        confidence = rng.uniform(0.5, 1.0, n).astype(np.float32)
        arrays[f"h{horizon}.predictions"] = predicted[epoch]
        arrays[f"h{horizon}.confidence"] = confidence
        evaluations.append(
            _evaluate(
                horizon,
                epoch,
                labels,
                predicted[epoch],
                confidence,
                len(classes),
                n_confident,
                side,
            )
        )
    found = []
    if maps:
        arrays["embedding.sample"] = np.arange(n_mapped, dtype=np.int32)
        for alias, layer in maps.items():
            points = _map(rng, labels[:n_mapped], len(classes), 1.0 if alias == "final" else 1.7)
            arrays[f"h{horizons[0]}.map.{alias}"] = points
            layer_map = _layer_map(evaluations[0], alias, layer, n_mapped, len(classes))
            found.append(_with_line(layer_map, points, labels[:n_mapped]))
    result = RunResult(
        experiment=run.experiment,
        trial=run.trial,
        seed=run.seed,
        keys={"record": sha256_json([run.experiment, run.trial, run.seed])},
        data=_data(dataset, classes, side, n_train, labels),
        model=_model(width, hidden, pool, side, len(classes)),
        epochs=rows,
        stopped="",
        evaluations=tuple(evaluations),
        maps=tuple(found),
        arrays={name: sha256_json([name, list(a.shape)]) for name, a in arrays.items()},
    )
    provenance = Provenance(
        device="cpu",
        device_name="Example CPU",
        precision="float32",
        threads=2,
        versions={"python": "3.11.2", "torch": "2.6.0", "numpy": "2.1.0"},
        commit="0123456789abcdef0123456789abcdef01234567",
        epoch_s=(8.25,) * epochs,
        stage_s={"data": 1.5, "train": 8.25 * epochs, "evaluate": 2.0},
    )
    return RunRecord(result, provenance, arrays)


def make_mnist_record(run: RunId | None = None, **changes: object) -> RunRecord:
    """Return a record in the shape of Simple CNN on MNIST: 10 classes, 20 epochs, 2 maps."""
    run = run or RunId("simple_cnn", "", 1234)
    given: dict[str, object] = {
        "dataset": "mnist",
        "classes": tuple("0123456789"),
        "side": 28,
        "n_train": 60_000,
        "n": 10_000,
        "epochs": 20,
        "horizons": (10, 20),
        "width": 32,
        "hidden": 128,
        "error_rate": 0.011,
        "n_confident": 12,
    }
    if not run.trial:
        given |= {"maps": {"intermediate": "drop2", "final": "fc2"}, "n_mapped": 2000}
    return make_record(run, **{**given, **changes})  # type: ignore[arg-type]


def as_estimator(record: RunRecord) -> RunRecord:
    """Return a record as an estimator would leave it: its last answers, at epoch 0, no epochs."""
    last = record.result.evaluations[-1]
    evaluation = replace(last, horizon=0, epoch=0, errors=())
    arrays = {
        name: array for name, array in record.arrays.items() if name in ("labels", "groups")
    } | {"h0.predictions": record.arrays[f"h{last.horizon}.predictions"]}
    maps = tuple(replace(m, horizon=0, epoch=0) for m in record.result.maps)
    for old, new in zip(record.result.maps, maps, strict=True):
        arrays["embedding.sample"] = record.arrays["embedding.sample"]
        arrays[f"h0.map.{new.alias}"] = record.arrays[f"h{old.horizon}.map.{old.alias}"]
    n_train = record.result.data.splits[0].n
    result = replace(
        record.result,
        model=replace(record.result.model, weights="package:efficientnet_lite0"),
        epochs=(),
        evaluations=(evaluation,),
        maps=maps,
        arrays={name: sha256_json([name, list(a.shape)]) for name, a in arrays.items()},
        estimator=EstimatorSummary(
            "linear_svm", 1.0, True, "final", "fc1", 6, n_train, n_train // 3, 0.96875
        ),
    )
    provenance = replace(record.provenance, epoch_s=(), stage_s={"data": 1.5, "train": 4.0})
    return RunRecord(result, provenance, arrays)


def with_maximized(
    record: RunRecord, n: int = 4, n_shown: int = 3, regularizer: str = "total_variation"
) -> RunRecord:
    """Return a record with images that maximise filters of its first convolution.

    Filter k reaches 1.5 k from k / 4, and a real image k; the last is dead, at 0.
    """
    last = record.result.evaluations[-1]
    _, height, width = record.result.model.input_shape
    filters = tuple(
        MaximizedFilter(k, 1.5 * k, 0.25 * k, float(k), dead=False)
        if k < n
        else MaximizedFilter(k, 0.0, 0.0, 0.0, dead=True)
        for k in range(1, n + 1)
    )
    layer = MaximizedLayer(
        alias="first",
        layer="conv1",
        horizon=last.horizon,
        epoch=last.epoch,
        split="validation",
        n_filters=n + 2,
        n_shown=n_shown,
        steps=256,
        lr=0.1,
        regularizer=regularizer,
        weight=0.0 if regularizer == "none" else 0.125,
        seed=0,
        filters=filters,
    )
    images = np.arange(n_shown, dtype=np.uint8)[:, None, None, None] * np.uint8(20)
    arrays = {**record.arrays, "maximization.first": np.tile(images, (1, height, width, 1))}
    digests = {name: sha256_json([name, list(a.shape)]) for name, a in arrays.items()}
    return replace(
        record, result=replace(record.result, maximized=(layer,), arrays=digests), arrays=arrays
    )


def with_filters(record: RunRecord, n: int = 4, side: int = 3) -> RunRecord:
    """Return a record with the filters of its first convolution, and one image after it."""
    last = record.result.evaluations[-1]
    _, height, width = record.result.model.input_shape
    ramp = np.arange(n * side * side, dtype=np.float32).reshape(n, side, side, 1)
    arrays = {
        **record.arrays,
        "filters.weights": ramp / ramp.size - np.float32(0.5),
        "filters.outputs": np.full((1, n, height, width), 128, dtype=np.uint8),
    }
    image = picture(0, height, "validation", 0)
    bank = FilterBank("conv1", last.horizon, last.epoch, n, side, side, 1, (image,))
    digests = {name: sha256_json([name, list(a.shape)]) for name, a in arrays.items()}
    return replace(
        record, result=replace(record.result, filters=bank, arrays=digests), arrays=arrays
    )


def with_test(record: RunRecord, n: int = 30) -> RunRecord:
    """Return a record with a test split, which it answers as the last n validation samples."""
    arrays = {**record.arrays, "test.labels": record.arrays["labels"][-n:]}
    tests = []
    for evaluation in record.result.evaluations:
        h, labels = evaluation.horizon, arrays["test.labels"]
        answers = arrays[f"h{h}.predictions"][-n:]
        arrays[f"h{h}.test.predictions"] = answers
        matrix = np.zeros_like(np.array(evaluation.confusion))
        np.add.at(matrix, (labels, answers), 1)
        confusion = tuple(tuple(int(count) for count in row) for row in matrix)
        wrong = int((labels != answers).sum())
        tests.append(Evaluation(h, evaluation.epoch, "test", n, wrong, confusion, ()))
    digests = {name: sha256_json([name, list(a.shape)]) for name, a in arrays.items()}
    result = replace(record.result, tests=tuple(tests), arrays=digests)
    return replace(record, result=result, arrays=arrays)


# ── parts ───────────────────────────────────────────────────────────────────


def picture(label: int, side: int, split: str = "train", index: int = 0) -> Thumbnail:
    """Return a small grey picture: a bar whose place tells the class."""
    pixels = np.zeros((side, side), dtype=np.uint8)
    pixels[(label * side) // 12 : (label * side) // 12 + max(1, side // 6), 1:-1] = 255
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return Thumbnail(split, index, label, base64.b64encode(buffer.getvalue()).decode())


def _train(
    rng: np.random.Generator, labels: np.ndarray, n_classes: int, epochs: int, error_rate: float
) -> tuple[tuple[EpochRow, ...], dict[int, np.ndarray]]:
    """Return epochs whose accuracy rises, and the predictions after each."""
    rows, predicted = [], {}
    for epoch in range(1, epochs + 1):
        rate = min(0.8, error_rate * (1 + 6.0 / epoch**1.6))
        guess = labels.copy()
        wrong = np.flatnonzero(rng.random(len(labels)) < rate)
        if not len(wrong):
            wrong = np.array([0])
        shift = np.where(
            rng.random(len(wrong)) < 0.4, 5 % n_classes or 1, rng.integers(1, n_classes, len(wrong))
        )
        guess[wrong] = (labels[wrong] + shift) % n_classes
        predicted[epoch] = guess
        accuracy = float(np.mean(guess == labels))
        loss = 3.0 * (1 - accuracy)
        rows.append(
            EpochRow(
                epoch,
                1,
                loss * 2.2,
                max(0.0, 1 - 2 * (1 - accuracy)),
                loss * 0.6,
                1 - 0.5 * (1 - accuracy),
                loss,
                accuracy,
            )
        )
    return tuple(rows), predicted


def _evaluate(
    horizon: int,
    epoch: int,
    labels: np.ndarray,
    predicted: np.ndarray,
    confidence: np.ndarray,
    n_classes: int,
    n_confident: int,
    side: int,
) -> Evaluation:
    confusion = np.zeros((n_classes, n_classes), dtype=int)
    np.add.at(confusion, (labels, predicted), 1)
    wrong = sorted(np.flatnonzero(labels != predicted), key=lambda i: (-confidence[i], i))
    errors = tuple(
        ErrorSample(
            int(i),
            int(labels[i]),
            int(predicted[i]),
            float(confidence[i]),
            picture(int(labels[i]), side, "validation", int(i)),
        )
        for i in wrong[:n_confident]
    )
    return Evaluation(
        horizon,
        epoch,
        "validation",
        len(labels),
        len(wrong),
        tuple(tuple(map(int, row)) for row in confusion),
        errors,
    )


def _map(rng: np.random.Generator, labels: np.ndarray, n_classes: int, spread: float) -> np.ndarray:
    angle = 2 * np.pi * labels / n_classes
    centres = 12 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return (centres + rng.normal(0, spread, (len(labels), 2))).astype(np.float32)


def _measures(n_classes: int, tightness: float) -> SpaceMeasures:
    mixed = 0.03 / tightness
    mixing = [[mixed / (n_classes - 1)] * n_classes for _ in range(n_classes)]
    for i in range(n_classes):
        mixing[i][i] = 1 - mixed
    return SpaceMeasures(
        silhouette=0.4 * tightness,
        silhouette_by_class=tuple(0.4 * tightness + 0.01 * i for i in range(n_classes)),
        purity=1 - mixed,
        n_neighbours=10,
        mixing=tuple(map(tuple, mixing)),
        dispersion=tuple(0.4 / tightness + 0.005 * i for i in range(n_classes)),
        separation=1.3,
        linear_errors=round(20 / tightness),
    )


def _layer_map(evaluation: Evaluation, alias: str, layer: str, n: int, n_classes: int) -> LayerMap:
    tightness = 1.5 if alias == "final" else 1.0
    return LayerMap(
        evaluation.horizon,
        evaluation.epoch,
        "validation",
        alias,
        layer,
        n_classes if alias == "final" else 128,
        n,
        "tsne",
        30.0,
        0.98,
        _measures(n_classes, tightness),
        _measures(n_classes, tightness * 0.9),
        _structure(n_classes, n),
        replace(_structure(n_classes, n), islands=(2, *[1] * (n_classes - 1))),
        MapStability(3, n, 10, 0.75, 0.6, (0.97, 0.98, 0.97), (0.5, 0.52, 0.51)),
    )


def _with_line(layer_map: LayerMap, points: np.ndarray, labels: np.ndarray) -> LayerMap:
    """Return a map of two classes with the line between their centres; others as they are."""
    if len(layer_map.on_map.mixing) != 2:
        return layer_map
    wrong = int(((points[:, 0] < 0) != (labels == 1)).sum())
    on_map = replace(layer_map.on_map, linear_errors=wrong)
    return replace(layer_map, on_map=on_map, line=(-1.0, 0.0, 0.0))


def _structure(n_classes: int, n: int) -> SpaceStructure:
    """Return what shuffled labels give, and one island a class, on a line, 1 apart."""
    distance = [[float(abs(i - j)) for j in range(n_classes)] for i in range(n_classes)]
    chance = (n / n_classes - 1) / (n - 1)
    return SpaceStructure(chance, 0.1 / n**0.5, tuple(map(tuple, distance)), (1,) * n_classes)


def _data(
    name: str, classes: tuple[str, ...], side: int, n_train: int, labels: np.ndarray
) -> DataSummary:
    def size(split: str, n: int) -> SplitSize:
        per_class = [n // len(classes) + (i < n % len(classes)) for i in range(len(classes))]
        return SplitSize(split, n, side, side, 1, tuple(per_class))

    return DataSummary(
        name=name,
        source="data directory",
        fingerprint=sha256_json([name, n_train]),
        licence="CC BY-SA 3.0",
        classes=classes,
        splits=(size("train", n_train), size("validation", len(labels))),
        n_shared=0,
        mean=(0.1307,),
        std=(0.3081,),
        samples=tuple(picture(i, side) for i in range(len(classes))),
    )


def _model(width: int, hidden: int, pool: int, side: int, n_classes: int) -> ModelSummary:
    small = side // pool
    flat = width * small * small
    rows = (
        LayerRow("conv1", "Conv2d", (width, side, side), 10 * width, 0, 0),
        LayerRow("relu1", "ReLU", (width, side, side), 0, 0, 0),
        LayerRow("conv2", "Conv2d", (width, side, side), width * (9 * width + 1), 0, 0),
        LayerRow("relu2", "ReLU", (width, side, side), 0, 0, 0),
        LayerRow("pool", "MaxPool2d", (width, small, small), 0, 0, 0),
        LayerRow("drop1", "Dropout", (width, small, small), 0, 0, 0),
        LayerRow("flatten", "Flatten", (flat,), 0, 0, 0),
        LayerRow("fc1", "Linear", (hidden,), hidden * (flat + 1), 0, 0),
        LayerRow("relu3", "ReLU", (hidden,), 0, 0, 0),
        LayerRow("drop2", "Dropout", (hidden,), 0, 0, 0),
        LayerRow("fc2", "Linear", (n_classes,), n_classes * (hidden + 1), 0, 0),
    )
    trainable = sum(row.trainable for row in rows)
    outputs = sum(int(np.prod(row.output_shape)) for row in rows)
    return ModelSummary(
        name="SimpleCNN",
        layers=rows,
        n_trainable=trainable,
        n_frozen=0,
        n_buffers=0,
        n_outputs=n_classes,
        input_shape=(1, side, side),
        input_bytes=4 * side * side,
        activation_bytes=8 * outputs,
        parameter_bytes=4 * trainable,
        printed="SimpleCNN(\n  (conv1): Conv2d(1, 32, kernel_size=(3, 3), padding=(1, 1))\n)",
        source=SOURCE,
        source_file="models.py",
        source_line=7,
    )

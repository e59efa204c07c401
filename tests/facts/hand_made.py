"""A record small enough to check by hand: three classes, twelve samples, two horizons."""

from __future__ import annotations

import numpy as np

from reportgen.records import (
    DataSummary,
    EpochRow,
    ErrorSample,
    Evaluation,
    LayerMap,
    LayerRow,
    ModelSummary,
    Provenance,
    RunRecord,
    RunResult,
    SpaceMeasures,
    SpaceStructure,
    SplitSize,
)

CLASSES = ("ant", "bee", "cat")
LABELS = [0] * 5 + [1] * 5 + [2] * 2
EARLY = [0, 0, 0, 1, 1, 0, 1, 1, 1, 2, 1, 2]  # wrong: 3, 4, 5, 9, 10
LATE = [0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 2, 2]  # wrong: 9
EARLY_MATRIX = ((3, 2, 0), (1, 3, 1), (0, 1, 1))
LATE_MATRIX = ((5, 0, 0), (1, 4, 0), (0, 0, 2))

ROWS = (
    EpochRow(1, 1, 1.2, 0.30, 1.1, 0.50, 1.15, 5 / 12),
    EpochRow(2, 1, 1.0, 0.45, 0.9, 0.70, 0.95, 7 / 12),
    EpochRow(3, 1, 0.6, 0.80, 0.5, 0.90, 0.55, 11 / 12),
    EpochRow(4, 1, 0.5, 0.85, 0.4, 0.95, 0.60, 10 / 12),
)

IN_FEATURES = SpaceMeasures(
    silhouette=0.25,
    silhouette_by_class=(0.3, -0.1, 0.5),
    purity=0.8,
    n_neighbours=4,
    mixing=((0.9, 0.1, 0.0), (0.2, 0.7, 0.1), (0.0, 0.3, 0.7)),
    dispersion=(0.2, 0.4, 0.6),
    separation=1.6,
    linear_errors=3,
)
ON_MAP = SpaceMeasures(
    silhouette=0.5,
    silhouette_by_class=(0.5, 0.5, 0.5),
    purity=1.0,
    n_neighbours=4,
    mixing=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    dispersion=(0.0, 0.0, 0.0),
    separation=0.0,
    linear_errors=0,
)

STRUCTURE = SpaceStructure(
    chance_purity=0.375,
    chance_deviation=0.0625,
    centroid_distance=((0.0, 1.0, 2.0), (1.0, 0.0, 1.5), (2.0, 1.5, 0.0)),
    islands=(1, 2, 1),
)


def model(*, conv: int = 40, head: int = 200, frozen: int = 0) -> ModelSummary:
    """Return a network of three layers, the first of which may be frozen in part."""
    rows = (
        LayerRow("conv", "Conv2d", (4, 8, 8), conv, frozen, 0),
        LayerRow("norm", "BatchNorm2d", (4, 8, 8), 8, 0, 9),
        LayerRow("head", "Linear", (3,), head, 0, 0),
    )
    return ModelSummary(
        name="Net",
        layers=rows,
        n_trainable=conv + 8 + head,
        n_frozen=frozen,
        n_buffers=9,
        n_outputs=3,
        input_shape=(1, 8, 8),
        input_bytes=256,
        activation_bytes=1000,
        parameter_bytes=4 * (conv + 8 + head + frozen),
        printed="Net()",
        source="class Net: ...",
        source_file="models.py",
        source_line=1,
    )


def record(
    *,
    trial: str = "",
    seed: int = 0,
    early: list[int] = EARLY,
    matrix: tuple[tuple[int, ...], ...] = EARLY_MATRIX,
    network: ModelSummary | None = None,
) -> RunRecord:
    """Return the record; `early` and `matrix` are what the first horizon's checkpoint says."""
    data = DataSummary(
        name="toy",
        source="data directory",
        fingerprint="f" * 64,
        licence="MIT",
        classes=CLASSES,
        splits=(
            SplitSize("train", 30, 8, 6, 1, (12, 10, 8)),
            SplitSize("validation", 12, 8, 6, 1, (5, 5, 2)),
        ),
        n_shared=1,
        mean=(0.25,),
        std=(0.5,),
        samples=(),
    )
    n_errors = 12 - sum(matrix[i][i] for i in range(3))
    sure = (ErrorSample(4, 0, 1, 0.875, None), ErrorSample(9, 1, 2, 0.75, None))
    result = RunResult(
        experiment="net",
        trial=trial,
        seed=seed,
        keys={"record": f"key-{trial or 'base'}-{seed}"},
        data=data,
        model=network or model(),
        epochs=ROWS,
        stopped="",
        evaluations=(
            Evaluation(2, 2, "validation", 12, n_errors, matrix, sure),
            Evaluation(4, 3, "validation", 12, 1, LATE_MATRIX, ()),
        ),
        maps=(
            LayerMap(
                horizon=2,
                epoch=2,
                split="validation",
                alias="final",
                layer="head",
                n_features=3,
                n=12,
                method="tsne",
                perplexity=5.0,
                trustworthiness=0.98,
                in_features=IN_FEATURES,
                on_map=ON_MAP,
                features_structure=STRUCTURE,
                map_structure=STRUCTURE,
                stability=None,
            ),
        ),
        arrays={},
    )
    provenance = Provenance(
        device="cpu",
        device_name="A CPU",
        precision="float32",
        threads=2,
        versions={"torch": "2.6.0", "scikit-learn": "1.6"},
        commit="abc",
        epoch_s=(1.0, 2.0, 9.0, 4.0),
        stage_s={"train": 16.0},
    )
    arrays = {
        "labels": np.array(LABELS, np.uint16),
        "h2.predictions": np.array(early, np.uint16),
        "h4.predictions": np.array(LATE, np.uint16),
    }
    return RunRecord(result, provenance, arrays)


def values(facts) -> dict[str, object]:
    """Return the facts' values by id."""
    return {fact.id: fact.value for fact in facts}

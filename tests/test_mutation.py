"""Changed records hang together."""

import numpy as np
import pytest

from reportgen.measures.confusion import confusion_counts
from reportgen.records import best_epoch
from tests import mutation
from tests.factories import make_record

RECORD = make_record(maps={"intermediate": "drop2", "final": "fc2"}, error_rate=0.2)


def check(record):
    """Assert what every record keeps to."""
    labels = record.arrays["labels"]
    accuracies = [row.validation_accuracy for row in record.result.epochs]
    for e in record.result.evaluations:
        predictions = record.arrays[f"h{e.horizon}.predictions"]
        assert e.confusion == confusion_counts(labels, predictions, 3)
        assert e.epoch == best_epoch(accuracies, e.horizon)
        assert accuracies[e.epoch - 1] == pytest.approx(1 - e.n_errors / e.n)
        assert all(predictions[error.index] == error.predicted for error in e.errors)
    assert record.result.arrays.keys() == record.arrays.keys()


@pytest.mark.parametrize("horizon", [2, 4])
@pytest.mark.parametrize("n_errors", [0, 1, 30])
def test_errors(horizon, n_errors):
    changed = mutation.with_errors(RECORD, horizon, n_errors)
    assert mutation.find_evaluation(changed, horizon).n_errors == n_errors
    check(changed)


def test_a_better_early_checkpoint_serves_the_later_horizon():
    changed = mutation.with_errors(RECORD, 2, 0)
    early, late = changed.result.evaluations
    assert early.epoch == late.epoch
    assert late.n_errors == 0


def test_confusion():
    matrix = ((18, 2, 0), (0, 19, 1), (4, 0, 16))
    changed = mutation.with_confusion(RECORD, 4, matrix)
    assert mutation.find_evaluation(changed, 4).confusion == matrix
    check(changed)
    with pytest.raises(ValueError, match="must add"):
        mutation.with_confusion(RECORD, 4, ((20, 1, 0), (0, 20, 0), (0, 0, 20)))


def test_curves():
    losses = [0.5, 0.4, 0.6, 0.7]
    changed = mutation.with_curves(
        RECORD, validation_loss=losses, validation_accuracy=[0.6, 0.9, 0.7, 0.95]
    )
    assert [row.validation_loss for row in changed.result.epochs] == losses
    assert [e.epoch for e in changed.result.evaluations] == [2, 4]
    assert [e.n_errors for e in changed.result.evaluations] == [6, 3]  # of 60
    check(changed)


def test_curves_cut_short():
    changed = mutation.with_curves(RECORD, stopped="diverged in epoch 4", train_loss=[2.0] * 3)
    assert len(changed.result.epochs) == 3
    assert changed.result.stopped == "diverged in epoch 4"
    check(changed)


def test_map_measures():
    changed = mutation.with_map_measures(
        RECORD,
        "final",
        purity=0.5,
        silhouette=0.1,
        structure={"islands": (1, 2, 1)},
        stability={"overlap": 0.2},
        layer={"trustworthiness": 0.7},
    )
    other, final = changed.result.maps
    assert other == RECORD.result.maps[0]
    assert final.on_map.silhouette == 0.1
    assert np.sum(final.on_map.mixing, axis=1) == pytest.approx(1.0)
    assert np.mean([final.on_map.mixing[i][i] for i in range(3)]) == pytest.approx(0.5)
    assert np.mean(final.on_map.silhouette_by_class) == pytest.approx(
        np.mean(RECORD.result.maps[1].on_map.silhouette_by_class)
        + 0.1
        - RECORD.result.maps[1].on_map.silhouette
    )
    assert final.map_structure.islands == (1, 2, 1)
    assert (final.stability.overlap, final.trustworthiness) == (0.2, 0.7)
    assert final.in_features == RECORD.result.maps[1].in_features

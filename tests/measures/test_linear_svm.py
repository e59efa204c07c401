"""A linear machine on features: hand-made points whose machine is known."""

import numpy as np
import pytest

from reportgen.errors import RunError
from reportgen.measures.linear_svm import fit_linear_svm


def points(*rows):
    return np.array(rows, np.float32)


def test_two_points_are_told_apart_half_way():
    """Between (0, 0) and (2, 0) the border is x = 1; both points carry it."""
    machine = fit_linear_svm(points((0, 0), (2, 0)), np.array([0, 1]), c=10.0, scale=False)
    assert machine.n_support == 2
    np.testing.assert_array_equal(machine.predict(points((0.9, 5), (1.1, -5))), [0, 1])
    assert machine.predict(points((0, 0))).dtype == np.uint16


def test_scale_is_that_of_the_samples_it_was_fitted_to():
    """Means (1, 10), deviations (1, 0): a feature that never changes is only brought to 0."""
    machine = fit_linear_svm(points((0, 10), (2, 10)), np.array([0, 1]), c=1.0, scale=True)
    np.testing.assert_array_equal(machine.mean, [1, 10])
    np.testing.assert_array_equal(machine.deviation, [1, 1])


def test_scaling_lets_a_small_feature_count():
    """The class is the sign of the second feature, a thousand times smaller than the first."""
    rng = np.random.default_rng(0)
    features = np.stack([rng.normal(0, 1000, 60), np.repeat([-1.0, 1.0], 30)], axis=1)
    labels = np.repeat([0, 1], 30)
    found = fit_linear_svm(features.astype(np.float32), labels, c=0.001, scale=True)
    assert (found.predict(features.astype(np.float32)) == labels).mean() > 0.95


def test_three_classes_by_vote():
    corners = points((0, 0), (0, 1), (9, 0), (9, 1), (0, 9), (1, 9))
    labels = np.array([0, 0, 1, 1, 2, 2])
    machine = fit_linear_svm(corners, labels, c=1.0, scale=True)
    np.testing.assert_array_equal(machine.predict(corners), labels)


def test_the_same_samples_give_the_same_machine():
    rng = np.random.default_rng(1)
    features = rng.normal(size=(80, 5)).astype(np.float32)
    labels = (features[:, 0] + rng.normal(size=80) > 0).astype(int)
    one, two = (fit_linear_svm(features, labels, c=1.0, scale=True) for _ in range(2))
    np.testing.assert_array_equal(one.machine.coef_, two.machine.coef_)


def test_one_class_cannot_be_told_apart():
    with pytest.raises(RunError, match="at least two classes"):
        fit_linear_svm(points((0, 0), (1, 1)), np.array([3, 3]), c=1.0, scale=True)


def test_features_that_are_not_finite_are_refused():
    with pytest.raises(RunError, match="not finite"):
        fit_linear_svm(points((0, np.nan), (1, 1)), np.array([0, 1]), c=1.0, scale=True)

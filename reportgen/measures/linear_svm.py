"""A support-vector machine with a linear kernel, on features that a network gives.

Soft margin with hinge loss, between each two classes; of their votes the class
with most wins (Cortes and Vapnik, Machine Learning 20, 1995, 273–297; LIBSVM:
Chang and Lin, 2011). The machine is found exactly, without chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.errors import RunError
from reportgen.measures.single_thread import single_thread
from reportgen.measures.space import check_finite

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class FittedSvm:
    """A machine that was fitted, and how it brings features to one scale.

    `mean` and `deviation`, float64 (d,), are those of the samples it was fitted to;
    0 and 1 where features are taken as they are.
    """

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]
    machine: Any

    @property
    def n_support(self) -> int:
        """Support vectors, of all classes together."""
        return int(self.machine.n_support_.sum())

    def predict(self, features: Floats) -> NDArray[np.uint16]:
        """Return the class of each row of features (n, d), uint16 (n,).

        Raises
        ------
        RunError
            If a feature is not finite.
        """
        check_finite(features)
        with single_thread():
            found = self.machine.predict((features - self.mean) / self.deviation)
        return np.asarray(found, np.uint16)


def fit_linear_svm(
    features: Floats, labels: NDArray[np.integer[Any]], *, c: float, scale: bool
) -> FittedSvm:
    """Fit a machine to features and the classes of their samples.

    Parameters
    ----------
    features : ndarray of float32, (n, d)
    labels : ndarray of int, (n,)
        At least two different ones.
    c : float
        Penalty of an error, above 0.
    scale : bool
        Bring each feature to mean 0 and deviation 1 first. A feature that is the same
        everywhere is only brought to 0.

    Raises
    ------
    RunError
        If a feature is not finite, or all samples are of one class.
    """
    from sklearn.svm import SVC

    check_finite(features)
    if len(np.unique(labels)) < 2:
        msg = "a linear SVM needs training samples of at least two classes"
        raise RunError(msg)
    wide = features.astype(np.float64)
    mean = wide.mean(axis=0) if scale else np.zeros(wide.shape[1])
    deviation = wide.std(axis=0) if scale else np.ones(wide.shape[1])
    deviation[deviation == 0] = 1
    machine = SVC(kernel="linear", C=c)
    with single_thread():
        machine.fit((wide - mean) / deviation, labels)
    return FittedSvm(mean, deviation, machine)

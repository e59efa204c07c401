"""What a run record says of feature spaces and of the maps that show them.

Part of `records`, which gives these names on.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SpaceMeasures:
    """How classes lie in one space (a layer's features, or the map of them).

    Attributes
    ----------
    silhouette : float
        Mean silhouette coefficient by true class, in [-1, 1].
    silhouette_by_class : tuple of float
        The same, by class; 0 for a class with fewer than 2 samples.
    purity : float
        Mean share, in [0, 1], of a sample's `n_neighbours` nearest neighbours
        that are of its class.
    n_neighbours : int
        Neighbours that `purity` and `mixing` look at.
    mixing : tuple of tuple of float
        `mixing[i][j]`: share of the neighbours of class i's samples that are of class j.
    dispersion : tuple of float
        By class, the root mean square distance to the class centroid, divided
        by the root mean square distance of all samples to their centroid.
    separation : float
        Mean distance between two class centroids, over the same divisor.
    linear_errors : int
        Samples that a linear support-vector machine, fitted on them, misclassifies.
    """

    silhouette: float
    silhouette_by_class: tuple[float, ...]
    purity: float
    n_neighbours: int
    mixing: tuple[tuple[float, ...], ...]
    dispersion: tuple[float, ...]
    separation: float
    linear_errors: int


@dataclass(frozen=True, slots=True)
class SpaceStructure:
    """What chance would give in a space, how far its classes lie apart, and their islands.

    Attributes
    ----------
    chance_purity, chance_deviation : float
        Mean and standard deviation of `SpaceMeasures.purity` if the labels were
        shuffled over the points.
    centroid_distance : tuple of tuple of float
        Distance between the centroids of each two classes, over the divisor of
        `SpaceMeasures.dispersion`; 0 for a class without points.
    islands : tuple of int
        By class, how many separate clusters its points form; 0 without points.
    """

    chance_purity: float
    chance_deviation: float
    centroid_distance: tuple[tuple[float, ...], ...]
    islands: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MapStability:
    """How far maps of the same features from different random starts agree.

    Attributes
    ----------
    starts, n, n_neighbours : int
        Maps that were compared, samples on each, neighbours looked at.
    overlap : float
        Mean share, in [0, 1], of a sample's nearest neighbours on one map that are
        its nearest neighbours on another; over samples and pairs of maps.
    arrangement : float or None
        Mean rank correlation, over pairs of maps, of the distances between class
        centroids, in [-1, 1]; None with fewer than three classes.
    purity, silhouette : tuple of float
        Of each map, as in `SpaceMeasures`.
    """

    starts: int
    n: int
    n_neighbours: int
    overlap: float
    arrangement: float | None
    purity: tuple[float, ...]
    silhouette: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class LayerMap:
    """A two-dimensional map of one layer's features at one checkpoint.

    `alias` is the name in the experiment file, `layer` the module's name.
    `trustworthiness` is in [0, 1] (Venna and Kaski, 2001), over `n_neighbours`
    of the measures. `stability` is None where the experiment wants none. `line` is
    (a, b, c) of the straight line a·x + b·y + c = 0 that a linear support-vector
    machine draws on the map between two classes, the second class on its positive
    side; None with more classes.
    """

    horizon: int
    epoch: int
    split: str
    alias: str
    layer: str
    n_features: int
    n: int
    method: str
    perplexity: float
    trustworthiness: float
    in_features: SpaceMeasures
    on_map: SpaceMeasures
    features_structure: SpaceStructure
    map_structure: SpaceStructure
    stability: MapStability | None
    line: tuple[float, float, float] | None = None

"""Facts on feature spaces and their two-dimensional maps."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.facts.fact import Definition, Fact, Source, Unit, define
from reportgen.records import LayerMap, RunRecord, SpaceMeasures, SpaceStructure

MAP = "{run}.h{h}.maps.{layer}"
"""Where the facts on a map stand."""

SPACES = {"features": "(feature space).", "map": "(map)."}
"""The two spaces of a layer, with what tells them apart in the meaning of a fact."""

LAYER = define(f"{MAP}.layer", "text", "Name of the module in the network.")
N = define(f"{MAP}.n", "count", "Samples on the map.")
FEATURES = define(f"{MAP}.n_features", "count", "Features of the layer.")
EPOCH = define(f"{MAP}.epoch", "epoch", "Epoch of the checkpoint.")
PERPLEXITY = define(f"{MAP}.perplexity", "ratio", "Perplexity of t-SNE.")
TRUST = define(f"{MAP}.trustworthiness", "fraction", "How far the map keeps neighbourhoods.")


def in_spaces(name: str, unit: Unit, meaning: str) -> dict[str, Definition]:
    """Register a kind of fact for each space, and return them by space."""
    return {
        space: define(f"{MAP}.{space}.{name}", unit, f"{meaning} {where}")
        for space, where in SPACES.items()
    }


SILHOUETTE = in_spaces("silhouette", "ratio", "Mean silhouette by true class, in [-1, 1]")
PURITY = in_spaces("purity", "fraction", "Share of nearest neighbours of the same class")
NEIGHBOURS = in_spaces("n_neighbours", "count", "Neighbours that purity looks at")
SEPARATION = in_spaces("separation", "ratio", "Mean distance between class centroids, relative")
DISPERSION = in_spaces("dispersion", "ratio", "Mean spread of a class about its centroid, relative")
SPREAD = in_spaces("spread", "ratio", "Dispersion over separation: smaller is tighter")
LINEAR_ERRORS = in_spaces("linear_errors", "count", "Samples that a linear SVM misclassifies")
LINEAR_ACCURACY = in_spaces("linear_accuracy", "fraction", "Share that it classifies right")
CLASS_SILHOUETTE = in_spaces("classes.{i}.silhouette", "ratio", "Silhouette of class i, from 0")
CLASS_DISPERSION = in_spaces("classes.{i}.dispersion", "ratio", "Spread of class i")
WORST = in_spaces("loosest.label", "text", "Class with the smallest silhouette")
WORST_VALUE = in_spaces("loosest.silhouette", "ratio", "Its silhouette")
BEST = in_spaces("tightest.label", "text", "Class with the largest silhouette")
BEST_VALUE = in_spaces("tightest.silhouette", "ratio", "Its silhouette")
MIXED_A = in_spaces("mixed.{k}.a", "text", "First class of the k-th most mixed pair")
MIXED_B = in_spaces("mixed.{k}.b", "text", "Second class of that pair")
MIXED_SHARE = in_spaces("mixed.{k}.share", "fraction", "Mean share of neighbours across the pair")


def find_space(layer_map: LayerMap, space: str) -> tuple[SpaceMeasures, SpaceStructure]:
    """Return the measures of one space, ``features`` or ``map``."""
    if space == "features":
        return layer_map.in_features, layer_map.features_structure
    return layer_map.on_map, layer_map.map_structure


def mixed_pairs(mixing: tuple[tuple[float, ...], ...]) -> list[tuple[float, int, int]]:
    """Return (mean share both ways, a, b), most mixed first; ties by a, then b."""
    n = len(mixing)
    pairs = [((mixing[a][b] + mixing[b][a]) / 2, a, b) for a in range(n) for b in range(a + 1, n)]
    return sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2]))


def space_facts(
    run: str, layer_map: LayerMap, space: str, classes: tuple[str, ...], key: str
) -> Iterator[Fact]:
    """Yield the measures of one space, ``features`` or ``map``."""
    measures, _ = find_space(layer_map, space)
    field = "in_features" if space == "features" else "on_map"
    source = Source(key, f"maps[h={layer_map.horizon},{layer_map.alias}].{field}")
    names = {"run": run, "h": layer_map.horizon, "layer": layer_map.alias}
    dispersion = sum(measures.dispersion) / len(measures.dispersion)
    spread = dispersion / measures.separation if measures.separation else None
    yield SILHOUETTE[space](measures.silhouette, source, **names)
    yield PURITY[space](measures.purity, source, **names)
    yield NEIGHBOURS[space](measures.n_neighbours, source, **names)
    yield SEPARATION[space](measures.separation, source, **names)
    yield DISPERSION[space](dispersion, source, **names)
    yield SPREAD[space](spread, source, **names)
    yield LINEAR_ERRORS[space](measures.linear_errors, source, **names)
    yield LINEAR_ACCURACY[space](1 - measures.linear_errors / layer_map.n, source, **names)
    silhouettes = measures.silhouette_by_class
    for i, value in enumerate(silhouettes):
        yield CLASS_SILHOUETTE[space](value, source, i=i, **names)
        yield CLASS_DISPERSION[space](measures.dispersion[i], source, i=i, **names)
    worst, best = silhouettes.index(min(silhouettes)), silhouettes.index(max(silhouettes))
    yield WORST[space](classes[worst], source, **names)
    yield WORST_VALUE[space](silhouettes[worst], source, **names)
    yield BEST[space](classes[best], source, **names)
    yield BEST_VALUE[space](silhouettes[best], source, **names)
    for k, (share, a, b) in enumerate(mixed_pairs(measures.mixing)[:3], start=1):
        yield MIXED_A[space](classes[a], source, k=k, **names)
        yield MIXED_B[space](classes[b], source, k=k, **names)
        yield MIXED_SHARE[space](share, source, k=k, **names)


def map_facts(run: str, record: RunRecord, layer_map: LayerMap, key: str) -> Iterator[Fact]:
    """Yield the facts on one map and on the features that it shows.

    The map of a network as it starts, which an estimator looks at, is of no epoch.
    """
    source = Source(key, f"maps[h={layer_map.horizon},{layer_map.alias}]")
    names = {"run": run, "h": layer_map.horizon, "layer": layer_map.alias}
    yield LAYER(layer_map.layer, source, **names)
    yield N(layer_map.n, source, **names)
    yield FEATURES(layer_map.n_features, source, **names)
    if layer_map.epoch:
        yield EPOCH(layer_map.epoch, source, **names)
    yield PERPLEXITY(layer_map.perplexity, source, **names)
    yield TRUST(layer_map.trustworthiness, source, **names)
    for space in SPACES:
        yield from space_facts(run, layer_map, space, record.result.data.classes, key)

"""Facts on clusters: the verdicts on one map, and on the features that it shows."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.facts import clusters
from reportgen.facts.fact import Fact, Source, define
from reportgen.facts.maps import MAP, SPACES, find_space, in_spaces, mixed_pairs
from reportgen.records import LayerMap, RunRecord

CHANCE = in_spaces("chance_purity", "fraction", "Purity that shuffled labels would have")
CHANCE_HIGH = in_spaces("chance_limit", "fraction", "Purity that shuffled labels hardly reach")
EXCESS = in_spaces("excess", "ratio", "Purity from chance (0) to perfect (1)")
STRUCTURE = in_spaces("structure", "text", "none (as shuffled labels), weak or clear")
MIXTURE = in_spaces("mixture", "fraction", "Foreign neighbours, over those of shuffled labels")
OVERLAP = in_spaces("overlap", "text", "none, slight, considerable, strong or total")
PAIRS = in_spaces("overlapping_pairs", "count", "Pairs with 2 % of their neighbours in common")
COMPACT = in_spaces("compactness", "text", "strong, reasonable, weak or none, by silhouette")
NEAR_A = in_spaces("closest.a", "text", "First class of the pair with the nearest centroids")
NEAR_B = in_spaces("closest.b", "text", "Second class of that pair")
NEAR = in_spaces("closest.distance", "ratio", "Their distance, in units as separation")
FAR_A = in_spaces("farthest.a", "text", "First class of the pair with the farthest centroids")
FAR_B = in_spaces("farthest.b", "text", "Second class of that pair")
FAR = in_spaces("farthest.distance", "ratio", "Their distance, in units as separation")
ISLANDS = in_spaces("classes.{i}.islands", "count", "Separate clusters of class i, from 0")
LINEAR = in_spaces("linear", "text", "separable, almost (1 %), mostly (5 %) or not")
TRIVIAL = in_spaces("linear_trivial", "bool", "Whether so many features separate any labels")

N_SPLIT = define(f"{MAP}.n_split", "count", "Classes that form several islands on the map.")
SPLIT_LABEL = define(f"{MAP}.split.{{k}}.label", "text", "Class k of those.")
SPLIT_MAP = define(f"{MAP}.split.{{k}}.map", "count", "Its islands on the map.")
SPLIT_FEATURES = define(f"{MAP}.split.{{k}}.features", "count", "Its islands in feature space.")
SPLIT_WHERE = define(
    f"{MAP}.split.{{k}}.where", "text", "both, or map_only: one cluster in feature space."
)
TRUST = define(f"{MAP}.trust", "text", "Whether neighbours on the map hold: high, fair or low.")
AGREE = define(
    f"{MAP}.agreement.verdict", "text", "agree, map_clearer or map_blurs: purity of both spaces."
)
AGREE_STEP = define(
    f"{MAP}.agreement.purity_gain", "ratio", "Purity on the map minus that in feature space."
)
AGREE_RANKS = define(
    f"{MAP}.agreement.arrangement",
    "ratio",
    "Rank correlation of class distances in both spaces; none below 3 classes.",
)
AGREE_PAIRS = define(
    f"{MAP}.agreement.common_pairs", "count", "Of the 3 most mixed pairs, those in both spaces."
)


def structure_facts(
    layer_map: LayerMap,
    space: str,
    classes: tuple[str, ...],
    source: Source,
    names: dict[str, object],
) -> Iterator[Fact]:
    """Yield the verdicts on one space."""
    measures, structure = find_space(layer_map, space)
    limit = structure.chance_purity + clusters.CHANCE_DEVIATIONS * structure.chance_deviation
    yield CHANCE[space](structure.chance_purity, source, **names)
    yield CHANCE_HIGH[space](min(1.0, limit), source, **names)
    yield EXCESS[space](clusters.excess(measures, structure), source, **names)
    yield STRUCTURE[space](clusters.judge_structure(measures, structure), source, **names)
    yield MIXTURE[space](clusters.mixture(measures, structure), source, **names)
    yield OVERLAP[space](clusters.judge_overlap(measures, structure), source, **names)
    yield PAIRS[space](clusters.overlapping_pairs(measures), source, **names)
    yield COMPACT[space](clusters.judge_compactness(measures.silhouette), source, **names)
    linear = clusters.judge_linear(measures.linear_errors, layer_map.n)
    n_features = layer_map.n_features if space == "features" else 2
    yield LINEAR[space](linear, source, **names)
    yield TRIVIAL[space](clusters.is_trivial(layer_map.n, n_features), source, **names)
    for i, count in enumerate(structure.islands):
        yield ISLANDS[space](count, source, i=i, **names)
    if pairs := clusters.ranked_distances(structure):
        for (distance, a, b), kinds in (
            (pairs[0], (NEAR, NEAR_A, NEAR_B)),
            (pairs[-1], (FAR, FAR_A, FAR_B)),
        ):
            yield kinds[0][space](distance, source, **names)
            yield kinds[1][space](classes[a], source, **names)
            yield kinds[2][space](classes[b], source, **names)


def split_facts(
    layer_map: LayerMap, classes: tuple[str, ...], source: Source, names: dict[str, object]
) -> Iterator[Fact]:
    """Yield the classes that form several islands on the map, by class."""
    on_map, features = layer_map.map_structure.islands, layer_map.features_structure.islands
    split = [i for i, count in enumerate(on_map) if count > 1]
    yield N_SPLIT(len(split), source, **names)
    for k, i in enumerate(split, start=1):
        where = "both" if features[i] > 1 else "map_only"
        yield SPLIT_LABEL(classes[i], source, k=k, **names)
        yield SPLIT_MAP(on_map[i], source, k=k, **names)
        yield SPLIT_FEATURES(features[i], source, k=k, **names)
        yield SPLIT_WHERE(where, source, k=k, **names)


def agreement_facts(
    layer_map: LayerMap, source: Source, names: dict[str, object]
) -> Iterator[Fact]:
    """Yield how far the map and the features tell the same."""
    features, on_map = layer_map.in_features, layer_map.on_map
    ranks = clusters.rank_correlation(layer_map.features_structure, layer_map.map_structure)
    common = set.intersection(
        *(
            {(a, b) for share, a, b in mixed_pairs(space.mixing)[:3] if share}
            for space in (features, on_map)
        )
    )
    yield AGREE(clusters.judge_agreement(features, on_map), source, **names)
    yield AGREE_STEP(on_map.purity - features.purity, source, **names)
    yield AGREE_RANKS(ranks, source, **names)
    yield AGREE_PAIRS(len(common), source, **names)


def cluster_facts(run: str, record: RunRecord, layer_map: LayerMap, key: str) -> Iterator[Fact]:
    """Yield the verdicts on one map and on the features that it shows."""
    field = f"maps[h={layer_map.horizon},{layer_map.alias}]"
    source, classes = Source(key, field), record.result.data.classes
    names: dict[str, object] = {"run": run, "h": layer_map.horizon, "layer": layer_map.alias}
    for space in SPACES:
        yield from structure_facts(layer_map, space, classes, source, names)
    yield from split_facts(layer_map, classes, source, names)
    yield TRUST(clusters.judge_trust(layer_map.trustworthiness), source, **names)
    yield from agreement_facts(layer_map, source, names)

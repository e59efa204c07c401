"""Facts on how far a map depends on its random start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from reportgen.facts.fact import Fact, Source, define
from reportgen.records import LayerMap, MapStability

STABLE_OVERLAP = 0.5
"""Common neighbours from which a map is stable: more likely than not, a neighbour stays one."""

STABLE_PURITY = 0.02
"""Range of purity over the starts up to which a map is stable: not worth a word."""

STABLE_SILHOUETTE = 0.10
"""Range of the silhouette over the starts up to which a map is stable."""

STABLE_ARRANGEMENT = 0.7
"""Rank correlation of class distances from which these may be read: half of their variance."""

BASE = "{run}.h{h}.maps.{layer}.stability"
STARTS = define(f"{BASE}.starts", "count", "Maps from random starts that were compared.")
N = define(f"{BASE}.n", "count", "Samples on each of them.")
OVERLAP = define(f"{BASE}.overlap", "fraction", "Nearest neighbours that two of the maps share.")
SILHOUETTE = define(f"{BASE}.silhouette_range", "ratio", "Largest minus smallest silhouette.")
PURITY = define(f"{BASE}.purity_range", "ratio", "Largest minus smallest purity.")
VERDICT = define(f"{BASE}.verdict", "text", "stable or unstable: what the map shows of clusters.")
RANKS = define(
    f"{BASE}.arrangement", "ratio", "Rank correlation of class distances between the maps."
)
ARRANGEMENT = define(
    f"{BASE}.arrangement_verdict",
    "text",
    "reproducible, arbitrary or unknown: whether distances of clusters may be read.",
)


def spread(values: tuple[float, ...]) -> float:
    """Return the largest minus the smallest."""
    return max(values) - min(values)


def judge_stability(found: MapStability) -> Literal["stable", "unstable"]:
    """Tell whether what the map shows of clusters depends on the start.

    It is stable if two maps share at least half of a sample's neighbours, and
    purity and silhouette hardly move. Maps of pure noise share less than half.
    """
    stable = (
        found.overlap >= STABLE_OVERLAP
        and spread(found.purity) <= STABLE_PURITY
        and spread(found.silhouette) <= STABLE_SILHOUETTE
    )
    return "stable" if stable else "unstable"


def judge_arrangement(
    arrangement: float | None,
) -> Literal["reproducible", "arbitrary", "unknown"]:
    """Tell whether the distances between clusters depend on the start."""
    if arrangement is None:
        return "unknown"
    return "reproducible" if arrangement >= STABLE_ARRANGEMENT else "arbitrary"


def stability_facts(run: str, layer_map: LayerMap, key: str) -> Iterator[Fact]:
    """Yield the agreement of maps from random starts; nothing where none was wanted."""
    found = layer_map.stability
    if found is None:
        return
    source = Source(key, f"maps[h={layer_map.horizon},{layer_map.alias}].stability")
    names = {"run": run, "h": layer_map.horizon, "layer": layer_map.alias}
    yield STARTS(found.starts, source, **names)
    yield N(found.n, source, **names)
    yield OVERLAP(found.overlap, source, **names)
    yield SILHOUETTE(spread(found.silhouette), source, **names)
    yield PURITY(spread(found.purity), source, **names)
    yield VERDICT(judge_stability(found), source, **names)
    yield RANKS(found.arrangement, source, **names)
    yield ARRANGEMENT(judge_arrangement(found.arrangement), source, **names)

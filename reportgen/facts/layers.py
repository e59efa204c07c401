"""Facts that compare the layers of one checkpoint: which shows the classes tighter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from reportgen.facts.clusters import PURITY_STEP
from reportgen.facts.fact import Definition, Fact, Source, Unit, define
from reportgen.facts.maps import SPACES, find_space
from reportgen.records import LayerMap, SpaceMeasures

Tightness = Literal["clear", "slight", "none", "mixed"]

CLEAR_STEP = 0.05
"""Difference of two silhouettes from which one layer is clearly tighter."""

SLIGHT_STEP = 0.02
"""Difference below which neither is: it would show as 0.0 or 0.02 on any table."""

FIELDS: tuple[tuple[str, Unit, str], ...] = (
    ("tighter", "text", "Layer (alias) with the largest silhouette; the first on a tie"),
    ("looser", "text", "Layer (alias) with the smallest silhouette"),
    ("silhouette_gain", "ratio", "Silhouette of the tighter minus that of the looser"),
    ("purity_gain", "ratio", "Purity of the tighter minus that of the looser"),
    ("spread_ratio", "ratio", "Spread of the looser over that of the tighter"),
    ("linear_gain", "count", "Linear errors of the looser minus those of the tighter"),
    ("verdict", "text", "clear, slight, none, or mixed (purity tells the contrary)"),
)

KINDS: dict[str, tuple[tuple[Definition, str], ...]] = {
    space: tuple(
        (define(f"{{run}}.h{{h}}.layers.{space}.{name}", unit, f"{meaning} {where}"), name)
        for name, unit, meaning in FIELDS
    )
    for space, where in SPACES.items()
}
SAME = define("{run}.h{h}.layers.same", "bool", "Whether the same layer is tighter in both spaces.")


@dataclass(frozen=True, slots=True)
class LayerComparison:
    """The tightest layer against the loosest, in one space; `FIELDS` explains the values."""

    tighter: str
    looser: str
    silhouette_gain: float
    purity_gain: float
    spread_ratio: float | None
    linear_gain: int

    @property
    def verdict(self) -> Tightness:
        """How clearly one is tighter: by silhouette, unless purity tells the contrary."""
        if self.silhouette_gain < SLIGHT_STEP:
            return "none"
        if self.purity_gain < -PURITY_STEP:
            return "mixed"
        return "clear" if self.silhouette_gain >= CLEAR_STEP else "slight"


def relative_spread(measures: SpaceMeasures) -> float | None:
    """Return mean dispersion over separation; None without separation."""
    if not measures.separation:
        return None
    return sum(measures.dispersion) / len(measures.dispersion) / measures.separation


def compare_layers(maps: Sequence[LayerMap], space: str) -> LayerComparison:
    """Compare the tightest with the loosest of at least two layers."""
    ranked = sorted(maps, key=lambda item: -find_space(item, space)[0].silhouette)
    (tight, _), (loose, _) = (find_space(item, space) for item in (ranked[0], ranked[-1]))
    narrow, wide = relative_spread(tight), relative_spread(loose)
    return LayerComparison(
        tighter=ranked[0].alias,
        looser=ranked[-1].alias,
        silhouette_gain=tight.silhouette - loose.silhouette,
        purity_gain=tight.purity - loose.purity,
        spread_ratio=wide / narrow if wide and narrow else None,
        linear_gain=loose.linear_errors - tight.linear_errors,
    )


def layer_facts(run: str, maps: Sequence[LayerMap], key: str) -> Iterator[Fact]:
    """Yield the comparison of a horizon's layers; nothing for fewer than two."""
    if len(maps) < 2:
        return
    h = maps[0].horizon
    source = Source(key, f"maps[h={h}]")
    found = {space: compare_layers(maps, space) for space in SPACES}
    for space, comparison in found.items():
        for kind, name in KINDS[space]:
            yield kind(getattr(comparison, name), source, run=run, h=h)
    yield SAME(found["features"].tighter == found["map"].tighter, source, run=run, h=h)

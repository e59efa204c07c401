"""From records to maps of features: of one checkpoint, or of several side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.errors import nearest
from reportgen.facts.fact import FactTree
from reportgen.figures.feature_maps import FeatureMap, FeatureMaps, LineWords
from reportgen.records import LayerMap
from reportgen.report.picture import PictureError, Say, chosen_words

if TYPE_CHECKING:
    from reportgen.report.view import View

LineNote = Callable[[FactTree], object]
"""Writes what the line on a map classifies right, from the facts of the map."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A map that is to be shown: of which checkpoint, of which features, under which words."""

    horizon: FactTree
    alias: str
    caption: object


def layer_maps(view: View, horizon: FactTree) -> dict[str, LayerMap]:
    """Return the maps of a horizon's checkpoint by alias.

    Raises
    ------
    PictureError
        If there are none.
    """
    h = view.evaluation(horizon).horizon
    found = {m.alias: m for m in view.record(horizon).result.maps if m.horizon == h}
    if not found:
        where = f"no maps were made at horizon {h} of {view.name(horizon)}"
        msg = f"{where}; see embeddings in the experiment file"
        raise PictureError(msg)
    return found


def wanted_of_one(view: View, horizon: FactTree, names: Mapping[str, object]) -> list[Wanted]:
    """Return all maps of one checkpoint, in the order of the experiment file.

    Raises
    ------
    PictureError
        If there are none, or one has no name.
    """
    found = layer_maps(view, horizon)
    for alias in found:
        if alias not in names:
            msg = f'the map "{alias}" has no name among {sorted(names)}'
            raise PictureError(msg)
    return [Wanted(horizon, alias, names[alias]) for alias in found]


def wanted_of_several(
    view: View, horizons: Sequence[FactTree], alias: str, titles: Sequence[object]
) -> list[Wanted]:
    """Return the map of the same features at each of several checkpoints.

    Raises
    ------
    PictureError
        If one has no such map, or there are not as many titles as horizons.
    """
    if not horizons or len(horizons) != len(titles):
        msg = f"maps of {len(horizons)} horizons, one at least, need as many titles: {len(titles)}"
        raise PictureError(msg)
    for horizon in horizons:
        found = layer_maps(view, horizon)
        if alias not in found:
            msg = f'{view.name(horizon)} has no map "{alias}"; {nearest(alias, list(found))}'
            raise PictureError(msg)
    return [Wanted(*each) for each in zip(horizons, (alias,) * len(horizons), titles, strict=True)]


def draw_maps(
    view: View,
    wanted: Sequence[Wanted],
    say: Say,
    line: LineNote | None,
    words: Mapping[str, object],
    width_mm: float,
) -> FeatureMaps:
    """Return maps side by side, all of the same classes.

    Raises
    ------
    PictureError
        If classes differ, or a line is to be drawn and `words` has no name for it.
    """
    classes = view.class_names(wanted[0].horizon)
    for other in wanted[1:]:
        if view.class_names(other.horizon) != classes:
            names = " and ".join(view.name(each.horizon) for each in (wanted[0], other))
            msg = f"{names} have other classes: their maps cannot share a figure"
            raise PictureError(msg)
    maps = tuple(_map(view, each, say, line) for each in wanted)
    named = None
    if any(item.line is not None for item in maps):
        named = LineWords(**chosen_words(LineWords, "maps with a line", words, say))
    return FeatureMaps(maps, classes, named, width_mm)


def _map(view: View, wanted: Wanted, say: Say, note: LineNote | None) -> FeatureMap:
    """Return one map, with its line where it has one and that is to be drawn."""
    layer_map = layer_maps(view, wanted.horizon)[wanted.alias]
    arrays = view.record(wanted.horizon).arrays
    line, written = None, ""
    if note is not None and layer_map.line is not None:
        line = layer_map.line
        written = say(note(view.below(wanted.horizon, f"maps.{wanted.alias}")))
    return FeatureMap(
        arrays[f"h{layer_map.horizon}.map.{wanted.alias}"],
        arrays["labels"][arrays["embedding.sample"]],
        say(wanted.caption),
        line,
        written,
    )

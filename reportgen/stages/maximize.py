"""The maximising stage: images that most excite filters, at the last horizon's checkpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from pydantic import TypeAdapter

from reportgen.datasets.thumbnail import shrink
from reportgen.hashing import canonical_json
from reportgen.maximized import MAX_SHOWN, MAX_SIDE, MaximizedFilter, MaximizedLayer
from reportgen.plan.decision import decide_stage
from reportgen.progress import Progress
from reportgen.stages.bench import EVALUATED, Bench
from reportgen.stages.checkpoints import Checkpoints, chosen_epoch
from reportgen.store.arrays import dump_arrays, load_arrays
from reportgen.store.store import Store
from reportgen.training.maximization import Maximized, maximize_filters

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.spec.maximization import Maximization
    from reportgen.training.placement import Placement

STAGE = "maximize"
LAYERS, ARRAYS = "maximized.json", "maximized.safetensors"
_ADAPTER = TypeAdapter(tuple[MaximizedLayer, ...])


@dataclass(frozen=True, slots=True, eq=False)
class MaximizedImages:
    """What was maximised, alias by alias, and the pictures by the names of a record's arrays."""

    layers: tuple[MaximizedLayer, ...] = ()
    arrays: Mapping[str, NDArray[np.uint8]] = field(default_factory=dict)


NO_IMAGES = MaximizedImages()


def maximize_stage(
    bench: Bench, store: Store, learnt: Checkpoints, placement: Placement, progress: Progress
) -> MaximizedImages:
    """Return the images that maximise a run's filters, from the store if it has them.

    Nothing where the run makes none: trials and further seeds do not.
    """
    key = bench.plan.maximize
    if key is None:
        return NO_IMAGES
    with store.lock(key):
        entry = store.read(key)
        progress.stage(bench.plan.run.id, decide_stage(STAGE, entry is not None))
        if entry is not None:
            layers = _ADAPTER.validate_python(json.loads(entry.files[LAYERS]))
            return MaximizedImages(layers, load_arrays(entry.files[ARRAYS]))
        made = _maximize(bench, learnt, placement)
        files = {
            LAYERS: canonical_json([asdict(layer) for layer in made.layers]),
            ARRAYS: dump_arrays(made.arrays),
        }
        store.write(key, files, {"device": placement.device})
    return made


def _maximize(bench: Bench, learnt: Checkpoints, placement: Placement) -> MaximizedImages:
    """Make the images of all aliases; a filter that several name is maximised once."""
    wanted = bench.spec.maximization
    assert wanted is not None
    horizon = bench.spec.report_horizons[-1]
    epoch = chosen_epoch(learnt.rows, horizon)
    weights, summary = learnt.load_weights(epoch), bench.data.summary
    found: dict[str, tuple[tuple[int, ...], Maximized]] = {}
    for layer, chosen in filters_by_layer(wanted).items():
        made = maximize_filters(
            bench.network(weights),
            layer,
            chosen,
            wanted,
            bench.evaluated,
            summary.mean,
            summary.std,
            placement,
            batch_size=bench.spec.evaluation_batch_size,
            augmentation=bench.spec.augmentation,
        )
        found[layer] = chosen or tuple(range(1, made.n_filters + 1)), made
    layers, arrays = [], {}
    for alias, each in wanted.images.items():
        numbers, made = found[each.layer]
        rows = [numbers.index(number) for number in each.filters or numbers]
        shown = rows[:MAX_SHOWN]
        filters = tuple(_measured(made, row, numbers[row]) for row in rows)
        layers.append(_described(wanted, alias, made.n_filters, filters, horizon, epoch))
        arrays[f"maximization.{alias}"] = np.stack(
            [shrink(made.images[row], MAX_SIDE) for row in shown]
        )
    return MaximizedImages(tuple(layers), arrays)


def filters_by_layer(wanted: Maximization) -> dict[str, tuple[int, ...] | None]:
    """Return the filters that any alias wants of each layer, in rising order; None for all.

    Examples
    --------
    >>> from reportgen.spec.maximization import Maximization
    >>> images = {"all": {"layer": "a"}, "some": {"layer": "a", "filters": [2]}}
    >>> more = {"two": {"layer": "b", "filters": [5, 3]}, "one": {"layer": "b", "filters": [3]}}
    >>> filters_by_layer(Maximization.from_plain({"images": images | more}))
    {'a': None, 'b': (3, 5)}
    """
    found: dict[str, tuple[int, ...] | None] = {}
    for each in wanted.images.values():
        before = found.get(each.layer, ())
        both = None if before is None or each.filters is None else {*before, *each.filters}
        found[each.layer] = None if both is None else tuple(sorted(both))
    return found


def _measured(made: Maximized, row: int, number: int) -> MaximizedFilter:
    return MaximizedFilter(
        number=number,
        activation=float(made.activation[row]),
        start=float(made.start[row]),
        real=float(made.real[row]),
        dead=bool(made.dead[row]),
    )


def _described(
    wanted: Maximization,
    alias: str,
    n_filters: int,
    filters: tuple[MaximizedFilter, ...],
    horizon: int,
    epoch: int,
) -> MaximizedLayer:
    return MaximizedLayer(
        alias=alias,
        layer=wanted.images[alias].layer,
        horizon=horizon,
        epoch=epoch,
        split=EVALUATED,
        n_filters=n_filters,
        n_shown=min(MAX_SHOWN, len(filters)),
        steps=wanted.steps,
        lr=wanted.lr,
        regularizer=wanted.regularizer.name,
        weight=wanted.regularizer.weight,
        seed=wanted.seed,
        filters=filters,
    )

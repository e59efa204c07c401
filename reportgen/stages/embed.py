"""The embedding stage: maps of named layers at a horizon's best checkpoint, and their measures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from reportgen.hashing import canonical_json
from reportgen.measures.embedding import embed, sample_rows, trustworthiness
from reportgen.measures.space import measure_space, separating_line
from reportgen.measures.stability import measure_stability
from reportgen.measures.structure import measure_structure
from reportgen.plan.decision import decide_stage
from reportgen.progress import Progress
from reportgen.records import LayerMap
from reportgen.stages.bench import EVALUATED, Bench
from reportgen.stages.checkpoints import Checkpoints, chosen_epoch
from reportgen.stages.features import read_features
from reportgen.store.arrays import dump_arrays, load_arrays
from reportgen.store.store import Store

if TYPE_CHECKING:
    import numpy as np

    from reportgen.training.placement import Placement

MAPS, ARRAYS = "maps.json", "maps.safetensors"
SAMPLE = "sample"


def embed_stage(
    bench: Bench,
    store: Store,
    horizon: int,
    learnt: Checkpoints,
    placement: Placement,
    progress: Progress,
) -> tuple[tuple[LayerMap, ...], Mapping[str, np.ndarray]]:
    """Return the maps at a horizon and their arrays, from the store if it has them.

    The arrays are ``sample``, int32 (m,), and for each alias float32 (m, 2).
    """
    key = bench.plan.embed[horizon]
    with store.lock(key):
        entry = store.read(key)
        progress.stage(bench.plan.run.id, decide_stage(f"embed.h{horizon}", entry is not None))
        if entry is not None:
            maps = tuple(_layer_map(row) for row in json.loads(entry.files[MAPS]))
            return maps, load_arrays(entry.files[ARRAYS])
        maps, arrays = _embed(bench, horizon, learnt, placement)
        files = {
            MAPS: canonical_json([asdict(layer_map) for layer_map in maps]),
            ARRAYS: dump_arrays(arrays),
        }
        store.write(key, files, {"device": placement.device})
    return maps, arrays


def _layer_map(row: dict[str, object]) -> LayerMap:
    """Return a map from its JSON form."""
    from pydantic import TypeAdapter

    return TypeAdapter(LayerMap).validate_python(row)


def _embed(
    bench: Bench, horizon: int, learnt: Checkpoints, placement: Placement
) -> tuple[tuple[LayerMap, ...], dict[str, np.ndarray]]:
    """Make the maps of all named layers."""
    wanted = bench.spec.embeddings
    if wanted is None:
        return (), {}
    epoch = chosen_epoch(learnt.rows, horizon)
    rows = sample_rows(len(bench.evaluated), wanted.samples, wanted.seed)
    weights, layers = learnt.load_weights(epoch), list(bench.spec.features.values())
    features = read_features(bench, weights, bench.evaluated, layers, placement, rows)
    arrays: dict[str, np.ndarray] = {SAMPLE: rows}
    labels, n_classes = bench.evaluated.labels[rows], bench.data.source.n_classes
    maps = []
    for alias, layer in bench.spec.features.items():
        own = features[layer]
        points = arrays[alias] = embed(own, wanted)
        in_features = measure_space(own, labels, n_classes)
        maps.append(
            LayerMap(
                horizon=horizon,
                epoch=epoch,
                split=EVALUATED,
                alias=alias,
                layer=layer,
                n_features=own.shape[1],
                n=len(own),
                method=wanted.method,
                perplexity=wanted.perplexity,
                trustworthiness=trustworthiness(own, points, in_features.n_neighbours),
                in_features=in_features,
                on_map=measure_space(points, labels, n_classes),
                features_structure=measure_structure(own, labels, n_classes),
                map_structure=measure_structure(points, labels, n_classes),
                stability=measure_stability(own, labels, n_classes, wanted),
                line=separating_line(points, labels),
            )
        )
    return tuple(maps), arrays

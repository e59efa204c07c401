"""Facts on the images that maximise filters, and on how far real images get."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.facts.fact import Definition, Fact, Source, Unit, define
from reportgen.maximized import MaximizedFilter, MaximizedLayer
from reportgen.records import RunRecord

PLACE = "{run}.maximization.{alias}"
"""Where the facts on the images of one alias stand."""

FIELDS: tuple[tuple[str, str, Unit, str], ...] = (
    ("layer", "layer", "text", "Name of the module whose filters are maximised."),
    ("n_filters", "n_filters", "count", "Filters that the layer has."),
    ("shown", "n_shown", "count", "Images that the record keeps: those of the first filters."),
    ("steps", "steps", "count", "Steps of gradient ascent."),
    ("lr", "lr", "ratio", "Adam's first learning rate, on pixels from 0 to 1."),
    ("regularizer", "regularizer", "text", "Regulariser: total_variation, l2 or none."),
    ("split", "split", "text", "Split of the real images to compare with."),
)
KINDS: tuple[tuple[Definition, str], ...] = tuple(
    (define(f"{PLACE}.{name}", unit, meaning), field) for name, field, unit, meaning in FIELDS
)
WEIGHT = define(f"{PLACE}.weight", "ratio", "Weight of the regulariser; not there without one.")
EPOCH = define(f"{PLACE}.epoch", "epoch", "Epoch of the checkpoint whose filters are maximised.")
N = define(f"{PLACE}.n", "count", "Filters that an image was made for.")
DEAD = define(f"{PLACE}.dead", "count", "Those without a gradient at any step.")
ABOVE = define(f"{PLACE}.above_real", "count", "Those whose image beats every real image.")
STRONGEST = define(f"{PLACE}.strongest.number", "count", "Filter with the highest activation.")
HIGHEST = define(f"{PLACE}.strongest.activation", "ratio", "Its mean activation.")
WEAKEST = define(f"{PLACE}.weakest.number", "count", "Filter with the lowest activation.")
LOWEST = define(f"{PLACE}.weakest.activation", "ratio", "Its mean activation by its image.")

FILTER = f"{PLACE}.filters.{{k}}"
NUMBER = define(f"{FILTER}.number", "count", "Number of the filter in its layer, from 1.")
ACTIVATION = define(f"{FILTER}.activation", "ratio", "Mean activation by the image made for it.")
START = define(f"{FILTER}.start", "ratio", "Mean activation by the noise that it began as.")
REAL = define(f"{FILTER}.real", "ratio", "Largest mean activation by any real image.")
TIMES = define(f"{FILTER}.times", "ratio", "Activation over that of the best real image.")
IS_DEAD = define(f"{FILTER}.dead", "bool", "Whether it had no gradient at any step.")


def maximization_facts(run: str, record: RunRecord, key: str) -> Iterator[Fact]:
    """Yield the facts on a run's maximised images; nothing where it made none."""
    for layer in record.result.maximized:
        yield from layer_facts(run, layer, key)
        for each in layer.filters:
            yield from one_filter_facts(run, layer, each, key)


def layer_facts(run: str, layer: MaximizedLayer, key: str) -> Iterator[Fact]:
    """Yield the facts on the images of one alias.

    The filters of a network as it starts, which an estimator looks at, are of no epoch.
    Of filters with equal activations the first is the strongest, or the weakest.
    """
    source = Source(key, f"maximized[{layer.alias}]")
    names = {"run": run, "alias": layer.alias}
    for kind, field in KINDS:
        yield kind(getattr(layer, field), source, **names)
    if layer.weight:
        yield WEIGHT(layer.weight, source, **names)
    if layer.epoch:
        yield EPOCH(layer.epoch, source, **names)
    filters = layer.filters
    yield N(len(filters), source, **names)
    yield DEAD(sum(each.dead for each in filters), source, **names)
    yield ABOVE(sum(each.activation > each.real for each in filters), source, **names)
    strongest = max(filters, key=lambda each: each.activation)
    weakest = min(filters, key=lambda each: each.activation)
    yield STRONGEST(strongest.number, source, **names)
    yield HIGHEST(strongest.activation, source, **names)
    yield WEAKEST(weakest.number, source, **names)
    yield LOWEST(weakest.activation, source, **names)


def one_filter_facts(
    run: str, layer: MaximizedLayer, each: MaximizedFilter, key: str
) -> Iterator[Fact]:
    """Yield the facts on one filter; how many times a real image's only above zero."""
    source = Source(key, f"maximized[{layer.alias}].filters[{each.number}]")
    names = {"run": run, "alias": layer.alias, "k": each.number}
    yield NUMBER(each.number, source, **names)
    yield ACTIVATION(each.activation, source, **names)
    yield START(each.start, source, **names)
    yield REAL(each.real, source, **names)
    yield IS_DEAD(each.dead, source, **names)
    if each.real > 0 and each.activation > 0:
        yield TIMES(each.activation / each.real, source, **names)

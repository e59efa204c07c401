"""Facts on the network: layers, parameters, sizes."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.facts.fact import Definition, Fact, Source, define
from reportgen.records import LayerRow, RunRecord

MODEL_NAME = define("{run}.model.name", "text", "Name of the network's class.")
WEIGHTS = define(
    "{run}.model.weights", "text", "What it started from, as in the experiment file; none: random."
)
PRETRAINED = define("{run}.model.pretrained", "bool", "Whether it started from learnt weights.")
PARAMETERS = define("{run}.model.parameters", "count", "Parameters, trainable or not.")
TRAINABLE = define("{run}.model.trainable", "count", "Parameters that training changes.")
FROZEN = define("{run}.model.frozen", "count", "Parameters that training leaves as they are.")
BUFFERS = define("{run}.model.buffers", "count", "Running statistics, which are no parameters.")
STORED = define("{run}.model.stored", "count", "Parameters and running statistics together.")
OUTPUTS = define("{run}.model.outputs", "count", "Units of the last layer.")
N_LAYERS = define("{run}.model.n_layers", "count", "Layers that `forward` calls.")
INPUT_BYTES = define("{run}.model.input_size", "bytes", "Memory of one input, float32.")
ACTIVATION_BYTES = define(
    "{run}.model.activation_size", "bytes", "Memory of all layer outputs, forward and backward."
)
PARAMETER_BYTES = define("{run}.model.parameter_size", "bytes", "Memory of the parameters.")
TOTAL_BYTES = define("{run}.model.total_size", "bytes", "Input, activations and parameters.")
LAYER_NAME = define("{run}.model.layers.{i}.name", "text", "Name of layer i, from 1.")
LAYER_TYPE = define("{run}.model.layers.{i}.type", "text", "Type of the layer.")
LAYER_SHAPE = define("{run}.model.layers.{i}.shape", "text", "Shape of its output, per sample.")
LAYER_CHANNELS = define("{run}.model.layers.{i}.channels", "count", "Channels or units it gives.")
LAYER_PARAMETERS = define("{run}.model.layers.{i}.parameters", "count", "Its parameters.")
LARGEST_NAME = define("{run}.model.largest.name", "text", "Layer with most parameters.")
LARGEST_PARAMETERS = define("{run}.model.largest.parameters", "count", "Parameters of that layer.")
LARGEST_SHARE = define("{run}.model.largest.share", "fraction", "Its share of all parameters.")

UNTRAINED = "none"
"""What `weights` says of a network that starts at random."""

TOTALS: tuple[tuple[Definition, str], ...] = (
    (TRAINABLE, "n_trainable"),
    (FROZEN, "n_frozen"),
    (BUFFERS, "n_buffers"),
    (OUTPUTS, "n_outputs"),
    (INPUT_BYTES, "input_bytes"),
    (ACTIVATION_BYTES, "activation_bytes"),
    (PARAMETER_BYTES, "parameter_bytes"),
)


def layer_parameters(row: LayerRow) -> int:
    """Return a layer's parameters, trainable or not."""
    return row.trainable + row.frozen


def model_facts(run: str, record: RunRecord, key: str) -> Iterator[Fact]:
    """Yield the facts on a run's network; the largest layer is the first on a tie."""
    model = record.result.model

    def source(field: str) -> Source:
        return Source(key, f"model.{field}")

    parameters = model.n_trainable + model.n_frozen
    yield MODEL_NAME(model.name, source("name"), run=run)
    yield WEIGHTS(model.weights, source("weights"), run=run)
    yield PRETRAINED(model.weights != UNTRAINED, source("weights"), run=run)
    yield PARAMETERS(parameters, source("n_trainable+n_frozen"), run=run)
    yield STORED(parameters + model.n_buffers, source("n_trainable+n_frozen+n_buffers"), run=run)
    for kind, field in TOTALS:
        yield kind(getattr(model, field), source(field), run=run)
    total = model.input_bytes + model.activation_bytes + model.parameter_bytes
    yield TOTAL_BYTES(total, source("*_bytes"), run=run)
    yield N_LAYERS(len(model.layers), source("layers"), run=run)
    largest = max(range(len(model.layers)), key=lambda i: layer_parameters(model.layers[i]))
    row, where = model.layers[largest], source(f"layers[{largest}]")
    yield LARGEST_NAME(row.name, where, run=run)
    yield LARGEST_PARAMETERS(layer_parameters(row), where, run=run)
    yield LARGEST_SHARE(layer_parameters(row) / parameters, where, run=run)
    for i, layer in enumerate(model.layers):
        where = source(f"layers[{i}]")
        shape = " × ".join(map(str, layer.output_shape))
        yield LAYER_NAME(layer.name, where, run=run, i=i + 1)
        yield LAYER_TYPE(layer.type, where, run=run, i=i + 1)
        yield LAYER_SHAPE(shape, where, run=run, i=i + 1)
        yield LAYER_CHANNELS(layer.output_shape[0], where, run=run, i=i + 1)
        yield LAYER_PARAMETERS(layer_parameters(layer), where, run=run, i=i + 1)

"""The layer table of a network, measured by running it once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from reportgen.models.outputs import evaluating, logits_of
from reportgen.models.phases import learnable_names, trained_names
from reportgen.models.study_code import located_errors
from reportgen.records import LayerRow, ModelSummary

if TYPE_CHECKING:
    from reportgen.spec.training import Phase

FLOAT32_BYTES = 4
PROBE_SAMPLES = 2


def summarize_model(
    model: nn.Module,
    input_shape: tuple[int, int, int],
    phases: Sequence[Phase],
    *,
    source: str,
    source_file: str,
    source_line: int,
    weights: str = "none",
    weights_fingerprint: str = "",
) -> ModelSummary:
    """Return a network's layers, parameters and sizes.

    Parameters
    ----------
    model : nn.Module
        On the CPU, as built, before any phase has frozen parameters.
    input_shape : tuple of int
        Channels, height and width of one image.
    phases : sequence of Phase
        A parameter that some phase trains is trainable, any other is frozen.
    source, source_file, source_line : str, str, int
        The class's source code, its file and first line; empty, 0 for a library's.
    weights, weights_fingerprint : str
        What it started from, and the SHA-256 of a file that was named.

    Returns
    -------
    ModelSummary
        One row for each call of a layer, in the order of the calls: a module without
        parts, or with parameters of its own. What `forward` calls as a function, and
        parameters of the whole network, have no row. Buffers are floating-point
        numbers only: a batch norm's step counter is no statistic.
    """
    calls, n_outputs = _run_once(model, input_shape)
    trainable_ids = _trainable_ids(model, phases)
    counted: set[int] = set()
    n_all = sum(p.numel() for p in model.parameters())
    n_trainable = sum(p.numel() for p in model.parameters() if id(p) in trainable_ids)
    # Twice the outputs, as torchsummary counts the forward and the backward pass.
    activations = 2 * sum(output.numel() // PROBE_SAMPLES for _, _, output in calls)
    return ModelSummary(
        name=type(model).__name__,
        layers=tuple(_row(*call, trainable_ids, counted) for call in calls),
        n_trainable=n_trainable,
        n_frozen=n_all - n_trainable,
        n_buffers=sum(b.numel() for b in model.buffers() if b.is_floating_point()),
        n_outputs=n_outputs,
        input_shape=input_shape,
        input_bytes=FLOAT32_BYTES * math.prod(input_shape),
        activation_bytes=FLOAT32_BYTES * activations,
        parameter_bytes=FLOAT32_BYTES * n_all,
        printed=repr(model),
        source=source,
        source_file=source_file,
        source_line=source_line,
        weights=weights,
        weights_fingerprint=weights_fingerprint,
    )


def _trainable_ids(model: nn.Module, phases: Sequence[Phase]) -> set[int]:
    """Return the identities of the parameters that some phase trains."""
    trained = {name for phase in phases for name in trained_names(model, phase.train)}
    trained &= learnable_names(model)
    return {id(parameter) for name, parameter in model.named_parameters() if name in trained}


def _run_once(
    model: nn.Module, input_shape: tuple[int, int, int]
) -> tuple[list[tuple[str, nn.Module, Tensor]], int]:
    """Return the calls of layers with their outputs, and the number of logits."""
    calls: list[tuple[str, nn.Module, Tensor]] = []
    handles = []
    for name, module in _layers(model):

        def keep(called: nn.Module, _inputs: object, output: object, name: str = name) -> None:
            calls.append((name, called, logits_of(output)))

        handles.append(module.register_forward_hook(keep))
    try:
        with (
            evaluating(model),
            torch.random.fork_rng([]),
            located_errors(f"{type(model).__name__}.forward failed"),
        ):
            logits = logits_of(model(torch.zeros((PROBE_SAMPLES, *input_shape))))
    finally:
        for handle in handles:
            handle.remove()
    return calls, logits.shape[-1]


def _layers(model: nn.Module, name: str = "") -> Iterator[tuple[str, nn.Module]]:
    """Yield what has a row: modules without parts, and modules with parameters of their own.

    A module whose parts have no parameters, as a convolution that pads by a part, is
    one layer, whatever it is made of.
    """
    own = next(model.parameters(recurse=False), None) is not None
    if not any(True for _ in model.children()) or (own and name):
        yield name, model
    if own and not any(True for part in model.children() for _ in part.parameters()):
        return
    for part, child in model.named_children():
        yield from _layers(child, f"{name}.{part}" if name else part)


def _row(
    name: str, module: nn.Module, output: Tensor, trainable_ids: set[int], counted: set[int]
) -> LayerRow:
    """Return one call's row; tensors counted before count no more."""
    counts = {"trainable": 0, "frozen": 0, "buffers": 0}
    for parameter in module.parameters(recurse=False):
        if id(parameter) not in counted:
            kind = "trainable" if id(parameter) in trainable_ids else "frozen"
            counts[kind] += parameter.numel()
            counted.add(id(parameter))
    for buffer in module.buffers(recurse=False):
        if id(buffer) not in counted and buffer.is_floating_point():
            counts["buffers"] += buffer.numel()
            counted.add(id(buffer))
    return LayerRow(name, type(module).__name__, tuple(output.shape[1:]), **counts)

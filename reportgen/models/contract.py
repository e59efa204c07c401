"""What a study's network must fulfil, checked before any training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from reportgen.errors import Fault, ModelError, nearest
from reportgen.maximized import MAX_PICTURE_BYTES, MAX_SHOWN, picture_bytes
from reportgen.models.outputs import evaluating, first_tensor, logits_of
from reportgen.models.phases import learnable_names, trained_names, training_norms
from reportgen.models.study_code import STUDY_ERRORS, fault_at, forward_fault

if TYPE_CHECKING:
    from reportgen.spec.maximization import Maximization
    from reportgen.spec.training import Training

PROBE_SAMPLES = 2

LIBRARIES = ("torchvision", "efficientnet_lite_pytorch")
"""Packages whose networks are sound: what fails in them fails by the images."""


def check_model(
    model: nn.Module,
    input_shape: tuple[int, int, int],
    n_classes: int,
    *,
    features: Mapping[str, str] | None = None,
    training: Training | None = None,
    n_train: int = 0,
    filters: str | None = None,
    maximization: Maximization | None = None,
) -> None:
    """Refuse a network that its experiment cannot train or read, with all faults at once.

    `forward` runs once, on zeros, in evaluation mode. Tied weights are allowed.

    Parameters
    ----------
    model : nn.Module
        On the CPU, before any training.
    input_shape : tuple of int
        Channels, height and width of one image.
    n_classes : int
        Classes of the data set; the network must have as many outputs.
    features : mapping of str to str, optional
        Alias to module name: each must exist and be called exactly once. Of a
        tuple or list that it gives, the first item is read.
    training : Training, optional
        Its phases must name modules with parameters; with batch norm, no batch
        of the `n_train` training samples may hold a single one.
    filters : str, optional
        Name of the convolution whose filters are kept; called exactly once.
    maximization : Maximization, optional
        Its layers must give maps, (b, filters, h, w), and be called exactly once; filters
        that it names must exist, and what is shown must have room in a record.

    Raises
    ------
    ModelError
        If anything is wrong.
    """
    layers = dict(model.named_modules())
    read = {f"features.{alias}": name for alias, name in (features or {}).items()}
    if filters is not None:
        read["filters.layer"] = filters
    if maximization is not None:
        read |= {_place(alias): each.layer for alias, each in maximization.images.items()}
    faults = [
        _fault(f'{place}: there is no layer "{name}"', model, name)
        for place, name in read.items()
        if name not in layers or not name
    ]
    if filters and filters in layers and not isinstance(layers[filters], nn.Conv2d):
        faults.append(_not_a_convolution(model, filters))
    present = {place: name for place, name in read.items() if name in layers and name}
    faults += _check_forward(model, input_shape, n_classes, present, maximization)
    if training is not None:
        faults += _check_phases(model, training)
        faults += _check_last_batch(model, training, n_train)
    if faults:
        raise ModelError(faults=faults)


def find_layer(model: nn.Module, name: str) -> nn.Module:
    """Return a module by its dotted name.

    Raises
    ------
    ModelError
        If there is none; names those that there are, the nearest first.
    """
    layers: dict[str, nn.Module] = {key: module for key, module in model.named_modules() if key}
    if name in layers:
        return layers[name]
    raise ModelError(faults=[_fault(f'{type(model).__name__} has no layer "{name}"', model, name)])


def _fault(message: str, model: nn.Module, name: str = "") -> Fault:
    """Return a fault; with a wrong layer name, naming the layers that there are."""
    if name:
        message += f"; {nearest(name, [key for key, _ in model.named_modules() if key])}"
    return Fault("", 0, 0, message)


def _not_a_convolution(model: nn.Module, name: str) -> Fault:
    """Return the fault of filters that are asked of another layer."""
    kind = type(find_layer(model, name)).__name__
    found = [key for key, module in model.named_modules() if isinstance(module, nn.Conv2d)]
    listed = f"; convolutions: {', '.join(found)}" if found else "; there is none"
    return _fault(f'filters.layer: "{name}" must be a Conv2d, and is a {kind}{listed}', model)


def _check_forward(
    model: nn.Module,
    input_shape: tuple[int, int, int],
    n_classes: int,
    read: Mapping[str, str],
    maximization: Maximization | None,
) -> list[Fault]:
    """Run `forward` once and look at its outputs and at the layers that are read."""
    kind = type(model).__name__
    shape = (PROBE_SAMPLES, *input_shape)
    outputs: dict[str, list[object]] = {name: [] for name in read.values()}
    handles = [
        find_layer(model, name).register_forward_hook(
            lambda _module, _inputs, output, kept=kept: kept.append(output)
        )
        for name, kept in outputs.items()
    ]
    last: list[str] = []  # names of the linear layers and convolutions, as they were called
    handles += [
        module.register_forward_hook(lambda *_, name=name: last.append(name))
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear | nn.Conv2d) and name
    ]
    try:
        with evaluating(model), torch.random.fork_rng([]):
            logits = logits_of(model(torch.zeros(shape)))
    except ModelError as error:
        return [forward_fault(model, f"{kind}: {error}")]
    except STUDY_ERRORS as error:
        if type(model).__module__.split(".")[0] in LIBRARIES:
            return [_unfit_images(model, input_shape, error)]
        return [fault_at(error, f"{kind}.forward failed on an input of shape {shape}")]
    finally:
        for handle in handles:
            handle.remove()
    faults = [
        fault
        for place, name in read.items()
        if (fault := _check_feature(model, place, name, outputs[name]))
    ]
    if maximization is not None:
        faults += _check_maximization(model, input_shape, maximization, outputs)
    return _check_logits(model, logits, n_classes, last[-1] if last else "") + faults


def _unfit_images(
    model: nn.Module, input_shape: tuple[int, int, int], error: BaseException
) -> Fault:
    """Return the fault of images that a library's network cannot take, with what would help."""
    kind, (channels, height, width) = type(model).__name__, input_shape
    first = next((m for m in model.modules() if isinstance(m, nn.Conv2d)), None)
    if first is not None and first.in_channels != channels:
        text = f"{kind} takes images of {first.in_channels} channels, and these have {channels}"
        return _fault(f"{text}; for image files set dataset.source.channels", model)
    text = f"{kind} cannot take images of {height}×{width} pixels (height × width)"
    reason = " ".join(str(error).split()) or type(error).__name__
    return _fault(f"{text}: {reason}; bring them to another size: dataset.source.resize", model)


def _check_logits(model: nn.Module, logits: Tensor, n_classes: int, last: str) -> list[Fault]:
    """Refuse logits that are not one row a sample and one column a class; `last` gave them."""
    kind, shape = type(model).__name__, tuple(logits.shape)
    if len(shape) != 2 or shape[0] != PROBE_SAMPLES:
        text = f"{kind} must return logits of shape (samples, {n_classes}); for {PROBE_SAMPLES} "
        return [forward_fault(model, f"{text}samples it returned {shape}")]
    if shape[1] != n_classes:
        text = f"{kind} has {shape[1]} output units, but the data set has {n_classes} classes"
        layer = f'the last layer, "{last}",' if last else "the last layer"
        return [forward_fault(model, f"{text}; give {layer} {n_classes} units")]
    if not logits.is_floating_point():
        text = f"{kind} must return floating-point logits, not {logits.dtype}"
        return [forward_fault(model, text)]
    return []


def _check_feature(model: nn.Module, place: str, name: str, outputs: list[object]) -> Fault | None:
    """Refuse a layer whose output is not one tensor with a row a sample."""
    text = f'{place}: layer "{name}"'
    if len(outputs) != 1:
        text += f" is called {len(outputs)} times in forward, not once"
        return _fault(f"{text}; give the call that is meant a module of its own", model)
    output = first_tensor(outputs[0])
    if output is None:
        text += " must give a tensor, or a tuple or list that begins with one"
        return _fault(f"{text}, not {type(outputs[0]).__name__}", model)
    if output.dim() < 2 or len(output) != PROBE_SAMPLES:
        text += " must give one row of features a sample"
        return _fault(f"{text}; for {PROBE_SAMPLES} samples it gave {tuple(output.shape)}", model)
    return None


def _place(alias: str, key: str = "layer") -> str:
    return f"maximization.images.{alias}.{key}"


def _check_maximization(
    model: nn.Module,
    input_shape: tuple[int, int, int],
    wanted: Maximization,
    outputs: Mapping[str, list[object]],
) -> list[Fault]:
    """Refuse layers without maps, filters beyond them, and more pictures than a record holds."""
    faults, n_shown = [], 0
    for alias, each in wanted.images.items():
        text = f'layer "{each.layer}"'
        calls = outputs.get(each.layer, [])
        output = first_tensor(calls[0]) if len(calls) == 1 else None
        if output is None or output.dim() < 2:
            continue  # told as that of any layer that is read
        if output.dim() != 4:
            text = f"{_place(alias)}: {text} must give a map for each filter, as a convolution does"
            faults.append(
                _fault(f"{text}; for {len(output)} samples it gave {tuple(output.shape)}", model)
            )
            continue
        n = output.shape[1]
        beyond = [str(number) for number in each.filters or () if number > n]
        if beyond:
            text = f"{_place(alias, 'filters')}: {text} has the filters 1 to {n}"
            faults.append(_fault(f"{text}, got {', '.join(beyond)}", model))
        n_shown += min(MAX_SHOWN, n if each.filters is None else len(each.filters))
    size = n_shown * picture_bytes(*input_shape)
    if size > MAX_PICTURE_BYTES:
        text = f"maximization.images: {n_shown} pictures would take {size} bytes of a record"
        faults.append(_fault(f"{text}, and may take {MAX_PICTURE_BYTES}; choose filters", model))
    return faults


def _check_phases(model: nn.Module, training: Training) -> list[Fault]:
    """Refuse phases that name no module, or train nothing."""
    layers = dict(model.named_modules())
    learnable = learnable_names(model)
    faults = []
    for number, phase in enumerate(training.phases):
        place = f"training.phases[{number}].train"
        named = () if phase.train == "all" else phase.train
        unknown = [name for name in named if not name or name not in layers]
        faults += [_fault(f'{place}: there is no module "{n}"', model, n or " ") for n in unknown]
        if not unknown and not trained_names(model, phase.train) & learnable:
            faults.append(_fault(f"{place}: nothing to train: it has no free parameters", model))
    return faults


def _check_last_batch(model: nn.Module, training: Training, n_train: int) -> list[Fault]:
    """Refuse a batch of one sample where a batch norm needs its statistics."""
    size = training.batch_size
    norms = [name for phase in training.phases for name in training_norms(model, phase)]
    if not norms or n_train < 1 or (n_train - 1) % size:
        return []
    text = (
        f"training.batch_size {size} leaves a batch of one sample of the {n_train}, of which "
        f"batch norm ({norms[0]}) cannot take statistics"
    )
    better = _better_batch_size(size, n_train)
    return [_fault(f"{text}; use {better}" if better else text, model)]


def _better_batch_size(size: int, n_train: int) -> int | None:
    """Return the nearest batch size, the smaller on a tie, without a batch of one."""
    fitting = [b for b in range(2, 2 * size + 2) if (n_train - 1) % b]
    return min(fitting, key=lambda b: abs(b - size), default=None)

"""Weights as safetensors bytes, and back.

A tensor that several modules share (tied weights) is stored once, under its
first name, since safetensors refuses shared storage; the model that takes the
bytes back shares it again by construction.
"""

from __future__ import annotations

from collections.abc import Mapping

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from reportgen.errors import ModelError


def named_tensors(model: nn.Module) -> dict[str, Tensor]:
    """Return a model's parameters and buffers by name, each tensor once, at its first name."""
    tensors: dict[str, Tensor] = dict(model.named_parameters())
    tensors.update(model.named_buffers())
    return tensors


def portable(tensor: Tensor) -> Tensor:
    """Return a tensor's own dense copy on the CPU."""
    return tensor.detach().to("cpu").clone(memory_format=torch.contiguous_format)


def dump_weights(model: nn.Module) -> bytes:
    """Return parameters and buffers as safetensors bytes, named as in the model."""
    return safetensors.torch.save({k: portable(v) for k, v in named_tensors(model).items()})


def load_weights(model: nn.Module, data: bytes) -> None:
    """Put weights into a model, in place: device and memory format stay the model's.

    Raises
    ------
    ModelError
        If the bytes are no safetensors file, or if tensors are missing, left
        over, or of another shape. Names them all; the model is then unchanged.
    """
    complaint = f"the weights do not fit {type(model).__name__}"
    copy_tensors(model, parse_weights(model, data), complaint)


def parse_weights(model: nn.Module, data: bytes) -> dict[str, Tensor]:
    """Return the tensors of safetensors bytes by name; `model` is who should get them.

    Raises
    ------
    ModelError
        If the bytes are no safetensors file.
    """
    try:
        found: dict[str, Tensor] = safetensors.torch.load(data)
    except safetensors.SafetensorError as error:
        msg = f"the weights of {type(model).__name__} cannot be read: {error}"
        raise ModelError(msg) from error
    return found


def copy_tensors(model: nn.Module, given: Mapping[str, Tensor], complaint: str) -> None:
    """Copy tensors into the model's of the same names; `complaint` opens the error."""
    wanted = named_tensors(model)
    faults = [f"{name} is missing" for name in wanted if name not in given]
    faults += [f"{name} is not in the model" for name in given if name not in wanted]
    faults += [
        f"{name} is {tuple(given[name].shape)}, not {tuple(tensor.shape)}"
        for name, tensor in wanted.items()
        if name in given and given[name].shape != tensor.shape
    ]
    if faults:
        msg = f"{complaint}: {'; '.join(faults)}"
        raise ModelError(msg)
    with torch.no_grad():
        for name, tensor in wanted.items():
            tensor.copy_(given[name])

"""The state of a training after an epoch, as safetensors bytes, and back.

Tensors are named `model.<name>` and `optimizer.<parameter>.<key>`. Random
states are not among them: every epoch seeds its own. The memory format of each
tensor is kept, since another one may round otherwise.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from reportgen.errors import RunError
from reportgen.hashing import canonical_json
from reportgen.models.weights import copy_tensors, named_tensors, portable

if TYPE_CHECKING:
    from torch.optim import Optimizer

MODEL, OPTIMIZER, STRIDES = "model.", "optimizer.", "strides"


def dump_state(model: nn.Module, optimizer: Optimizer) -> bytes:
    """Return the parameters, buffers and optimiser state."""
    tensors = {MODEL + name: tensor for name, tensor in named_tensors(model).items()}
    for name, parameter in model.named_parameters():
        for key, value in optimizer.state.get(parameter, {}).items():
            if isinstance(value, Tensor):
                tensors[f"{OPTIMIZER}{name}.{key}"] = value
    strides = {k: v.stride() for k, v in tensors.items() if not v.is_contiguous()}
    return safetensors.torch.save(
        {name: portable(tensor) for name, tensor in tensors.items()},
        # One entry: the order of several would change from process to process.
        metadata={STRIDES: canonical_json(strides).decode()},
    )


def load_state(data: bytes, model: nn.Module, optimizer: Optimizer) -> None:
    """Put a state back, each tensor on its device and in its memory format.

    Raises
    ------
    RunError
        If the bytes are no safetensors file.
    ModelError
        If they are another network's state.
    """
    try:
        tensors = safetensors.torch.load(data)
    except safetensors.SafetensorError as error:
        msg = f"the saved state of the training cannot be read: {error}"
        raise RunError(msg) from error
    given = {k.removeprefix(MODEL): v for k, v in tensors.items() if k.startswith(MODEL)}
    copy_tensors(model, given, f"the saved training does not fit {type(model).__name__}")
    strides = _strides(data)
    for name, parameter in model.named_parameters():
        prefix = f"{OPTIMIZER}{name}."
        # Names nest ("a" and "a.b"), keys have no dot: the rest must be a key.
        found = {
            full.removeprefix(prefix): _laid_out(value, strides.get(full))
            for full, value in tensors.items()
            if full.startswith(prefix) and "." not in full.removeprefix(prefix)
        }
        if found:
            optimizer.state[parameter] = {
                # The step counter stays on the CPU, as torch's optimisers keep it.
                key: value if key == "step" else value.to(parameter.device)
                for key, value in found.items()
            }


def _strides(data: bytes) -> dict[str, list[int]]:
    """Return the strides of the tensors that were not contiguous, from the file's header."""
    (length,) = struct.unpack("<Q", data[:8])
    metadata = json.loads(data[8 : 8 + length])["__metadata__"]
    strides: dict[str, list[int]] = json.loads(metadata[STRIDES])
    return strides


def _laid_out(tensor: Tensor, strides: list[int] | None) -> Tensor:
    """Return a tensor in a memory format."""
    if strides is None:
        return tensor
    return torch.empty_strided(tensor.shape, strides, dtype=tensor.dtype).copy_(tensor)

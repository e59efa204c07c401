"""A network on its device: one way from images to logits for training and inference."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from reportgen.models.outputs import evaluating, logits_of

if TYPE_CHECKING:
    from reportgen.training.placement import Placement


@dataclass(frozen=True, slots=True)
class Network:
    """A placed model, with the memory format in which its batches come."""

    model: nn.Module
    placement: Placement
    channels_last: bool

    def logits(self, images: Tensor) -> Tensor:
        """Return float32 logits (b, classes), computed in the placement's precision."""
        reduced = self.placement.precision == "bfloat16"
        with torch.autocast(self.placement.device, dtype=torch.bfloat16, enabled=reduced):
            output = self.model(images)
        return logits_of(output).float()


def place_model(
    model: nn.Module, placement: Placement, input_shape: tuple[int, int, int]
) -> Network:
    """Move a model to its device, in channels-last order where that pays.

    It pays for convolutions on a CPU (a third less time) and in bfloat16 on a
    CUDA GPU. A network whose `forward` needs the other order, e.g. since it
    calls `view` on an image, keeps it.
    """
    model.to(placement.device)
    channels_last = _pays(model, placement) and _bears_channels_last(model, placement, input_shape)
    if channels_last:
        model.to(memory_format=torch.channels_last)
    return Network(model, placement, channels_last)


@contextmanager
def pooling_in_order(network: Network) -> Iterator[None]:
    """Within the block, hand max pooling its gradients in the order of its images.

    From a dense layer behind they come in the other order, and then torch copies the
    whole of the layer's input twice, a tenth of a small network's step. No value changes:
    the gradient of each window goes to its maximum.
    """
    with ExitStack() as hooks:
        if network.channels_last:
            for layer in network.model.modules():
                if isinstance(layer, nn.MaxPool2d):
                    hooks.callback(layer.register_forward_hook(_order_gradient).remove)
        yield


def _order_gradient(_layer: nn.Module, _inputs: object, output: object) -> None:
    if isinstance(output, Tensor) and output.requires_grad and output.dim() == 4:
        output.register_hook(_in_order)  # type: ignore[no-untyped-call]


def _in_order(gradient: Tensor) -> Tensor:
    return gradient.contiguous(memory_format=torch.channels_last)


def _pays(model: nn.Module, placement: Placement) -> bool:
    """Return whether channels-last order is the faster one."""
    if not any(isinstance(module, nn.Conv2d) for module in model.modules()):
        return False
    reduced = placement.precision == "bfloat16"
    return placement.device == "cpu" or (placement.device == "cuda" and reduced)


def _bears_channels_last(
    model: nn.Module, placement: Placement, input_shape: tuple[int, int, int]
) -> bool:
    """Return whether `forward` runs on channels-last images; other faults show later, in place."""
    images = torch.zeros((2, *input_shape), device=placement.device)
    with evaluating(model), torch.random.fork_rng([]):
        try:
            model(images.contiguous(memory_format=torch.channels_last))
        except RuntimeError:
            return False
    return True

"""Images that maximise the mean activation of filters: gradient ascent on the pixels.

The objective of filter f is the mean of its map less the regulariser times its
weight, both of one image alone: images that are optimised together do not act
on one another. It is Erhan, Bengio, Courville and Vincent's activation
maximisation (2009, technical report 1341, Université de Montréal).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from reportgen.errors import ModelError
from reportgen.models.contract import find_layer
from reportgen.models.outputs import evaluating, first_tensor
from reportgen.models.study_code import located_errors
from reportgen.spec.maximization import SquaredDistance, TotalVariation
from reportgen.training.inference import prepare
from reportgen.training.placement import running_on

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import nn

    from reportgen.datasets.source import Split
    from reportgen.spec.maximization import Maximization, Regularizer
    from reportgen.spec.training import Augmentation
    from reportgen.training.batches import Batches
    from reportgen.training.network import Network
    from reportgen.training.placement import Placement

BATCH_PIXELS = 1 << 20
MAX_BATCH = 64
"""Images that are optimised together: fewer where they are large."""


class LayerReachedError(Exception):
    """Ends a forward pass at the layer that is wanted; never leaves this module."""


@dataclass(frozen=True, slots=True, eq=False)
class Maximized:
    """What was found for some filters of a layer.

    Attributes
    ----------
    n_filters : int
        Filters that the layer has.
    images : ndarray of uint8, (k, h, w, c)
        As the network gets them, before normalisation.
    activation : ndarray of float32, (k,)
        Mean activation of the filter by that image.
    start : ndarray of float32, (k,)
        By the noise that it began as.
    real : ndarray of float32, (k,)
        The largest of any image of the split.
    dead : ndarray of bool, (k,)
        Whether the activation had no gradient at any step: the image shows nothing.
    """

    n_filters: int
    images: NDArray[np.uint8]
    activation: NDArray[np.float32]
    start: NDArray[np.float32]
    real: NDArray[np.float32]
    dead: NDArray[np.bool_]


def maximize_filters(  # noqa: PLR0913 - the same hand-over as predict's, and what is wanted
    model: nn.Module,
    layer: str,
    filters: Sequence[int] | None,
    wanted: Maximization,
    split: Split,
    mean: Sequence[float],
    std: Sequence[float],
    placement: Placement,
    *,
    batch_size: int,
    augmentation: Sequence[Augmentation] = (),
) -> Maximized:
    """Return the image that maximises each of some filters of a layer, in evaluation mode.

    It is computed in float32 whatever the training's precision. An image's start
    follows from seed, layer and filter, so that a filter's image does not depend on
    which others are wanted, but for what another size of batch rounds otherwise.

    Parameters
    ----------
    layer : str
        Name of a module that gives maps, (b, filters, h, w).
    filters : sequence of int, optional
        Numbers from 1; all without it.
    split : Split
        Real images to compare with.

    Raises
    ------
    ModelError
        If the layer gives no maps, has no such filter, its output does not follow from
        the image by a gradient, an activation is not finite, or the network's own code
        fails.
    """
    exact = replace(placement, precision="float32")
    with running_on(exact), evaluating(model), located_errors(f"{type(model).__name__} failed"):
        network, batches = prepare(model, split, mean, std, exact, batch_size, augmentation)
        probe = Probe(network, layer)
        real = _largest(probe, batches)
        numbers = range(1, len(real) + 1) if filters is None else filters
        if max(numbers) > len(real):
            msg = f'layer "{layer}" has filters 1 to {len(real)}, got {max(numbers)}'
            raise ModelError(msg)
        shape = next(iter(batches))[0].shape[1:]
        studio = Studio(probe, wanted, _column(mean, exact), _column(std, exact))
        size = max(1, min(MAX_BATCH, BATCH_PIXELS // (shape[1] * shape[2])))
        parts = [
            studio.ascend(numbers[i : i + size], tuple(shape)) for i in range(0, len(numbers), size)
        ]
    rows = np.array(numbers) - 1
    images, activation, start, dead = (np.concatenate(part) for part in zip(*parts, strict=True))
    if not (np.isfinite(activation).all() and np.isfinite(real).all()):
        msg = f'an activation of layer "{layer}" is not finite'
        raise ModelError(msg)
    return Maximized(len(real), images, activation, start, real[rows], dead)


@dataclass(frozen=True, slots=True)
class Probe:
    """A network as far as one layer: from normalised images to mean activations, (b, filters)."""

    network: Network
    layer: str

    def __call__(self, images: Tensor) -> Tensor:
        """Return the mean of each map; the rest of the network is not run."""
        seen: list[object] = []

        def stop(_module: nn.Module, _inputs: object, output: object) -> None:
            seen.append(output)
            raise LayerReachedError

        model = self.network.model
        handle = find_layer(model, self.layer).register_forward_hook(stop)
        try:
            model(images)
        except LayerReachedError:
            pass
        finally:
            handle.remove()
        maps = first_tensor(seen[0]) if seen else None
        if maps is None or maps.dim() != 4:
            msg = f'layer "{self.layer}" gives no maps'
            raise ModelError(msg)
        return maps.float().mean((2, 3))


def _largest(probe: Probe, batches: Batches) -> NDArray[np.float32]:
    """Return the largest mean activation of each filter by any image."""
    found = torch.stack([probe(images).amax(0) for images, _ in batches])
    largest: NDArray[np.float32] = found.amax(0).cpu().numpy()
    return largest


def _column(values: Sequence[float], placement: Placement) -> Tensor:
    """Return a value for each channel as (1, c, 1, 1)."""
    return torch.tensor(values, device=placement.device).reshape(1, -1, 1, 1)


@dataclass(frozen=True, slots=True)
class Studio:
    """Makes images for filters of one layer; `mean` and `std` are (1, c, 1, 1), of pixels."""

    probe: Probe
    wanted: Maximization
    mean: Tensor
    std: Tensor

    def ascend(
        self, numbers: Sequence[int], shape: tuple[int, ...]
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
        """Return images, what they activate, what their starts did, and which are dead."""
        wanted, device = self.wanted, self.mean.device
        starts = [start_image(wanted.seed, self.probe.layer, number, shape) for number in numbers]
        pixels = torch.from_numpy(np.stack(starts)).to(device)
        start = self._activation(pixels, numbers)
        moved = torch.zeros(len(numbers), dtype=torch.bool, device=device)
        pixels.requires_grad_()
        adam = torch.optim.Adam([pixels], lr=wanted.lr)
        for step in range(wanted.steps):
            adam.param_groups[0]["lr"] = wanted.lr * (1 - step / wanted.steps)
            uphill = self._uphill(pixels, numbers)
            moved |= (uphill != 0).flatten(1).any(1)
            pixels.grad = self._held_back(pixels) - uphill
            adam.step()
            pixels.clamp_(0, 1)  # evaluation mode holds gradients off
        images = (pixels.detach() * 255).round().to(torch.uint8)
        reached = self._activation(images.float() / 255, numbers)
        return (
            images.permute(0, 2, 3, 1).contiguous().cpu().numpy(),
            reached.cpu().numpy(),
            start.cpu().numpy(),
            (~moved).cpu().numpy(),
        )

    def _activation(self, pixels: Tensor, numbers: Sequence[int]) -> Tensor:
        """Return the mean activation of each image's own filter, (k,)."""
        form = torch.channels_last if self.probe.network.channels_last else torch.contiguous_format
        normalized = ((pixels - self.mean) / self.std).contiguous(memory_format=form)
        means = self.probe(normalized)
        own = torch.tensor(numbers, device=means.device) - 1
        return means.gather(1, own[:, None])[:, 0]

    def _uphill(self, pixels: Tensor, numbers: Sequence[int]) -> Tensor:
        """Return the gradient of the activations by the pixels."""
        with torch.enable_grad():
            activation = self._activation(pixels, numbers)
            gradient = None
            if activation.requires_grad:
                (gradient,) = torch.autograd.grad(activation.sum(), pixels, allow_unused=True)
        if gradient is None:
            msg = (
                f'the output of layer "{self.probe.layer}" does not follow from the image by a '
                "gradient; no image can be made for its filters"
            )
            raise ModelError(msg)
        return gradient

    def _held_back(self, pixels: Tensor) -> Tensor:
        """Return the gradient of the regulariser times its weight."""
        rule = self.wanted.regularizer
        with torch.enable_grad():
            total = rule.weight * penalty(rule, pixels, self.mean).sum()
            if not total.requires_grad:
                return torch.zeros_like(pixels)
            (gradient,) = torch.autograd.grad(total, pixels)
        return gradient


def penalty(rule: Regularizer, pixels: Tensor, mean: Tensor) -> Tensor:
    """Return what a regulariser holds back of each image, (k,), of pixels (k, c, h, w) in [0, 1].

    `total_variation` is the mean difference, without sign, of vertical neighbours and
    that of horizontal ones; `l2` the mean squared distance from `mean`, (1, c, 1, 1).
    """
    if isinstance(rule, TotalVariation):
        down, across = pixels.diff(dim=2).abs(), pixels.diff(dim=3).abs()
        return _means(down) + _means(across)
    if isinstance(rule, SquaredDistance):
        return (pixels - mean).square().mean((1, 2, 3))
    return pixels.new_zeros(len(pixels))


def _means(values: Tensor) -> Tensor:
    """Return the mean of each image, 0 where nothing is left of it."""
    return values.flatten(1).sum(1) / max(1, values[0].numel())


def start_image(seed: int, layer: str, number: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return the noise that a filter's image begins as: even in [0, 1), all filters apart.

    Noise about mid-grey alone leaves many filters behind a ReLU without a gradient.
    """
    name = int.from_bytes(hashlib.sha256(layer.encode()).digest()[:8], "big")
    return np.random.default_rng([seed, name, number]).random(shape, dtype=np.float32)

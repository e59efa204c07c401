"""A trained network on a split: losses, predictions, features."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from reportgen.models.contract import find_layer
from reportgen.models.outputs import evaluating, logits_of
from reportgen.models.study_code import located_errors
from reportgen.training.augmentation import build_preparation
from reportgen.training.batches import Batches, Normalizer, place_split
from reportgen.training.image_size import prepared_shape
from reportgen.training.network import Network, place_model
from reportgen.training.placement import running_on

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch.utils.hooks import RemovableHandle

    from reportgen.datasets.source import Split
    from reportgen.spec.training import Augmentation
    from reportgen.training.placement import Placement


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """A network's answers on a split.

    Attributes
    ----------
    predicted : ndarray of uint16, (n,)
        The class of the largest logit; on a tie the first.
    confidence : ndarray of float32, (n,)
        Softmax probability of that class.
    mean_loss : float
        Mean cross-entropy over the samples, in nats.
    """

    predicted: NDArray[np.uint16]
    confidence: NDArray[np.float32]
    mean_loss: float


def predict(
    model: nn.Module,
    split: Split,
    mean: Sequence[float],
    std: Sequence[float],
    placement: Placement,
    *,
    batch_size: int,
    augmentation: Sequence[Augmentation] = (),
) -> Predictions:
    """Predict every sample of a split, in its order.

    With the `validation_batch_size` and the augmentation of the training, of
    which only the sizes count here, the accuracy equals the epoch row's to the
    last bit: both take the same way through the network.

    Raises
    ------
    ModelError
        If the network's own code fails.
    """
    with running_on(placement):
        network, batches = prepare(model, split, mean, std, placement, batch_size, augmentation)
        predicted, confidence = [], []
        loss = zero_sum(network)
        with evaluating(model), located_errors(f"{type(model).__name__} failed"):
            for images, labels in batches:
                logits = network.logits(images)
                best = logits.softmax(1).max(1)
                predicted.append(logits.argmax(1))
                confidence.append(best.values)
                loss += cross_entropy(logits, labels, reduction="sum")
        return Predictions(
            torch.cat(predicted).cpu().numpy().astype(np.uint16),
            torch.cat(confidence).cpu().numpy(),
            loss.item() / batches.n,
        )


def evaluate(network: Network, batches: Batches) -> tuple[float, float]:
    """Return mean loss, in nats, and accuracy in evaluation mode; one read from the device."""
    loss, hits = zero_sum(network), zero_sum(network)
    with evaluating(network.model):
        for images, labels in batches:
            logits = network.logits(images)
            loss += cross_entropy(logits, labels, reduction="sum")
            hits += (logits.argmax(1) == labels).sum()
    return loss.item() / batches.n, hits.item() / batches.n


def extract_features(  # noqa: PLR0913 - the same hand-over as predict's, and what is read
    model: nn.Module,
    split: Split,
    rows: NDArray[np.int32],
    layers: Sequence[str],
    mean: Sequence[float],
    std: Sequence[float],
    placement: Placement,
    *,
    batch_size: int,
    augmentation: Sequence[Augmentation] = (),
) -> dict[str, NDArray[np.float32]]:
    """Return the outputs of named modules, in evaluation mode, for some rows of a split.

    Of a module that gives a tuple or list, the first item is taken; of the
    `augmentation` only the sizes count.

    Returns
    -------
    dict of str to ndarray of float32, (m, d)
        By module name; one line a row, in the order given, each output flattened.

    Raises
    ------
    ModelError
        If a module does not exist, or the network's own code fails.
    """
    parts: dict[str, list[Tensor]] = {layer: [] for layer in layers}
    with running_on(placement), contextlib.ExitStack() as hooks:
        chosen = split.take(rows.astype(np.intp))
        network, batches = prepare(model, chosen, mean, std, placement, batch_size, augmentation)
        for layer, kept in parts.items():
            hooks.callback(_keep_outputs(model, layer, kept).remove)
        with evaluating(model), located_errors(f"{type(model).__name__} failed"):
            for images, _ in batches:
                network.logits(images)
    return {layer: torch.cat(kept).cpu().numpy() for layer, kept in parts.items()}


def zero_sum(network: Network) -> Tensor:
    """Return a sum to gather on the device: in float64, which MPS does not have."""
    device = network.placement.device
    return torch.zeros((), device=device, dtype=torch.float32 if device == "mps" else torch.float64)


def prepare(
    model: nn.Module,
    split: Split,
    mean: Sequence[float],
    std: Sequence[float],
    placement: Placement,
    batch_size: int,
    augmentation: Sequence[Augmentation],
) -> tuple[Network, Batches]:
    """Return the placed network and a split's batches as they are evaluated."""
    placed = place_split(split, placement)
    network = place_model(model, placement, prepared_shape(augmentation, placed.input_shape))
    batches = Batches(
        placed,
        batch_size,
        Normalizer.of(mean, std, placement.device),
        augment=build_preparation(augmentation),
        channels_last=network.channels_last,
    )
    return network, batches


def _keep_outputs(model: nn.Module, layer: str, kept: list[Tensor]) -> RemovableHandle:
    """Append each output of a module to a list, flattened to float32 (b, d)."""

    def keep(_module: nn.Module, _inputs: object, output: object) -> None:
        # A copy: a later in-place layer would write into the output.
        kept.append(logits_of(output).detach().flatten(1).float().clone())

    return find_layer(model, layer).register_forward_hook(keep)

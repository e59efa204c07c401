"""What a network gives back, and running it without a trace."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from reportgen.errors import ModelError


def logits_of(output: object) -> Tensor:
    """Return the logits: the output itself, or the first item of a tuple or list.

    Raises
    ------
    ModelError
        If there is no tensor there.
    """
    first = first_tensor(output)
    if first is not None:
        return first
    msg = (
        "forward must return the logits, or a tuple or list that begins with them; "
        f"it returned {type(output).__name__}"
    )
    raise ModelError(msg)


def first_tensor(output: object) -> Tensor | None:
    """Return what a module gave, or the first item of a tuple or list; None if it is no tensor."""
    first = output[0] if isinstance(output, tuple | list) and output else output
    return first if isinstance(first, Tensor) else None


@contextlib.contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Hold a model in evaluation mode, without gradients; then restore each module's mode."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, training in modes:
            module.training = training

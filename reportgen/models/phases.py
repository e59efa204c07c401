"""Which parameters a phase trains, and how its frozen part behaves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from torch.nn.modules.batchnorm import _BatchNorm

if TYPE_CHECKING:
    from torch import nn

    from reportgen.spec.training import Phase

Trained = Literal["all"] | Sequence[str]


def learnable_names(model: nn.Module) -> frozenset[str]:
    """Return the parameters that the network itself leaves free; ask before any phase."""
    return frozenset(name for name, p in model.named_parameters() if p.requires_grad)


def trained_names(model: nn.Module, train: Trained) -> frozenset[str]:
    """Return the parameters inside the named modules, each tensor by its first name.

    A tensor that a named and another module share is among them.
    """
    first: dict[int, str] = {}
    chosen = set()
    for name, parameter in model.named_parameters(remove_duplicate=False):
        first.setdefault(id(parameter), name)
        if _inside(name, train):
            chosen.add(first[id(parameter)])
    return frozenset(chosen)


def training_norms(model: nn.Module, phase: Phase) -> tuple[str, ...]:
    """Return the batch norms that gather statistics in a phase: not the frozen ones in eval."""
    return tuple(
        name
        for name, module in model.named_modules()
        if isinstance(module, _BatchNorm)
        and (phase.frozen_norm == "train" or _inside(name, phase.train))
    )


def enter_phase(model: nn.Module, phase: Phase, learnable: frozenset[str]) -> None:
    """Freeze what the phase does not train; `learnable` is what `learnable_names` gave."""
    trained = trained_names(model, phase.train) & learnable
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name in trained)


def set_training_mode(model: nn.Module, phase: Phase) -> None:
    """Put the network in training mode, batch norms that keep their statistics in eval."""
    model.train()
    gathering = set(training_norms(model, phase))
    for name, module in model.named_modules():
        if isinstance(module, _BatchNorm) and name not in gathering:
            module.eval()


def _inside(name: str, train: Trained) -> bool:
    """Return whether a dotted name lies in one of the named modules."""
    if train == "all":
        return True
    return any(name == module or name.startswith(f"{module}.") for module in train)

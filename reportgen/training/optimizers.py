"""torch's optimisers from their specs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from reportgen.spec.training import Sgd

if TYPE_CHECKING:
    from torch.optim import Optimizer

    from reportgen.spec.training import Adam


def build_optimizer(model: nn.Module, spec: Sgd | Adam) -> Optimizer:
    """Return an optimiser over the parameters that are not frozen."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    if isinstance(spec, Sgd):
        return torch.optim.SGD(
            parameters,
            lr=spec.lr,
            momentum=spec.momentum,
            nesterov=spec.nesterov,
            weight_decay=spec.weight_decay,
        )
    kind = torch.optim.Adam if spec.name == "adam" else torch.optim.AdamW
    return kind(parameters, lr=spec.lr, betas=spec.betas, weight_decay=spec.weight_decay)

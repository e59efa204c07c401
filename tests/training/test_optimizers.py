from __future__ import annotations

import pytest
import torch
from torch import nn

from reportgen.spec.training import Adam, Sgd
from reportgen.training.optimizers import build_optimizer


def test_every_value_of_the_spec_arrives():
    model = nn.Linear(2, 2)
    sgd = build_optimizer(
        model, Sgd(name="sgd", lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01)
    )
    group = sgd.param_groups[0]
    assert isinstance(sgd, torch.optim.SGD)
    assert [group[k] for k in ("lr", "momentum", "nesterov", "weight_decay")] == [
        0.1,
        0.9,
        True,
        0.01,
    ]
    adam = build_optimizer(model, Adam(name="adam", lr=0.1, betas=(0.8, 0.9), weight_decay=0.02))
    group = adam.param_groups[0]
    assert [group[k] for k in ("lr", "betas", "weight_decay")] == [0.1, (0.8, 0.9), 0.02]


@pytest.mark.parametrize(
    ("name", "kind"), [("adam", torch.optim.Adam), ("adamw", torch.optim.AdamW)]
)
def test_the_decoupled_kind_is_its_own(name, kind):
    assert type(build_optimizer(nn.Linear(2, 2), Adam(name=name, lr=0.1))) is kind


def test_frozen_parameters_are_left_out():
    model = nn.Linear(2, 2)
    model.bias.requires_grad_(False)
    (group,) = build_optimizer(model, Sgd(name="sgd", lr=0.1)).param_groups
    assert group["params"] == [model.weight]

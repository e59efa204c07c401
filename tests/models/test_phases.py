from __future__ import annotations

import pytest
from torch import nn

from reportgen.models.phases import (
    enter_phase,
    learnable_names,
    set_training_mode,
    trained_names,
    training_norms,
)
from tests.training.toy import ToyNet, phase

HEAD = {"head.weight", "head.bias"}


def free(model: nn.Module) -> set[str]:
    return {name for name, parameter in model.named_parameters() if parameter.requires_grad}


def test_names_mean_whole_modules():
    model = nn.ModuleDict({"fc": nn.Linear(1, 1), "fc2": nn.Sequential(nn.Linear(1, 1))})
    assert trained_names(model, ("fc",)) == {"fc.weight", "fc.bias"}
    assert trained_names(model, ("fc2",)) == {"fc2.0.weight", "fc2.0.bias"}
    assert len(trained_names(model, "all")) == 4


def test_a_shared_tensor_is_trained_with_either_module():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].weight = model[0].weight
    assert trained_names(model, ("1",)) == {"0.weight", "1.bias"}


def test_phases_freeze_and_free_again_but_not_what_the_network_froze():
    model = ToyNet()
    model.conv.bias.requires_grad_(False)
    learnable = learnable_names(model)
    enter_phase(model, phase(1, train=("head",)), learnable)
    assert free(model) == HEAD
    enter_phase(model, phase(1), learnable)
    assert free(model) == HEAD | {
        "conv.weight",
        "mix.weight",
        "mix.bias",
        "norm.weight",
        "norm.bias",
    }


@pytest.mark.parametrize(
    ("train", "frozen_norm", "gathers"),
    [
        ("all", "eval", True),
        (("norm",), "eval", True),
        (("head",), "eval", False),
        (("head",), "train", True),
    ],
)
def test_frozen_batch_norms_keep_their_statistics_unless_told_otherwise(
    train, frozen_norm, gathers
):
    model, spec = ToyNet(), phase(1, train=train, frozen_norm=frozen_norm)
    set_training_mode(model, spec)
    assert model.norm.training is gathers
    assert model.drop.training
    assert training_norms(model, spec) == (("norm",) if gathers else ())

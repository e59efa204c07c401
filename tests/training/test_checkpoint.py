from __future__ import annotations

import pytest
import safetensors.torch
import torch
from torch import nn

from reportgen.errors import ModelError, RunError
from reportgen.training.checkpoint import dump_state, load_state
from reportgen.training.optimizers import build_optimizer
from tests.training.toy import ADAM, MOMENTUM, ToyNet, tensors_of


def stepped(optimizer_spec, model=None):
    """Return a model and its optimiser after one step."""
    model = model or ToyNet()
    optimizer = build_optimizer(model, optimizer_spec)
    model(torch.rand(4, 1, 8, 8)).sum().backward()
    optimizer.step()
    return model, optimizer


def test_tensors_are_named_after_the_network():
    model, optimizer = stepped(ADAM)
    names = set(safetensors.torch.load(dump_state(model, optimizer)))
    assert {"model.conv.weight", "model.norm.running_var"} <= names
    keys = {name.rsplit(".", 1)[1] for name in names if name.startswith("optimizer.head.bias.")}
    assert keys == {"step", "exp_avg", "exp_avg_sq"}


@pytest.mark.parametrize("spec", [MOMENTUM, ADAM])
def test_a_state_comes_back_bit_for_bit_and_gives_the_same_bytes(spec):
    model, optimizer = stepped(spec)
    data = dump_state(model, optimizer)
    other = ToyNet()
    other_optimizer = build_optimizer(other, spec)
    load_state(data, other, other_optimizer)
    assert tensors_of(other) == tensors_of(model)
    assert dump_state(other, other_optimizer) == data


def test_each_tensor_comes_back_in_its_memory_format():
    net = nn.Sequential(nn.Conv2d(2, 3, 3), nn.Flatten())
    net.to(memory_format=torch.channels_last)
    optimizer = build_optimizer(net, ADAM)
    net(torch.rand(2, 2, 5, 5)).sum().backward()
    optimizer.step()
    before = {key: v.stride() for key, v in optimizer.state[net[0].weight].items()}
    assert before["exp_avg"] == (18, 1, 6, 2)  # 3 filters of 2 channels, 3 × 3
    again = build_optimizer(net, ADAM)
    load_state(dump_state(net, optimizer), net, again)
    assert {key: v.stride() for key, v in again.state[net[0].weight].items()} == before


def test_names_that_begin_alike_are_kept_apart():
    model = nn.Module()
    model.a = nn.Parameter(torch.ones(2))
    model.b = nn.Module()
    model.b.step = nn.Parameter(torch.ones(3))
    model.b.b = nn.Parameter(torch.ones(1))
    optimizer = build_optimizer(model, ADAM)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    again = build_optimizer(model, ADAM)
    load_state(dump_state(model, optimizer), model, again)
    assert {len(state["exp_avg"]) for state in again.state.values()} == {1, 2, 3}


def test_another_networks_state_is_refused():
    model, optimizer = stepped(MOMENTUM)
    other = nn.Sequential(nn.Linear(2, 2))
    with pytest.raises(ModelError, match="the saved training does not fit Sequential: 0.weight"):
        load_state(dump_state(model, optimizer), other, build_optimizer(other, MOMENTUM))


def test_damaged_bytes_are_told():
    model = ToyNet()
    with pytest.raises(RunError, match="the saved state of the training cannot be read"):
        load_state(b"damaged", model, build_optimizer(model, MOMENTUM))

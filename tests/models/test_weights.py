from __future__ import annotations

import pytest
import safetensors.torch
import torch
from torch import nn

from reportgen.errors import ModelError
from reportgen.models.weights import dump_weights, load_weights
from tests.training.toy import ToyNet, tensors_of


def test_weights_come_back_bit_for_bit_with_buffers():
    model, other = ToyNet(), ToyNet()
    model(torch.rand(4, 1, 8, 8))  # moves the running statistics
    load_weights(other, dump_weights(model))
    assert tensors_of(other) == tensors_of(model)
    assert int(other.norm.num_batches_tracked) == 1


def test_the_same_weights_give_the_same_bytes_in_any_memory_format():
    model = ToyNet()
    data = dump_weights(model)
    assert dump_weights(model.to(memory_format=torch.channels_last)) == data


def test_the_model_keeps_its_memory_format():
    model = ToyNet()
    model.conv = nn.Conv2d(4, 4, 3)
    data = dump_weights(model)
    model.to(memory_format=torch.channels_last)
    load_weights(model, data)
    assert model.conv.weight.is_contiguous(memory_format=torch.channels_last)
    assert not model.conv.weight.is_contiguous()


def tied() -> nn.Sequential:
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].weight = model[0].weight
    return model


def test_tied_weights_are_stored_once_and_stay_tied():
    model, other = tied(), tied()
    data = dump_weights(model)
    assert sorted(safetensors.torch.load(data)) == ["0.bias", "0.weight", "1.bias"]
    load_weights(other, data)
    assert torch.equal(other[1].weight, model[0].weight)
    assert other[1].weight is other[0].weight


def test_parameters_that_are_views_of_one_tensor_are_stored():
    whole = torch.rand(2, 3)
    model = nn.Module()
    model.a, model.b = nn.Parameter(whole[0]), nn.Parameter(whole[1])
    assert torch.equal(safetensors.torch.load(dump_weights(model))["b"], whole[1])


def test_what_does_not_fit_is_named_and_changes_nothing():
    small, large = nn.Sequential(nn.Linear(2, 3)), nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 3))
    before = tensors_of(large)
    with pytest.raises(ModelError) as caught:
        load_weights(large, dump_weights(small))
    assert str(caught.value) == (
        "the weights do not fit Sequential: 1.weight is missing; 1.bias is missing; "
        "0.weight is (3, 2), not (3, 4)"
    )
    assert tensors_of(large) == before
    with pytest.raises(ModelError, match=r"1\.weight is not in the model"):
        load_weights(small, dump_weights(large))


@pytest.mark.parametrize("data", [b"", b"no weights", dump_weights(nn.Linear(2, 2))[:-3]])
def test_damaged_bytes_are_told(data):
    with pytest.raises(ModelError, match="the weights of Linear cannot be read"):
        load_weights(nn.Linear(2, 2), data)

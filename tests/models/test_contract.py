from __future__ import annotations

import pytest
import torch
from torch import nn

from reportgen.errors import ModelError
from reportgen.models.contract import check_model, find_layer
from reportgen.spec.maximization import Maximization
from tests.models.study_file import build
from tests.training.toy import MOMENTUM, ToyNet, phase, training

SHAPE = (1, 8, 8)


def message(model: nn.Module, n_classes: int = 3, **more) -> str:
    """Return what `check_model` complains about."""
    with pytest.raises(ModelError) as caught:
        check_model(model, SHAPE, n_classes, **more)
    return str(caught.value)


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(64, 64)
        self.second = nn.Linear(64, 64)
        self.second.weight = self.first.weight
        self.head = nn.Linear(64, 3)

    def forward(self, x):
        return self.head(self.second(self.first(x.flatten(1))))


def test_a_sound_network_passes_and_keeps_its_modes():
    model = ToyNet()
    model.norm.eval()
    check_model(
        model, SHAPE, 3, features={"inner": "drop"}, training=training(phase(1)), n_train=50
    )
    assert (model.training, model.norm.training, model.drop.training) == (True, False, True)
    assert torch.equal(model.norm.running_mean, torch.zeros(4))


def test_tied_weights_are_allowed():
    check_model(Tied(), SHAPE, 3, training=training(phase(1)), n_train=50)


def test_a_forward_that_ends_the_program_is_told(tmp_path):
    text = """
    class Net(nn.Module):
        def forward(self, x):
            raise SystemExit(3)
    """
    told = message(build(tmp_path, text))
    assert told.startswith("experiments/toy/models.py:5: Net.forward failed on an input of shape")
    assert told.endswith("SystemExit: 3")


def test_an_error_in_forward_names_line_and_shape(tmp_path):
    text = """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.dense = nn.Linear(10, 3)
        def forward(self, x):
            return self.dense(x.flatten(1))
    """
    told = message(build(tmp_path, text))
    assert told.startswith("experiments/toy/models.py:8: Net.forward failed on an input of shape ")
    assert "(2, 1, 8, 8)" in told
    assert "mat1 and mat2" in told


def test_a_missing_forward_is_told():
    assert "forward" in message(nn.Module())


def test_outputs_that_are_not_the_classes_are_told(tmp_path):
    text = """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.dense = nn.Linear(64, 9)
        def forward(self, x):
            return self.dense(x.flatten(1))
    """
    assert message(build(tmp_path, text), n_classes=10) == (
        "experiments/toy/models.py:7: Net has 9 output units, but the data set has 10 classes; "
        'give the last layer, "dense", 10 units'
    )


def test_nine_units_for_ten_classes_are_told_with_layer_units_and_classes(tmp_path):
    """The fault of a real report: a TomiNet with 9 outputs, trained on ten digits."""
    text = """
    class TomiNet(nn.Module):
        def __init__(self, n_classes=9):
            super().__init__()
            self.conv1, self.norm1 = nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32)
            self.conv2, self.norm2 = nn.Conv2d(32, 16, 3, padding=1), nn.BatchNorm2d(16)
            self.pool, self.head = nn.MaxPool2d(2), nn.Linear(784, n_classes)
        def forward(self, x):
            x = self.norm1(self.pool(torch.relu(self.conv1(x))))
            x = self.norm2(self.pool(torch.relu(self.conv2(x))))
            return self.head(x.flatten(1))
    """
    model = build(tmp_path, text, "TomiNet")
    with pytest.raises(ModelError) as caught:
        check_model(model, (1, 28, 28), 10)
    assert str(caught.value).partition(": ")[2] == (
        "TomiNet has 9 output units, but the data set has 10 classes; "
        'give the last layer, "head", 10 units'
    )
    assert not any(module._forward_hooks for module in model.modules())


class Returns(nn.Module):
    """Returns whatever a function makes of the flat image's first three values."""

    def __init__(self, make) -> None:
        super().__init__()
        self.make = make

    def forward(self, x):
        return self.make(x.flatten(1)[:, :3])


@pytest.mark.parametrize("make", [lambda x: (x, x.sum()), lambda x: [x], lambda x: x])
def test_logits_may_stand_first_in_a_tuple_or_list(make):
    check_model(Returns(make), SHAPE, 3)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda x: {"logits": x}, "it returned dict"),
        (lambda x: (), "it returned tuple"),
        (lambda x: None, "it returned NoneType"),
        (lambda x: x[:1], "for 2 samples it returned (1, 3)"),
        (lambda x: x.sum(), "for 2 samples it returned ()"),
        (lambda x: x[:, :, None], "for 2 samples it returned (2, 3, 1)"),
        (lambda x: x.int(), "must return floating-point logits, not torch.int32"),
    ],
)
def test_other_outputs_are_refused(make, told):
    assert told in message(Returns(make))


def test_unknown_layers_are_told_with_those_that_exist():
    told = message(ToyNet(), features={"final": "haed", "inner": ""})
    first, second = told.splitlines()
    assert first == (
        'features.final: there is no layer "haed"; '
        'did you mean "head"? Allowed: conv, drop, head, mix, norm, pool'
    )
    assert second.startswith('features.inner: there is no layer ""')


def test_a_layer_that_forward_does_not_call_once_is_refused():
    class Net(ToyNet):
        def __init__(self):
            super().__init__()
            self.act = nn.ReLU()
            self.spare = nn.ReLU()

        def forward(self, x):
            return super().forward(self.act(self.act(x)))

    told = message(Net(), features={"a": "act", "b": "spare"})
    assert 'features.a: layer "act" is called 2 times in forward' in told
    assert 'features.b: layer "spare" is called 0 times in forward' in told


def test_a_feature_must_be_a_row_a_sample():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.named = Returns(lambda x: {"x": x})
            self.sum = Returns(lambda x: x.sum(0))

        def forward(self, x):
            self.sum(x)
            return self.named(x)["x"]

    told = message(Net(), features={"a": "named", "b": "sum"})
    assert (
        'features.a: layer "named" must give a tensor, or a tuple or list that begins with one, '
        "not dict"
    ) in told
    assert "for 2 samples it gave (3,)" in told


@pytest.mark.parametrize("make", [lambda x: (x, x.sum(0)), lambda x: [x, None]])
def test_a_feature_may_stand_first_in_a_tuple_or_list(make):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.pair = Returns(make)

        def forward(self, x):
            return self.pair(x)[0]

    check_model(Net(), SHAPE, 3, features={"a": "pair"})


def test_filters_must_be_of_a_convolution_that_runs_once():
    check_model(ToyNet(), SHAPE, 3, filters="conv")
    assert message(ToyNet(), filters="cnov") == (
        'filters.layer: there is no layer "cnov"; '
        'did you mean "conv"? Allowed: conv, drop, head, mix, norm, pool'
    )
    assert message(ToyNet(), filters="head") == (
        'filters.layer: "head" must be a Conv2d, and is a Linear; convolutions: conv, mix'
    )
    assert message(Tied(), filters="head").endswith("is a Linear; there is none")

    class Net(ToyNet):
        def forward(self, x):
            self.conv(x)
            return super().forward(x)

    assert 'filters.layer: layer "conv" is called 2 times' in message(Net(), filters="conv")


def test_features_and_filters_may_be_of_one_layer():
    check_model(ToyNet(), SHAPE, 3, features={"first": "conv"}, filters="conv")


@pytest.mark.parametrize("n_train", [33, 1, 17])
def test_a_last_batch_of_one_with_batch_norm_is_refused(n_train):
    told = message(ToyNet(), training=training(phase(1)), n_train=n_train)
    assert told.startswith(
        f"training.batch_size 16 leaves a batch of one sample of the {n_train}, of which "
        "batch norm (norm) cannot take statistics"
    )


def test_the_nearest_batch_size_that_serves_is_named():
    # 31 = 2 × 15 + 1 = 10 × 3 + 1 = 6 × 5 + 1; 16 leaves 15, but 15 leaves 1: 14 leaves 3.
    told = message(ToyNet(), training=training(phase(1), batch_size=15), n_train=31)
    assert told.endswith("; use 14")


def test_a_batch_of_one_is_allowed_without_statistics():
    spec = training(phase(1, train=("head",)))
    check_model(ToyNet(), SHAPE, 3, training=spec, n_train=33)
    check_model(Tied(), SHAPE, 3, training=training(phase(1)), n_train=33)
    frozen_but_training = training(phase(1, train=("head",), frozen_norm="train"))
    assert "batch norm (norm)" in message(ToyNet(), training=frozen_but_training, n_train=33)


def test_phases_must_name_modules_with_parameters():
    spec = training(phase(1, train=("hed",)), phase(1, train=("pool",)))
    assert message(ToyNet(), training=spec, n_train=50).splitlines() == [
        (
            'training.phases[0].train: there is no module "hed"; '
            'did you mean "head"? Allowed: conv, drop, head, mix, norm, pool'
        ),
        "training.phases[1].train: nothing to train: it has no free parameters",
    ]


def test_all_faults_are_told_at_once():
    spec = training(phase(1, MOMENTUM, train=("nothing",)), phase(1))
    told = message(ToyNet(), 4, features={"a": "b"}, training=spec, n_train=17)
    assert len(told.splitlines()) == 4


def test_layers_are_found_by_dotted_name():
    model = nn.Sequential(nn.Sequential(nn.ReLU()))
    assert find_layer(model, "0.0") is model[0][0]
    with pytest.raises(ModelError, match=r'Sequential has no layer "0\.1"; did you mean "0\.0"\?'):
        find_layer(model, "0.1")


# ── images that maximise filters ────────────────────────────────────────────


def maximizing(**images):
    return Maximization.from_plain({"images": images})


def test_layers_that_are_maximised_give_maps():
    check_model(ToyNet(), SHAPE, 3, maximization=maximizing(a={"layer": "conv", "filters": [4]}))
    check_model(ToyNet(), SHAPE, 3, maximization=maximizing(a={"layer": "pool"}))


def test_all_faults_of_layers_that_are_maximised_at_once():
    wanted = maximizing(
        one={"layer": "cnov"},
        two={"layer": "head"},
        three={"layer": "conv", "filters": [4, 5, 99]},
        four={"layer": "mix", "filters": [7]},
    )
    with pytest.raises(ModelError) as caught:
        check_model(ToyNet(), SHAPE, 3, maximization=wanted)
    told = [fault.message for fault in caught.value.faults]
    assert told[0].startswith('maximization.images.one.layer: there is no layer "cnov"')
    place = "maximization.images.two.layer"
    assert told[1:] == [
        (
            f'{place}: layer "head" must give a map for each filter, as a convolution does; '
            "for 2 samples it gave (2, 3)"
        ),
        'maximization.images.three.filters: layer "conv" has the filters 1 to 4, got 5, 99',
        'maximization.images.four.filters: layer "mix" has the filters 1 to 4, got 7',
    ]


def test_a_layer_that_is_maximised_is_called_once():
    class Net(ToyNet):
        def forward(self, x):
            self.conv(x)
            return super().forward(x)

    told = message(Net(), maximization=maximizing(a={"layer": "conv"}))
    assert 'maximization.images.a.layer: layer "conv" is called 2 times' in told


def test_more_pictures_than_a_record_holds():
    """64 filters of 3 × 64 × 64 fill it; a picture of one more alias does not fit."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 80, 1)

        def forward(self, x):
            return self.conv(x).mean((2, 3))[:, :3]

    shape, whole = (3, 64, 64), {"layer": "conv"}
    check_model(Net(), shape, 3, maximization=maximizing(a=whole))
    more = maximizing(a=whole, b={"layer": "conv", "filters": [80]})
    with pytest.raises(ModelError) as caught:
        check_model(Net(), shape, 3, maximization=more)
    assert caught.value.faults[0].message == (
        "maximization.images: 65 pictures would take 798720 bytes of a record, and may take "
        "786432; choose filters"
    )

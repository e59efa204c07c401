"""The networks of the study practica1 have the sizes that its report tells."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from reportgen.spec.study import load_study

# Convolutions (1·9 + 1)·w and (w·9 + 1)·w, dense (w·s² + 1)·h and (h + 1)·10,
# with w channels, h hidden units and maps of side s after the pooling.
SIZES = {
    "": 320 + 9_248 + 802_944 + 1_290,
    "hidden_32": 320 + 9_248 + (32 * 14**2 + 1) * 32 + 33 * 10,
    "width_16": 160 + 2_320 + (16 * 14**2 + 1) * 128 + 1_290,
    "pool_4": 320 + 9_248 + (32 * 7**2 + 1) * 128 + 1_290,
    "compact": 320 + 9_248 + (32 * 7**2 + 1) * 32 + 33 * 10,
    "tiny": 160 + 2_320 + (16 * 7**2 + 1) * 32 + 33 * 10,
}


def load(models_file: Path) -> Any:
    spec = importlib.util.spec_from_file_location("practica1_models", models_file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("profile", ["default", "embedded"])
def test_parameters_of_all_runs(project: Path, profile: str) -> None:
    pytest.importorskip("torch")
    study = load_study(project, "practica1", profile)
    module = load(study.models_file)
    sizes = {}
    for run in study.runs:
        if run.id.experiment != "simple_cnn":
            continue
        network = getattr(module, run.spec.model.class_)(**run.spec.model.args)
        sizes[run.id.trial] = sum(parameter.numel() for parameter in network.parameters())
    assert SIZES[""] == 813_802
    assert sizes == SIZES


@pytest.mark.parametrize("profile", ["default", "embedded"])
def test_parameters_of_alexnet(project: Path, profile: str) -> None:
    """Weights and biases of five convolutions and three dense layers."""
    pytest.importorskip("torch")
    spec = load_study(project, "practica1", profile).experiments["alexnet"].model
    network = load(project / "experiments/practica1/models.py").AlexNet(**spec.args)
    layers = [
        (5 * 5 * 3 + 1) * 48,
        (5 * 5 * 48 + 1) * 128,
        (3 * 3 * 128 + 1) * 192,
        (3 * 3 * 192 + 1) * 192,
        (3 * 3 * 192 + 1) * 128,
        (512 + 1) * 2048,
        (2048 + 1) * 2048,
        (2048 + 1) * 10,
    ]
    assert sum(layers) == 6_199_498
    assert sum(parameter.numel() for parameter in network.parameters()) == sum(layers)


def test_the_layers_that_are_mapped_exist(project: Path) -> None:
    pytest.importorskip("torch")
    study = load_study(project, "practica1")
    names = dict(load(study.models_file).SimpleCNN().named_modules())
    assert set(study.experiments["simple_cnn"].features.values()) <= set(names)

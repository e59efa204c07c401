"""Writes a study's models.py for a test."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from torch import nn

from reportgen.models.study_class import build_model
from reportgen.spec.network import StudyModel

HEADER = "import torch\nfrom torch import nn\n"


def write_models(folder: Path, text: str, *, header: str = HEADER) -> Path:
    """Write `experiments/toy/models.py`; `text` begins on line 3."""
    file = folder / "experiments" / "toy" / "models.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(header + dedent(text).lstrip("\n"), encoding="utf-8")
    return file


def build(folder: Path, text: str, name: str = "Net", seed: int = 0, **args) -> nn.Module:
    """Build a class of a models.py with this text."""
    spec = StudyModel.model_validate({"class": name, "args": args})
    return build_model(write_models(folder, text), spec, seed=seed)

"""A whole project that builds in a second: one experiment, one trial, made-up images."""

from __future__ import annotations

import copy
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from ruamel.yaml import YAML

if TYPE_CHECKING:
    import pytest

REPOSITORY = Path(__file__).resolve().parent.parent

REPORT: dict[str, Any] = {
    "title": "Juguete",
    "course": "PRUEBA",
    "authors": [{"name": "Alba", "surnames": "Ríos Peña"}],
    "date": "2026-04-10",
    "sections": [
        {"title": "Red de juguete", "experiments": ["toy_net"], "questions": ["sizes", "scores"]}
    ],
}

ASSIGNMENT: dict[str, Any] = {
    "title": "Práctica de juguete",
    "questions": [
        {"id": "sizes", "text": "¿Cuántas imágenes hay?", "needs": ["split_sizes"]},
        {"id": "scores", "text": "¿Qué precisión se alcanza?", "needs": ["best_accuracy"]},
    ],
}

EXPERIMENT: dict[str, Any] = {
    "title": "Red de juguete",
    "dataset": {"name": "mnist", "normalization": {"mean": [0.3], "std": [0.3]}},
    "model": {"class": "ToyNet"},
    "seeds": [7],
    "training": {
        "batch_size": 20,
        "phases": [{"epochs": 3, "optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.9}}],
    },
    "horizons": [2, 3],
    "features": {"final": "head"},
    "embeddings": {"samples": 40, "perplexity": 5},
    "sweep": [{"name": "narrow", "set": {"model.args.width": 2}, "why": "la mitad de canales"}],
}

MODELS = '''"""Las redes de juguete."""

import torch
from torch import nn


class ToyNet(nn.Module):
    """Una convolución y una capa densa."""

    def __init__(self, width: int = 4, n_classes: int = 10) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, width, 3, padding=1)
        self.drop = nn.Dropout(0.1)
        self.head = nn.Linear(width * 64, n_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.conv(x))
        return self.head(self.drop(x.flatten(1)))
'''

QUESTIONS = {
    "sizes": """{% set titulo = "Tamaños" %}
<p>La {{ ref("tab-conjuntos") }} cuenta {{ toy_net.data.n | integer }} imágenes.</p>
{% call tabla("tab-conjuntos", "Imágenes de cada conjunto.", "split_sizes") %}
<thead><tr><th scope="col">Conjunto</th><th scope="col" class="n">Imágenes</th></tr></thead>
<tbody><tr><th scope="row">Entrenamiento</th>
<td class="n">{{ toy_net.data.train.n | integer }}</td></tr></tbody>
{% endcall %}
""",
    "scores": """{% set titulo = "Precisión" %}
<p>La {{ ref("tab-mejores") }} da la mejor: {{ toy_net.h2.best.accuracy | pct }} en la
época {{ toy_net.h2.best.epoch | integer }}.
{% if toy_net.h2.selection.same_split %}Las mismas {{ toy_net.h2.best.n | integer }} imágenes
eligieron la época.{% endif %}
{% if toy_net.h2.best.chance %}Con {{ toy_net.h2.best.errors | integer }} errores, el azar
bastaría.{% endif %}</p>
{% call tabla("tab-mejores", "La mejor precisión.", "best_accuracy") %}
<thead><tr><th scope="col">Época</th><th scope="col" class="n">Precisión</th></tr></thead>
<tbody><tr><th scope="row">{{ toy_net.h2.best.epoch | integer }}</th>
<td class="n">{{ toy_net.h2.best.accuracy | pct }}</td></tr></tbody>
{% endcall %}
""",
}

PDF, ARCHIVE = "RIOS_PENA_ALBA.pdf", "RIOS_PENA_ALBA.zip"


@dataclass(frozen=True)
class Outcome:
    """How a run of the command line ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Toy:
    """A project in a folder of its own, with its data beside it."""

    root: Path
    data: Path

    @property
    def folder(self) -> Path:
        """The study's folder."""
        return self.root / "experiments" / "toy"

    @property
    def build_folder(self) -> Path:
        return self.root / "build" / "toy"

    @property
    def store(self) -> Path:
        return self.root / "build" / "runs"

    @property
    def pdf(self) -> Path:
        return self.build_folder / PDF

    @property
    def archive(self) -> Path:
        return self.build_folder / ARCHIVE

    def write(self, **changes: dict[str, Any]) -> None:
        """Write a study file anew: `write(toy_net={"horizons": [1]})` sets keys of the original.

        Another name is that of an experiment: the original's values, but for those given.
        """
        originals = {"report": REPORT, "assignment": ASSIGNMENT, "toy_net": EXPERIMENT}
        for name, change in changes.items():
            value = copy.deepcopy(originals.get(name, EXPERIMENT)) | change
            with (self.folder / f"{name}.yaml").open("w", encoding="utf-8") as file:
                YAML().dump(value, file)

    def train(self, epochs: int = 3, lr: float = 0.1, **training: Any) -> None:
        """Write the experiment with other training values."""
        phase = {"epochs": epochs, "optimizer": {"name": "sgd", "lr": lr, "momentum": 0.9}}
        values = EXPERIMENT["training"] | {"phases": [phase]} | training
        self.write(toy_net={"training": values})

    def models(self, body: str) -> None:
        """Replace the statements of `forward`."""
        head, _, _ = MODELS.partition("        x = torch.relu")
        self.models_file.write_text(head + body, encoding="utf-8")

    @property
    def models_file(self) -> Path:
        return self.folder / "models.py"

    def template(self, question: str) -> Path:
        return self.root / "templates" / "toy" / "questions" / f"{question}.html.j2"

    def copy(self, root: Path, *, build: bool = False, data: bool = True) -> Toy:
        """Return a copy elsewhere, without what was built and without data if so wanted."""
        left_out = shutil.ignore_patterns() if build else shutil.ignore_patterns("build")
        shutil.copytree(self.root, root, ignore=left_out)
        return Toy(root, self.data if data else root / "no-data")

    def command(self, *arguments: str) -> list[str]:
        """Return the words of a command in a process of its own."""
        return [sys.executable, "-m", "reportgen", *arguments]

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of such a process."""
        return {
            **os.environ,
            "PYTHONPATH": str(REPOSITORY),
            "REPORTGEN_DATA": str(self.data),
            **more,
        }

    def process(self, *arguments: str, **environment: str) -> Outcome:
        """Run a command in a process of its own."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.root,
            env=self.environment(**environment),
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)


def make_toy(place: Path) -> Toy:
    """Make the project and its data in a folder."""
    toy = Toy(place / "project", place / "data")
    toy.folder.mkdir(parents=True)
    toy.write(report={}, assignment={}, toy_net={})
    toy.models_file.write_text(MODELS, encoding="utf-8")
    shutil.copytree(
        REPOSITORY / "templates",
        toy.root / "templates",
        ignore=lambda folder, names: [
            name for name in names if (Path(folder) / name / "questions").is_dir()
        ],
    )
    for question, text in QUESTIONS.items():
        toy.template(question).parent.mkdir(parents=True, exist_ok=True)
        toy.template(question).write_text(text, encoding="utf-8")
    write_data(toy.data)
    return toy


def write_data(folder: Path, n_train: int = 120, n_validation: int = 60) -> None:
    """Write `mnist.npz`: noise of 8×8 pixels with a bright block whose place tells the class."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(3)
    arrays = {}
    for part, n in (("train", n_train), ("test", n_validation)):
        labels = np.arange(n) % 10
        images = random.integers(0, 90, (n, 8, 8)).astype(np.uint8)
        for image, label in zip(images, labels, strict=True):
            row, column = divmod(int(label), 4)
            image[2 * row : 2 * row + 2, 2 * column : 2 * column + 2] += 60
        arrays[f"x_{part}"], arrays[f"y_{part}"] = images, labels
    np.savez(folder / "mnist.npz", **arrays)


def set_durations(patch: pytest.MonkeyPatch) -> None:
    """Let each epoch take half a second: reports tell how long they took, so their bytes differ."""
    from reportgen.store.journal import TrainingJournal

    append = TrainingJournal.append
    patch.setattr(
        TrainingJournal,
        "append",
        lambda self, row, _, state, weights: append(self, row, 0.5, state, weights),
    )

"""A study that has every stage and builds in seconds: digits in a zip of class folders."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

from PIL import Image
from yaml_files import edit_yaml, read_yaml

from reportgen import pipeline
from reportgen.datasets.registry import load_source, locate_spec
from reportgen.spec.dataset import DatasetSpec

NAME = "campaign"
PER_CLASS = 18

EXPERIMENT: dict[str, Any] = {
    "dataset": {
        "name": "digits-in-folders",
        "source": {"zip": "digits.zip", "splits": {"all": "."}, "channels": "grey"},
        "split": {"validation_share": 0.25, "test_share": 0.2, "seed": 0},
        "normalization": "train",
    },
    "model": {"class": "Net", "args": {"channels": 1, "side": 8, "n_classes": 10, "width": 4}},
    "seeds": [1, 2],
    "training": {
        "batch_size": 16,
        "phases": [
            {"epochs": 3, "optimizer": {"name": "sgd", "lr": 0.05, "momentum": 0.9}},
            {"epochs": 3, "optimizer": {"name": "adam", "lr": 0.001}},
        ],
    },
    "horizons": [4, 6],
    "features": {"dense": "fc1"},
    "embeddings": {"samples": 40, "perplexity": 6},
    "maximization": {"images": {"first": {"layer": "conv1"}}, "steps": 12},
    "sweep": [{"name": "wide", "set": {"model.args.width": 6}, "why": "más canales"}],
}

NEEDS = ["maps", "activation_maximization"]
QUESTION = """{% set titulo = "Mapas y filtros" %}
<p>De las {{ baseline.h4.best.n | integer }} imágenes la {{ ref("fig-mapas") }} enseña un mapa, y
la {{ ref("fig-filtros") }}, los {{ baseline.maximization.first.n | integer }} filtros.</p>
{{ figura_mapas("fig-mapas", baseline.h4, {"dense": "Capa densa"}) }}
{{ figura_maximizacion("fig-filtros", baseline, "first") }}
"""


def make_study(place: Path, *, notebooks: bool) -> None:
    """Write the project to `place`/project and its data to `place`/data."""
    root = place / "project"
    root.mkdir(parents=True)
    pipeline.new_study(root, NAME, "digits", "Campaña")
    folder = root / "experiments" / NAME
    edit_yaml(folder / "baseline.yaml", EXPERIMENT)
    assignment = read_yaml(folder / "assignment.yaml")
    asked = {"id": "inside", "text": "¿Qué ha aprendido la red?", "needs": NEEDS}
    edit_yaml(folder / "assignment.yaml", {"questions": [*assignment["questions"], asked]})
    (root / "templates" / NAME / "questions" / "inside.html.j2").write_text(QUESTION, "utf-8")
    sections = read_yaml(folder / "report.yaml")["sections"]
    sections[0]["questions"].append("inside")
    changes: dict[str, Any] = {"sections": sections}
    if notebooks:
        changes["notebooks"] = "generated"
    edit_yaml(folder / "report.yaml", changes)
    write_data(place / "data")


def write_data(folder: Path) -> None:
    """Write some digits of each class as PNG files into a zip, a folder a class."""
    folder.mkdir()
    spec = DatasetSpec.from_plain({"name": "digits", "split": {"validation_share": 0.2}})
    source = load_source(locate_spec(spec, None))
    (split,) = source.splits.values()
    counts = dict.fromkeys(source.classes, 0)
    with zipfile.ZipFile(folder / "digits.zip", "w") as archive:
        for image, label in zip(split.images, split.labels, strict=True):
            name = source.classes[int(label)]
            if counts[name] == PER_CLASS:
                continue
            counts[name] += 1
            file = io.BytesIO()
            Image.fromarray(image[..., 0]).save(file, "PNG")
            archive.writestr(f"{name}/{counts[name]:02d}.png", file.getvalue())

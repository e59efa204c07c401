"""A project whose one study has many tiny experiments, on digits that a package carries."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from yaml_files import edit_yaml, read_yaml, write_yaml

from reportgen import pipeline

STUDY = "many"
REPORT: dict[str, Any] = {
    "title": "Muchos experimentos",
    "course": "Banco de pruebas",
    "authors": [{"name": "Alba", "surnames": "Ríos Peña"}],
}


def make_project(
    root: Path, n_experiments: int, changes: Mapping[str, Any] = MappingProxyType({})
) -> None:
    """Write a project to `root`, which may exist, with experiments that differ by a seed.

    `changes` are keys of every experiment file with other values.
    """
    root.mkdir(parents=True, exist_ok=True)
    pipeline.new_study(root, STUDY, "digits", REPORT["title"])
    first = read_yaml(root / "experiments" / STUDY / "baseline.yaml")
    first["training"]["phases"][0]["epochs"] = 1
    write_experiments(root, n_experiments, first | changes)


def write_experiments(root: Path, n_experiments: int, first: Mapping[str, Any]) -> None:
    """Write a project's experiments anew."""
    folder = root / "experiments" / STUDY
    names = ["baseline", *(f"net_{number:03d}" for number in range(1, n_experiments))]
    for number, name in enumerate(names):
        write_yaml(folder / f"{name}.yaml", {**first, "title": f"Red {number}", "seeds": [number]})
    sections = read_yaml(folder / "report.yaml")["sections"]
    sections[0] |= {"title": "Redes", "experiments": names}
    edit_yaml(folder / "report.yaml", REPORT | {"sections": sections})

"""A project whose one study has many tiny experiments, on digits that a package carries."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ruamel.yaml import YAML

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
    first = _read(root / "experiments" / STUDY / "baseline.yaml")
    first["training"]["phases"][0]["epochs"] = 1
    write_experiments(root, n_experiments, first | changes)


def write_experiments(root: Path, n_experiments: int, first: Mapping[str, Any]) -> None:
    """Write a project's experiments anew."""
    folder = root / "experiments" / STUDY
    names = ["baseline", *(f"net_{number:03d}" for number in range(1, n_experiments))]
    for number, name in enumerate(names):
        _write(folder / f"{name}.yaml", {**first, "title": f"Red {number}", "seeds": [number]})
    sections = _read(folder / "report.yaml")["sections"]
    sections[0] |= {"title": "Redes", "experiments": names}
    _write(folder / "report.yaml", _read(folder / "report.yaml") | REPORT | {"sections": sections})


def _read(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


def _write(path: Path, content: Any) -> None:
    with path.open("w", encoding="utf-8") as file:
        YAML().dump(content, file)

"""The YAML files of a study, read and written as a benchmark wants them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML


def read_yaml(path: Path) -> Any:
    """Return what a file holds."""
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


def write_yaml(path: Path, content: Any) -> None:
    """Write a file anew."""
    with path.open("w", encoding="utf-8") as file:
        YAML().dump(content, file)


def edit_yaml(path: Path, changes: Mapping[str, Any]) -> None:
    """Give some keys of a file other values."""
    write_yaml(path, read_yaml(path) | changes)

"""Where the project and its virtual environment lie."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def venv_folder() -> Path:
    """Return the virtual environment's folder: REPORTGEN_VENV, or .venv in the project."""
    named = os.environ.get("REPORTGEN_VENV")
    return Path(named).expanduser().absolute() if named else ROOT / ".venv"


def programs_folder(venv: Path) -> Path:
    """Return the folder of an environment's programs."""
    return venv / ("Scripts" if os.name == "nt" else "bin")


def program(venv: Path, name: str) -> Path:
    """Return the path of a program of an environment."""
    return programs_folder(venv) / (f"{name}.exe" if os.name == "nt" else name)

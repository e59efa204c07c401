"""What identifies the code and the weights that a network starts with."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.hashing import sha256_file, sha256_json
from reportgen.plan.code import fingerprint_class
from reportgen.spec.network import StudyModel, weights_file

if TYPE_CHECKING:
    from reportgen.spec.network import ModelSpec


class CodeShelf:
    """The code that networks start with; each class is read once.

    Parameters
    ----------
    models_file : Path
        The study's models.py.
    """

    def __init__(self, models_file: Path) -> None:
        self._class = cache(lambda name: fingerprint_class(models_file, name).digest)

    def fingerprint(self, model: ModelSpec) -> str:
        """Return the fingerprint of a network's code: of the study's class, or of the name alone.

        A library's own code does not count, as the library's version is provenance.

        Raises
        ------
        ModelError
            If models.py cannot be read or has no such class.
        """
        if isinstance(model, StudyModel):
            return self._class(model.class_)
        return sha256_json({"library": type(model).__name__, "name": model.name})


def weights_file_fingerprint(weights: str, data_dir: Path | None) -> str:
    """Return the SHA-256 of the file that the weights come from; empty where none is named."""
    path = weights_file(weights, data_dir)
    return "" if path is None else sha256_file(path)

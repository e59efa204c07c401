"""Files of installed packages, found without importing the packages."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.datasets.place import Miss

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class PackageFile:
    """A file of an installed package: what to install, what it is imported as, where it lies."""

    distribution: str
    module: str
    file: str

    @property
    def package(self) -> str:
        """Name and version of the installed package."""
        return f"{self.distribution} {importlib.metadata.version(self.distribution)}"

    def find(self) -> Path | Miss:
        """Return the file's path, without importing the package."""
        spec = importlib.util.find_spec(self.module)
        if spec is None or not spec.submodule_search_locations:
            return Miss(f"package {self.distribution}: not installed")
        path = Path(spec.submodule_search_locations[0], *self.file.split("/"))
        return path if path.is_file() else Miss(f"package {self.package}: it has no {self.file}")


def find_package_files(wanted: Mapping[str, PackageFile]) -> dict[str, Path] | Miss:
    """Return the paths of files by their roles, or why the first that is missing is."""
    found = {}
    for role, file in wanted.items():
        path = file.find()
        if isinstance(path, Miss):
            return path
        found[role] = path
    return found

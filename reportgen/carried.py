"""What the package carries for a new project: base templates, Spanish labels, a study to start.

They are the files of the repository's own templates/. A wheel has a copy of them inside the
package; where the package is run from its repository, that folder itself serves.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
FOLDER = "templates"
STUDY = "_new"
PAGE = "report.html.j2"
BASE = ("*.*", "labels/*.yaml", "themes/*/*.*")
"""What every project needs."""


def carried_templates() -> Path:
    """Return the folder of the templates that came with the package."""
    inside = PACKAGE / FOLDER
    return inside if inside.is_dir() else PACKAGE.parent / FOLDER


def base_files() -> Iterator[tuple[str, str]]:
    """Yield what every project needs below templates/, sorted: path in there, and content."""
    folder = carried_templates()
    for path in sorted(path for pattern in BASE for path in folder.glob(pattern)):
        yield path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8")


def study_files() -> Iterator[tuple[str, str]]:
    """Yield the files of the study to start from, sorted: path in its folder, and content."""
    folder = carried_templates() / STUDY
    for path in sorted([*folder.glob("*.*"), *folder.glob("questions/*.html.j2")]):
        yield path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8")

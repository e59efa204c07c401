"""Where the project lies, and how its files are named to the user."""

from __future__ import annotations

from pathlib import Path

from reportgen.errors import UsageError

EXPERIMENTS = "experiments"
TEMPLATES = "templates"


def find_root(start: Path) -> Path:
    """Return the nearest folder, from `start` upwards, that holds `experiments/`.

    Raises
    ------
    UsageError
        If there is none up to the top of the file system.
    """
    root = root_above(start)
    if root is not None:
        return root
    start = start.resolve()
    msg = (
        f'no folder "{EXPERIMENTS}" in {start} or above it; change into the project\'s folder '
        "and try again, or begin a project here: reportgen new study NAME"
    )
    raise UsageError(msg)


def root_above(start: Path) -> Path | None:
    """Return the nearest folder, from `start` upwards, that holds `experiments/`, if any."""
    start = start.resolve()
    folders = (start, *start.parents)
    return next((folder for folder in folders if (folder / EXPERIMENTS).is_dir()), None)


def shown(path: Path) -> str:
    """Return a file's name for messages: relative to its project, else its name alone.

    Examples
    --------
    >>> shown(Path("/nowhere/models.py"))
    'models.py'
    """
    try:
        return path.resolve().relative_to(find_root(path.parent)).as_posix()
    except (UsageError, ValueError):
        return path.name


def folder_asked_for(folder: Path, option: str) -> Path:
    """Return a folder that an option or a variable names, as an absolute path.

    It need not exist.

    Raises
    ------
    UsageError
        If no file system can look it up: its name is too long, or barred.
    """
    try:
        path = folder.expanduser().absolute()
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return path
    except (OSError, RuntimeError, ValueError) as error:
        name = f"{str(folder)[:60]}…" if len(str(folder)) > 60 else str(folder)
        why = getattr(error, "strerror", None) or str(error)
        msg = f'{option} "{name}" cannot be looked up: {why}'
        raise UsageError(msg) from error
    return path

"""Make the project's one virtual environment, or see in an instant that it stands.

    python tools/setup.py

It needs Python's standard library alone, on Linux, macOS and Windows, and may
be called as often as one likes. The environment lies in .venv, or where
REPORTGEN_VENV says; pip reads the user's own configuration. A **stamp** in it
holds what decides its content; while the stamp is fresh, nothing is done. A
**mark** stands in it while pip works: found at the start, an installation was
cut off half way, and an environment of ours is made anew (what was downloaded
is still in pip's cache).
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from place import ROOT, program, venv_folder

OLDEST_PYTHON = (3, 11)
EXTRAS = "all,dev"
STAMP = "reportgen-setup.json"
MARK = "reportgen-setup.unfinished"
OURS = "reportgen-setup.ours"


class SetupError(Exception):
    """Why there is no environment, in one line."""


def main() -> int:
    """Set up if need be; return 0, or 1 after one line that says what is missing."""
    try:
        require_python(sys.version_info[:2], sys.executable)
        require_system_libraries()
        venv = venv_folder()
        if not is_fresh(venv):
            with lock(ROOT / "build" / "setup.lock"):
                if not is_fresh(venv):
                    set_up(venv)
    except SetupError as error:
        print(f"reportgen: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("reportgen: interrupted; the next call goes on", file=sys.stderr)
        return 130
    return 0


# ── what must be there before ───────────────────────────────────────────────


def require_python(version: tuple[int, ...], executable: str) -> None:
    """Refuse a Python that is too old."""
    if version < OLDEST_PYTHON:
        found = ".".join(map(str, version))
        oldest = ".".join(map(str, OLDEST_PYTHON))
        msg = (
            f"Python {oldest} or newer is needed, and {executable} is {found}; "
            f"name another: make PYTHON=python{oldest}, or run tools/setup.py with it"
        )
        raise SetupError(msg)


def require_venv() -> None:
    """Refuse a Python without venv or ensurepip, as Debian's is without a package more."""
    lacking = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if lacking:
        msg = (
            f"{sys.executable} lacks {' and '.join(lacking)}; install the package that has it "
            "(Debian and Ubuntu: apt install python3-venv)"
        )
        raise SetupError(msg)


def require_system_libraries() -> None:
    """Refuse a system without Pango, before anything is downloaded or trained."""
    sys.path.insert(0, str(ROOT))
    from reportgen.errors import SystemLibraryError
    from reportgen.system import require_pango

    try:
        require_pango()
    except SystemLibraryError as error:
        raise SetupError(str(error)) from error


# ── is it there ─────────────────────────────────────────────────────────────


def is_fresh(venv: Path) -> bool:
    """Tell whether the environment stands and was made from what the files say now."""
    try:
        stamp = json.loads((venv / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return not (venv / MARK).exists() and stamp == expected_stamp(venv)


def expected_stamp(venv: Path) -> dict[str, str]:
    """Return what decides an environment's content; scripts in it name its place."""
    python = program(venv, "python")
    return {
        "requirements": hash_requirements(ROOT),
        "extras": EXTRAS,
        "project": str(ROOT),
        "environment": str(venv),
        "python": os.path.realpath(python) if python.exists() else "",
        "platform": f"{sys.platform} {platform.machine()}",
    }


def hash_requirements(root: Path) -> str:
    """Return a SHA-256 of what pyproject.toml and constraints.txt say about packages.

    The settings of linters and tests, and comments, install nothing.
    """
    import tomllib

    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    decisive = {
        "build-system": project["build-system"],
        "project": project["project"],
        "hatch": project.get("tool", {}).get("hatch", {}),
    }
    pins = (root / "constraints.txt").read_text(encoding="utf-8").splitlines()
    decisive["constraints"] = [line for line in pins if line and not line.startswith("#")]
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()


# ── make it ─────────────────────────────────────────────────────────────────


def set_up(venv: Path) -> None:
    """Make the environment where it does not stand, install, and stamp it."""
    start = time.monotonic()
    kept = not must_be_made(venv)
    if not kept:
        require_venv()
        make(venv)
    (venv / STAMP).unlink(missing_ok=True)
    (venv / MARK).touch()
    what = "what the project needs now" if kept else "PyTorch and the rest; this takes minutes"
    print(f"reportgen: installing {what}", flush=True)
    try:
        install(venv)
    except SetupError:
        if kept:  # pip found nothing to install from: what stood before still stands
            (venv / MARK).unlink()
        raise
    write_stamp(venv)
    (venv / MARK).unlink()
    print(f"reportgen: set up in {time.monotonic() - start:.0f} s", flush=True)


def must_be_made(venv: Path) -> bool:
    """Tell whether the environment is missing, unfinished, moved, or of a Python that is gone.

    One in another place that this program did not make is never made anew: that
    would lose what its owner installed.
    """
    if not venv.exists():
        return True
    works = python_works(venv)
    if (venv / OURS).exists() or venv == ROOT / ".venv":
        return not works or (venv / MARK).exists() or was_moved(venv)
    if not works:
        msg = f"REPORTGEN_VENV: {venv} is no virtual environment with pip; remove or mend it"
        raise SetupError(msg)
    return False


def make(venv: Path) -> None:
    """Make an empty environment, in place of what stands there."""
    print(f"reportgen: making {venv}", flush=True)
    if venv.exists():
        shutil.rmtree(venv)
    venv.mkdir(parents=True)
    (venv / OURS).touch()
    run([sys.executable, "-m", "venv", str(venv)], "python -m venv")


def python_works(venv: Path) -> bool:
    """Tell whether the environment's Python starts, is new enough, and has its pip."""
    check = f"import sys, pip; sys.exit(sys.version_info < {OLDEST_PYTHON})"
    try:
        command = [str(program(venv, "python")), "-c", check]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def was_moved(venv: Path) -> bool:
    """Tell whether the environment was made in another place: its scripts start with that."""
    script = program(venv, "pip")
    return script.exists() and os.fsencode(venv) not in script.read_bytes()


def install(venv: Path) -> None:
    """Install the project, editable, with all it needs."""
    command = [
        *(str(program(venv, "python")), "-m", "pip", "install"),
        *("--constraint", str(ROOT / "constraints.txt")),
        *("--editable", f"{ROOT}[{EXTRAS}]"),
    ]
    if not sys.stdout.isatty():
        command.append("--quiet")
    run(command, "pip")


def run(command: list[str], name: str) -> None:
    """Run a program whose output the user sees."""
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    if code:
        msg = f"{name} failed with exit code {code}; mend what it says above and start again"
        raise SetupError(msg)


def write_stamp(venv: Path) -> None:
    """Say what the environment was made from; written whole or not at all."""
    new = venv / f"{STAMP}.new"
    new.write_text(json.dumps(expected_stamp(venv), indent=1), encoding="utf-8")
    new.replace(venv / STAMP)


@contextlib.contextmanager
def lock(path: Path) -> Iterator[None]:
    """Let one process at a time set up; the system frees the lock if it dies."""
    path.parent.mkdir(exist_ok=True)
    with path.open("a+b") as file:
        if os.name == "nt":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main())

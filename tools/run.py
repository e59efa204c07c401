"""Run a program of the project's virtual environment: `python tools/run.py pytest -x`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from place import program, programs_folder, venv_folder


def environment(venv: Path) -> dict[str, str]:
    """Return this process's variables as they are when the environment is activated."""
    variables = dict(os.environ)
    variables.pop("PYTHONHOME", None)
    variables["VIRTUAL_ENV"] = str(venv)
    variables["PATH"] = os.pathsep.join([str(programs_folder(venv)), variables.get("PATH", "")])
    return variables


def main(arguments: list[str]) -> int:
    """Run the program, and return its exit code."""
    if not arguments:
        print("usage: python tools/run.py PROGRAM [ARGUMENT...]", file=sys.stderr)
        return 2
    venv = venv_folder()
    path = program(venv, arguments[0])
    if not path.exists():
        print(f"reportgen: no {path}; first run: python tools/setup.py", file=sys.stderr)
        return 2
    command = [str(path), *arguments[1:]]
    if os.name == "posix":
        os.execve(path, command, environment(venv))  # noqa: S606 (signals reach the program)
    return subprocess.run(command, env=environment(venv), check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The set-up: that it notices what changed, does nothing when nothing did, and breaks nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import constraints
import place
import run as runner
import setup as tool

Commands = list[list[str]]


@pytest.fixture
def root(tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project folder with the files that decide, and no environment."""
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("pyproject.toml", "constraints.txt"):
        shutil.copy(project / name, folder)
    monkeypatch.setattr(tool, "ROOT", folder)
    monkeypatch.setattr(place, "ROOT", folder)
    monkeypatch.setattr(sys, "path", [*sys.path])  # which set-up puts the folder first in
    return folder


@pytest.fixture
def commands(root: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """Collect the commands that set-up would run; making an environment makes its Python."""
    collected: Commands = []

    def record(command: list[str], name: str) -> None:
        collected.append(command)
        if name == "python -m venv":
            stand_in(Path(command[-1]))

    monkeypatch.setattr(tool, "run", record)
    monkeypatch.setattr(tool, "python_works", lambda venv: place.program(venv, "python").exists())
    return collected


def stand_in(venv: Path) -> Path:
    """Make what set-up looks at in an environment."""
    for name in ("python", "pip"):
        path = place.program(venv, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!{venv}\n", encoding="utf-8")
    (venv / "pyvenv.cfg").touch()
    return venv


def replace_in(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


# ── make, install, rest ─────────────────────────────────────────────────────


def test_the_first_call_makes_and_installs_and_the_second_does_nothing(
    root: Path, commands: Commands
) -> None:
    assert tool.main() == 0
    assert [command[1:3] for command in commands] == [["-m", "venv"], ["-m", "pip"]]
    assert tool.is_fresh(root / ".venv")
    assert tool.main() == 0
    assert len(commands) == 2


def test_pip_is_given_the_project_and_the_pins_and_no_index(root: Path, commands: Commands) -> None:
    tool.main()
    arguments = commands[1][commands[1].index("install") + 1 :]
    assert arguments[:4] == [
        *("--constraint", str(root / "constraints.txt")),
        *("--editable", f"{root}[all,dev]"),
    ]
    assert [one for one in arguments if "index" in one or "http" in one] == []


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("pyproject.toml", '"numpy>=', '"numpy>2,>='),
        ("pyproject.toml", "reportgen.cli:main", "reportgen.cli:other"),
        ("constraints.txt", "numpy==", "numpy==9"),
    ],
)
def test_a_changed_requirement_installs_again_into_what_stands(
    root: Path, commands: Commands, name: str, old: str, new: str
) -> None:
    tool.main()
    replace_in(root / name, old, new)
    assert not tool.is_fresh(root / ".venv")
    tool.main()
    assert [command[1:3] for command in commands[2:]] == [["-m", "pip"]]
    assert tool.is_fresh(root / ".venv")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("pyproject.toml", "line-length = 100", "line-length = 99"),
        ("constraints.txt", "# Versions", "# The versions"),
    ],
)
def test_settings_and_comments_install_nothing(
    root: Path, commands: Commands, name: str, old: str, new: str
) -> None:
    tool.main()
    replace_in(root / name, old, new)
    assert tool.is_fresh(root / ".venv")


def test_an_installation_that_was_cut_off_is_made_anew(root: Path, commands: Commands) -> None:
    tool.main()
    (root / ".venv" / tool.MARK).touch()
    (root / ".venv" / "half").touch()
    assert not tool.is_fresh(root / ".venv")
    assert tool.main() == 0
    assert [command[2] for command in commands] == ["venv", "pip", "venv", "pip"]
    assert not (root / ".venv" / "half").exists()


def test_an_environment_that_was_cut_off_is_made_anew(root: Path, commands: Commands) -> None:
    (root / ".venv").mkdir()
    (root / ".venv" / "half").touch()
    assert tool.main() == 0
    assert [command[2] for command in commands] == ["venv", "pip"]
    assert not (root / ".venv" / "half").exists()


def test_a_failed_renewal_keeps_what_stood_and_tries_again(
    root: Path,
    commands: Commands,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tool.main()
    replace_in(root / "constraints.txt", "numpy==", "numpy==9")
    working_run = tool.run

    def fail(command: list[str], name: str) -> None:
        msg = f"{name} failed with exit code 1"
        raise tool.SetupError(msg)

    monkeypatch.setattr(tool, "run", fail)
    assert tool.main() == 1
    assert capsys.readouterr().err == "reportgen: pip failed with exit code 1\n"
    assert place.program(root / ".venv", "python").exists()
    monkeypatch.setattr(tool, "run", working_run)
    assert tool.main() == 0
    assert [command[2] for command in commands] == ["venv", "pip", "pip"]


def test_a_moved_environment_is_made_anew(root: Path, commands: Commands) -> None:
    stand_in(root / "elsewhere").rename(root / ".venv")
    assert tool.main() == 0
    assert [command[2] for command in commands] == ["venv", "pip"]


def test_an_environment_of_the_user_is_installed_into_and_never_made_anew(
    root: Path, commands: Commands, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    theirs = stand_in(tmp_path / "theirs")
    (theirs / tool.MARK).touch()
    monkeypatch.setenv("REPORTGEN_VENV", str(theirs))
    assert tool.main() == 0
    assert [command[:3] for command in commands] == [
        [str(place.program(theirs, "python")), "-m", "pip"]
    ]
    assert not (root / ".venv").exists()


def test_a_folder_that_is_no_environment_is_left_alone(
    root: Path,
    commands: Commands,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "thesis.tex").touch()
    monkeypatch.setenv("REPORTGEN_VENV", str(tmp_path / "papers"))
    assert tool.main() == 1
    assert commands == []
    assert (tmp_path / "papers" / "thesis.tex").exists()
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "is no virtual environment" in error


def test_a_fresh_environment_costs_an_instant(
    project: Path, root: Path, commands: Commands, tmp_path: Path
) -> None:
    """The whole process, under whatever load: its own work is some hundredths of a second."""
    tool.main()
    shutil.copytree(project / "tools", root / "tools")
    for name in ("__init__", "errors", "system"):
        (root / "reportgen").mkdir(exist_ok=True)
        shutil.copy(project / "reportgen" / f"{name}.py", root / "reportgen")
    command = [sys.executable, str(root / "tools" / "setup.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# ── what is missing ─────────────────────────────────────────────────────────


def test_an_old_python_is_refused_with_what_to_do() -> None:
    with pytest.raises(tool.SetupError, match=r"Python 3\.11 or newer .*python3 is 3\.9.*PYTHON="):
        tool.require_python((3, 9), "/usr/bin/python3")
    tool.require_python((3, 11), "python3")


def test_a_python_without_venv_names_the_package(
    root: Path,
    commands: Commands,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(tool.importlib.util, "find_spec", lambda name: None)
    assert tool.main() == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "apt install python3-venv" in error
    assert commands == []


def test_a_system_without_pango_is_told_before_anything_is_made(
    root: Path,
    commands: Commands,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("reportgen.system._can_load", lambda names: "pango" not in names[0])
    assert tool.main() == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "lacks pango-1.0, pangoft2-1.0; install it with: " in error
    assert commands == []
    assert not (root / ".venv").exists()


# ── programs of the environment ─────────────────────────────────────────────


@pytest.mark.skipif(os.name != "posix", reason="the stand-in is a shell script")
def test_a_program_runs_in_the_environment(root: Path, project: Path) -> None:
    script = place.program(root / ".venv", "program")
    script.parent.mkdir(parents=True)
    script.write_text('#!/bin/sh\necho "$1 $VIRTUAL_ENV ${PATH%%:*}"\nexit 7\n', encoding="utf-8")
    script.chmod(0o755)
    done = subprocess.run(
        [sys.executable, str(project / "tools" / "run.py"), "program", "-x"],
        env={**os.environ, "REPORTGEN_VENV": str(root / ".venv")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == f"-x {root / '.venv'} {script.parent}\n"
    assert done.returncode == 7


def test_a_program_that_is_not_there_points_to_the_setup(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert runner.main(["pytest"]) == 2
    assert "first run: python tools/setup.py" in capsys.readouterr().err
    assert runner.main([]) == 2


# ── the pins ────────────────────────────────────────────────────────────────


def test_pins_are_those_of_what_is_installed_and_leave_pytorch_open(project: Path) -> None:
    lines = (project / "constraints.txt").read_text(encoding="utf-8").splitlines()
    names = [line.partition("==")[0] for line in lines if not line.startswith("#")]
    assert names == sorted(set(names))
    assert [name for name in names if constraints.is_open(name)] == []
    assert {"numpy", "weasyprint", "pytest", "mlxtend", "hatchling"} <= set(names)


def test_pins_follow_requirements_of_requirements_and_their_extras() -> None:
    found = constraints.pins(["pytest-xdist", "torch", "jinja2; python_version < '3'"])
    assert {"pytest-xdist", "pytest", "execnet", "pluggy"} <= set(found)
    assert {"torch", "jinja2", "psutil"}.isdisjoint(found)

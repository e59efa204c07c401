"""What runs on push: the steps after installation do, from here, what they are to do there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from ruamel.yaml import YAML

FILE = ".github/workflows/report.yml"
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", ".tox", "build", "dist", "__pycache__", ".*_cache", ".hypothesis"
)

Step = dict[str, Any]


@pytest.fixture(scope="module")
def workflow(project: Path) -> dict[str, Any]:
    content = YAML(typ="safe").load(project / FILE)
    assert isinstance(content, dict)
    return content


@pytest.fixture(scope="module")
def steps(workflow: dict[str, Any]) -> list[Step]:
    steps = workflow["jobs"]["report"]["steps"]
    assert isinstance(steps, list)
    return steps


@pytest.fixture(scope="module")
def checkout(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy what a checkout would hold; what was built or trained here is not in it."""
    return Path(shutil.copytree(project, tmp_path_factory.mktemp("push") / "copy", ignore=LEFT_OUT))


def step(steps: list[Step], name: str) -> Step:
    found = [one for one in steps if one.get("name") == name]
    assert len(found) == 1
    return found[0]


def run_step(one: Step, folder: Path, **variables: str) -> str:
    """Run a step as the service does: by bash, stopping at the first failure."""
    programs = Path(sys.executable).parent
    environment = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
    environment["PATH"] = f"{programs}{os.pathsep}{os.environ['PATH']}"
    environment["PYTHONPATH"] = str(folder)  # the copy's code, not the installed one
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", one["run"]]
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_runs_on_push_and_on_pull_requests(workflow: dict[str, Any]) -> None:
    assert set(workflow["on"]) == {"push", "pull_request"}


def test_it_may_only_read(workflow: dict[str, Any]) -> None:
    assert workflow["permissions"] == {"contents": "read"}


def test_actions_are_pinned(steps: list[Step]) -> None:
    used = [one["uses"] for one in steps if "uses" in one]
    assert len(used) == 3
    assert [name for name in used if not re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", name)] == []


def test_installation_calls_the_setup_that_make_calls(steps: list[Step]) -> None:
    assert step(steps, "Install")["run"].splitlines()[0] == "python tools/setup.py"


def test_the_system_packages_are_those_that_an_error_names(steps: list[Step]) -> None:
    from reportgen.system import install_hint

    named = install_hint("linux", "ID=debian").partition("apt install ")[2].split()
    assert len(named) == 3
    assert set(named) < set(step(steps, "Install system libraries")["run"].split())


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="the service runs the steps by bash")
def test_the_test_step_collects_the_tests(steps: list[Step], checkout: Path) -> None:
    # To run them here would run this test again; that they are found is what can go wrong.
    options = "--collect-only --quiet --assert=plain -p no:xdist"
    output = run_step(step(steps, "Test"), checkout, PYTEST_ADDOPTS=options)
    assert "tests/test_workflow.py::test_it_may_only_read" in output


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="the service runs the steps by bash")
def test_the_report_step_makes_what_is_kept(
    steps: list[Step], checkout: Path, project: Path
) -> None:
    found = (project / "experiments").glob("*/records/default")
    studies = sorted(records.parent.parent.name for records in found)
    if not studies:
        pytest.skip("needs committed records")
    run_step(step(steps, "Reports"), checkout)
    patterns = step(steps, "Keep the submissions")["with"]["path"].split()
    kept = [path for pattern in patterns for path in checkout.glob(pattern)]
    made = sorted((path.parent.name, path.suffix) for path in kept)
    assert made == [(study, suffix) for study in studies for suffix in (".pdf", ".zip")]
    for pdf in (path for path in kept if path.suffix == ".pdf"):
        with pikepdf.open(pdf) as opened_pdf:
            assert len(opened_pdf.pages) > 5
        with zipfile.ZipFile(pdf.with_suffix(".zip")) as opened:
            assert opened.read(pdf.name) == pdf.read_bytes()

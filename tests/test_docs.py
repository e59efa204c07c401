"""What is documented is what there is: commands, options, facts, keys of the study files."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

import reference
from reportgen.cli import app
from reportgen.facts.results import results_json
from reportgen.spec.schema import schemas

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)\)")
COMMON = {"--help", "--debug"}


@pytest.fixture(scope="module")
def readme(project: Path) -> str:
    return (project / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def documents(project: Path, readme: str) -> str:
    """Return the README and all pages for authors."""
    pages = sorted((project / "docs").glob("*.md"))
    return readme + "".join(page.read_text(encoding="utf-8") for page in pages)


def commands(group: Any, above: str = "reportgen") -> Iterator[tuple[str, Any]]:
    """Yield every command with the words that start it."""
    below = getattr(group, "commands", {})
    if not below:
        yield above, group
    for name, command in below.items():
        yield from commands(command, f"{above} {name}")


COMMANDS = dict(commands(typer.main.get_command(app)))


# ── commands ────────────────────────────────────────────────────────────────


def test_there_are_commands() -> None:
    assert {"reportgen build", "reportgen trace", "reportgen new question"} <= set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_a_help_text_and_a_row_in_the_readme(name: str, readme: str) -> None:
    assert COMMANDS[name].help
    assert re.search(rf"^\| `{name}\b", readme, re.MULTILINE), name


@pytest.mark.parametrize("name", COMMANDS)
def test_each_option_is_documented_and_has_a_help_text(name: str, documents: str) -> None:
    for parameter in COMMANDS[name].params:
        options = [option for option in parameter.opts if option.startswith("--")]
        for option in set(options) - COMMON:
            assert re.search(rf"{option}\b", documents), f"{name} {option}"
            assert getattr(parameter, "help", None), f"{name} {option}"


def shown_commands(text: str) -> list[str]:
    blocks = (match[1] for match in BLOCK.finditer(text))
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line]


# What a command needs that no check can give it, and what checks the rest of it.
ELSEWHERE = {
    ".venv/bin/reportgen build practica1 --data-dir DIR": "tests/stages and tests/test_cli.py",
}


def test_each_command_of_the_readme_is_run_by_a_check(project: Path, readme: str) -> None:
    """By .ci/run or the workflow; or its parts exist, and its subcommand is tested."""
    automatic = "".join(
        (project / name).read_text(encoding="utf-8")
        for name in (".ci/run", "Makefile", "tox.ini", ".github/workflows/report.yml")
    )
    tests = "".join(
        path.read_text(encoding="utf-8") for path in sorted((project / "tests").rglob("test_*.py"))
    )
    shown = shown_commands(readme)
    assert len(shown) >= 5
    for command in shown:
        if command.startswith("sudo apt install"):
            packages = command.split()[3:]
            assert all(package in automatic for package in packages), command
        elif "reportgen" in command and command not in ELSEWHERE:
            words = shlex.split(command.partition("reportgen ")[2])
            plain = "reportgen " + command.partition("reportgen ")[2]
            tested = f'"{words[0]}", "toy"' in tests or f'"{words[0]}", "{words[1]}"' in tests
            assert plain in automatic or tested, command
        elif command not in ELSEWHERE:
            assert command in automatic, command


def test_each_command_that_is_shown_is_understood(documents: str) -> None:
    """Subcommand, options and number of arguments are those of the program."""
    for command in shown_commands(documents):
        if "reportgen " not in command:
            continue
        words = shlex.split(command.partition("reportgen ")[2])
        name = f"reportgen {words[0]}" + (f" {words[1]}" if words[0] == "new" else "")
        rest = words[2:] if words[0] == "new" else words[1:]
        COMMANDS[name].make_context(name, list(rest), resilient_parsing=False)


def test_links_lead_to_files(project: Path, documents: str) -> None:
    for folder, text in (
        (project, (project / "README.md").read_text(encoding="utf-8")),
        *(
            (page.parent, page.read_text(encoding="utf-8"))
            for page in (project / "docs").glob("*.md")
        ),
    ):
        for target in LINK.findall(text):
            assert (folder / target).exists(), target


# ── facts ───────────────────────────────────────────────────────────────────


def test_every_kind_of_fact_has_a_spanish_meaning() -> None:
    """Mend in docs/hechos.yaml."""
    assert reference.mismatches(reference.definitions(), reference.read_meanings()) == []


def test_the_reference_of_the_facts_is_fresh() -> None:
    """Mend with `python tools/run.py python tools/reference.py`."""
    page = reference.page(reference.definitions(), reference.read_meanings())
    assert reference.PAGE.read_text(encoding="utf-8") == page


def test_a_missing_a_stray_and_a_repeated_meaning_are_told() -> None:
    kinds = ["{run}.a", "{run}.h{h}.maps.{layer}.map.b", "{run}.h{h}.maps.{layer}.features.b"]
    sections = [{"facts": {"{run}.a": "x", "{run}.z": "y"}}, {"facts": {"{run}.a": "x"}}]
    assert set(reference.mismatches(kinds, sections)) == {
        "docs/hechos.yaml lacks the meaning of {run}.h{h}.maps.{layer}.{space}.b",
        "docs/hechos.yaml: no fact is called {run}.z",
        "docs/hechos.yaml: {run}.a stands twice",
    }


def test_every_fact_of_a_study_is_of_a_documented_kind(project: Path) -> None:
    """And the other way: what `results.json` holds can be looked up."""
    from tests.report.conftest import load_practica1

    facts = load_practica1(project).facts
    patterns = [
        re.compile(
            re.sub(
                r"\\\{run\\\}", r"[a-z]\\w*(\\.\\w+)?", re.sub(r"\\\{(?!run)\w+\\\}", r"\\w+", p)
            )
        )
        for p in (re.escape(pattern) for pattern in reference.definitions())
    ]
    rows = json.loads(results_json("practica1", "default", facts))["facts"]
    strange = [r["id"] for r in rows if not any(p.fullmatch(r["id"]) for p in patterns)]
    assert strange == []


# ── keys ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("file", schemas())
def test_every_key_of_a_study_file_is_described(file: str) -> None:
    schema = json.loads(schemas()[file])
    definitions = schema.get("$defs", {})
    bare = []
    for name, part in {file: schema, **definitions}.items():
        for key, value in part.get("properties", {}).items():
            described = {**definitions.get(value.get("$ref", "").rpartition("/")[2], {}), **value}
            if not described.get("description", "").endswith("."):
                bare.append(f"{name}.{key}")
    assert bare == []

"""Where the time goes between a word changed in a template and the new PDF.

::

    python tools/run.py python benchmarks/template_edit.py

Writes benchmarks/results/template-edit.md: for each study with committed records a copy
of the project is built once, then one word of its first answer is changed again and
again. Each edit is a whole command; the parts are CPU seconds of that process, told by
wrapping the functions named in `PARTS`. Two sides take turns: figures kept, as they
are, and no figure kept in the form of the PDF. A third, `reportgen preview`, is timed
from the edit until a browser is told of the new pages. Five minutes on two cores.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from machine import ROOT, describe_machine
from processes import REPORTGEN

RESULTS = ROOT / "benchmarks" / "results" / "template-edit.md"

PARTS = {
    "study, records, facts": (
        "reportgen.pipeline:load",
        "reportgen.pipeline:obtain_records",
        "reportgen.pipeline:derive",
    ),
    "templates and proofreading": ("reportgen.report.html:Writer.write",),
    "layout": ("weasyprint:HTML.render",),
    "tags and writing the PDF": ("weasyprint:Document.write_pdf",),
    "looking for lost or wide text": (
        "reportgen.report.pdf:overflows",
        "reportgen.report.pdf:lost_text",
    ),
    "zip": ("reportgen.pipeline:submit",),
}
REST = "imports and the rest"
SENTENCE = "<p>{% context %}Aquí se cambia una palabra: "
WORDS = ("gato", "perro", "conejo")

PAGE = """# One word of a template

{machine}. Written by `benchmarks/template_edit.py`: `build --locked` after one word was changed,
CPU seconds of the command, medians of {repeats}.

| part | {head} |
|---|{dashes}
{rows}

{second}

## In a preview

The same edit while `reportgen preview --locked` runs: until a browser is told which pages look
otherwise. Records, facts and all templates but one are in its memory; the pictures of the pages, of
which the browser fetches those that it shows, are drawn in that time.

| study | CPU, s | by the clock, s | a build's CPU over it |
|---|--:|--:|--:|
{previews}
"""


@contextmanager
def clocked(spent: dict[str, float]) -> Iterator[None]:
    """Note the CPU seconds of each part's functions while the block runs."""

    def wrap(function: Callable[..., Any], part: str) -> Callable[..., Any]:
        @functools.wraps(function)
        def timed(*args: Any, **named: Any) -> Any:
            started = time.process_time()
            try:
                return function(*args, **named)
            finally:
                spent[part] += time.process_time() - started

        return timed

    for part, names in PARTS.items():
        spent[part] = 0.0
        for name in names:
            module, _, path = name.partition(":")
            holder: Any = importlib.import_module(module)
            *outer, last = path.split(".")
            for attribute in outer:
                holder = getattr(holder, attribute)
            setattr(holder, last, wrap(getattr(holder, last), part))
    yield


def build_clocked(root: Path, study: str) -> dict[str, float]:
    """Build in this process and return the CPU seconds of the parts and of all."""
    spent: dict[str, float] = {}
    with clocked(spent):
        from reportgen import pipeline
        from reportgen.order import Order
        from reportgen.progress import Silence

        pipeline.build(Order(root, study, locked=True), Silence())
    whole = time.process_time()
    spent[REST] = whole - sum(spent.values())
    spent["all"] = whole
    return spent


def copy_project(place: Path, study: str) -> Path:
    """Copy what a study's report is made from."""
    for name in (f"experiments/{study}", "templates"):
        shutil.copytree(ROOT / name, place / name)
    return place


def edit(root: Path, study: str, number: int) -> None:
    """Change a word at the end of the last answer of a study."""
    last = max((root / "templates" / study / "questions").glob("[a-z]*.html.j2"))
    text = last.read_text(encoding="utf-8").partition(SENTENCE)[0]
    word = WORDS[number % len(WORDS)]
    last.write_text(f"{text}{SENTENCE}{word}.{{% endcontext %}}</p>\n", encoding="utf-8")


def measure(study: str, repeats: int) -> dict[str, dict[str, list[float]]]:
    """Return the CPU seconds of the parts, with the figures kept and without."""
    found: dict[str, dict[str, list[float]]] = {"kept": {}, "drawn": {}}
    with tempfile.TemporaryDirectory() as folder:
        root = copy_project(Path(folder) / "project", study)
        child = [sys.executable, __file__, "--child", str(root), "--study", study]
        for turn in range(-1, repeats):
            for place, (side, parts) in enumerate(found.items()):
                edit(root, study, len(found) * turn + place)
                if side == "drawn":
                    for ink in (root / "build").rglob("*.ink"):
                        ink.unlink()
                done = subprocess.run(child, capture_output=True, text=True, check=False)
                if done.returncode:
                    sys.exit(done.stderr)
                spent = json.loads(done.stdout.splitlines()[-1])
                print(f"{study}, {side}: {spent['all']:.2f} s", flush=True)
                for part, seconds in spent.items():
                    if turn >= 0:
                        parts.setdefault(part, []).append(seconds)
    return found


def measure_preview(study: str, repeats: int) -> list[tuple[float, float]]:
    """Return the CPU seconds and those by the clock of each edit while a preview runs."""
    found: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        root = copy_project(Path(folder) / "project", study)
        edit(root, study, 0)
        command = [*REPORTGEN, "preview", study, "--locked"]
        own = os.environ | {"PYTHONPATH": str(ROOT)}
        with subprocess.Popen(
            command, cwd=root, env=own, stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                assert process.stdout is not None
                url = process.stdout.readline().partition(" ")[0]
                shown = states(url)
                next(shown)
                for turn in range(1, repeats + 2):
                    used, started = cpu_of(process.pid), time.perf_counter()
                    edit(root, study, turn)
                    if not next(shown)["changed"]:
                        sys.exit(f"{study}: an edit changed no page")
                    wall, cpu = time.perf_counter() - started, cpu_of(process.pid) - used
                    print(f"{study}, preview: {cpu:.2f} s, {wall:.2f} s", flush=True)
                    found.append((cpu, wall))
            finally:
                process.kill()
    return found[1:]


def states(url: str) -> Iterator[dict[str, Any]]:
    """Yield what a browser is told of each rendering that is done."""
    with urllib.request.urlopen(url + "events", timeout=300) as answer:  # noqa: S310 - our own
        for line in answer:
            if line.startswith(b"data: "):
                state = json.loads(line.removeprefix(b"data: "))
                if state["faults"]:
                    sys.exit(state["faults"])
                if state["pages"] and not state["busy"]:
                    yield state


def cpu_of(pid: int) -> float:
    """Return the CPU seconds that a process has used (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def preview_rows(
    found: dict[str, list[tuple[float, float]]], builds: dict[str, float]
) -> Iterator[str]:
    """Yield the lines of the preview's table; `builds` has the CPU seconds of a build."""
    for study, spent in found.items():
        cpu, wall = (statistics.median(values) for values in zip(*spent, strict=True))
        yield f"| {study} | {cpu:.2f} | {wall:.2f} | {builds[study] / cpu:.2f} |"


def page(
    found: dict[str, dict[str, dict[str, list[float]]]],
    previews: dict[str, list[tuple[float, float]]],
    repeats: int,
    machine: str,
) -> str:
    """Return the tables, and what keeping the figures gains."""
    parts = [*PARTS, REST, "all"]
    medians = {
        study: {
            side: {part: statistics.median(seconds) for part, seconds in spent.items()}
            for side, spent in sides.items()
        }
        for study, sides in found.items()
    }
    rows = [
        f"| {part} | "
        + " | ".join(
            f"{sides['kept'][part]:.2f} ({sides['kept'][part] / sides['kept']['all']:.0%})"
            for sides in medians.values()
        )
        + " |"
        for part in parts
    ]
    second = [
        f"Without kept figures {study} takes {sides['drawn']['all']:.2f} s, "
        f"{sides['drawn']['all'] / sides['kept']['all']:.2f} times as much."
        for study, sides in medians.items()
    ]
    return PAGE.format(
        machine=machine,
        repeats=repeats,
        head=" | ".join(f"{study}, s" for study in medians),
        dashes="--:|" * len(medians),
        rows="\n".join(rows),
        second="\n".join(second),
        previews="\n".join(
            preview_rows(previews, {name: sides["kept"]["all"] for name, sides in medians.items()})
        ),
    )


def main() -> None:
    """Measure all studies and write the results; in a child, one build."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--study", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        print(json.dumps(build_clocked(chosen.child, chosen.study)))
        return
    folders = sorted((ROOT / "experiments").glob("*/records/default"))
    studies = [folder.parent.parent.name for folder in folders]
    found = {study: measure(study, chosen.repeats) for study in studies}
    previews = {study: measure_preview(study, chosen.repeats) for study in studies}
    text = page(found, previews, chosen.repeats, describe_machine("weasyprint", "jinja2"))
    chosen.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

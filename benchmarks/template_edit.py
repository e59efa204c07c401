"""Where the time goes between a word changed in a template and the new PDF.

::

    python tools/run.py python benchmarks/template_edit.py

Writes benchmarks/results/template-edit.md: for each study with committed records a copy
of the project is built once, then one word of its first answer is changed again and
again. Each edit is a whole command; the parts are CPU seconds of that process, told by
wrapping the functions named in `PARTS`. Two sides take turns: figures kept, as they
are, and no figure kept in the form of the PDF. Four minutes on two cores.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from machine import ROOT, describe_machine

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


def page(found: dict[str, dict[str, dict[str, list[float]]]], repeats: int, machine: str) -> str:
    """Return the table, and what keeping the figures gains."""
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
    text = page(found, chosen.repeats, describe_machine("weasyprint", "jinja2"))
    chosen.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

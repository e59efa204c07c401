"""What an experiment costs beside its training, in a study that has hundreds.

::

    python tools/run.py python benchmarks/many_experiments.py

Writes benchmarks/results/many-experiments.md. The experiments are tiny (one epoch on
1,348 digits of 8×8 pixels), so that what is measured is the program: reading the
files, planning, the store, the facts, the page. Five minutes on two cores.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from pathlib import Path

from machine import ROOT, describe_machine
from many_project import STUDY, make_project
from processes import REPORTGEN, Spent, medians, spend

RESULTS = ROOT / "benchmarks" / "results" / "many-experiments.md"

STEPS = {
    "run": ("everything from nothing, one after another", ("run", STUDY, "--jobs", "1")),
    "again": ("the same again: nothing is to be run", ("run", STUDY)),
    "why": ("the plan: what would be run, and why", ("why", STUDY)),
    "check": ("all facts and the whole page, nothing written", ("check", STUDY)),
    "build": ("the PDF and the zip, the runs being there", ("build", STUDY)),
    "nothing": ("nothing changed since", ("build", STUDY)),
}

PAGE = """# Many experiments

{machine}. Written by `benchmarks/many_experiments.py`: one study whose only section has as many
tiny experiments as the column says. CPU seconds of whole commands: medians of {repeats}, but `run`
from nothing and the first `build` once.

| command | what it does | {head} | an experiment more, ms |
|---|---|{dashes}--:|
{rows}

By the clock an experiment more takes {each:.0f} ms from nothing, {training:.0f} of them its epoch.
The largest process had {peak:.0f} MiB; `results.json` of the largest study {results:.1f} MB.
"""


def measure(n: int, repeats: int, place: Path) -> tuple[dict[str, Spent], float, float]:
    """Return what each command takes with n experiments, an epoch's seconds, the results' MB."""
    root = place / f"project{n}"
    make_project(root, n)
    found = {}
    for step, (_, words) in STEPS.items():
        times = 1 if step in ("run", "build") else repeats
        log = place / f"{n}-{step}.txt"
        fallible = step == "check"  # the answers are stubs, which check tells
        command = [*REPORTGEN, *words]
        if fallible:
            command = ["sh", "-c", '"$@" || true', "sh", *command]
        found[step] = medians([spend(command, root, log) for _ in range(times)])
        print(f"{n}: {step}: {found[step]}", flush=True)
    records = (root / "build" / "runs" / "record").glob("*/record.json")
    epochs = [json.loads(path.read_bytes())["provenance"]["epoch_s"] for path in records]
    size = (root / "build" / STUDY / "results.json").stat().st_size / 1e6
    return found, statistics.median(map(sum, epochs)), size


def main() -> None:
    """Measure several numbers of experiments and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--counts", type=int, nargs="+", default=[1, 100, 500])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--output", type=Path, default=RESULTS)
    chosen = parser.parse_args()
    counts = sorted(chosen.counts)
    with tempfile.TemporaryDirectory() as place:
        measured = [measure(n, chosen.repeats, Path(place)) for n in counts]
    found = [one[0] for one in measured]
    per_experiment = {
        step: 1e3 * (found[-1][step].cpu_s - found[0][step].cpu_s) / (counts[-1] - counts[0])
        for step in STEPS
    }
    rows = [
        f"| `{' '.join(words)}` | {what} | "
        + " | ".join(f"{one[step].cpu_s:.2f}" for one in found)
        + f" | {per_experiment[step]:.1f} |"
        for step, (what, words) in STEPS.items()
    ]
    page = PAGE.format(
        machine=describe_machine("torch"),
        repeats=chosen.repeats,
        head=" | ".join(f"{n}, s" for n in counts),
        dashes="--:|" * len(counts),
        rows="\n".join(rows),
        training=1e3 * measured[-1][1],
        each=1e3 * (found[-1]["run"].wall_s - found[0]["run"].wall_s) / (counts[-1] - counts[0]),
        peak=max(spent.peak_mib for one in found for spent in one.values()),
        results=measured[-1][2],
    )
    chosen.output.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()

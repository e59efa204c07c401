"""Seeded fuzzing: `python tools/run.py python benchmarks/fuzz.py --cases 5000 --seed 1`.

Files that a user writes are spoilt at random and tried. Each case must work, or
end in a message that says where, with the right exit code; within seconds and
a bound of memory. `--only KIND` tries one kind, `--case NAME` one case, with what
it says. The table goes to `benchmarks/results/fuzzing.md` where `--write` asks for it.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from machine import describe_machine  # noqa: E402

from benchmarks.fuzzing.kinds import KINDS, make_seeds  # noqa: E402
from benchmarks.fuzzing.workers import SOUND, Case, Ended, tried  # noqa: E402

MODULES = (
    *("reportgen.cli", "reportgen.report.document", "reportgen.facts.derive", "reportgen.why"),
    *("reportgen.report.rereading", "reportgen.report.lints", "reportgen.store.frozen"),
    *("reportgen.datasets.registry", "reportgen.submission", "reportgen.facts.listing"),
    *("reportgen.trace", "weasyprint", "PIL.Image", "safetensors.numpy", "matplotlib.figure"),
)
FOUND = "## What was found and mended"
RESULTS = ROOT / "benchmarks" / "results" / "fuzzing.md"


def chosen_cases(n: int, seed: int, only: Sequence[str] = ()) -> list[Case]:
    """Return cases of all kinds by their shares, in each the sound files first."""
    kinds = {name: kind for name, kind in KINDS.items() if not only or name in only}
    total = sum(kind.share for kind in kinds.values())
    return [
        Case(name, f"{seed}/{name}{number}")
        for name, kind in kinds.items()
        for number in (SOUND, *(f"/{i}" for i in range(max(1, round(n * kind.share / total)))))
    ]


def table(found: Iterable[Ended]) -> list[str]:
    """Return the lines of the table by kind."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    seconds: dict[str, list[float]] = defaultdict(list)
    peaks: dict[str, int] = defaultdict(int)
    for one in found:
        counts[one.case.kind][one.verdict.outcome] += 1
        counts[one.case.kind]["faults"] += bool(one.verdict.fault)
        seconds[one.case.kind].append(one.seconds)
        peaks[one.case.kind] = max(peaks[one.case.kind], one.peak_mib)
    lines = [
        "| kind | cases | accepted | refused | stale | faults | longest, s | peak, MiB |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, count in counts.items():
        numbers = [len(seconds[name]), *(count[key] for key in ("accepted", "refused", "stale"))]
        cells = [*map(str, numbers), str(count["faults"]), f"{max(seconds[name]):.1f}"]
        lines.append(f"| {name} | {' | '.join(cells)} | {peaks[name]} |")
    everything = sum(counts.values(), Counter())
    n = sum(map(len, seconds.values()))
    sums = [n, *(everything[key] for key in ("accepted", "refused", "stale", "faults"))]
    lines.append(f"| **all** | {' | '.join(map(str, sums))} | | |")
    return lines


def write_results(head: str, lines: Sequence[str]) -> None:
    """Write the table; what stands below it, on what was found, stays."""
    before = RESULTS.read_text(encoding="utf-8") if RESULTS.is_file() else ""
    rest = before[before.find(FOUND) :] if FOUND in before else f"{FOUND}\n"
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text("\n".join(["# Fuzzing", "", head, "", *lines, "", rest]), encoding="utf-8")


def load_modules() -> None:
    """Import what the workers need, once for all of them; PyTorch is for those that take it."""
    for name in MODULES:
        importlib.import_module(name)


def main(arguments: list[str]) -> int:
    """Try cases, tell those that end as none may, and return whether there are any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", default=[], choices=list(KINDS))
    parser.add_argument("--case", default="", help="the name of one case, as it was told")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    asked = parser.parse_args(arguments)
    cases = chosen_cases(asked.cases, asked.seed, asked.only)
    if asked.case:
        cases = [Case(asked.case.split("/")[1], asked.case)]
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="reportgen-fuzz-") as folder:
        seeds = Path(folder, "seeds")
        make_seeds(seeds, {case.kind for case in cases})
        load_modules()
        found = []
        for ended in tried(cases, seeds, Path(folder, "place")):
            found.append(ended)
            if ended.verdict.fault or asked.case:
                text = ended.verdict.message[:2_000]
                print(f"{ended.case.name}: {ended.verdict.outcome}: {ended.verdict.fault}\n{text}")
                sys.stdout.flush()
    lines = table(found)
    n_faults = sum(bool(one.verdict.fault) for one in found)
    print("\n".join(lines), f"\n{time.perf_counter() - began:.0f} s")
    if asked.write:
        machine = describe_machine("jinja2", "weasyprint", "torch")
        write_results(f"`--cases {asked.cases} --seed {asked.seed}`; {machine}.", lines)
    return int(n_faults > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

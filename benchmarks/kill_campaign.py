"""Kill builds at random instants, start them again, and show that nothing was lost.

::

    python tools/run.py python benchmarks/kill_campaign.py --kills 200 --seed 1
    python tools/run.py python benchmarks/kill_campaign.py --kills 50 --interrupt
    python tools/run.py python benchmarks/kill_campaign.py --kills 50 --both

An undisturbed build in a process of its own gives the bytes that all others must
have; how long an epoch took is in them, so it is set to one value in all. A second
one, in a forked process, gives the instants at which each stage runs.
Then builds are started and killed, each at an instant drawn from a stage of that
timeline, the same number for every stage; each round begins with nothing, and is
started again until it ends. With `--interrupt` they get Ctrl-C in place of SIGKILL, with
`--both` in every second round.

Builds run in forks of this process, which has imported everything and has one
thread: so a start costs no seconds. Needs a system that can fork, and `/proc`.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from campaign_marks import STAGES, Marks, fix_durations, instrument
from campaign_study import NAME, make_study
from campaign_table import Tally, table
from campaign_verdict import Result, find_faults, finished_epochs, printed_epochs, read_result
from machine import describe_machine

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
SIGNAL = {False: signal.SIGKILL, True: signal.SIGINT}
WAYS = {False: "killed", True: "interrupted"}


@dataclass(frozen=True, slots=True)
class Instant:
    """When to strike: so many seconds after a mark of the timeline was passed."""

    position: int
    mark: str
    stage: str
    seconds: float


@dataclass(slots=True)
class Place:
    """A folder with the project, its data, the cache of pixels and other temporary files."""

    folder: Path

    @property
    def project(self) -> Path:
        """The project's root."""
        return self.folder / "project"

    def environment(self) -> dict[str, str]:
        """Return the variables that keep a build inside the folder."""
        return {
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "TMPDIR": str(self.folder / "tmp"),
            "REPORTGEN_DATA": str(self.folder / "data"),
        }

    @classmethod
    def make(cls, folder: Path, *, notebooks: bool) -> Place:
        """Write the study into a new folder."""
        make_study(folder, notebooks=notebooks)
        (folder / "tmp").mkdir()
        return cls(folder)


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one build ended: its exit code (negative: by that signal), what it told, its marks.

    `stage` is the one in which it was struck, empty if it was not.
    """

    code: int
    stage: str
    out: str
    err: str
    marks: Marks


def build_plainly(place: Place) -> tuple[float, list[str]]:
    """Build in a process of its own; return its seconds and the modules that it loaded."""
    listing = place.folder / "modules.json"
    script = (
        "import json, sys\nfrom reportgen.cli import main\n"
        f"sys.path.append({str(Path(__file__).parent)!r})\n"
        "import campaign_marks\ncampaign_marks.fix_durations()\n"
        f"sys.argv = ['reportgen', 'build', {NAME!r}]\n"
        "try: main()\nexcept SystemExit as end: code = end.code\n"
        f"open({str(listing)!r}, 'w').write(json.dumps(list(sys.modules)))\nsys.exit(code)"
    )
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=place.project,
        env=os.environ | place.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"the undisturbed build failed:\n{done.stdout}{done.stderr}")
    return time.monotonic() - started, json.loads(listing.read_text(encoding="utf-8"))


def import_all(names: list[str]) -> None:
    """Import what a build imports, so that forked ones need not; there is one thread after it."""
    from reportgen.system import share_cores

    share_cores()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            if name != "__main__":
                with contextlib.suppress(Exception):
                    importlib.import_module(name)
    n_threads = len(os.listdir("/proc/self/task"))  # noqa: PTH208
    if n_threads != 1:
        sys.exit(f"{n_threads} threads after importing: a fork of this process is not sound")


def start_build(place: Place, out: Path, err: Path) -> tuple[int, int]:
    """Fork a build; return its process and where its marks can be read."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    code = 70
    try:
        os.close(reading)
        for number, path in ((1, out), (2, err)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        os.environ.update(place.environment())
        tempfile.tempdir = None
        os.chdir(place.project)
        fix_durations()
        instrument(writing)
        sys.argv = ["reportgen", "build", NAME]
        from reportgen.cli import main

        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def run_build(place: Place, instant: Instant | None, number: int) -> Attempt:
    """Build, and strike at an instant if there is one."""
    out, err = place.folder / "out.txt", place.folder / "err.txt"
    pid, pipe = start_build(place, out, err)
    marks = Marks()
    deadline: float | None = None
    struck: float | None = None
    while True:
        left = None if deadline is None else max(deadline - time.monotonic(), 0.0)
        ready, _, _ = select.select([pipe], [], [], left)
        if not ready:
            struck = time.monotonic()
            os.kill(pid, number)
            deadline = instant = None
        elif not (data := os.read(pipe, 65536)):
            break
        else:
            at = marks.feed(data, None if instant is None else instant.mark)
            if at is not None and instant is not None and deadline is None:
                deadline = at + instant.seconds
    os.close(pipe)
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    stage = "" if struck is None else marks.stage_at(struck)
    return Attempt(code, stage, out.read_text("utf-8"), err.read_text("utf-8"), marks)


def draw_instants(
    marks: Marks, n: int, fell: Counter[str], random_: random.Random
) -> list[Instant]:
    """Return instants in the order of the timeline; stages that were hit least come first."""
    intervals = marks.intervals()
    drawn = []
    expected = fell.copy()
    for _ in range(n):
        stages = [stage for stage in STAGES if any(one.stage == stage for one in intervals)]
        stage = min(stages, key=lambda name: (expected[name], random_.random()))
        expected[stage] += 1
        own = [one for one in intervals if one.stage == stage]
        (one,) = random_.choices(own, [each.seconds for each in own])
        drawn.append(Instant(one.position, one.mark, stage, random_.random() * one.seconds))
    return sorted(drawn, key=lambda each: (each.position, each.seconds))


def run_round(
    place: Place, instants: list[Instant], reference: Result, interrupt: bool, tally: Tally
) -> int:
    """Strike at each instant in turn, then let the build end; return how many were struck."""
    struck, written = 0, Counter[str]()
    for instant in [*instants, None]:
        before = finished_epochs(place.project)
        attempt = run_build(place, instant, SIGNAL[interrupt])
        written.update(attempt.marks.written)
        printed = printed_epochs(attempt.out, attempt.marks.runs)
        tally.epochs += len(printed)
        for run, epoch in printed & before:
            tally.faults.append(f"{run}: epoch {epoch} was trained though the journal had it")
        if attempt.code == (130 if interrupt else -signal.SIGKILL):
            assert instant is not None
            struck += 1
            tally.aimed[instant.stage] += 1
            tally.fell[attempt.stage] += 1
            if interrupt:
                tally.interrupted[attempt.stage] += 1
                tally.faults += interruption_faults(place, attempt)
            continue
        if attempt.code:
            where = attempt.stage or "no stage"
            tally.faults.append(f"struck in {where}, exit code {attempt.code}: {attempt.err}")
        tally.missed += instant is not None
        break
    tally.rounds += 1
    tally.faults += [f"{key} was made {n} times" for key, n in written.items() if n > 1]
    tally.faults += find_faults(place.folder, reference)
    again = run_build(place, None, signal.SIGKILL)
    if "nothing has changed" not in again.out:
        tally.faults.append(f"the build after the last one found something to do: {again.out}")
    return struck


def interruption_faults(place: Place, attempt: Attempt) -> Iterator[str]:
    """Yield what is wrong after Ctrl-C: more than a line, or something half written."""
    from campaign_verdict import half_written

    if attempt.err != "interrupted; what was finished is kept\n":
        yield f"interrupted in {attempt.stage}, it told: {attempt.err}"
    left = half_written(place.folder)
    if left:
        yield f"interrupted in {attempt.stage}, it left {', '.join(left)}"


def run_campaign(options: argparse.Namespace, folder: Path) -> tuple[Tally, dict[str, Any]]:
    """Strike as often as wanted; return the counts and what is told beside them."""
    started, random_ = time.monotonic(), random.Random(options.seed)  # noqa: S311
    plain = Place.make(folder / "plain", notebooks=options.notebooks)
    plain_s, modules = build_plainly(plain)
    reference = read_result(plain.folder)
    import_all(modules)
    forked = Place.make(folder / "forked", notebooks=options.notebooks)
    whole = run_build(forked, None, signal.SIGKILL)
    tally = Tally(faults=find_faults(forked.folder, reference))
    if whole.code:
        sys.exit(f"the forked build failed:\n{whole.out}{whole.err}")
    while tally.fell.total() < options.kills and not tally.faults:
        place = Place.make(folder / f"round-{tally.rounds + 1}", notebooks=options.notebooks)
        n = min(options.per_round, options.kills - tally.fell.total())
        instants = draw_instants(whole.marks, n, tally.fell, random_)
        interrupt = options.interrupt or (options.both and tally.rounds % 2 == 1)
        run_round(place, instants, reference, interrupt, tally)
        print(f"round {tally.rounds}: {tally.fell.total()} of {options.kills}", flush=True)
        if not tally.faults:
            shutil.rmtree(place.folder)
    return tally, {
        "arguments": " ".join(options.arguments),
        "verb": "killed or interrupted" if options.both else WAYS[options.interrupt],
        "compared": sorted({Path(name).suffix.lstrip(".") for name in reference.files}),
        "seconds": time.monotonic() - started,
        "plain_s": plain_s,
        "forked_s": whole.marks.seconds,
        "machine": describe_machine("torch", "numpy", "scikit-learn", "weasyprint"),
    }


def main() -> int:
    """Run the campaign; return 1 if anything was lost, left or done twice."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--per-round", type=int, default=20)
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--interrupt", action="store_true", help="Ctrl-C in place of SIGKILL")
    way.add_argument("--both", action="store_true", help="Ctrl-C in every second round")
    parser.add_argument("--no-notebooks", dest="notebooks", action="store_false")
    parser.add_argument("--out", type=Path, help="write OUT.md and OUT.json")
    options = parser.parse_args()
    if not ONE_THREAD.items() <= os.environ.items():  # read where libraries are imported
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | ONE_THREAD)  # noqa: S606
    out = options.out and options.out.absolute()
    options.arguments = [word for word in sys.argv[1:] if word not in {"--out", str(options.out)}]
    with tempfile.TemporaryDirectory(prefix="kill-campaign-") as folder:
        tally, facts = run_campaign(options, Path(folder))
    text = table(tally, facts)
    print(text)
    if out:
        counts: dict[str, Any] = {"aimed": tally.aimed, "fell": tally.fell}
        counts |= {"interrupted": tally.interrupted, "rounds": tally.rounds}
        out.with_suffix(".md").write_text(text, encoding="utf-8")
        content = {**facts, **counts, "epochs": tally.epochs, "faults": tally.faults}
        out.with_suffix(".json").write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())

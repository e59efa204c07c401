"""What it costs to train side by side: ten repetitions against one; threads and precision.

::

    python tools/run.py python benchmarks/side_by_side.py --data-dir DIR

Writes benchmarks/results/side-by-side.md. The ten repetitions are those of the
experiment `direct` of the study tp5 (a hundred digits each, measured on 10,000), in a
project of its own: each command starts with an empty store. Commands take turns, so
that what else the machine does falls on all of them. Needs the data of the three
studies in DIR; six minutes.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from machine import ROOT, describe_machine

RESULTS = ROOT / "benchmarks" / "results" / "side-by-side.md"

REPORT = """title: Repeticiones
course: Banco de pruebas
authors: [{name: Alba, surnames: Ríos Peña}]
date: 2026-05-22
sections:
  - {title: Datos y red, experiments: [direct], questions: [data]}
"""

PROFILE = "experiments: {direct: {seeds: [1]}}\n"

PAGE = """# Side by side

{machine}. Written by `benchmarks/side_by_side.py`.

## Ten repetitions against one

`reportgen run` on `direct` of tp5: medians of {n}, in turns. The runs alone are timed from the
first one's begin to the last record. The largest process had {largest:.2f} GB.

| repetitions | command, s | × one | runs alone, s | × one |
|---|--:|--:|--:|--:|
{rows}

## One thread against all

A training step (forward, backward, SGD) of a network on a batch of its experiment's size. Two
runs side by side with one thread each make two steps in the time of one; what they gain over
one after another with all threads is the last column. A run whose step has fewer than {small}
million multiply-adds forward computes with one thread, and in float32.

| network | million multiply-adds | 1 thread, ms | all, ms | speed-up | gain of two |
|---|--:|--:|--:|--:|--:|
{table}

## bfloat16 against float32

The same step with one thread in both. `precision: auto` takes bfloat16 where the processor
multiplies in it, the step is not small, and no convolution has groups (EfficientNet's have).

| network | float32, ms | bfloat16, ms | times as fast |
|---|--:|--:|--:|
{precisions}
"""

NETWORKS = (
    ("tp5", "direct", ""),
    ("emojis", "search", "batch_10"),
    ("emojis", "search", "padded"),
    ("tp5", "fashion", ""),
    ("practica1", "simple_cnn", "tiny"),
    ("practica1", "simple_cnn", ""),
    ("practica1", "alexnet", ""),
    ("practica1", "finetuned", ""),
)
"""Study, experiment, trial: from the smallest step to the largest."""


if TYPE_CHECKING:
    from reportgen.stages.bench import Bench
    from reportgen.training.placement import Placement


@dataclass(frozen=True, slots=True)
class Timed:
    """Seconds of a command: all of it, and from its first run's begin to its last record."""

    whole_s: float
    runs_s: float


@dataclass(frozen=True, slots=True)
class Step:
    """A training step's seconds with one thread, with all, and with one in bfloat16."""

    name: str
    multiply_adds: int
    one_s: float
    all_s: float
    bfloat16_s: float


def make_project(place: Path) -> None:
    """Make a project whose one study has the experiment `direct` alone."""
    folder, original = place / "experiments" / "tp5", ROOT / "experiments" / "tp5"
    (folder / "profiles").mkdir(parents=True)
    (place / "templates").mkdir()
    for name in ("assignment.yaml", "direct.yaml", "models.py"):
        shutil.copy(original / name, folder / name)
    (folder / "report.yaml").write_text(REPORT, encoding="utf-8")
    (folder / "profiles" / "once.yaml").write_text(PROFILE, encoding="utf-8")


def time_command(project: Path, data: Path, *options: str) -> Timed:
    """Run a command on an empty store and return its seconds."""
    store = project / "store"
    shutil.rmtree(store, ignore_errors=True)
    words = ["-m", "reportgen", "run", "tp5", "--data-dir", str(data), "--store", str(store)]
    own = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    started, first, last = time.perf_counter(), 0.0, 0.0
    with subprocess.Popen(
        [sys.executable, *words, *options],
        cwd=project,
        env=own | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as command:
        assert command.stdout is not None
        for line in command.stdout:
            if ": train: " in line:
                first = first or time.perf_counter()
            if ": record: " in line:
                last = time.perf_counter()
    if command.returncode:
        sys.exit(f"the command failed with {command.returncode}")
    return Timed(time.perf_counter() - started, last - first)


def time_commands(data: Path, repeats: int) -> Mapping[str, list[Timed]]:
    """Time one repetition, ten side by side, and ten one after another, in turns."""
    sides = {
        "one": ("--profile", "once", "--jobs", "1"),
        "ten side by side": (),
        "ten one after another": ("--jobs", "1"),
    }
    found: dict[str, list[Timed]] = {name: [] for name in sides}
    with tempfile.TemporaryDirectory() as folder:
        make_project(Path(folder))
        for _ in range(repeats):
            for name, options in sides.items():
                found[name].append(time_command(Path(folder), data, *options))
                tell(f"{name}: {found[name][-1].whole_s:.1f} s")
    return found


def time_steps(data: Path, seconds: float) -> Iterator[Step]:
    """Yield what a training step of each network takes."""
    from reportgen.system import share_cores

    share_cores()  # as every command does, before torch is imported
    import torch

    from reportgen.holdings import plan
    from reportgen.order import Order
    from reportgen.pipeline import load
    from reportgen.stages.bench import Bench, DataShelf
    from reportgen.training.placement import Placement
    from reportgen.training.workload import count_multiply_adds

    with tempfile.TemporaryDirectory() as store:
        for study_name, experiment, trial in NETWORKS:
            order = Order(ROOT, study_name, data_dir=data, store=Path(store))
            study = load(order)
            _, sources, plans = plan(order, study)
            named = [
                p for p in plans if (p.run.id.experiment, p.run.id.trial) == (experiment, trial)
            ]
            bench = Bench(named[0], study, DataShelf(sources))
            assert bench.spec.training is not None
            batch = bench.spec.training.batch_size
            work = count_multiply_adds(bench.blank(), bench.input_shape) * batch
            label = f"{experiment}.{trial}".rstrip(".")
            placements = (
                Placement("cpu", "", "float32", 1),
                Placement("cpu", "", "float32", torch.get_num_threads()),
                Placement("cpu", "", "bfloat16", 1),
            )
            times = [time_step(bench, batch, placement, seconds) for placement in placements]
            tell(f"{label}: " + ", ".join(f"{time_s * 1e3:.2f} ms" for time_s in times))
            yield Step(label, work, *times)


def time_step(bench: Bench, batch: int, placement: Placement, seconds: float) -> float:
    """Return the median seconds of a training step on random images."""
    import torch
    from torch.nn.functional import cross_entropy

    from reportgen.training.network import place_model
    from reportgen.training.placement import running_on

    with running_on(placement):
        network = place_model(bench.blank(), placement, bench.input_shape)
        network.model.train()
        optimizer = torch.optim.SGD(network.model.parameters(), lr=1e-3, momentum=0.9)
        images = torch.rand((batch, *bench.input_shape))
        if network.channels_last:
            images = images.contiguous(memory_format=torch.channels_last)
        labels = torch.arange(batch) % len(bench.classes)
        found: list[float] = []
        end = time.perf_counter() + seconds
        while time.perf_counter() < end or len(found) < 8:
            started = time.perf_counter()
            optimizer.zero_grad()
            cross_entropy(network.logits(images), labels).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            found.append(time.perf_counter() - started)
    return statistics.median(found[3:])


def write_results(found: Mapping[str, Sequence[Timed]], steps: Sequence[Step]) -> str:
    """Return the tables."""
    from reportgen.training.workload import SMALL_STEP

    def median(name: str, field: str) -> float:
        return float(statistics.median(getattr(timed, field) for timed in found[name]))

    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e9
    rows = []
    for name in found:
        whole, runs = median(name, "whole_s"), median(name, "runs_s")
        ratios = (whole / median("one", "whole_s"), runs / median("one", "runs_s"))
        rows.append(f"| {name} | {whole:.1f} | {ratios[0]:.2f} | {runs:.1f} | {ratios[1]:.2f} |")
    table = [
        f"| {step.name} | {step.multiply_adds / 1e6:.0f} | {step.one_s * 1e3:.2f} "
        f"| {step.all_s * 1e3:.2f} | {step.one_s / step.all_s:.2f} "
        f"| {2 * step.all_s / step.one_s:.2f} |"
        for step in steps
    ]
    precisions = [
        f"| {step.name} | {step.one_s * 1e3:.2f} | {step.bfloat16_s * 1e3:.2f} "
        f"| {step.one_s / step.bfloat16_s:.2f} |"
        for step in steps
    ]
    return PAGE.format(
        machine=describe_machine("torch", "numpy"),
        n=len(found["one"]),
        largest=largest,
        small=SMALL_STEP // 10**6,
        rows="\n".join(rows),
        table="\n".join(table),
        precisions="\n".join(precisions),
    )


def tell(text: str) -> None:
    """Write a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    """Time both, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-dir", type=Path, required=True, help="folder with data sets")
    parser.add_argument("--repeats", type=int, default=3, help="commands of each kind")
    parser.add_argument("--step-seconds", type=float, default=2.0, help="of each network")
    parser.add_argument("--output", type=Path, default=RESULTS)
    chosen = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    found = time_commands(chosen.data_dir.absolute(), chosen.repeats)
    steps = list(time_steps(chosen.data_dir.absolute(), chosen.step_seconds))
    chosen.output.write_text(write_results(found, steps), encoding="utf-8")


if __name__ == "__main__":
    main()

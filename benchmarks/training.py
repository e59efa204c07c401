"""Training as reportgen does it against the loop of the tutorials, epoch by epoch.

::

    python tools/run.py python benchmarks/training.py --data-dir DIR

Writes benchmarks/results/training.md. The loop is `DataLoader` over torchvision's
MNIST with a transform for each image, in float32, which measures the validation split
after each epoch; reportgen's epoch measures the training split besides, and so does a
third loop. Each side is a process of its own; they take turns, seed by seed, so that
what else the machine does falls on all. The seconds are medians over the epochs but
the first. Needs MNIST in DIR; an hour on two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import runpy
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from machine import ROOT, describe_machine

if TYPE_CHECKING:
    from torch import nn

    from reportgen.records import EpochRow

RESULTS = ROOT / "benchmarks" / "results" / "training.md"
MEAN, STD = 0.1307, 0.3081
BATCH, LEARNING_RATE, MOMENTUM = 256, 0.01, 0.9
NETWORKS = {"simple_cnn": "Simple CNN", "lenet": "LeNet"}
SIDES = {
    "loop": "loop, images made by the process itself",
    "loop-workers": "loop, images made by two workers",
    "loop-measured": "loop that measures the training split too",
    "float32": "reportgen, `precision: float32`",
    "auto": "reportgen, `precision: auto`",
}
COLUMNS = (
    *("epoch, s", "times as fast", "of the same measurements", "CPU of an epoch, s"),
    *("times as little", "accuracy, %", "points from the loop"),
)
PARTS = {
    "images": "images, ms",
    "forward": "forward, ms",
    "backward": "backward, ms",
    "optimizer": "optimiser, ms",
    "measured": "a batch measured, ms",
}

PAGE = """# Training

{machine}. Written by `benchmarks/training.py`: MNIST, 60,000 images, batch {batch}, SGD with
Nesterov momentum, {epochs} epochs, {threads} threads, {seeds} seeds; CPU seconds are those of all
threads and processes. Accuracy is the last epoch's on the 10,000 validation images. The loop
measures the validation split after an epoch, reportgen the training split besides: "of the same
measurements" compares it with the loop that does so too.

{tables}

## Where an epoch's time goes

Of the side `precision: auto`, on one thread: medians over 90 batches. An epoch takes 235 steps,
and measures 235 batches of the training split and 20 larger ones of the validation split.

{profile}
"""


@dataclass(slots=True)
class Trained:
    """Seconds of each epoch and the accuracy after the last."""

    wall_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    accuracy: float = 0.0


def build(network: str) -> nn.Module:
    """Return a network with its initial weights."""
    from torch import nn

    if network == "simple_cnn":
        models = runpy.run_path(str(ROOT / "experiments" / "practica1" / "models.py"))
        made: nn.Module = models["SimpleCNN"]()
        return made
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(400, 120), nn.ReLU()),
        *(nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
    )


def used_cpu() -> float:
    """Return the CPU seconds of this process and of its children that have ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def train_loop(
    network: str, seed: int, data: Path, epochs: int, workers: int, measured: int
) -> Trained:
    """Train as the tutorials do; measure the last of the splits, or the last two."""
    import torch
    from torch.nn.functional import cross_entropy
    from torch.utils.data import DataLoader
    from torchvision import datasets, transforms

    torch.manual_seed(seed)
    transform = transforms.Compose(
        [transforms.ToTensor(), transforms.Normalize((MEAN,), (STD,))],
    )
    train, validation = (
        DataLoader(
            datasets.MNIST(str(data), train=part, transform=transform),
            batch_size=BATCH if part else 2 * BATCH,
            shuffle=part,
            num_workers=workers,
        )
        for part in (True, False)
    )
    model, trained = build(network), Trained()
    optimizer = torch.optim.SGD(
        model.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM, nesterov=True
    )
    for _ in range(epochs):
        started, used = time.perf_counter(), used_cpu()
        model.train()
        total = 0.0
        for images, labels in train:
            optimizer.zero_grad()
            loss = cross_entropy(model(images), labels)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            total += loss.item() * len(labels)
        model.eval()
        for split in (train, validation)[-measured:]:
            hits, losses = 0, 0.0
            with torch.no_grad():
                for images, labels in split:
                    logits = model(images)
                    losses += cross_entropy(logits, labels, reduction="sum").item()
                    hits += int((logits.argmax(1) == labels).sum())
        trained.wall_s.append(time.perf_counter() - started)
        trained.cpu_s.append(used_cpu() - used)
        trained.accuracy = hits / 10_000
    return trained


class Kept:
    """A journal that keeps nothing but the rows."""

    def __init__(self) -> None:
        self.rows: tuple[EpochRow, ...] = ()

    def load_state(self) -> None:
        """Return nothing: no training goes on."""

    def append(self, row: EpochRow, seconds: float, state: bytes, weights: bytes | None) -> None:
        """Keep the row; that the state was made belongs to the epoch's time."""
        assert seconds
        assert state or weights
        self.rows = (*self.rows, row)


def train_reportgen(network: str, seed: int, data: Path, epochs: int, precision: str) -> Trained:
    """Train as a run does."""
    import torch

    from reportgen.records import RunId
    from reportgen.training.loop import train_run
    from reportgen.training.placement import choose_placement

    assert precision in {"auto", "float32"}
    torch.manual_seed(seed)
    model, trained, training, splits = build(network), Trained(), recipe(epochs), read_splits(data)
    placement = choose_placement("cpu", "float32" if precision == "float32" else "auto")
    clock = [time.perf_counter(), used_cpu()]

    def on_epoch(row: EpochRow, _seconds: float) -> None:
        trained.wall_s.append(time.perf_counter() - clock[0])
        trained.cpu_s.append(used_cpu() - clock[1])
        trained.accuracy = row.validation_accuracy
        clock[:] = time.perf_counter(), used_cpu()

    train_run(
        RunId(network, "", seed),
        training,
        model,
        splits,
        [MEAN],
        [STD],
        placement,
        Kept(),
        on_epoch=on_epoch,
    )
    return trained


def recipe(epochs: int) -> Any:
    """Return the training as an experiment file would have it."""
    from reportgen.spec.training import Training

    optimizer = {"name": "sgd", "lr": LEARNING_RATE, "momentum": MOMENTUM, "nesterov": True}
    return Training.model_validate(
        {
            "batch_size": BATCH,
            "validation_batch_size": 2 * BATCH,
            "phases": ({"epochs": epochs, "optimizer": optimizer},),
        }
    )


def read_splits(data: Path) -> Any:
    """Return MNIST as a run reads it."""
    from reportgen.datasets.registry import load_source, locate_spec
    from reportgen.spec.dataset import DatasetSpec

    return load_source(locate_spec(DatasetSpec(name="mnist"), data)).splits


def profile(network: str, data: Path) -> dict[str, float]:
    """Return the milliseconds of CPU that the parts of an epoch take, by batch of their own."""
    import torch
    from torch.nn.functional import cross_entropy

    from reportgen.training.batches import Batches, Normalizer, place_split
    from reportgen.training.inference import evaluate
    from reportgen.training.network import place_model
    from reportgen.training.placement import choose_placement, running_on

    placement = choose_placement("cpu", "auto", 1)
    split = place_split(read_splits(data)["train"], placement)
    normalizer = Normalizer.of([MEAN], [STD], placement.device)
    parts: dict[str, list[float]] = {name: [] for name in PARTS}
    with running_on(placement):
        made = place_model(build(network), placement, split.input_shape)
        optimizer = torch.optim.SGD(
            made.model.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM, nesterov=True
        )
        rows = torch.randperm(len(split))
        batches = iter(Batches(split, BATCH, normalizer, rows, None, made.channels_last))
        for _ in range(100):
            marks = [time.process_time()]
            images, labels = next(batches)
            marks.append(time.process_time())
            optimizer.zero_grad()
            loss = cross_entropy(made.logits(images), labels)
            marks.append(time.process_time())
            loss.backward()  # type: ignore[no-untyped-call]
            marks.append(time.process_time())
            optimizer.step()
            marks.append(time.process_time())
            measured = Batches(split, BATCH, normalizer, rows[:BATCH], None, made.channels_last)
            evaluate(made, measured)
            marks.append(time.process_time())
            for name, begin, end in zip(PARTS, marks[:-1], marks[1:], strict=True):
                parts[name].append(end - begin)
    return {name: 1e3 * statistics.median(seconds[10:]) for name, seconds in parts.items()}


def train_side(side: str, network: str, seed: int, data: Path, epochs: int) -> Trained:
    """Train one side."""
    if side.startswith("loop"):
        workers, measured = 2 * side.endswith("workers"), 1 + side.endswith("measured")
        return train_loop(network, seed, data, epochs, workers, measured)
    return train_reportgen(network, seed, data, epochs, side)


def run_child(chosen: argparse.Namespace, *words: str) -> Any:
    """Return what this script, started anew for one side, writes."""
    own = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    fixed = ("--data-dir", str(chosen.data_dir.absolute()), "--epochs", str(chosen.epochs))
    done = subprocess.run(
        [sys.executable, __file__, *fixed, *words],
        env=own | {"OMP_NUM_THREADS": str(chosen.threads)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def train_in_turns(chosen: argparse.Namespace) -> Iterator[tuple[str, str, Trained]]:
    """Yield what each side of each network came to, seed by seed."""
    for seed in range(1, chosen.seeds + 1):
        for network in NETWORKS:
            for side in SIDES:
                words = ("--side", side, "--network", network, "--seed", str(seed))
                trained = Trained(**run_child(chosen, *words))
                print(f"{network}, {side}, seed {seed}: {trained}", flush=True)
                yield network, side, trained


def table(network: str, found: dict[str, list[Trained]]) -> list[str]:
    """Return the lines of a network's table."""
    lines = [
        f"## {NETWORKS[network]}",
        "",
        "| " + " | ".join(("side", *COLUMNS)) + " |",
        "|---|" + "--:|" * len(COLUMNS),
    ]
    wall = {side: median_of(one.wall_s for one in trained) for side, trained in found.items()}
    cpu = {side: median_of(one.cpu_s for one in trained) for side, trained in found.items()}
    reached = {
        side: 100 * statistics.mean(one.accuracy for one in trained)
        for side, trained in found.items()
    }
    for side, name in SIDES.items():
        same = side == "loop-measured" or not side.startswith("loop")
        equal = wall["loop-measured"] / wall[side] if same else None
        lines.append(
            f"| {name} | {wall[side]:.2f} | {wall['loop'] / wall[side]:.2f} "
            f"| {'' if equal is None else f'{equal:.2f}'} "
            f"| {cpu[side]:.2f} | {cpu['loop'] / cpu[side]:.2f} "
            f"| {reached[side]:.2f} | {reached[side] - reached['loop']:+.2f} |"
        )
    return [*lines, ""]


def median_of(epochs: Iterator[list[float]]) -> float:
    """Return the median seconds over all epochs but each training's first."""
    return statistics.median(second for seconds in epochs for second in seconds[1:])


def write_results(
    chosen: argparse.Namespace,
    found: dict[str, dict[str, list[Trained]]],
    parts: dict[str, dict[str, float]],
) -> str:
    """Return the page."""
    tables = [line for network, sides in found.items() for line in table(network, sides)]
    profile_lines = [
        "| network | " + " | ".join(PARTS.values()) + " |",
        "|---|" + "--:|" * len(PARTS),
        *(
            f"| {NETWORKS[network]} | "
            + " | ".join(f"{parts[network][name]:.2f}" for name in PARTS)
            + " |"
            for network in parts
        ),
    ]
    return PAGE.format(
        machine=describe_machine("torch", "torchvision"),
        batch=BATCH,
        epochs=chosen.epochs,
        threads=chosen.threads,
        seeds=chosen.seeds,
        tables="\n".join(tables),
        profile="\n".join(profile_lines),
    )


def main() -> None:
    """Train all sides in turns and write the results, or one side in a child."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-dir", type=Path, required=True, help="folder with data sets")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--side", choices=[*SIDES, "profile"], help=argparse.SUPPRESS)
    parser.add_argument("--network", choices=NETWORKS, help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.side == "profile":
        print(json.dumps(profile(chosen.network, chosen.data_dir)))
    elif chosen.side:
        trained = train_side(
            chosen.side, chosen.network, chosen.seed, chosen.data_dir, chosen.epochs
        )
        print(json.dumps(asdict(trained)))
    else:
        found: dict[str, dict[str, list[Trained]]] = {
            network: {side: [] for side in SIDES} for network in NETWORKS
        }
        for network, side, trained in train_in_turns(chosen):
            found[network][side].append(trained)
        parts = {
            network: run_child(chosen, "--side", "profile", "--network", network)
            for network in NETWORKS
        }
        chosen.output.write_text(write_results(chosen, found, parts), encoding="utf-8")


if __name__ == "__main__":
    main()

"""A build in which nothing has changed, beside DVC and Snakemake on a pipeline of the same shape.

::

    python tools/run.py python benchmarks/no_change.py --dvc PATH --snakemake PATH

Writes benchmarks/results/no-change.md. Both programs are installed apart, since they
pin other versions of what reportgen needs. The pipeline: for each of some experiments
train, evaluate and embed, then render and submit; the same files go in (experiment
files, models.py, templates, a data file of the names and size of MNIST) and outputs of the same
sizes come out. What the steps of the other two do does not matter, since none of them
is run when nothing has changed: theirs write their outputs at once. They take turns,
after one round that is not counted. Needs git, which DVC wants; five minutes.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from machine import ROOT, describe_machine
from many_project import STUDY, make_project
from processes import REPORTGEN, Spent, medians, spend
from yaml_files import write_yaml

RESULTS = ROOT / "benchmarks" / "results" / "no-change.md"
N_IMAGES = {"train": 60_000, "test": 10_000}
DATA = "data/mnist.npz"
EXPERIMENT = {
    "dataset": {"name": "mnist", "subset": {"per_class": 20, "seed": 0}, "normalization": "train"},
    "model": {"class": "Net", "args": {"channels": 1, "side": 28, "n_classes": 10}},
    "features": {"dense": "fc1"},
    "embeddings": {"samples": 200, "perplexity": 10},
}

STAGES = ("train", "evaluate", "embed")
STEP = """import pathlib, sys
for word in sys.argv[1:]:
    name, _, size = word.partition(":")
    path = pathlib.Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * int(size))
"""
SIZES = {"train": 1_700_000, "evaluate": 40_000, "embed": 40_000}
REPORT = {"report.pdf": 400_000, "results.json": 900_000}
ARCHIVE = {"report.zip": 400_000}

SNAKEFILE = """EXPERIMENTS = {experiments}

rule all:
    input: "out/report.zip"
{rules}
"""

PAGE = """# Nothing has changed

{machine}. Written by `benchmarks/no_change.py`: {n} experiments of three stages each, rendering
and the zip, {steps} steps. DVC {dvc}, Snakemake {snakemake}. Whole commands, medians of {repeats},
in turns.

| command | by the clock, s | CPU, s | times reportgen's, by the clock | times its CPU |
|---|--:|--:|--:|--:|
{rows}

What each looks at: reportgen's stamp has the sizes and times of all inputs and outputs, its data
among them, and the arguments; where a file has another time, its content decides. DVC compares
sizes and times with its cache of hashes and loads the stages; Snakemake builds the graph of jobs
and compares times. The rest is imports.
"""


def inputs(stage: str, name: str) -> list[str]:
    """Return the files that a stage of an experiment depends on."""
    own = [f"experiments/{STUDY}/{name}.yaml", f"experiments/{STUDY}/models.py"]
    if stage == "train":
        return [*own, DATA]
    return [f"out/{name}/train.bin", *own[:1]]


def templates(root: Path) -> list[str]:
    """Return the files that rendering depends on."""
    return [
        path.relative_to(root).as_posix()
        for path in sorted((root / "templates").rglob("*"))
        if path.is_file()
    ]


def steps(root: Path, names: Sequence[str]) -> dict[str, tuple[list[str], Mapping[str, int]]]:
    """Return each step's inputs and its outputs with their sizes."""
    found: dict[str, tuple[list[str], Mapping[str, int]]] = {}
    for name in names:
        for stage in STAGES:
            made = {f"out/{name}/{stage}.bin": SIZES[stage]}
            found[f"{stage}_{name}"] = (inputs(stage, name), made)
    all_made = [out for _, made in found.values() for out in made]
    report = {f"out/{name}": size for name, size in REPORT.items()}
    study = [f"experiments/{STUDY}/{name}.yaml" for name in ("report", "assignment")]
    found["render"] = ([*all_made, *study, *templates(root)], report)
    archive = {f"out/{name}": size for name, size in ARCHIVE.items()}
    found["submit"] = (["out/report.pdf"], archive)
    return found


def noise() -> dict[str, Any]:
    """Return arrays of MNIST's names and sizes, with noise in them."""
    random = np.random.default_rng(0)
    arrays = {}
    for part, n in N_IMAGES.items():
        arrays[f"x_{part}"] = random.integers(0, 256, (n, 28, 28)).astype(np.uint8)
        arrays[f"y_{part}"] = (np.arange(n) % 10).astype(np.uint8)
    return arrays


def command_of(made: Mapping[str, int]) -> str:
    """Return the command that writes outputs of these sizes."""
    words = " ".join(f"{name}:{size}" for name, size in made.items())
    return f"{sys.executable} step.py {words}"


def prepare(root: Path, names: Sequence[str]) -> None:
    """Write what DVC and Snakemake need beside the study."""
    (root / DATA).parent.mkdir()
    np.savez(root / DATA, **noise())
    (root / "step.py").write_text(STEP, encoding="utf-8")
    found = steps(root, names)
    stages = {
        step: {"cmd": command_of(made), "deps": deps, "outs": list(made)}
        for step, (deps, made) in found.items()
    }
    write_yaml(root / "dvc.yaml", {"stages": stages})
    rules = "".join(
        f"\nrule {step}:\n    input: {deps!r}\n    output: {list(made)!r}\n"
        f"    shell: {command_of(made)!r}\n"
        for step, (deps, made) in found.items()
    )
    text = SNAKEFILE.format(experiments=list(names), rules=rules)
    (root / "Snakefile").write_text(text, encoding="utf-8")
    git = ["git", "-c", "user.name=benchmark", "-c", "user.email=benchmark@localhost"]
    (root / ".gitignore").write_text("/build/\n/out/\n/data/\n/.snakemake/\n", encoding="utf-8")
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "A pipeline"]):
        subprocess.run([*git, *words], cwd=root, check=True)


def version_of(program: str) -> str:
    """Return what a program calls its version."""
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def main() -> None:
    """Build with all three, then time builds in which nothing has changed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--dvc", required=True, help="the program")
    parser.add_argument("--snakemake", required=True, help="the program")
    parser.add_argument("--experiments", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--output", type=Path, default=RESULTS)
    chosen = parser.parse_args()
    commands = {
        "reportgen build": (*REPORTGEN, "build", STUDY, "--data-dir", "data"),
        "dvc repro": (chosen.dvc, "repro"),
        "snakemake": (chosen.snakemake, "--cores", "2", "--quiet", "all"),
    }
    found: dict[str, list[Spent]] = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "project"
        make_project(root, chosen.experiments, EXPERIMENT)
        files = sorted((root / "experiments" / STUDY).glob("*.yaml"))
        names = [path.stem for path in files if path.stem not in ("report", "assignment")]
        prepare(root, names)
        log = Path(folder) / "log.txt"
        spend((chosen.dvc, "init", "-q"), root, log)
        spend((chosen.dvc, "config", "core.analytics", "false"), root, log)
        for name, command in commands.items():
            print(f"{name}, first: {spend(command, root, log)}", flush=True)
        for turn in range(chosen.repeats + 1):
            for name, command in commands.items():
                spent = spend(command, root, log)
                if turn:
                    found[name].append(spent)
                    print(f"{name}: {spent}", flush=True)
    ours = medians(found["reportgen build"])
    rows = []
    for name, spent in ((name, medians(each)) for name, each in found.items()):
        ratios = (spent.wall_s / ours.wall_s, spent.cpu_s / ours.cpu_s)
        rows.append(
            f"| `{name}` | {spent.wall_s:.2f} | {spent.cpu_s:.2f} "
            f"| {ratios[0]:.1f} | {ratios[1]:.1f} |"
        )
    page = PAGE.format(
        machine=describe_machine(),
        n=chosen.experiments,
        steps=len(STAGES) * chosen.experiments + 2,
        dvc=version_of(chosen.dvc),
        snakemake=version_of(chosen.snakemake),
        repeats=chosen.repeats,
        rows="\n".join(rows),
    )
    chosen.output.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()

"""The memory of a build at its peak against the size of its data.

::

    python tools/run.py python benchmarks/memory.py

Writes benchmarks/results/memory.md. Images of noise, 32×32 in colour, lie once as
arrays in an npz file and once as JPEG files in a zip of class folders; a tiny network
trains one epoch on four fifths of them. The peak is that of the largest process of
`reportgen run`, from nothing and again with an epoch more, when what was decoded is
kept. Five minutes on two cores.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from machine import ROOT, describe_machine
from many_project import STUDY, make_project, write_experiments
from PIL import Image
from processes import REPORTGEN, Spent, spend

RESULTS = ROOT / "benchmarks" / "results" / "memory.md"
SIDE, N_CLASSES, EACH = 32, 10, 5_000

PAGE = """# Memory

{machine}. Written by `benchmarks/memory.py`: `run` of one experiment with a tiny network, images of
32×32 in colour. Peaks of the largest process, in MiB; what a command takes that has nothing to run
is {idle:.0f} MiB, and importing torch alone {torch:.0f} MiB.

| data | images | size as pixels, MiB | from nothing | an epoch more |
|---|--:|--:|--:|--:|
{rows}

From the smallest to the largest, a MiB of pixels costs {slopes}.
"""


def noise(n: int) -> np.ndarray:
    """Return n images, uint8 (n, 32, 32, 3)."""
    return np.random.default_rng(0).integers(0, 256, (n, SIDE, SIDE, 3), dtype=np.uint8)


def write_arrays(folder: Path, n: int) -> dict[str, Any]:
    """Write n images as an npz file and return what an experiment says of them."""
    labels = np.arange(n) % N_CLASSES
    np.savez(folder / "noise.npz", images=noise(n), labels=labels)
    return {"npz": "noise.npz"}


def write_folders(folder: Path, n: int) -> dict[str, Any]:
    """Write n images as JPEG files in a zip and return what an experiment says of them."""
    images = noise(EACH)
    with zipfile.ZipFile(folder / "noise.zip", "w") as archive:
        for number in range(n):
            file = io.BytesIO()
            Image.fromarray(images[number % EACH]).save(file, "JPEG")
            archive.writestr(f"class{number % N_CLASSES}/{number:06d}.jpg", file.getvalue())
    return {"zip": "noise.zip", "splits": {"all": "."}}


SOURCES: Mapping[str, Callable[[Path, int], dict[str, Any]]] = {
    "npz": write_arrays,
    "zip of JPEG": write_folders,
}


def measure(kind: str, n: int, folder: Path) -> tuple[Spent, Spent, Spent]:
    """Return what a run takes from nothing, with an epoch more, and with nothing to do."""
    root, data = folder / "project", folder / "data"
    data.mkdir(parents=True)
    source = SOURCES[kind](data, n)
    spent = []
    for epochs in (1, 2, 2):
        phase = {"epochs": epochs, "optimizer": {"name": "sgd", "lr": 0.01}}
        changes = {
            "dataset": {
                "name": f"noise-{kind.partition(' ')[0]}",
                "source": source,
                "split": {"validation_share": 0.2, "seed": 0},
                "normalization": "train",
            },
            "model": {
                "class": "Net",
                "args": {"channels": 3, "side": SIDE, "n_classes": N_CLASSES, "width": 4},
            },
            "training": {"batch_size": 256, "phases": [phase]},
        }
        if not root.exists():
            make_project(root, 1)
        write_experiments(root, 1, changes)
        words = ("run", STUDY, "--data-dir", data)
        spent.append(spend((*REPORTGEN, *words), root, folder / "log.txt"))
    return spent[0], spent[1], spent[2]


def main() -> None:
    """Measure all sizes of both kinds and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--counts", type=int, nargs="+", default=[10_000, 40_000, 120_000])
    parser.add_argument("--output", type=Path, default=RESULTS)
    chosen = parser.parse_args()
    rows, slopes, idle = [], [], 0.0
    import_torch = (*REPORTGEN[:1], "-c", "import torch")
    torch = spend(import_torch, ROOT).peak_mib
    for kind in SOURCES:
        peaks = []
        for n in sorted(chosen.counts):
            with tempfile.TemporaryDirectory() as folder:
                first, more, nothing = measure(kind, n, Path(folder))
            idle = nothing.peak_mib
            size = n * SIDE * SIDE * 3 / 2**20
            peaks.append((size, max(first.peak_mib, more.peak_mib)))
            rows.append(
                f"| {kind} | {n:,} | {size:.0f} | {first.peak_mib:.0f} | {more.peak_mib:.0f} |"
            )
            print(rows[-1], flush=True)
        slope = (peaks[-1][1] - peaks[0][1]) / (peaks[-1][0] - peaks[0][0])
        slopes.append(f"{slope:.2f} MiB ({kind})")
    page = PAGE.format(
        machine=describe_machine("torch"),
        idle=idle,
        torch=torch,
        rows="\n".join(rows),
        slopes=" and ".join(slopes),
    )
    chosen.output.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()

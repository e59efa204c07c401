"""What tests of whole builds share: a toy with decoded images, what builds leave and may not."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.datasets.made_images import image_bytes, write_zip
from tests.toy_project import ARCHIVE, PDF, Toy

HALF = re.compile(r"\..+\.[0-9a-f]{8}|\.making-.*")


def decoded(toy: Toy) -> Toy:
    """Let the toy read a zip of image files, and maximise the filters of its first layer."""
    names = [f"{split}/{i % 10}/{i}.png" for split in ("a", "b") for i in range(40)]
    write_zip(
        toy.data / "images.zip", {n: image_bytes(k, (8, 8), "L") for k, n in enumerate(names)}
    )
    source = {"zip": "images.zip", "splits": {"train": "a", "validation": "b"}}
    maximization = {"images": {"first": {"layer": "conv"}}, "steps": 3}
    toy.write(toy_net={"dataset": {"name": "toys", "source": source}, "maximization": maximization})
    return toy


def outputs(toy: Toy) -> dict[str, bytes]:
    names = (PDF, ARCHIVE, "report.html", "results.json")
    return {name: (toy.build_folder / name).read_bytes() for name in names}


def half_written(place: Path) -> list[str]:
    """Return what never took its name."""
    found = [path for path in place.rglob("*") if HALF.fullmatch(path.name)]
    found += place.glob("project/build/runs/tmp/*")
    return [str(path.relative_to(place)) for path in found]


def digests(toy: Toy) -> dict[str, str]:
    """Return the digest of each record's result."""
    return {
        file.parent.name: json.loads(file.read_bytes())["sha256"]
        for file in toy.store.glob("record/*/record.json")
    }

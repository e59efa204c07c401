"""What the user asked for: one object that every command makes and the pipeline takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Device = Literal["auto", "cpu", "cuda", "mps"]


@dataclass(frozen=True, slots=True)
class Order:
    """What the user asked for.

    `data_dir` and `store` are absolute, or None for the defaults; `locked` takes
    the committed records instead of running anything. `jobs` is how many runs may be
    made at once; None for as many as the machine bears and as pay. `cluster` is the address
    of a Ray cluster that makes them; empty for this machine.
    """

    root: Path
    study: str
    profile: str = "default"
    data_dir: Path | None = None
    device: Device = "auto"
    store: Path | None = None
    locked: bool = False
    jobs: int | None = 1
    cluster: str = ""

    @property
    def build_folder(self) -> Path:
        """Folder of what is built; that of `Study.build_folder`, known without reading a file."""
        label = self.study if self.profile == "default" else f"{self.study}@{self.profile}"
        return self.root / "build" / label

    @property
    def store_folder(self) -> Path:
        """Folder of the store."""
        return self.store or self.root / "build" / "runs"

    def arguments(self) -> dict[str, str]:
        """Return what decides which build this is, for the stamp."""
        return {
            "study": self.study,
            "profile": self.profile,
            "data_dir": str(self.data_dir),
            "store": str(self.store_folder),
            "locked": str(self.locked),
        }


@dataclass(frozen=True, slots=True)
class Window:
    """Where a report is shown: a port, 0 for any that is free; whether a browser is opened."""

    port: int = 0
    opened: bool = False

"""What a store has noted of the keys of its results: read, never written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from reportgen.plan.changes import Noted
from reportgen.plan.keys import StageKey
from reportgen.store.journal import JOURNAL
from reportgen.store.store import ENTRY, Store

STAGES = ("data", "train", "evaluate", "embed", "maximize", "record", "notebook")


def read_noted(store: Store) -> Noted:
    """Return the fields of every key that the store holds, by stage and digest, oldest first.

    What is damaged is left out: fields are verified by the digest that they have.
    """
    return {stage: _stage(store.root / stage) for stage in STAGES}


def _stage(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the fields of a stage's keys by their digest."""
    found: list[tuple[int, str, dict[str, Any]]] = []
    for name in (ENTRY, JOURNAL):
        for file in folder.glob(f"*/{name}"):
            try:
                fields = json.loads(file.read_bytes())["fields"]
                key = StageKey(folder.name, dict(fields))
                if key.digest == file.parent.name:
                    found.append((file.stat().st_mtime_ns, key.digest, dict(fields)))
            except (OSError, ValueError, KeyError, TypeError):
                continue
    return {digest: fields for _, digest, fields in sorted(found, key=lambda one: one[:2])}

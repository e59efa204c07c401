"""What a store has noted of its keys: all that is sound, oldest first, and nothing is written."""

from __future__ import annotations

import json
import os
from pathlib import Path

from reportgen.plan.keys import StageKey
from reportgen.records import EpochRow
from reportgen.store.journal import TrainingJournal
from reportgen.store.ledger import read_noted
from reportgen.store.store import Store

OLD, NEW = (StageKey("evaluate", {"version": 1, "horizon": h}) for h in (3, 5))


def test_an_empty_store(tmp_path: Path) -> None:
    noted = read_noted(Store(tmp_path / "none"))
    assert set(noted) == {*("data", "train", "evaluate", "embed", "maximize", "record", "notebook")}
    assert not any(noted.values())
    assert not (tmp_path / "none").exists()


def test_entries_and_journals_oldest_first(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for key, time in ((NEW, 200), (OLD, 100)):
        store.write(key, {"a": b"1"}, {})
        os.utime(store.folder("evaluate", key.digest) / "entry.json", (time, time))
    train = StageKey("train", {"version": 1, "seed": 0})
    journal = TrainingJournal(store.folder("train", train.digest), train)
    journal.append(EpochRow(1, 1, 1.0, 0.5, 1.0, 0.5, 1.0, 0.5), 1.0, b"state", b"weights")
    noted = read_noted(store)
    assert list(noted["evaluate"].items()) == [(OLD.digest, OLD.fields), (NEW.digest, NEW.fields)]
    assert noted["train"] == {train.digest: train.fields}


def test_what_is_damaged_is_left_out(tmp_path: Path) -> None:
    """A flipped letter of a field's name must not be taken for a field."""
    store = Store(tmp_path)
    for key in (OLD, NEW):
        store.write(key, {}, {})
    file = store.folder("evaluate", OLD.digest) / "entry.json"
    entry = json.loads(file.read_bytes())
    for broken in (
        json.dumps(entry | {"fields": {"version": 1, "horizom": 3}}),
        json.dumps(entry | {"fields": [1]}),
        json.dumps([]),
        "{",
    ):
        file.write_text(broken, encoding="utf-8")
        assert set(read_noted(store)["evaluate"]) == {NEW.digest}

"""Damaged files of every kind, a newer store, a clock that goes back: the same results."""

from __future__ import annotations

import os
import random
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.datasets.made_images import write_zip
from tests.toy_project import Outcome, Toy, make_toy, set_durations
from tests.whole_builds import decoded, digests, half_written, outputs

Command = Callable[..., Outcome]

pytestmark = pytest.mark.usefixtures("same_durations", "own_cache")


def cut(data: bytes, _: random.Random) -> bytes:
    return data[: len(data) // 2]


def emptied(_: bytes, __: random.Random) -> bytes:
    return b""


def flipped(data: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << draw.randrange(8)]) + data[at + 1 :]


KINDS = {
    "the data's fingerprint": "source/*/fingerprint.json",
    "its entry": "source/*/entry.json",
    "the data's key": "data/*/entry.json",
    "the journal": "train/*/journal.json",
    "the state": "train/*/state-*",
    "weights": "train/*/weights-*",
    "predictions": "evaluate/*/predictions.safetensors",
    "their entry": "evaluate/*/entry.json",
    "measures of maps": "embed/*/maps.json",
    "points of maps": "embed/*/maps.safetensors",
    "the entry of maps": "embed/*/entry.json",
    "what is told of filters": "maximize/*/maximized.json",
    "images of filters": "maximize/*/maximized.safetensors",
    "the entry of filters": "maximize/*/entry.json",
    "the record": "record/*/record.json",
    "its arrays": "record/*/arrays.safetensors",
    "the entry of the record": "record/*/entry.json",
    "the index of pixels": "../../../cache/**/index.json",
    "pixels": "../../../cache/**/images.u8",
    "labels": "../../../cache/**/labels.u2",
}
"""Every kind of file that a store or the cache of decoded images holds."""


@pytest.fixture(scope="module")
def whole_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a project whose store holds every kind of file, and with its cache."""
    from reportgen.pipeline import Order, build
    from reportgen.progress import Silence

    place = tmp_path_factory.mktemp("whole")
    toy = decoded(make_toy(place))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(place / "cache"))
        set_durations(patch)
        build(Order(toy.root, "toy", data_dir=toy.data), Silence())
    return place


@pytest.fixture
def kept(whole_store: Path, tmp_path: Path) -> Toy:
    """A copy of it, data included."""
    shutil.copytree(whole_store, tmp_path, dirs_exist_ok=True)
    return Toy(tmp_path / "project", tmp_path / "data")


@pytest.fixture
def read_here(kept: Toy, reportgen: Command) -> None:
    """Let the copy know its data: their place is in the keys of what is made of them."""
    for folder in (kept.store / "source", kept.root.parent / "cache"):
        shutil.rmtree(folder)
    assert reportgen(kept, "check", "toy").code == 0


def test_every_kind_of_file_is_damaged_below(kept: Toy) -> None:
    named = {path for pattern in KINDS.values() for path in kept.store.glob(pattern)}
    cached = [path for path in (kept.root.parent / "cache").rglob("*") if path.is_file()]
    stored = [path for path in kept.store.glob("*/*/*") if path.is_file()]
    left = {path.resolve() for path in [*cached, *stored]} - {path.resolve() for path in named}
    assert {path.suffix for path in left} <= {".lock"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("damage", [cut, emptied, flipped])
def test_a_damaged_file_is_made_again(kept, reportgen, request, kind, damage):
    """Records are taken away where others are damaged, so that what they were made of is read."""
    before, draw = digests(kept), random.Random(f"{kind} {damage.__name__}")
    if KINDS[kind].startswith(("source", "..")):
        request.getfixturevalue("read_here")
    files = sorted(kept.store.glob(KINDS[kind]))
    for file in files:
        file.write_bytes(damage(file.read_bytes(), draw))
    if "record" not in KINDS[kind]:
        shutil.rmtree(kept.store / "record")
    if "cache" in KINDS[kind]:
        shutil.rmtree(kept.store / "source")
    done = reportgen(kept, "run", "toy")
    assert done.code == 0, done.err
    assert digests(kept) == before
    if damage is not flipped:  # of a flipped bit in a space nobody need know
        assert all(file.read_bytes() for file in files)
    assert half_written(kept.root.parent) == []
    assert reportgen(kept, "facts", "toy").code == 0
    assert reportgen(kept, "why", "toy").code == 0


@pytest.mark.slow
@pytest.mark.parametrize("damage", [cut, emptied, flipped])
@pytest.mark.usefixtures("read_here")
def test_with_every_file_damaged_the_same_bytes_are_built(kept, reportgen, damage):
    before, draw = outputs(kept), random.Random(damage.__name__)
    for pattern in KINDS.values():
        for file in sorted(kept.store.glob(pattern)):
            file.write_bytes(damage(file.read_bytes(), draw))
    for file in (kept.build_folder / ".stamp.json", kept.pdf, kept.build_folder / "results.json"):
        file.write_bytes(damage(file.read_bytes(), draw))
    for command in ("why", "facts", "check", "freeze"):
        assert reportgen(kept, command, "toy").code in {0, 3}
    done = reportgen(kept, "build", "toy")
    assert done.code == 0, done.err
    assert outputs(kept) == before


@pytest.mark.slow
def test_many_flipped_bits_none_of_which_reaches_a_result(kept, reportgen):
    """A bit of each file of a training and its entries, many times over."""
    before, draw = digests(kept), random.Random(6)
    for _ in range(8):
        shutil.rmtree(kept.store / "record")
        for file in sorted(kept.store.glob("*/*/*")):
            if draw.random() < 0.3 and file.stat().st_size:
                file.write_bytes(flipped(file.read_bytes(), draw))
        done = reportgen(kept, "run", "toy")
        assert done.code == 0, done.err
        assert digests(kept) == before


def test_a_damaged_marker_says_how_to_go_on(kept, reportgen):
    marker = kept.store / "store.json"
    marker.write_bytes(b"")
    done = reportgen(kept, "run", "toy")
    assert done.code == 4
    assert "store.json: not the marker of a store" in done.err
    assert "remove that file if the folder is one" in done.err
    marker.unlink()
    done = reportgen(kept, "run", "toy")
    assert (done.code, "running" in done.out) == (0, False)


# ── a newer store, a clock that goes back ───────────────────────────────────


def state_of(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
    }


@pytest.mark.parametrize("command", ["build", "run", "render", "check", "facts", "why", "freeze"])
def test_a_newer_store_is_left_alone(kept, reportgen, command):
    (kept.store / "store.json").write_text('{"schema": 2, "more": []}', encoding="utf-8")
    kept.template("scores").write_text("{{ toy_net.h2.best.n | integer }}", encoding="utf-8")
    before = state_of(kept.store)
    done = reportgen(kept, command, "toy")
    assert done.code == 4
    assert "the store has schema 2, this version of reportgen knows 1; update" in done.err
    assert state_of(kept.store) == before


def shift(place: Path, seconds: int) -> None:
    """Move the time of every file."""
    for path in place.rglob("*"):
        if path.is_file():
            stat = path.stat()
            shift_ns = seconds * 10**9
            os.utime(path, ns=(stat.st_atime_ns + shift_ns, stat.st_mtime_ns + shift_ns))


YEAR = 365 * 86400


@pytest.mark.slow
def test_a_clock_that_went_back(kept, reportgen, monkeypatch):
    """All files are of next year: what changes now is older, and is seen all the same."""
    shift(kept.root.parent, YEAR)
    before = digests(kept)
    assert reportgen(kept, "build", "toy").code == 0
    assert digests(kept) == before
    assert "nothing has changed" in reportgen(kept, "build", "toy").out

    template = kept.template("scores")
    template.write_text(
        template.read_text(encoding="utf-8").replace("da la mejor", "da la primera"), "utf-8"
    )
    done = reportgen(kept, "build", "toy")
    assert (done.code, "running" in done.out) == (0, False)
    assert "da la primera" in (kept.build_folder / "report.html").read_text(encoding="utf-8")

    archive = kept.data / "images.zip"
    size = archive.stat().st_size
    with zipfile.ZipFile(archive) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    first, second = "a/0/0.png", "a/1/1.png"
    files[first], files[second] = files[second], files[first]
    write_zip(archive, files)
    assert archive.stat().st_size == size
    done = reportgen(kept, "build", "toy")
    assert done.code == 0, done.err
    assert "toy_net (seed 7): train: running" in done.out
    assert digests(kept).items() > before.items()


@pytest.mark.parametrize("by", [-3600, -YEAR])
def test_a_clock_that_goes_back_while_it_trains(toy, reportgen, monkeypatch, by):
    import time

    from reportgen.store.journal import TrainingJournal

    whole = toy.copy(toy.root.parent / "whole")
    assert reportgen(whole, "run", "toy").code == 0
    clock, clock_ns, append = time.time, time.time_ns, TrainingJournal.append

    def jump(self: TrainingJournal, *arguments: Any) -> None:
        append(self, *arguments)
        monkeypatch.setattr(time, "time", lambda: clock() + by)
        monkeypatch.setattr(time, "time_ns", lambda: clock_ns() + by * 10**9)
        shift(toy.store, by)

    monkeypatch.setattr(TrainingJournal, "append", jump)
    done = reportgen(toy, "run", "toy")
    assert done.code == 0, done.err
    assert digests(toy) == digests(whole)
    done = reportgen(toy, "run", "toy")
    assert (done.code, "running" in done.out) == (0, False)

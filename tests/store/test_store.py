"""Entries are there or not; damaged ones count as missing; builds wait for each other."""

import errno
import json
import multiprocessing
import os
import subprocess
import sys
import time

import pytest

from reportgen.errors import StoreError
from reportgen.plan.keys import StageKey
from reportgen.store.store import ENTRY, Store, is_store

KEY = StageKey("evaluate", {"version": 1, "horizon": 2})
FILES = {"a.bin": b"alpha", "b.bin": b"beta"}


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "runs")


def entry_folder(store):
    return store.folder(KEY.stage, KEY.digest)


def test_reads_what_was_written(store):
    assert store.read(KEY) is None
    store.write(KEY, FILES, {"device": "cpu"})
    entry = store.read(KEY)
    assert (entry.files, entry.provenance) == (FILES, {"device": "cpu"})
    assert list((store.root / "tmp").iterdir()) == []


def test_an_entry_explains_itself(store):
    store.write(KEY, FILES, {})
    content = json.loads((entry_folder(store) / ENTRY).read_text(encoding="utf-8"))
    assert content["stage"] == "evaluate"
    assert content["key"] == KEY.digest
    assert content["fields"] == KEY.fields


def test_nothing_is_made_before_the_first_write(store):
    store.read(KEY)
    assert not store.root.exists()
    assert not is_store(store.root)
    store.prepare()
    assert is_store(store.root)


@pytest.mark.parametrize("name", ["a.bin", "b.bin", ENTRY])
def test_a_flipped_byte_makes_it_missing_and_writing_mends_it(store, name):
    store.write(KEY, FILES, {})
    file = entry_folder(store) / name
    data = bytearray(file.read_bytes())
    data[0] ^= 1
    file.write_bytes(data)
    assert store.read(KEY) is None
    store.write(KEY, FILES, {})
    assert store.read(KEY).files == FILES


@pytest.mark.parametrize("name", ["a.bin", ENTRY])
def test_a_missing_file_makes_it_missing(store, name):
    store.write(KEY, FILES, {})
    (entry_folder(store) / name).unlink()
    assert store.read(KEY) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": 3}', "null"])
def test_an_entry_of_another_shape_counts_as_missing(store, text):
    store.write(KEY, FILES, {})
    (entry_folder(store) / ENTRY).write_text(text, encoding="utf-8")
    assert store.read(KEY) is None


class Dies(BaseException):
    """Stands for the death of the process."""


@pytest.mark.parametrize("death", [Dies(), OSError(errno.ENOSPC, "full")])
@pytest.mark.parametrize("at", range(4))
def test_a_death_at_any_write_leaves_no_entry(store, monkeypatch, death, at):
    """The writes are a.bin, b.bin, entry.json; the fourth step is the renaming of the folder."""
    from reportgen.store import store as module

    store.prepare()
    writes = []
    write = module.write_synced

    def dying_write(path, data):
        if len(writes) == at:
            raise death
        writes.append(path.name)
        write(path, data)

    monkeypatch.setattr(module, "write_synced", dying_write)
    if at == 3:
        replace = type(store.root).replace

        def dying_replace(self, target):
            if self.parent.name == "tmp":
                raise death
            return replace(self, target)

        monkeypatch.setattr(type(store.root), "replace", dying_replace)
    expected = StoreError if isinstance(death, OSError) else Dies
    with pytest.raises(expected):
        store.write(KEY, FILES, {})
    monkeypatch.undo()
    assert store.read(KEY) is None
    assert not entry_folder(store).exists()
    assert list((store.root / "tmp").iterdir()) == []
    store.write(KEY, FILES, {})
    assert store.read(KEY).files == FILES


def test_a_killed_process_leaves_no_entry(store, tmp_path):
    script = f"""
import os
from pathlib import Path
from reportgen.plan.keys import StageKey
from reportgen.store import store as module
write = module.write_synced
def dying(path, data):
    write(path, data)
    if path.name == "b.bin":
        os.kill(os.getpid(), 9)
store = module.Store(Path({str(store.root)!r}))
module.write_synced = dying
store.write(StageKey("evaluate", {KEY.fields!r}), {FILES!r}, {{}})
"""
    done = subprocess.run([sys.executable, "-c", script], check=False)
    assert done.returncode == -9
    assert store.read(KEY) is None
    store.write(KEY, FILES, {})
    assert store.read(KEY).files == FILES


def debris(store, key, text="ha"):
    """Leave what a process leaves that is killed while it writes an entry."""
    folder = store.root / "tmp" / f"{key.stage}-{key.digest}"
    folder.mkdir()
    (folder / ".a.bin.0123abcd").write_text(text, encoding="utf-8")
    return folder


def test_what_killed_builds_left_is_removed_by_the_next_that_writes(store):
    store.prepare()
    debris(store, KEY)
    (store.root / "tmp" / "0123456789abcdef0123456789abcdef").mkdir()  # of an older version
    other = StageKey("evaluate", {"version": 1, "horizon": 3})
    Store(store.root).write(other, FILES, {})
    assert list((store.root / "tmp").iterdir()) == []


def test_what_another_build_is_writing_is_left_alone(store):
    with store.lock(KEY):
        folder = debris(store, KEY)
        Store(store.root).prepare()
        assert folder.is_dir()
    Store(store.root).prepare()
    assert not folder.exists()


def test_an_entry_is_written_over_what_was_never_finished(store):
    store.prepare()
    folder = debris(store, KEY)
    store.write(KEY, FILES, {})
    assert store.read(KEY).files == FILES
    assert not folder.exists()


def test_a_marker_half_written_is_removed(store):
    store.root.mkdir()
    (store.root / ".store.json.0123abcd").write_text("{", encoding="utf-8")
    store.prepare()
    assert sorted(path.name for path in store.root.iterdir()) == ["locks", "store.json", "tmp"]


def test_a_flipped_bit_of_what_an_entry_notes_is_found(store):
    """An estimator's fit takes its thread count from there."""
    store.write(KEY, FILES, {"threads": 2})
    file = entry_folder(store) / ENTRY
    file.write_bytes(file.read_bytes().replace(b'"threads": 2', b'"threads": 3'))
    assert store.read(KEY) is None


def test_an_entry_from_before_there_were_seals_is_read(store):
    store.write(KEY, FILES, {"device": "cpu"})
    file = entry_folder(store) / ENTRY
    content = json.loads(file.read_bytes())
    del content["sha256"]
    file.write_text(json.dumps(content), encoding="utf-8")
    assert store.read(KEY).files == FILES


def test_a_newer_schema_is_refused(store):
    store.prepare()
    (store.root / "store.json").write_text('{"schema": 2}', encoding="utf-8")
    with pytest.raises(StoreError, match="has schema 2, this version of reportgen knows 1"):
        Store(store.root)


@pytest.mark.parametrize("text", ["", "[]", "{}", "junk"])
def test_a_marker_of_something_else_is_refused(store, text):
    store.prepare()
    (store.root / "store.json").write_text(text, encoding="utf-8")
    with pytest.raises(StoreError, match="not the marker of a store"):
        Store(store.root)


def test_a_store_that_is_a_file(tmp_path):
    (tmp_path / "runs").write_text("a file", encoding="utf-8")
    store = Store(tmp_path / "runs")
    assert store.read(KEY) is None
    with pytest.raises(StoreError, match="a file stands where a folder must be; choose another"):
        store.write(KEY, FILES, {})


def _hold(root, held, log):
    with Store(root).lock(KEY):
        held.set()
        time.sleep(0.2)
        with open(log, "a") as file:  # noqa: PTH123
            file.write("first\n")


def test_a_lock_serialises_two_processes(store, tmp_path):
    context = multiprocessing.get_context("spawn")
    held, log = context.Event(), tmp_path / "log"
    other = context.Process(target=_hold, args=(store.root, held, log))
    other.start()
    assert held.wait(120)
    with store.lock(KEY), log.open("a") as file:
        file.write("second\n")
    other.join(120)
    assert log.read_text().splitlines() == ["first", "second"]


def test_locks_of_other_entries_do_not_wait(store):
    other = StageKey("evaluate", {"version": 1, "horizon": 3})
    with store.lock(KEY), store.lock(other):
        assert len(list((store.root / "locks").glob("evaluate-*"))) == 2


@pytest.fixture
def mounted(tmp_path):
    """Return a function that mounts a small file system in memory, or skip."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root can mount")
    folder = tmp_path / "mounted"
    folder.mkdir()

    def mount(*options):
        command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(folder)]
        if subprocess.run(command, check=False, capture_output=True).returncode:
            pytest.skip("mounting is not allowed here")
        return folder

    yield mount
    subprocess.run(["umount", str(folder)], check=False, capture_output=True)


def test_a_full_disk(mounted):
    store = Store(mounted("size=64k") / "runs")
    store.write(KEY, FILES, {})
    big = StageKey("evaluate", {"version": 1, "horizon": 9})
    with pytest.raises(StoreError, match="no space left on the device; free some"):
        store.write(big, {"big.bin": bytes(1 << 20)}, {})
    assert store.read(KEY).files == FILES
    assert store.read(big) is None
    assert list((store.root / "tmp").iterdir()) == []


def test_a_read_only_disk(mounted):
    store = Store(mounted("size=64k") / "runs")
    store.write(KEY, FILES, {})
    mounted("remount", "ro")
    assert Store(store.root).read(KEY).files == FILES
    with pytest.raises(StoreError, match="the file system is read-only; choose another folder"):
        store.write(KEY, FILES, {})
    with pytest.raises(StoreError, match="read-only"), store.lock(StageKey("train", {})):
        pass

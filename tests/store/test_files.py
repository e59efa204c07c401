"""Writing in one step, and what the file system's refusals become."""

import errno
import os
import subprocess
import sys

import pytest

from reportgen.errors import StoreError
from reportgen.staging import write_synced
from reportgen.store.files import file_errors, hold_lock


def test_replaces_the_content(tmp_path):
    file = tmp_path / "a.json"
    write_synced(file, b"old")
    write_synced(file, b"new")
    assert file.read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize("death", [KeyboardInterrupt, OSError(errno.ENOSPC, "full")])
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_stopped_between_writing_and_renaming_the_old_content_stays(
    tmp_path, monkeypatch, death, step
):
    file = tmp_path / "a.json"
    write_synced(file, b"old")

    def die(*_):
        raise death

    monkeypatch.setattr("os.fsync" if step == "fsync" else "pathlib.Path.replace", die)
    with pytest.raises((KeyboardInterrupt, OSError)):
        write_synced(file, b"new")
    assert file.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_what_reads_back_otherwise_does_not_take_the_name(tmp_path, monkeypatch):
    monkeypatch.setattr("pathlib.Path.read_bytes", lambda self: b"rotten")
    with pytest.raises(OSError, match="reads back otherwise"):
        write_synced(tmp_path / "a.json", b"good")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "no space left on the device; free some, or choose another folder"),
        (errno.EROFS, "the file system is read-only; choose another folder with --store"),
        (errno.EACCES, "permission denied; choose another folder with --store"),
        (errno.EIO, "Input/output error; choose another folder"),
    ],
)
def test_refusals_say_what_to_do(tmp_path, number, says):
    with pytest.raises(StoreError, match=says) as caught, file_errors(tmp_path):
        raise OSError(number, os.strerror(number))
    assert str(tmp_path) in caught.value.message
    assert caught.value.exit_code == 4


def test_the_file_is_named_where_it_is_known(tmp_path):
    with pytest.raises(StoreError, match="b.bin: "), file_errors(tmp_path):
        (tmp_path / "no" / "b.bin").write_bytes(b"")


def test_a_held_lock_is_told_and_waited_for(tmp_path):
    path = tmp_path / "a.lock"
    script = (
        "import sys; from reportgen.store.files import hold_lock; from pathlib import Path\n"
        f"with hold_lock(Path({str(path)!r})): print('held', flush=True); sys.stdin.read(); "
        f"Path({str(tmp_path / 'left')!r}).touch()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", script], **pipes) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == b"held\n"
        told = []

        def let_go():
            told.append("waiting")
            other.stdin.close()

        with hold_lock(path, let_go):
            assert (tmp_path / "left").exists()
    assert told == ["waiting"]


def test_a_lock_goes_with_its_process(tmp_path):
    path = tmp_path / "a.lock"
    script = (
        "import os; from reportgen.store.files import hold_lock; from pathlib import Path\n"
        f"with hold_lock(Path({str(path)!r})): os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 9
    told = []
    with hold_lock(path, lambda: told.append("waiting")):
        assert told == []

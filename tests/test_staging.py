"""Names under which files are written, and what is left of those that never took theirs."""

from __future__ import annotations

from pathlib import Path

from reportgen.staging import remove_staged, staging_path, write_synced


def test_a_name_beside_the_file_that_no_other_writer_has(tmp_path: Path) -> None:
    first, second = (staging_path(tmp_path / "a.json") for _ in range(2))
    assert first.parent == tmp_path
    assert first != second


def test_only_what_was_never_finished_is_removed(tmp_path: Path) -> None:
    write_synced(tmp_path / "a.json", b"whole")
    staging_path(tmp_path / "a.json").write_bytes(b"ha")
    staging_path(tmp_path / "b.pdf").write_bytes(b"")
    kept = {"a.json", ".hidden", ".stamp.json", ".a.lock", "notes.12345678", ".git.1234567x"}
    for name in kept - {"a.json"}:
        (tmp_path / name).write_bytes(b"")
    remove_staged(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == kept


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    remove_staged(tmp_path / "none")
    assert list(tmp_path.iterdir()) == []

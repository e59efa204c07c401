"""The project's root and the names of its files."""

from __future__ import annotations

from pathlib import Path

import pytest

from reportgen.errors import UsageError
from reportgen.project import find_root, folder_asked_for, shown


def test_root_is_the_nearest_parent_with_experiments(tmp_path: Path) -> None:
    inner = tmp_path / "courses" / "vision"
    (tmp_path / "experiments").mkdir()
    (inner / "experiments" / "p1").mkdir(parents=True)
    assert find_root(inner / "experiments" / "p1") == inner
    assert find_root(tmp_path / "courses") == tmp_path


def test_no_root_names_the_folder_and_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "experiments").write_text("a file, not a folder")
    with pytest.raises(UsageError, match='no folder "experiments" in .* change into') as caught:
        find_root(tmp_path)
    assert caught.value.exit_code == 2


def test_shown_is_relative_to_the_project(tmp_path: Path) -> None:
    (tmp_path / "experiments" / "p1").mkdir(parents=True)
    assert shown(tmp_path / "experiments" / "p1" / "models.py") == "experiments/p1/models.py"


def test_a_folder_that_is_asked_for_need_not_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    for name in ("nada", "file", "file/below", "."):
        assert folder_asked_for(Path(name), "--store") == tmp_path / name
    monkeypatch.setenv("HOME", "/home/alba")
    assert folder_asked_for(Path("~/x"), "--store") == Path("/home/alba/x")


@pytest.mark.parametrize(
    ("name", "told"), [("x" * 300, f'"{"x" * 60}…" cannot be'), ("a\0b", "embedded null")]
)
def test_a_folder_that_cannot_be_looked_up_is_told(name: str, told: str) -> None:
    with pytest.raises(UsageError, match="^--data-dir ") as caught:
        folder_asked_for(Path(name), "--data-dir")
    assert told in caught.value.message

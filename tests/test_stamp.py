"""What a build's stamp notices, and what it does not mind."""

import json
import os

import pytest

from reportgen.stamp import (
    describe,
    list_files,
    note_data,
    note_inputs,
    read_current,
    unchanged,
    write_stamp,
)

ARGUMENTS = {"study": "toy", "locked": "False"}


@pytest.fixture
def place(tmp_path):
    """A folder that was read, a data file, an output, and the stamp of the build."""
    folder = tmp_path / "experiments"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.yaml").write_text("a: 1", encoding="utf-8")
    (folder / "deep" / "b.yaml").write_text("b: 1", encoding="utf-8")
    (tmp_path / "data.npz").write_bytes(b"data")
    (tmp_path / "out.pdf").write_bytes(b"%PDF-")
    stamp = note_data(note_inputs(ARGUMENTS, [folder]), [tmp_path / "data.npz"])
    write_stamp(tmp_path / "stamp", stamp, [tmp_path / "out.pdf"])
    return tmp_path


def current(place, arguments=ARGUMENTS):
    return read_current(place / "stamp", arguments) is not None


def touch(path, seconds=5_000_000_000):
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + seconds))


def test_nothing_changed(place):
    assert list(read_current(place / "stamp", ARGUMENTS).outputs) == [str(place / "out.pdf")]


def test_an_input_that_was_only_touched_is_the_same(place):
    touch(place / "experiments" / "a.yaml")
    assert current(place)


@pytest.mark.parametrize("name", ["experiments/a.yaml", "experiments/deep/b.yaml", "out.pdf"])
def test_a_changed_byte_counts(place, name):
    file = place / name
    file.write_bytes(file.read_bytes()[:-1] + b"2")
    touch(file)
    assert not current(place)


@pytest.mark.parametrize("name", ["experiments/a.yaml", "out.pdf", "data.npz", "stamp"])
def test_a_file_that_is_gone_counts(place, name):
    (place / name).unlink()
    assert not current(place)


def test_a_new_file_counts(place):
    (place / "experiments" / "c.yaml").write_text("", encoding="utf-8")
    assert not current(place)


def test_touched_data_count_since_they_are_not_read(place):
    touch(place / "data.npz")
    assert not current(place)


def test_other_options_count(place):
    assert not current(place, ARGUMENTS | {"locked": "True"})


def test_other_tools_count(place, monkeypatch):
    monkeypatch.setattr("reportgen.stamp.tool_versions", lambda: {"weasyprint": "99"})
    assert not current(place)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"arguments": 1, "tools": 2}'])
def test_a_stamp_of_another_shape_is_not_current(place, text):
    (place / "stamp").write_text(text, encoding="utf-8")
    assert not current(place)


def test_spoilt_values_are_not_current(place):
    content = json.loads((place / "stamp").read_text())
    for key in ("folders", "data", "inputs", "outputs"):
        (place / "stamp").write_text(json.dumps(content | {key: [1]}), encoding="utf-8")
        assert not current(place)


def test_what_changes_after_it_was_noted_has_changed(place):
    folder = place / "experiments"
    stamp = note_inputs(ARGUMENTS, [folder])
    (folder / "a.yaml").write_text("a: 2, changed while the build ran", encoding="utf-8")
    write_stamp(place / "stamp", stamp, [place / "out.pdf"])
    assert not current(place)


def test_a_file_that_cannot_be_read_is_never_unchanged(place):
    assert describe(place / "nowhere") == []
    assert not unchanged(place / "out.pdf", [])


def test_files_are_listed_by_their_path_below_the_folder(place):
    assert list_files(place / "experiments") == ["a.yaml", "deep/b.yaml"]
    assert list_files(place / "nowhere") == []

"""The zip: what goes in, that the bytes are the same, and what happens when the disk is full."""

from __future__ import annotations

import errno
import json
import os
import zipfile
from pathlib import Path

import pytest

from reportgen.errors import RunError, SpecError
from reportgen.hashing import sha256_bytes, sha256_file
from reportgen.submission import Entry, list_files, verify_zip, write_zip

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
NOTEBOOK = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}).encode()

Files = list[tuple[str, Path]]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    (tmp_path / "sources").mkdir()
    contents = {"RIOS_PENA_ALBA.pdf": PDF, "b.ipynb": NOTEBOOK, "a.ipynb": NOTEBOOK + b" "}
    for name, content in contents.items():
        (tmp_path / "sources" / name).write_bytes(content)
    return [(name, tmp_path / "sources" / name) for name in contents]


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "build").mkdir()
    return tmp_path / "build" / "RIOS_PENA_ALBA.zip"


def only(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_zip_holds_the_files_in_their_order(files: Files, target: Path) -> None:
    submission = write_zip(target, files)
    with zipfile.ZipFile(target) as archive:
        assert archive.namelist() == ["RIOS_PENA_ALBA.pdf", "b.ipynb", "a.ipynb"]
        assert archive.read("RIOS_PENA_ALBA.pdf") == PDF
    assert only(target.parent) == ["RIOS_PENA_ALBA.zip"]
    assert submission.path == target
    assert submission.sha256 == sha256_file(target)
    assert submission.size_bytes == target.stat().st_size
    assert submission.entries[0] == Entry("RIOS_PENA_ALBA.pdf", len(PDF), sha256_bytes(PDF))


def test_a_report_alone_is_a_submission(files: Files, target: Path) -> None:
    assert [entry.name for entry in write_zip(target, files[:1]).entries] == ["RIOS_PENA_ALBA.pdf"]


def test_times_and_permissions_of_the_sources_do_not_count(
    files: Files, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = write_zip(target, files).sha256
    for i, (_, path) in enumerate(files):
        os.utime(path, (1_000_000_000 + i, 1_700_000_000 + i))
        path.chmod(0o600)
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    second = write_zip(target.with_name("other.zip"), files).sha256
    assert first == second
    with zipfile.ZipFile(target) as archive:
        for info in archive.infolist():
            assert info.date_time == (1980, 1, 1, 0, 0, 0)
            assert info.external_attr >> 16 == 0o100644
            assert info.create_system == 3


def test_a_pdf_is_stored_and_a_notebook_compressed(files: Files, target: Path) -> None:
    write_zip(target, files)
    with zipfile.ZipFile(target) as archive:
        methods = [info.compress_type for info in archive.infolist()]
    assert methods == [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("../a.ipynb", "no plain file name"),
        ("folder/a.ipynb", "no plain file name"),
        ("folder\\a.ipynb", "no plain file name"),
        ("C:a.ipynb", "no plain file name"),
        ("..", "no plain file name"),
        (".hidden.ipynb", "no plain file name"),
        ("a.ipynb ", "no plain file name"),
        ("a\n.ipynb", "no plain file name"),
        ("", "no plain file name"),
        ("models.py", "only .pdf, .ipynb may"),
        ("notebook", "only .pdf, .ipynb may"),
        ("b.ipynb", "one name to some systems"),
        ("B.ipynb", "one name to some systems"),
    ],
)
def test_a_name_that_may_not_go_in_is_refused(
    files: Files, target: Path, name: str, problem: str
) -> None:
    with pytest.raises(SpecError, match=problem):
        write_zip(target, [*files, (name, files[1][1])])
    assert only(target.parent) == []


def test_all_refused_names_are_told_at_once(files: Files, target: Path) -> None:
    with pytest.raises(SpecError) as caught:
        write_zip(target, [("a/b.pdf", files[0][1]), ("x.txt", files[1][1])])
    assert len(caught.value.faults) == 2


@pytest.mark.parametrize(
    ("place", "content", "problem"),
    [
        (0, b"<html></html>", "no PDF"),
        (0, PDF[:-7], "cut PDF"),
        (0, b"", "no PDF"),
        (1, b"{", "JSON"),
        (1, b"\xff\xfe\x00", "JSON"),
        (1, b"[]", "no list of cells"),
        (1, b'{"nbformat": 4}', "no list of cells"),
        (1, b'{"nbformat": 3, "cells": []}', "format 3"),
    ],
)
def test_a_source_that_is_not_what_its_name_says_is_refused(
    files: Files, target: Path, place: int, content: bytes, problem: str
) -> None:
    files[place][1].write_bytes(content)
    target.write_bytes(b"the last good one")
    with pytest.raises(SpecError, match=problem) as caught:
        write_zip(target, files)
    assert caught.value.faults[0].file == str(files[place][1])
    assert target.read_bytes() == b"the last good one"
    assert only(target.parent) == [target.name]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_loses_nothing(
    files: Files, target: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    target.write_bytes(b"the last good one")
    monkeypatch.setattr(*((os, "fsync") if call == "fsync" else (Path, "replace")), fail)
    with pytest.raises(RunError, match=r"RIOS_PENA_ALBA\.zip: no space left") as caught:
        write_zip(target, files)
    assert caught.value.exit_code == 4
    assert target.read_bytes() == b"the last good one"
    assert only(target.parent) == [target.name]


def test_a_folder_that_is_not_there_is_named(files: Files, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"nowhere.*not written"):
        write_zip(tmp_path / "nowhere" / "a.zip", files)


@pytest.mark.parametrize("inside", ["RIOS_PENA_ALBA.pdf", "b.ipynb"])
def test_a_changed_byte_is_found(files: Files, target: Path, inside: str) -> None:
    entries = write_zip(target, files).entries
    content = target.read_bytes()
    place = content.index(inside.encode()) + len(inside) + 5
    target.write_bytes(content[:place] + b"X" + content[place + 1 :])
    with pytest.raises(RunError, match=r"damaged.*build again"):
        verify_zip(target, entries)


def test_a_cut_zip_is_found(files: Files, target: Path) -> None:
    entries = write_zip(target, files).entries
    target.write_bytes(target.read_bytes()[:-30])
    with pytest.raises(RunError, match="damaged"):
        verify_zip(target, entries)


def test_a_file_too_many_and_one_of_other_content_are_found(files: Files, target: Path) -> None:
    entries = write_zip(target, files).entries
    with pytest.raises(RunError, match=r"holds .* not "):
        verify_zip(target, entries[:2])
    other = Entry(entries[0].name, entries[0].size_bytes, "0" * 64)
    with pytest.raises(RunError, match="is not its source"):
        verify_zip(target, [other, *entries[1:]])


# ── the list of files ───────────────────────────────────────────────────────


@pytest.fixture
def study(tmp_path: Path) -> Path:
    folder = tmp_path / "experiments" / "practica1"
    (folder / "notebooks").mkdir(parents=True)
    (folder / "notebooks" / "P1.ipynb").write_bytes(NOTEBOOK)
    (folder / "report.yaml").write_text("title: x\n", encoding="utf-8")
    (tmp_path / "experiments" / "other.ipynb").write_bytes(NOTEBOOK)
    return folder


def test_generated_notebooks_stand_where_the_list_has_them(study: Path, tmp_path: Path) -> None:
    pdf, made = tmp_path / "A_B.pdf", (tmp_path / "1_a.ipynb", tmp_path / "2_b.ipynb")
    names = ["generated", "notebooks/P1.ipynb"]
    listed = list_files(pdf, names, study, listed_in="report.yaml", generated=made)
    assert [name for name, _ in listed] == ["A_B.pdf", "1_a.ipynb", "2_b.ipynb", "P1.ipynb"]
    assert [path for _, path in listed[1:3]] == list(made)


def test_notebooks_come_after_the_report_and_without_folder(study: Path, tmp_path: Path) -> None:
    pdf = tmp_path / "A_B.pdf"
    listed = list_files(pdf, ["notebooks/P1.ipynb"], study, listed_in="report.yaml")
    assert listed == (("A_B.pdf", pdf), ("P1.ipynb", study / "notebooks" / "P1.ipynb"))
    assert list_files(pdf, [], study, listed_in="report.yaml") == (("A_B.pdf", pdf),)


def test_each_notebook_that_cannot_go_in_is_told_with_its_place(study: Path) -> None:
    notebooks = ["P2.ipynb", "notebooks/P1.ipynb", "../other.ipynb", "report.yaml", "notebooks"]
    with pytest.raises(SpecError) as caught:
        list_files(study / "A.pdf", notebooks, study, listed_in="experiments/practica1/report.yaml")
    assert {fault.file for fault in caught.value.faults} == {"experiments/practica1/report.yaml"}
    assert [fault.message.partition(";")[0] for fault in caught.value.faults] == [
        "notebooks[0]: P2.ipynb is not in practica1/",
        "notebooks[2]: ../other.ipynb lies outside practica1/",
        "notebooks[3]: report.yaml is no .ipynb file",
        "notebooks[4]: notebooks is no .ipynb file",
    ]

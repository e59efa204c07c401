"""Two and eight builds at once: all end well, and nothing is made twice."""

from __future__ import annotations

import subprocess
import zipfile

import pytest

from tests.toy_project import PDF, Toy
from tests.whole_builds import decoded, digests, half_written

RUNS = ("toy_net (seed 7)", "toy_net.narrow (seed 7)")


def build_at_once(toy: Toy, commands: list[tuple[str, ...]], **environment: str) -> str:
    """Start these builds together; return what all of them told."""
    started = [
        subprocess.Popen(
            toy.command("build", "toy", *options),
            cwd=toy.root,
            env=toy.environment(OMP_NUM_THREADS="1", **environment),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for options in commands
    ]
    try:
        ended = [process.communicate(timeout=560) for process in started]
    finally:
        for process in started:
            process.kill()
            process.communicate()
    assert [process.returncode for process in started] == [0] * len(started), ended
    return "".join(out for out, _ in ended)


@pytest.mark.slow
@pytest.mark.parametrize("n", [2, 8])
def test_builds_on_one_store_and_one_build_folder(toy, tmp_path, n):
    """Each run is trained once, each page set once; the others wait and find it."""
    told = build_at_once(decoded(toy), [()] * n, XDG_CACHE_HOME=str(tmp_path / "cache"))
    for run in RUNS:
        assert told.count(f"{run}: train: running") == 1
        assert [told.count(f"{run}: epoch {epoch}/3:") for epoch in (1, 2, 3)] == [1, 1, 1]
    assert told.count("the zip holds the PDF") == 1
    assert told.count("nothing has changed since the last build") == n - 1
    with zipfile.ZipFile(toy.archive) as archive:
        assert archive.read(PDF) == toy.pdf.read_bytes()
    assert half_written(tmp_path) == []
    assert len([*(tmp_path / "cache").rglob("images.u8")]) == 1


@pytest.mark.slow
def test_builds_of_two_profiles_on_one_store(toy):
    """Other build folders, the same trainings: none is made twice."""
    (toy.folder / "profiles").mkdir()
    (toy.folder / "profiles" / "other.yaml").write_text("report: {title: Otro}\n", "utf-8")
    told = build_at_once(toy, [(), ("--profile", "other")])
    for run in RUNS:
        assert [told.count(f"{run}: epoch {epoch}/3:") for epoch in (1, 2, 3)] == [1, 1, 1]
    assert len(digests(toy)) == 2

"""Two and eight builds at once: all end well, and nothing is made twice."""

from __future__ import annotations

import subprocess
import zipfile

import pytest

from tests.toy_project import PDF
from tests.whole_builds import decoded, digests, half_written

RUNS = ("toy_net (seed 7)", "toy_net.narrow (seed 7)")


@pytest.mark.slow
@pytest.mark.parametrize("n", [2, 8])
def test_builds_at_once_on_one_store_and_one_build_folder(toy, tmp_path, n):
    """Each run is trained once, each page set once; the others wait and find it."""
    decoded(toy)
    environment = toy.environment(OMP_NUM_THREADS="1", XDG_CACHE_HOME=str(tmp_path / "cache"))
    started = [
        subprocess.Popen(
            toy.command("build", "toy"),
            cwd=toy.root,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(n)
    ]
    ended = [process.communicate(timeout=300) for process in started]
    assert [process.returncode for process in started] == [0] * n, ended
    both = "".join(out for out, _ in ended)
    for run in RUNS:
        assert both.count(f"{run}: train: running") == 1
        assert [both.count(f"{run}: epoch {epoch}/3:") for epoch in (1, 2, 3)] == [1, 1, 1]
    assert both.count("the zip holds the PDF") == 1
    assert both.count("nothing has changed since the last build") == n - 1
    with zipfile.ZipFile(toy.archive) as archive:
        assert archive.read(PDF) == toy.pdf.read_bytes()
    assert half_written(tmp_path) == []
    assert len([*(tmp_path / "cache").rglob("images.u8")]) == 1


@pytest.mark.slow
def test_runs_at_once_of_two_profiles_on_one_store(toy, reportgen, tmp_path):
    """Other build folders, the same trainings: none is made twice."""
    (toy.folder / "profiles").mkdir()
    (toy.folder / "profiles" / "other.yaml").write_text("report: {title: Otro}\n", encoding="utf-8")
    started = [
        subprocess.Popen(
            toy.command("build", "toy", "--profile", profile),
            cwd=toy.root,
            env=toy.environment(OMP_NUM_THREADS="1"),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for profile in ("default", "other")
    ]
    ended = [process.communicate(timeout=300) for process in started]
    assert [process.returncode for process in started] == [0, 0], ended
    both = "".join(out for out, _ in ended)
    for run in RUNS:
        assert [both.count(f"{run}: epoch {epoch}/3:") for epoch in (1, 2, 3)] == [1, 1, 1]
    assert len(digests(toy)) == 2

"""What `notebooks` may say, and experiment files without a report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reportgen.errors import SpecError
from reportgen.spec.study import gather_study, load_study
from tests.toy_project import Toy


@pytest.mark.parametrize(
    ("notebooks", "listed", "own", "generates"),
    [
        ([], (), (), False),
        ("generated", ("generated",), (), True),
        (["generated"], ("generated",), (), True),
        (["a.ipynb"], ("a.ipynb",), ("a.ipynb",), False),
        (["a.ipynb", "generated"], ("a.ipynb", "generated"), ("a.ipynb",), True),
    ],
)
def test_files_and_generated_ones(
    toy: Toy, notebooks: Any, listed: tuple[str, ...], own: tuple[str, ...], generates: bool
) -> None:
    (toy.folder / "a.ipynb").write_text("{}")
    toy.write(report={"notebooks": notebooks})
    report = load_study(toy.root, "toy").report
    assert report.listed_notebooks == listed
    assert report.own_notebooks == own
    assert report.generates_notebooks is generates


@pytest.mark.parametrize(
    ("notebooks", "fault"),
    [
        (["generated", "generated"], '"generated" stands twice; name it once'),
        ("generatd", 'did you mean "generated"'),
        (["generatd"], "must be an .ipynb file inside the study"),
        (["x" * 250 + ".ipynb"], "must be an .ipynb file inside the study"),
        (5, "notebooks"),
    ],
)
def test_anything_else_is_refused(toy: Toy, notebooks: Any, fault: str) -> None:
    toy.write(report={"notebooks": notebooks})
    with pytest.raises(SpecError, match=fault):
        load_study(toy.root, "toy")


def test_experiments_without_a_report_have_the_same_runs(toy: Toy) -> None:
    whole = load_study(toy.root, "toy")
    gathered = gather_study(toy.folder, ["toy_net"])
    assert gathered.runs == whole.runs
    assert gathered.models_file == whole.models_file
    assert gathered.experiments == whole.experiments


def test_their_faults_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("title: A\n")
    with pytest.raises(SpecError) as caught:
        gather_study(tmp_path, ["a", "b"])
    files = {fault.file for fault in caught.value.faults}
    assert files == {"a.yaml", "b.yaml"}

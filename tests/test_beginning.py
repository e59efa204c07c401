"""A new study: what it consists of, that it builds, what is refused; and the project around it."""

from __future__ import annotations

import datetime as dt
import shutil
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from reportgen import carried
from reportgen.beginning import STARTS, plan_study
from reportgen.datasets.catalogue import CATALOGUE
from reportgen.errors import StoreError, UsageError
from reportgen.report.labels import load_labels
from reportgen.scaffold import write_stub
from reportgen.spec.study import load_study
from tests.guide_steps import Follower

TODAY = dt.date(2026, 4, 10)


def begin(root: Path, study: str = "own", dataset: str = "digits", title: str | None = None):
    begun = plan_study(root, study, dataset, title, TODAY)
    write_stub({**begun.project, **begun.study})
    return begun


def contents(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def follower(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Follower:
    """Return the command line in an empty folder."""
    return Follower(tmp_path, monkeypatch)


# ── from nothing ────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_a_study_from_nothing_builds_as_it_stands(follower: Follower) -> None:
    """On data that a library carries; check then tells everything that is to be written."""
    done = follower.run("reportgen new study own")
    assert done.code == 0, done.err
    assert f"began one in {follower.folder}" in done.out
    built = follower.run("reportgen build own")
    assert built.code == 0, built.err
    assert (follower.folder / "build" / "own" / "TODO_TODO.pdf").is_file()
    check = follower.run("reportgen check own")
    assert check.code == 3
    wanted = ["report.yaml: title", "course", "authors[0]", "sections[0].title"]
    wanted += ["assignment.yaml: title"]
    wanted += [f'the text of "{q}"' for q in ("images", "learning", "confusion")]
    wanted += [f"{q}.html.j2: the answer" for q in ("images", "learning", "confusion")]
    told = check.err.splitlines()
    assert len(told) == 1 + len(wanted)
    for words in wanted:
        assert sum(words in line and "TODO" in line for line in told) == 1, words
    assert "does not exist" not in check.out  # the digits have Spanish names


def test_todo_in_the_last_places_is_told_too(built, reportgen) -> None:
    """Titles and names, one at a time, of a study that has nothing else to be written."""
    clean = reportgen(built, "check", "toy")
    assert clean.code == 0
    built.write(report={"subtitle": "TODO"})
    check = reportgen(built, "check", "toy")
    assert check.code == 3
    assert "experiments/toy/report.yaml: subtitle is still the stub (TODO)" in check.err


# ── what is written ─────────────────────────────────────────────────────────


@pytest.mark.parametrize("dataset", STARTS)
def test_each_data_set_gives_a_study_that_is_valid(tmp_path: Path, dataset: str) -> None:
    begin(tmp_path, dataset=dataset)
    experiment = load_study(tmp_path, "own").experiments["baseline"]
    known = CATALOGUE[dataset]
    assert experiment.dataset.name == dataset
    assert experiment.model.args["n_classes"] == len(known.classes)
    labels = load_labels(tmp_path / "templates", dataset)
    assert set(known.classes) <= set(labels.by_class)


def test_the_guide_names_every_data_set_that_a_study_may_begin_with(project: Path) -> None:
    guide = (project / "docs" / "nuevo-estudio.md").read_text(encoding="utf-8")
    assert [name for name in STARTS if f"`{name}`" not in guide] == []


@pytest.mark.parametrize("title", ['Mi "título": uno', "100 % #1", "- x", "{a: b}", "á\\n"])
def test_any_title_stands_as_it_was_given(tmp_path: Path, title: str) -> None:
    begin(tmp_path, title=title)
    study = load_study(tmp_path, "own")
    assert study.report.title == study.assignment.title == title
    assert study.report.date == TODAY


def test_no_mark_of_the_carried_study_is_left(tmp_path: Path) -> None:
    begun = begin(tmp_path)
    assert [path.name for path, text in begun.study.items() if "<<" in text] == []
    assert list(begun.study)[-1].name == "report.yaml"


def test_a_project_keeps_its_files_and_gets_a_study_only(toy) -> None:
    """But the schemas, of which a toy project has none."""
    macros = toy.root / "templates" / "macros.html.j2"
    macros.write_text(macros.read_text(encoding="utf-8") + "{# mine #}", encoding="utf-8")
    (toy.root / "templates" / "labels" / "cifar10.yaml").unlink()
    before = contents(toy.root)
    begun = begin(toy.root)
    after = contents(toy.root)
    assert {path: after[path] for path in before} == before
    assert {path.parent.name for path in begun.project} == {"schema"}
    assert not (toy.root / "templates" / "labels" / "cifar10.yaml").exists()


def test_the_study_goes_to_the_project_above(toy, reportgen, monkeypatch) -> None:
    done = Follower(toy.folder, monkeypatch).run("reportgen new study own")
    assert done.code == 0, done.err
    assert "began" not in done.out
    assert (toy.root / "experiments" / "own" / "report.yaml").is_file()


# ── what is refused ─────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "name", ["", "..", "a/b", "Mayus", "9lives", "año", "a b", "_new", "x" * 61, "-x"]
)
def test_what_is_no_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="is no name for a study"):
        plan_study(tmp_path, name, "digits", None, TODAY)


@pytest.mark.parametrize("name", ["toy", "labels", "schema"])
def test_a_name_that_is_taken(toy, reportgen, name: str) -> None:
    before = contents(toy.root)
    done = reportgen(toy, "new", "study", name)
    assert done.code == 2
    assert f"/{name} is there already, or is needed; choose another name" in done.err
    assert contents(toy.root) == before


@pytest.mark.parametrize("name", ["labels", "schema"])
def test_a_name_that_a_new_project_needs(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=f"/{name} is there already, or is needed"):
        plan_study(tmp_path, name, "digits", None, TODAY)


def test_a_data_set_that_no_study_begins_with(follower: Follower) -> None:
    done = follower.run("reportgen new study own --dataset digit")
    assert done.code == 2
    assert 'did you mean "digits"?' in done.err
    assert contents(follower.folder) == {}


def test_an_empty_title(follower: Follower) -> None:
    done = follower.run("reportgen new study own --title ' '")
    assert done.code == 2
    assert "the title is empty" in done.err


def test_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be written whole leaves no file and no folder, so no project either."""
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")

    def write(path: Path, data: bytes) -> None:
        if path.name == "report.yaml":
            raise OSError(28, "No space left on device", str(path))
        path.write_bytes(data)

    monkeypatch.setattr("reportgen.scaffold.write_synced", write)
    with pytest.raises(StoreError, match="no space left"):
        begin(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


# ── what the package carries ────────────────────────────────────────────────


def test_the_wheel_carries_what_a_new_project_needs(project: Path, tmp_path: Path) -> None:
    """Mend in pyproject.toml, force-include: every file at the top of templates/ is carried."""
    wheel = next(WheelBuilder(str(project)).build(directory=str(tmp_path), versions=["standard"]))
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    inside = {name.removeprefix("reportgen/templates/") for name in names if "/templates/" in name}
    base = {name for name, _ in carried.base_files()}
    study = {f"{carried.STUDY}/{name}" for name, _ in carried.study_files()}
    assert inside == base | study
    assert len(base) >= 10


def test_an_installed_package_takes_its_own_copy(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And one that is run from its repository takes that of the repository."""
    assert carried.carried_templates() == project / "templates"
    package = tmp_path / "site-packages" / "reportgen"
    shutil.copytree(project / "templates" / "labels", package / "templates" / "labels")
    monkeypatch.setattr(carried, "PACKAGE", package)
    assert carried.carried_templates() == package / "templates"
    assert "labels/mnist.yaml" in dict(carried.base_files())

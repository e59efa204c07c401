"""A new question: an entry, a place in the report, and a stub that renders."""

from __future__ import annotations

import pytest

from reportgen.errors import StoreError, UsageError
from reportgen.scaffold import plan_question, write_stub
from reportgen.spec.study import load_study


def texts(toy) -> dict[str, bytes]:
    """Return every file of the study and its templates."""
    paths = [*toy.folder.rglob("*"), *(toy.root / "templates").rglob("*")]
    return {str(path): path.read_bytes() for path in paths if path.is_file()}


def test_a_new_question_renders_and_is_told_to_be_a_stub(built, reportgen) -> None:
    done = reportgen(built, "new", "question", "toy", "edge_cases")
    assert done.code == 0, done.err
    assert "wrote templates/toy/questions/edge_cases.html.j2" in done.out
    assert reportgen(built, "render", "toy").code == 0
    html = (built.build_folder / "report.html").read_text(encoding="utf-8")
    assert 'id="q-edge_cases"' in html
    check = reportgen(built, "check", "toy")
    assert check.code == 3
    lines = [line for line in check.err.splitlines() if line and line != "errors:"]
    assert len(lines) == 2
    assert all("still the stub (TODO)" in line for line in lines)


def test_what_stood_in_the_files_stays_as_it_was(toy, reportgen) -> None:
    assignment = toy.folder / "assignment.yaml"
    commented = "# El enunciado.\n" + assignment.read_text(encoding="utf-8") + "\n# Fin.\n"
    assignment.write_text(commented, encoding="utf-8")
    before = {name: (toy.folder / name).read_text().splitlines() for name in ("assignment.yaml",)}
    assert reportgen(toy, "new", "question", "toy", "more").code == 0
    after = assignment.read_text(encoding="utf-8").splitlines()
    assert [line for line in after if line in before["assignment.yaml"]] == before[
        "assignment.yaml"
    ]
    study = load_study(toy.root, "toy")
    assert [q.id for q in study.assignment.questions] == ["sizes", "scores", "more"]
    assert study.report.sections[-1].questions == ("sizes", "scores", "more")


@pytest.mark.parametrize(
    "name", ["Mayus", "9lives", "a-b", "año", "", "..", "a/b", "x" * 61, "a b", "{% x %}"]
)
def test_what_is_no_id(toy, reportgen, name) -> None:
    before = texts(toy)
    done = reportgen(toy, "new", "question", "toy", name)
    assert done.code == 2
    assert "is no id" in done.err
    assert texts(toy) == before


def test_a_question_that_is_there(toy, reportgen) -> None:
    done = reportgen(toy, "new", "question", "toy", "scores")
    assert done.code == 2
    assert 'has a question "scores" already' in done.err


def test_a_template_that_is_there(toy, reportgen) -> None:
    toy.template("other").write_text("mine", encoding="utf-8")
    done = reportgen(toy, "new", "question", "toy", "other")
    assert done.code == 2
    assert "templates/toy/questions/other.html.j2 is there already" in done.err
    assert toy.template("other").read_text(encoding="utf-8") == "mine"


def test_an_unknown_study(toy, reportgen) -> None:
    done = reportgen(toy, "new", "question", "tony", "more")
    assert done.code == 2
    assert 'did you mean "toy"?' in done.err


@pytest.mark.parametrize("fails", ["more.html.j2", "assignment.yaml", "report.yaml"])
def test_all_or_nothing(toy, monkeypatch, fails) -> None:
    """Whichever file cannot be written, the others are as they were."""
    before = texts(toy)
    stub = plan_question(load_study(toy.root, "toy"), "more")

    def write(path, data):
        if path.name == fails:
            raise OSError(28, "No space left on device", str(path))
        path.write_bytes(data)

    monkeypatch.setattr("reportgen.scaffold.write_synced", write)
    with pytest.raises(StoreError, match="no space left"):
        write_stub(stub)
    assert texts(toy) == before


def test_an_interrupt_leaves_nothing_behind(toy, monkeypatch) -> None:
    before = texts(toy)
    stub = plan_question(load_study(toy.root, "toy"), "more")

    def write(path, data):
        path.write_bytes(data)
        if path.name == "report.yaml" and b"more" in data:
            raise KeyboardInterrupt

    monkeypatch.setattr("reportgen.scaffold.write_synced", write)
    with pytest.raises(KeyboardInterrupt):
        write_stub(stub)
    assert texts(toy) == before


def test_the_id_is_checked_before_any_path_is_made(toy) -> None:
    with pytest.raises(UsageError, match="is no id"):
        plan_question(load_study(toy.root, "toy"), "../../x")

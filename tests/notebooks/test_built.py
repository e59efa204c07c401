"""Notebooks from end to end: built, alone, from another folder, locked, refused."""

import json
import zipfile

import nbformat
import pytest

from reportgen.holdings import stored_records
from reportgen.notebooks import execute, keep
from reportgen.notebooks.execute import execute_notebook
from reportgen.notebooks.keep import run_notebook
from reportgen.notebooks.paper import blank_notebook, plain_notebook
from reportgen.pipeline import Order, compose, load
from reportgen.report.spanish import Spanish
from tests.notebooks.conftest import NAME


@pytest.fixture
def path(booked_toy):
    return booked_toy.build_folder / "notebooks" / NAME


def code_cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def printed(notebook):
    """Return all that a notebook's outputs say in words."""
    texts = []
    for cell in code_cells(notebook):
        for output in cell["outputs"]:
            texts += output.get("text", output.get("data", {}).get("text/plain", []))
    return "".join(texts)


# ── built ───────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_cells_are_counted_from_one(notebook):
    counts = [cell["execution_count"] for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))
    assert len(counts) > 10


@pytest.mark.slow
def test_figures_are_inside(notebook):
    pictures = [
        "".join(output["data"]["image/svg+xml"])
        for cell in code_cells(notebook)
        for output in cell["outputs"]
        if "image/svg+xml" in output.get("data", {})
    ]
    assert len(pictures) == 4  # samples, curves, maps, trials
    assert all(picture.startswith("<?xml") and "</svg>" in picture for picture in pictures)


@pytest.mark.slow
def test_its_numbers_are_those_of_the_report(booked_toy, notebook):
    results = json.loads((booked_toy.build_folder / "results.json").read_text(encoding="utf-8"))
    facts = {fact["id"]: fact["value"] for fact in results["facts"]}
    shown = notebook["metadata"]["reportgen"]["facts"]
    assert shown
    numbers = {name: value for name, value in shown.items() if not isinstance(value, str)}
    assert {name: facts[name] for name in numbers} == numbers
    text, spanish = printed(notebook), Spanish("es_ES")
    for epoch in (1, 2, 3):
        row = [f"toy_net.epochs.{epoch}.{kind}_loss" for kind in ("train", "validation")]
        assert all(spanish.number(facts[name], 4) in text for name in row)
    assert spanish.percent(facts["toy_net.h2.best.accuracy"]) in text
    html = (booked_toy.build_folder / "report.html").read_text(encoding="utf-8")
    assert spanish.percent(facts["toy_net.h2.best.accuracy"]) in html


@pytest.mark.slow
def test_nothing_of_the_machine_is_in_it(booked_toy, path):
    text = path.read_text(encoding="utf-8")
    assert str(booked_toy.root.parent) not in text
    assert "/tmp" not in text
    assert "Traceback" not in text


@pytest.mark.slow
def test_the_zip_holds_it_beside_the_own_one(booked_toy, path):
    with zipfile.ZipFile(booked_toy.archive) as archive:
        assert archive.namelist() == ["RIOS_PENA_ALBA.pdf", NAME, "extra.ipynb"]
        assert archive.read(NAME) == path.read_bytes()


@pytest.mark.slow
def test_the_same_bytes_from_another_folder(booked, path):
    order = Order(booked.root, "toy", data_dir=booked.data)
    study = load(order)
    (book,) = compose(order, study)
    assert run_notebook(order, book, stored_records(order, study)) == path.read_bytes()


@pytest.mark.slow
def test_alone_and_from_nothing_it_comes_to_the_same(booked_toy, notebook):
    """It trains again in an empty folder, as a reader of the submission would have it."""
    (book,) = compose(*ordered(booked_toy))
    blank = blank_notebook(book.cells)
    lines = [cell["source"] for cell in notebook["cells"]]
    assert ["".join(one) for one in lines] == [cell["source"] for cell in blank["cells"]]
    alone = execute_notebook("alone", blank, {"REPORTGEN_DATA": str(booked_toy.data)})
    outputs = [cell.get("outputs") for cell in plain_notebook(alone, {})["cells"]]
    kept = [cell.get("outputs") for cell in joined(notebook)["cells"]]
    assert outputs == kept


def ordered(toy):
    order = Order(toy.root, "toy", data_dir=toy.data)
    return order, load(order)


def joined(notebook):
    """Return a notebook with its lines joined, as a kernel's client has it."""
    return nbformat.reads(json.dumps(notebook), as_version=4)


@pytest.mark.slow
def test_nothing_changed_nothing_done(booked, reportgen, monkeypatch):
    forbid_kernels(monkeypatch)
    done = reportgen(booked, "build", "toy")
    assert "1 notebook: running" not in done.out
    assert reportgen(booked, "build", "toy").out.startswith("nothing has changed")


@pytest.mark.slow
def test_another_word_in_an_answer_runs_no_notebook(booked, reportgen, monkeypatch):
    forbid_kernels(monkeypatch)
    template = booked.template("sizes")
    text = template.read_text(encoding="utf-8").replace("imágenes", "fotos")
    template.write_text(text, encoding="utf-8")
    done = reportgen(booked, "build", "toy")
    assert done.code == 0, done.err
    assert f"notebook {NAME}: reused" in done.out
    assert "the zip holds the PDF and 2 notebooks" in done.out


@pytest.mark.slow
def test_run_makes_them_too(booked, reportgen, path):
    for folder in (booked.store / "notebook").iterdir():
        (folder / "notebook.ipynb").write_bytes(b"damaged")
    done = reportgen(booked, "run", "toy")
    assert done.code == 0, done.err
    assert f"notebook {NAME}: running" in done.out
    (kept,) = (booked.store / "notebook").glob("*/notebook.ipynb")
    assert kept.read_bytes() == path.read_bytes()


@pytest.mark.slow
def test_locked_they_are_copied(booked, reportgen, monkeypatch, path):
    assert reportgen(booked, "freeze", "toy").code == 0
    bare = booked.copy(booked.root.parent / "bare", data=False)
    forbid_kernels(monkeypatch)
    done = reportgen(bare, "build", "toy", "--locked")
    assert done.code == 0, done.err
    with zipfile.ZipFile(bare.archive) as archive:
        assert archive.read(NAME) == path.read_bytes()


@pytest.mark.slow
def test_locked_a_stale_one_stops_the_build(booked, reportgen):
    assert reportgen(booked, "freeze", "toy").code == 0
    template = booked.root / "templates" / "notebook.md.j2"
    template.write_text(template.read_text(encoding="utf-8") + "\nFin.\n", encoding="utf-8")
    done = reportgen(booked, "build", "toy", "--locked")
    assert done.code == 3
    assert f"{NAME} is stale: it was made from other files" in done.err
    assert "run `reportgen run toy` and `reportgen freeze toy`" in done.err


@pytest.mark.slow
def test_a_failing_cell_stops_the_build(booked, reportgen):
    template = booked.root / "templates" / "toy" / "notebook.md.j2"
    template.write_text("```python\n1 / 0\n```\n", encoding="utf-8")
    done = reportgen(booked, "build", "toy")
    assert done.code == 4
    assert f"notebook {NAME}, cell 1 fails: ZeroDivisionError: division by zero" in done.err


def test_a_faulty_template_stops_the_build_before_any_training(toy, reportgen):
    toy.write(report={"notebooks": "generated"})
    (toy.root / "templates" / "notebook.md.j2").write_text("{{ nope }}", encoding="utf-8")
    done = reportgen(toy, "build", "toy")
    assert done.code == 1
    assert "notebook.md.j2:1" in done.err
    assert not toy.store.exists()


def test_without_the_extra_the_build_says_so_before_any_training(toy, reportgen, monkeypatch):
    monkeypatch.setattr(execute, "NEEDED", ("no_such_package",))
    toy.write(report={"notebooks": "generated"})
    done = reportgen(toy, "build", "toy")
    assert done.code == 1
    assert "pip install 'reportgen-lab[notebooks]'" in done.err
    assert not toy.store.exists()


def forbid_kernels(monkeypatch):
    def refuse(*_):
        pytest.fail("a notebook was run")

    monkeypatch.setattr(keep, "execute_notebook", refuse)

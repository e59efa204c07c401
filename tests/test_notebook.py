"""What a notebook calls: experiments are run as the build runs them, and shown as it shows them."""

import pytest
from ruamel.yaml import YAML

from reportgen.errors import SpecError, StaleError, UsageError
from reportgen.holdings import stored_records
from reportgen.notebook import open_study
from reportgen.pipeline import Order, derive, load
from tests.toy_project import EXPERIMENT, MODELS


def write(file, value):
    with file.open("w", encoding="utf-8") as stream:
        YAML().dump(value, stream)


@pytest.fixture
def bench(tmp_path, built_toy):
    """Return a folder as a notebook has it, with the finished runs of a project."""
    place = tmp_path / "bench"
    place.mkdir()
    (place / "models.py").write_text(MODELS, encoding="utf-8")
    write(place / "toy_net.yaml", EXPERIMENT)
    return place


@pytest.fixture
def study(bench, built_toy, monkeypatch):
    monkeypatch.setenv("REPORTGEN_STORE_ONLY", "1")
    return open_study(bench / "toy_net.yaml", data_dir=built_toy.data, store=built_toy.store)


def test_the_finished_runs_of_a_project_are_found(study, built_toy):
    order = Order(built_toy.root, "toy", data_dir=built_toy.data)
    whole = load(order)
    facts = {fact.id: fact.value for fact in derive(whole, stored_records(order, whole))}
    shown = study.run("toy_net").text("{h2.best.accuracy:pct} {model.parameters:integer}")
    assert shown.facts == {name: facts[name] for name in shown.facts}
    assert len(shown.facts) == 2


def test_tables_have_a_row_for_each_group(study):
    net = study.run("toy_net")
    epochs = net.table("epochs", {"n": "{}", "loss": "{train_loss:num}"})
    assert [row[0] for row in epochs.rows] == ["1", "2", "3"]
    layers = net.table("model.layers", {"layer": "{name}"})
    assert layers.rows == (("conv",), ("drop",), ("head",))
    assert net.horizons({"h": "{}"}).rows == (("2",), ("3",))
    assert net.trials({"": "{}"}, "original").rows == (("original",), ("narrow",))
    splits = net.splits({"": "{}", "n": "{n:integer}"}, {"train": "Entrenamiento"})
    assert splits.rows == (("Entrenamiento", "120"), ("validation", "60"))


def test_a_confusion_matrix_adds_up(study):
    table = study.run("toy_net", classes={"3": "tres"}).confusion("h2", "x")
    assert table.head == ("x", "0", "1", "2", "tres", *"456789")
    assert sum(int(cell) for row in table.rows for cell in row[1:]) == 60


def test_experiments_are_compared(study):
    study.run("toy_net")
    table = study.compare({"": "{}", "n": "{best.n:integer}"})
    assert table.rows == (("Red de juguete", "60"),)
    assert table.facts == {"toy_net.h3.best.n": 60}


def test_pairs_are_compared_with_what_the_later_gains(bench, built_toy):
    """The facts stand under the later one, and every pair once."""
    write(bench / "wide.yaml", EXPERIMENT | {"title": "Ancha", "sweep": []})
    study = open_study(bench / "toy_net.yaml", bench / "wide.yaml", data_dir=built_toy.data)
    study.run("toy_net")
    study.run("wide")
    pairs = study.compare_pairs({"": "{}", "+": "{gain:signed}"}, name="{first} a {second}")
    assert pairs.rows == (("Ancha a Red de juguete", "0,00"),)  # the same spec under two names
    assert pairs.facts == {"wide.versus.toy_net.gain": 0.0}
    assert study.compare({"": "{}"}).rows == (("Red de juguete",), ("Ancha",))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda study: study.run("toynet"), 'did you mean "toy_net"'),
        (lambda study: study.run("toy_net").table("epoch", {}), 'did you mean "epochs"'),
        (lambda study: study.run("toy_net").table("seed", {}), "a single fact"),
        (lambda study: study.run("toy_net").confusion("h9", ""), "h9"),
        (lambda study: study.run("toy_net").maps("h3", {}), "no maps"),
        (lambda study: study.run("toy_net").maps("h2", {"x": ""}), "has no name among"),
        (lambda study: study.run("toy_net").filters("peso"), "keeps no filters"),
        (lambda study: study.run("toy_net").maximized("conv", ""), "maximises no filters"),
        (lambda study: study.run("toy_net").curves({"epoc": ""}), 'did you mean "epoch"'),
    ],
)
def test_what_cannot_be_shown_is_refused(study, call, message):
    with pytest.raises(UsageError, match=message):
        call(study)


def test_a_kernel_of_a_build_runs_nothing(study, bench):
    write(bench / "toy_net.yaml", EXPERIMENT | {"seeds": [8]})
    again = open_study(bench / "toy_net.yaml", data_dir=study._order.data_dir)
    with pytest.raises(StaleError, match="not in the store"):
        again.run("toy_net")


def test_the_files_of_one_folder_are_wanted(bench, tmp_path):
    with pytest.raises(UsageError, match="of one folder"):
        open_study()
    with pytest.raises(UsageError, match="of one folder"):
        open_study(bench / "toy_net.yaml", tmp_path / "other.yaml")
    with pytest.raises(UsageError, match="such as simple_cnn.yaml"):
        open_study(bench / "models.py")


def test_a_fault_of_a_file_is_placed(bench):
    file = bench / "toy_net.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("seeds", "seed"), encoding="utf-8")
    with pytest.raises(SpecError, match=r'toy_net.yaml:.*unknown key "seed"'):
        open_study(file)
    with pytest.raises(SpecError, match="none.yaml"):
        open_study(bench / "none.yaml")


def test_without_a_store_the_runs_stay_beside_the_files(bench, built_toy, capsys):
    study = open_study(bench / "toy_net.yaml", data_dir=built_toy.data)
    study.run("toy_net")
    assert (bench / "reportgen-runs" / "record").is_dir()
    assert "epoch 3/3" in capsys.readouterr().out
    study.run("toy_net")
    assert capsys.readouterr().out == ""


def test_an_experiment_brings_along_what_it_starts_from(bench, built):
    write(bench / "later.yaml", EXPERIMENT | {"weights": "experiment:toy_net", "sweep": []})
    study = open_study(bench / "later.yaml", data_dir=built.data, store=built.store)
    net = study.run("later")
    shown = net.text("{model.weights:text}")
    assert shown.facts == {"later.model.weights": "experiment:toy_net"}
    assert study.compare({"n": "{best.n:integer}"}).facts == {"later.h3.best.n": 60}


def test_images_that_maximise_filters_are_shown_with_what_they_reach(bench, built_toy):
    wanted = {"images": {"first": {"layer": "conv"}}, "steps": 3}
    write(bench / "toy_net.yaml", EXPERIMENT | {"maximization": wanted, "sweep": []})
    study = open_study(bench / "toy_net.yaml", data_dir=built_toy.data)
    shown = study.run("toy_net").maximized("first", "filtro {number:integer}", "{activation:num}")
    assert shown.name == "activation_maximization"
    place = "toy_net.maximization.first.filters"
    assert [shown.facts[f"{place}.{k}.number"] for k in range(1, 5)] == [1, 2, 3, 4]
    assert len(shown.facts) == 8

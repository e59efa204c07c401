"""A notebook is written from a study, always the same, and carries all that it needs."""

import pytest
from ruamel.yaml import YAML

from reportgen.errors import TemplateError
from reportgen.notebooks.compose import (
    Cell,
    compose_notebooks,
    describe_section,
    extras_for,
    notebook_name,
    split_cells,
)
from reportgen.plan.code import fingerprint_class
from reportgen.spec.study import load_study
from tests.toy_project import EXPERIMENT, REPORT


def compose(toy):
    return compose_notebooks(load_study(toy.root, "toy"))


@pytest.fixture
def wanted(toy):
    toy.write(report={"notebooks": "generated"})
    return toy


def test_a_study_that_wants_none_gets_none(toy):
    assert compose(toy) == ()


def test_one_for_each_section_in_order(wanted):
    wanted.write(
        report={
            "notebooks": "generated",
            "sections": [
                {"title": "Á b", "experiments": ["toy_net"], "questions": ["sizes"]},
                {"title": "C", "experiments": ["toy_net"], "questions": ["scores"]},
            ],
        }
    )
    first, second = compose(wanted)
    assert (first.name, second.name) == ("1_a_b.ipynb", "2_c.ipynb")
    assert [str(run) for run in first.runs] == ["toy_net (seed 7)", "toy_net.narrow (seed 7)"]
    assert first.cells[0].source.startswith("# Juguete · 1. Á b\n")


def test_the_first_cell_says_how_to_install(wanted):
    (book,) = compose(wanted)
    assert book.cells[0].kind == "markdown"
    assert "pip install 'reportgen-lab[train,notebooks]'" in book.cells[0].source


def test_the_same_files_make_the_same_notebook(wanted):
    assert compose(wanted) == compose(wanted)
    assert compose(wanted)[0].digest == compose(wanted)[0].digest


def test_comments_and_layout_of_the_experiment_do_not_count(wanted):
    before = compose(wanted)[0].digest
    file = wanted.folder / "toy_net.yaml"
    file.write_text("# a word\n\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    assert compose(wanted)[0].digest == before
    wanted.train(epochs=4)
    assert compose(wanted)[0].digest != before


def magic(book, file):
    (cell,) = [c for c in book.cells if c.source.startswith(f"%%writefile {file}\n")]
    return cell.source.partition("\n")[2] + "\n"


def test_it_carries_the_experiment_under_its_profile(wanted):
    profiles = wanted.folder / "profiles"
    profiles.mkdir()
    (profiles / "small.yaml").write_text(
        "experiments: {toy_net: {training: {batch_size: 5}}}", encoding="utf-8"
    )
    (book,) = compose_notebooks(load_study(wanted.root, "toy", "small"))
    carried = YAML(typ="safe", pure=True).load(magic(book, "toy_net.yaml"))
    assert carried == EXPERIMENT | {"training": EXPERIMENT["training"] | {"batch_size": 5}}


def test_it_carries_the_class_that_runs_and_nothing_else(wanted, tmp_path):
    with wanted.models_file.open("a", encoding="utf-8") as file:
        file.write("\n\nclass Other(nn.Module):\n    pass\n")
    (book,) = compose(wanted)
    carried = tmp_path / "carried" / "models.py"
    carried.parent.mkdir()
    carried.write_text(magic(book, "models.py"), encoding="utf-8")
    assert "Other" not in carried.read_text(encoding="utf-8")
    whole = fingerprint_class(wanted.models_file, "ToyNet")
    assert fingerprint_class(carried, "ToyNet") == whole


def test_a_class_that_only_a_trial_uses_is_carried_too(wanted):
    with wanted.models_file.open("a", encoding="utf-8") as file:
        file.write("\n\nclass Other(ToyNet):\n    pass\n")
    trial = {"name": "other", "set": {"model.class": "Other"}, "why": "otra"}
    wanted.write(toy_net={"sweep": [trial]})
    assert "class Other(ToyNet):" in magic(compose(wanted)[0], "models.py")


def test_a_network_of_a_library_has_no_models_file(wanted):
    wanted.write(toy_net={"model": {"torchvision": "resnet18"}, "sweep": [], "embeddings": None})
    (book,) = compose(wanted)
    assert not [cell for cell in book.cells if "%%writefile models.py" in cell.source]
    assert not [cell for cell in book.cells if "model.layers" in cell.source]


def test_an_estimator_has_no_epochs_to_show(wanted):
    value = {key: EXPERIMENT[key] for key in EXPERIMENT if key not in {"training", "horizons"}}
    value |= {"estimator": "linear_svm", "sweep": []}
    with (wanted.folder / "toy_net.yaml").open("w", encoding="utf-8") as file:
        YAML().dump(value, file)
    (book,) = compose(wanted)
    code = [cell.source for cell in book.cells if cell.kind == "code"]
    assert not [source for source in code if "curves(" in source or '"epochs"' in source]
    assert [source for source in code if 'confusion("h0"' in source]


def test_the_spanish_names_of_classes_go_with_it(wanted):
    labels = wanted.root / "templates" / "labels" / "mnist.yaml"
    labels.write_text('"3": {label: tres, gender: m}\n"4": {label: "4"}\n', encoding="utf-8")
    (book,) = compose(wanted)
    (call,) = [cell.source for cell in book.cells if "study.run(" in cell.source]
    assert '"3": "tres"' in call
    assert '"4"' not in call


def test_several_experiments_are_compared(wanted):
    (wanted.folder / "second.yaml").write_bytes((wanted.folder / "toy_net.yaml").read_bytes())
    section = REPORT["sections"][0] | {"experiments": ["toy_net", "second"]}
    wanted.write(report={"notebooks": "generated", "sections": [section]})
    (book,) = compose(wanted)
    calls = [cell.source.partition("(")[0] for cell in book.cells[-4:] if cell.kind == "code"]
    assert calls == ["study.compare", "study.compare_pairs"]
    assert [c for c in book.cells if 'open_study("toy_net.yaml", "second.yaml"' in c.source]


@pytest.mark.parametrize(
    ("change", "extras"),
    [
        ({}, ["train", "notebooks"]),
        ({"dataset": {"name": "digits"}}, ["train", "embedded", "notebooks"]),
        ({"dataset": {"name": "mnist-5k"}}, ["train", "embedded", "notebooks"]),
        ({"dataset": {"name": "leaves"}}, ["train", "notebooks"]),
        (
            {"model": {"package": "efficientnet_lite0"}, "sweep": []},
            ["train", "embedded", "notebooks"],
        ),
    ],
)
def test_extras_are_those_that_the_experiments_take(toy, change, extras):
    toy.write(toy_net=change)
    assert extras_for(load_study(toy.root, "toy").experiments.values()) == extras


def test_names_that_python_keeps_for_itself(wanted):
    (wanted.folder / "class.yaml").write_bytes((wanted.folder / "toy_net.yaml").read_bytes())
    section = REPORT["sections"][0] | {"experiments": ["class"]}
    wanted.write(report={"notebooks": "generated", "sections": [section]})
    (book,) = compose(wanted)
    assert 'class_ = study.run("class")' in "\n".join(cell.source for cell in book.cells)


# ── the template ────────────────────────────────────────────────────────────


def test_a_study_may_have_a_template_of_its_own(wanted):
    own = wanted.root / "templates" / "toy" / "notebook.md.j2"
    own.write_text("Solo {{ title }}.\n\n```python\n1 + 1\n```\n", encoding="utf-8")
    (book,) = compose(wanted)
    assert book.cells == (Cell("markdown", "Solo Red de juguete."), Cell("code", "1 + 1"))


def test_a_fault_of_the_template_is_placed(wanted):
    file = wanted.root / "templates" / "notebook.md.j2"
    file.write_text("Bien.\n{{ experimnts }}\n", encoding="utf-8")
    with pytest.raises(TemplateError, match="notebook.md.j2:2: .*experimnts"):
        compose(wanted)


def test_a_template_reaches_no_python(wanted):
    file = wanted.root / "templates" / "notebook.md.j2"
    file.write_text("{{ title.__class__.__mro__ }}", encoding="utf-8")
    with pytest.raises(TemplateError, match="unsafe"):
        compose(wanted)


def test_a_missing_template_is_named(wanted):
    (wanted.root / "templates" / "notebook.md.j2").unlink()
    with pytest.raises(TemplateError, match="templates/notebook.md.j2 is missing"):
        compose(wanted)


def test_the_template_is_given_plain_values(wanted):
    study = load_study(wanted.root, "toy")
    named = describe_section(study, 1, study.report.sections[0])
    (experiment,) = named["experiments"]
    assert experiment["horizons"] == [2, 3]
    assert experiment["maps"] == [2]
    assert experiment["trials"] == [{"name": "narrow", "why": "la mitad de canales"}]


# ── cells ───────────────────────────────────────────────────────────────────


def test_a_longer_fence_may_hold_a_shorter_one():
    text = "````python\n'''\n```\n'''\n````\nfin\n"
    assert list(split_cells(text)) == [Cell("code", "'''\n```\n'''"), Cell("markdown", "fin")]


def test_other_fences_stay_in_the_text():
    text = "a\n```bash\npip install x\n```\nb\n"
    assert list(split_cells(text)) == [Cell("markdown", text.rstrip("\n"))]


def test_empty_cells_are_none():
    assert list(split_cells("\n```python\n\n```\n\n")) == []


def test_file_names_are_plain():
    assert notebook_name(2, "Ñandú: 100 % / ¿qué?") == "2_nandu_100_que.ipynb"
    assert notebook_name(4, "漢字") == "4.ipynb"


def test_it_carries_what_its_experiments_start_from(wanted):
    """The source's file and class, though it is shown in no section; it is not opened by name."""
    with wanted.models_file.open("a", encoding="utf-8") as file:
        file.write("\n\nclass Other(ToyNet):\n    pass\n")
    wanted.write(
        toy_net={"weights": "experiment:first", "sweep": []},
        first={"model": {"class": "Other"}, "weights": "experiment:zero", "sweep": []},
        zero={"model": {"class": "Other"}, "sweep": []},
    )
    (book,) = compose(wanted)
    for name in ("toy_net", "first", "zero"):
        carried = YAML(typ="safe", pure=True).load(magic(book, f"{name}.yaml"))
        assert carried["model"]["class"] == ("ToyNet" if name == "toy_net" else "Other")
    assert "class Other(ToyNet):" in magic(book, "models.py")
    assert [str(run) for run in book.runs] == ["toy_net (seed 7)"]
    (opened,) = [
        cell.source for cell in book.cells if "open_study(" in cell.source and cell.kind == "code"
    ]
    assert "first.yaml" not in opened


def test_epochs_that_may_be_fewer_are_called_so(wanted):
    def says(text):
        return any(text in cell.source for cell in compose(wanted)[0].cells)

    assert says("durante 3 épocas, y después")
    phase = EXPERIMENT["training"]["phases"][0] | {"early_stopping": {"patience": 2}}
    wanted.write(toy_net={"training": EXPERIMENT["training"] | {"phases": [phase]}})
    assert says("durante 3 épocas como máximo, y después")


def test_images_that_maximise_filters_have_a_cell_for_each_alias(wanted):
    images = {"first": {"layer": "conv"}, "one": {"layer": "conv", "filters": [2]}}
    wanted.write(toy_net={"maximization": {"images": images, "regularizer": "none"}})
    (book,) = compose(wanted)
    calls = [cell.source for cell in book.cells if ".maximized(" in cell.source]
    assert [call.partition("(")[2].partition(",")[0] for call in calls] == ['"first"', '"one"']
    carried = YAML(typ="safe", pure=True).load(magic(book, "toy_net.yaml"))
    assert carried["maximization"]["images"]["one"] == {"layer": "conv", "filters": [2]}
    assert carried["maximization"]["regularizer"] == {"name": "none"}

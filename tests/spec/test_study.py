"""A study is loaded whole, or all that is wrong with it is told with places."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from reportgen.errors import SpecError, UsageError
from reportgen.spec.study import load_study

REPORT = """\
title: Práctica
course: APPIV
authors: [{name: Alba, surnames: Ríos Peña}]
date: 2026-04-10
sections:
  - {title: A, experiments: [net], questions: [sizes]}
"""
ASSIGNMENT = """\
title: Enunciado
questions:
  - {id: sizes, text: ¿Cuántas?, needs: [split_sizes]}
  - {id: curves, text: ¿Cómo?, needs: [curves]}
"""
NET = """\
title: Red
dataset: {name: digits}
model: {class: Net}
seeds: [1, 2]
training:
  batch_size: 8
  phases: [{epochs: 4, optimizer: {name: sgd, lr: 0.1}}]
horizons: [2, 4]
features: {final: fc}
embeddings: {samples: 50}
sweep:
  - {name: small, set: {model.args.width: 2}, why: más estrecha}
"""
FAST = """\
report: {subtitle: Rápido}
experiments:
  net: {training: {batch_size: 4}, seeds: [7]}
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Write a valid study, `p1`, and return its folder."""
    folder = tmp_path / "experiments" / "p1"
    (folder / "profiles").mkdir(parents=True)
    (folder / "report.yaml").write_text(REPORT, encoding="utf-8")
    (folder / "assignment.yaml").write_text(ASSIGNMENT, encoding="utf-8")
    (folder / "net.yaml").write_text(NET, encoding="utf-8")
    (folder / "profiles" / "fast.yaml").write_text(FAST, encoding="utf-8")
    return folder


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def faults(study: Path, profile: str = "default") -> list[str]:
    """Return all faults, with the study's folder left out of the file names."""
    with pytest.raises(SpecError) as caught:
        load_study(study.parents[1], study.name, profile)
    assert caught.value.exit_code == 1
    return [line.removeprefix("experiments/p1/") for line in str(caught.value).splitlines()]


def test_a_study_is_loaded(study: Path) -> None:
    root = study.parents[1]
    loaded = load_study(root, "p1")
    assert loaded.label == "p1"
    assert loaded.build_folder == root / "build" / "p1"
    assert loaded.records_folder == study / "records" / "default"
    assert loaded.models_file == study / "models.py"
    assert loaded.templates == root / "templates"
    assert [file.name for file in loaded.files] == ["report.yaml", "assignment.yaml", "net.yaml"]


def test_runs_are_the_seeds_then_each_trial_with_all_seeds(study: Path) -> None:
    runs = load_study(study.parents[1], "p1").runs
    assert [(run.id.experiment, run.id.trial, run.id.seed, run.why) for run in runs] == [
        ("net", "", 1, ""),
        ("net", "", 2, ""),
        ("net", "small", 1, "más estrecha"),
        ("net", "small", 2, "más estrecha"),
    ]
    base, trial = runs[1].spec, runs[3].spec
    assert (base.seeds, base.sweep, base.model.args) == ((2,), (), {})
    assert (trial.seeds, trial.sweep, trial.model.args) == ((2,), (), {"width": 2})
    assert base.embeddings is not None
    assert trial.embeddings is None


def test_sections_order_the_runs_and_a_shared_experiment_runs_once(study: Path) -> None:
    (study / "first.yaml").write_text(NET.split("sweep:", maxsplit=1)[0], encoding="utf-8")
    change(
        study / "report.yaml",
        "experiments: [net], questions: [sizes]}",
        "experiments: [first, net], questions: [sizes]}\n"
        "  - {title: B, experiments: [net], questions: [curves]}",
    )
    runs = load_study(study.parents[1], "p1").runs
    assert [run.id.experiment for run in runs] == ["first"] * 2 + ["net"] * 4


def test_a_profile_overrides_what_it_names(study: Path) -> None:
    loaded = load_study(study.parents[1], "p1", "fast")
    assert loaded.label == "p1@fast"
    assert loaded.build_folder.name == "p1@fast"
    assert loaded.records_folder == study / "records" / "fast"
    assert loaded.report.subtitle == "Rápido"
    assert loaded.report.title == "Práctica"
    net = loaded.experiments["net"]
    assert (net.training.batch_size, net.training.epochs, net.seeds) == (4, 4, (7,))
    assert study / "profiles" / "fast.yaml" in loaded.files


def test_an_unknown_study_gets_the_nearest_name(study: Path) -> None:
    with pytest.raises(
        UsageError, match='no study "p11" in experiments/; did you mean "p1"'
    ) as error:
        load_study(study.parents[1], "p11")
    assert error.value.exit_code == 2


@pytest.mark.parametrize("name", ["..", "../experiments/p1", "", ".", "p1/"])
def test_a_study_is_a_name_and_no_path(study: Path, name: str) -> None:
    with pytest.raises(UsageError, match="there is no study"):
        load_study(study.parents[1], name)


def test_an_unknown_profile_gets_the_nearest_name(study: Path) -> None:
    message = 'the study "p1" has no profile "fats"; did you mean "fast"? Allowed: default, fast'
    with pytest.raises(UsageError) as error:
        load_study(study.parents[1], "p1", "fats")
    assert str(error.value) == message


def test_the_default_profile_has_no_file(study: Path) -> None:
    (study / "profiles" / "default.yaml").write_text("report: {}\n")
    with pytest.raises(UsageError, match="means the files as they stand"):
        load_study(study.parents[1], "p1")


def test_faults_of_all_files_come_at_once_and_sorted(study: Path) -> None:
    """One fault of each kind: key, type, horizon, authors, date."""
    change(study / "net.yaml", "batch_size: 8", "batch_size: '8'")
    change(study / "net.yaml", "dataset: {name", "dataset: {nam")
    change(study / "net.yaml", "[2, 4]", "[2, 40]")
    change(study / "report.yaml", "[{name: Alba, surnames: Ríos Peña}]", "[]")
    change(study / "report.yaml", "2026-04-10", "2026-13-10")
    change(study / "assignment.yaml", "needs: [curves]", "needs: [curve]")
    assert [fault.split(";")[0] for fault in faults(study)] == [
        'assignment.yaml:4:40: questions.1.needs.0 cannot be "curve"',
        'net.yaml:2:1: the key "name" is missing in dataset',
        'net.yaml:2:11: unknown key "nam" in dataset',
        'net.yaml:6:15: training.batch_size must be an integer, got the text "8"',
        "net.yaml:8:15: horizons.1 lies beyond the 4 epochs of training, got 40",
        "report.yaml:3:10: authors must hold at least one entry, got an empty list",
        (
            "report.yaml:4:7: date must be a date of the calendar, written as 2026-04-10, "
            'got the text "2026-13-10"'
        ),
    ]


def test_yaml_faults_come_along_and_cause_no_others(study: Path) -> None:
    change(study / "net.yaml", "batch_size: 8", "batch_size: !x 8\n  5: 6")
    change(study / "net.yaml", "title: Red", "titel: Red")
    assert [fault.split(";")[0] for fault in faults(study)] == [
        'net.yaml:1:1: the key "title" is missing in the file',
        'net.yaml:1:1: unknown key "titel" in the file',
        'net.yaml:6:15: the tag "!x" is refused',
        "net.yaml:7:3: a key must be text, got 5",
    ]


def test_a_broken_file_does_not_hide_the_others(study: Path) -> None:
    change(study / "net.yaml", "title: Red", "title: [Red")
    change(study / "report.yaml", "course: APPIV", "course: 5")
    found = faults(study)
    assert [fault.split(" ")[0] for fault in found] == ["net.yaml:2:8:", "report.yaml:2:9:"]


def test_a_missing_experiment_is_told_where_it_is_named(study: Path) -> None:
    change(study / "report.yaml", "[net]", "[net, nett]")
    assert faults(study) == [
        (
            "report.yaml:6:35: there is no file nett.yaml for the experiment; "
            'did you mean "net"? Allowed: net'
        )
    ]


def test_an_experiment_called_like_a_fact_of_comparisons(study: Path) -> None:
    """Its comparison with another would stand at other.versus.n, which counts comparisons."""
    (study / "net.yaml").rename(study / "n.yaml")
    change(study / "report.yaml", "[net]", "[n]")
    assert faults(study) == [
        'report.yaml:6:30: an experiment cannot be called "n"; rename its file'
    ]


def test_a_missing_assignment(study: Path) -> None:
    (study / "assignment.yaml").unlink()
    assert faults(study) == ["assignment.yaml: cannot be read: No such file or directory"]


def test_questions_that_do_not_exist_or_stand_twice(study: Path) -> None:
    change(study / "report.yaml", "[sizes]", "[sizes, sices, sizes]")
    change(study / "assignment.yaml", "id: curves", "id: sizes")
    assert faults(study) == [
        'assignment.yaml:4:10: the question "sizes" stands twice in the assignment',
        (
            'report.yaml:6:55: the assignment has no question "sices"; '
            'did you mean "sizes"? Allowed: sizes'
        ),
        'report.yaml:6:62: the question "sizes" is answered twice; name it once',
    ]


def test_faults_of_a_profile_lie_in_its_file(study: Path) -> None:
    change(study / "profiles" / "fast.yaml", "batch_size: 4", "batch_size: 0")
    change(study / "profiles" / "fast.yaml", "subtitle", "subtitel")
    change(study / "profiles" / "fast.yaml", "  net:", "  nett: {}\n  net:")
    assert [fault.split(";")[0] for fault in faults(study, "fast")] == [
        'profiles/fast.yaml:1:10: unknown key "subtitel" in the file',
        'profiles/fast.yaml:3:3: no section names an experiment "nett"',
        "profiles/fast.yaml:4:32: training.batch_size must be at least 1, got 0",
    ]


def test_a_profile_has_the_shape_of_one(study: Path) -> None:
    (study / "profiles" / "fast.yaml").write_text("experiment: {}\nexperiments: {net: 5}\n")
    assert [fault.split(";")[0] for fault in faults(study, "fast")] == [
        'profiles/fast.yaml:1:1: unknown key "experiment" in the file',
        "profiles/fast.yaml:2:20: experiments.net must be a mapping, got 5",
    ]


def test_faults_of_a_trial_lie_at_its_settings(study: Path) -> None:
    change(study / "net.yaml", "model.args.width: 2", "trainig.batch_size: 2, model.args: 3")
    assert [fault.split(":", 3)[:3] for fault in faults(study)] == [["net.yaml", "12", "25"]]
    change(study / "net.yaml", "trainig.batch_size: 2, ", "")
    assert faults(study) == ["net.yaml:12:37: with this trial, model.args must be a mapping, got 3"]


def test_notebooks_are_files_of_the_study(study: Path) -> None:
    (study / "one.ipynb").write_text("{}")
    with (study / "report.yaml").open("a") as file:
        file.write("notebooks: [one.ipynb, two.ipynb, ../one.ipynb]\n")
    assert faults(study) == [
        (
            'report.yaml:7:24: there is no notebook "two.ipynb"; '
            'did you mean "one.ipynb"? Allowed: one.ipynb'
        ),
        'report.yaml:7:35: "../one.ipynb" must be an .ipynb file inside the study\'s folder',
    ]


def test_a_notebook_is_no_link_that_leads_out(study: Path) -> None:
    (study.parent / "secret.ipynb").write_text("{}")
    (study / "one.ipynb").symlink_to("../secret.ipynb")
    with (study / "report.yaml").open("a") as file:
        file.write("notebooks: [one.ipynb]\n")
    (fault,) = faults(study)
    assert '"one.ipynb" is a link that leads out of the study' in fault


@pytest.mark.parametrize("text", ["5\n", "[1, 2]\n", "sections: 5\n", "sections: [5]\n", "a\n"])
def test_a_file_of_another_shape_ends_in_faults(study: Path, text: str) -> None:
    for name in ("report.yaml", "assignment.yaml", "net.yaml", "profiles/fast.yaml"):
        kept = (study / name).read_text(encoding="utf-8")
        (study / name).write_text(text)
        assert any(fault.startswith(name) for fault in faults(study, "fast")), name
        (study / name).write_text(kept, encoding="utf-8")


@pytest.mark.parametrize("profile", ["default", "embedded"])
def test_practica1_loads(project: Path, profile: str) -> None:
    study = load_study(project, "practica1", profile)
    questions = [question.id for question in study.assignment.questions]
    assert questions == [name for section in study.report.sections for name in section.questions]
    net = study.experiments["simple_cnn"]
    assert len(net.report_horizons) == 2
    assert net.features == {"intermediate": "drop2", "final": "fc2"}
    assert len(study.runs) >= 5
    trials = [run for run in study.runs if run.id.trial]
    assert all(run.spec.report_horizons == net.report_horizons for run in trials)
    assert study.experiments["alexnet"].report_horizons == (10, 15)
    assert study.experiments["extractor"].report_horizons == (0,)


def test_loading_a_study_imports_nothing_heavy(project: Path) -> None:
    """The command line must answer at once, and work where torch is not installed."""
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from reportgen.spec.study import load_study\n"
        "import reportgen.plan.code\n"
        "load_study(Path.cwd(), 'practica1')\n"
        "heavy = {'torch', 'torchvision', 'matplotlib', 'sklearn', 'scipy', 'numpy', 'weasyprint',"
        " 'jinja2'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


# ── trials that come from other trials ──────────────────────────────────────


def test_a_trial_that_comes_from_another_has_its_values(study: Path) -> None:
    change(
        study / "net.yaml",
        "why: más estrecha}",
        "why: más estrecha}\n"
        "  - {name: slow, from: small, set: {training.batch_size: 2}, why: lotes menores}",
    )
    spec = load_study(study.parents[1], "p1").runs[-1].spec
    assert (spec.model.args, spec.training.batch_size) == ({"width": 2}, 2)


def test_faults_of_a_history_have_their_places(study: Path) -> None:
    change(
        study / "net.yaml",
        "why: más estrecha}",
        "why: más estrecha}\n"
        "  - {name: slow, from: smal, set: {training.batch_size: 2}, why: x}\n"
        "  - {name: twice, set: {model.args.width: 4, model.args.width: 5}, why: x}\n"
        "  - {name: same, from: small, set: {model.args: {width: 2}}, why: x}",
    )
    lines = {line.partition(": ")[0]: line.partition(": ")[2] for line in faults(study)}
    assert lines["net.yaml:13:24"].startswith(
        'sweep.1.from must be an earlier trial, got "smal"; did'
    )
    assert lines["net.yaml:14:46"].startswith('the key "model.args.width" stands twice')
    assert lines["net.yaml:15:36"].startswith('sweep.3.set comes to the same as the trial "small"')

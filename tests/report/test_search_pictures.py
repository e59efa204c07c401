"""The history of a search on the page: its table, its grid of curves, its accuracies by seed."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from reportgen.errors import Fault, TemplateError
from reportgen.facts.derive import derive_facts
from reportgen.records import RunRecord
from reportgen.report.text import plain
from reportgen.spec.experiment import Experiment
from reportgen.spec.shape import walk
from reportgen.spec.study import load_study
from tests.factories import as_estimator, make_record
from tests.report.conftest import Project
from tests.report.several import with_facts

REPORT = """\
title: Una búsqueda
course: PRUEBA
authors: [{name: Alba, surnames: Ríos Peña}]
date: 2026-04-10
sections:
  - {title: Búsqueda, experiments: [net, other, still], questions: [first]}
"""
ASSIGNMENT = """\
title: Prueba
questions:
  - {id: first, text: ¿Qué configuración es mejor?}
"""
NET = """\
title: Red
dataset: {name: toy}
model: {class: Net, args: {stride: 1}}
seeds: [7, 8]
training:
  batch_size: 10
  on_divergence: record
  phases: [{epochs: 4, optimizer: {name: sgd, lr: 0.05}}]
sweep:
  - {name: fast, set: {training.phases.0.optimizer.lr: 0.5}, why: una tasa mayor}
  - {name: small, from: fast, set: {training.batch_size: 5, model.args.act: sigmoid}, why: menos}
  - {name: wide, from: small, set: {model.args.stride: 2, model.args.act: null}, why: otro paso}
  - {name: plain, set: {model.args.width: 9}, why: más ancha}
"""
OTHER = """\
title: Otra red
dataset: {name: toy}
model: {class: Net}
training:
  batch_size: 10
  phases:
    - {epochs: 2, optimizer: {name: sgd, lr: 0.05}}
    - {epochs: 2, optimizer: {name: sgd, lr: 0.01}}
sweep:
  - {name: slow, set: {training.phases.1.optimizer.lr: 0.001}, why: más lenta}
"""
STILL = """\
title: Sin épocas
dataset: {name: toy}
model: {class: Net}
estimator: linear_svm
features: {final: fc2}
"""
CURVES = '{{ figura_rejilla_curvas("fig-a", (net,) + trials(net)) }}{{ ref("fig-a") }}'
SEEDS = '{{ figura_semillas("fig-a", (net,) + trials(net)) }}{{ ref("fig-a") }}'
TABLE = '{{ tabla_historial("t", net) }}{{ ref("t") }}'


def stuck(record: RunRecord) -> RunRecord:
    """Return a record whose training loss stays that of guessing, ln 3."""
    rows = tuple(replace(row, train_loss=1.0986) for row in record.result.epochs)
    return replace(record, result=replace(record.result, epochs=rows))


def diverged(record: RunRecord, after: int) -> RunRecord:
    """Return a record that ends after so many epochs; after none, without an evaluation."""
    rows = record.result.epochs[:after]
    result = replace(record.result, epochs=rows, stopped="not finite", diverged_at=after + 1)
    if not after:
        result = replace(result, evaluations=())
    return replace(record, result=result)


def made(run, label: str) -> RunRecord:
    """`small` never starts, `fast` stays at chance, `wide` diverges with its second seed."""
    record = make_record(run.id, horizons=(4,), error_rate=0.05)
    if run.id.experiment == "still":
        return as_estimator(record)
    if label == "small":
        return diverged(record, 0)
    if label == "fast":
        return stuck(record)
    return diverged(record, 3) if (label, run.id.seed) == ("wide", 8) else record


@pytest.fixture
def search(tmp_path: Path, project: Path) -> Project:
    root = tmp_path / "project"
    folder = root / "experiments" / "search"
    folder.mkdir(parents=True)
    files = {"report": REPORT, "assignment": ASSIGNMENT, "net": NET, "other": OTHER, "still": STILL}
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    ignored = shutil.ignore_patterns("practica1")
    shutil.copytree(project / "templates", root / "templates", ignore=ignored)
    study = load_study(root, "search")
    records = {run.id: made(run, run.id.trial) for run in study.runs}
    return Project(study, records, derive_facts(study, records))


def write(search: Project, text: str, root: Path | None = None) -> str:
    search.answer("first", text)
    html = search.write(root).html
    return html.partition('<section class="question">')[2].partition("</section>")[0]


def faults(search: Project, text: str) -> list[Fault]:
    search.answer("first", text)
    with pytest.raises(TemplateError) as caught:
        search.write()
    return list(caught.value.faults)


def words(markup: str) -> str:
    return " ".join(plain(markup).split())


def rows(html: str) -> list[list[str]]:
    found = re.findall("<tr>(.*?)</tr>", html, re.DOTALL)
    return [
        [words(cell) for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)]
        for row in found
    ]


def caption(html: str) -> str:
    return words(re.findall("<figcaption>.*?</figcaption>", html, re.DOTALL)[0])


def alt(html: str) -> str:
    return words(re.findall('alt="(.*?)"', html, re.DOTALL)[0])


# ── the table ───────────────────────────────────────────────────────────────


def test_the_history_says_what_each_trial_changes_and_how_it_ends(search: Project) -> None:
    head, base, fast, small, wide, plain_ = rows(write(search, TABLE))
    assert head == ["N.º", "Prueba", "De", "Cambio", "Épocas", "Precisión", "IC", "Final"]
    assert [*base[:5], base[7]] == ["1", "original", "", "", "4", "aprende"]
    assert fast[:5] == ["2", "fast", "1", "tasa de aprendizaje: 0,05 → 0,5", "4"]
    assert fast[7] == "no sale del azar"
    assert small == [
        *("3", "small", "2", "tamaño de lote: 10 → 5; model.args.act: — → sigmoide"),
        *("0", "—", "—", "diverge"),
    ]
    assert wide[:4] == [
        *("4", "wide", "3", "model.args.stride: 1 → 2; model.args.act: sigmoide → ninguno")
    ]
    assert wide[7] == "diverge con alguna semilla"
    assert plain_[2:4] == ["1", "model.args.width: — → 9"]


def test_a_trial_has_the_title_that_the_file_gives_it(search: Project) -> None:
    """`fast` is called so by its file; the others by their names."""
    file = search.study.folder / "net.yaml"
    text = file.read_text(encoding="utf-8")
    titled = text.replace("{name: fast,", "{name: fast, title: tasa alta,")
    file.write_text(titled, encoding="utf-8")
    study = load_study(search.study.root, "search")
    renamed = replace(search, study=study)
    assert {run.id for run in study.runs} == set(search.records)
    shown = [row[1] for row in rows(write(renamed, TABLE))]
    assert shown == ["Prueba", "original", "tasa alta", "small", "wide", "plain"]
    told = write(
        renamed, "<p>{{ trial_title(net.fast) }} da el {{ net.fast.h4.best.accuracy | pct }}.</p>"
    )
    assert "tasa alta da el" in words(told)


def test_epochs_that_were_cut_short_are_told_with_those_that_were_meant(search: Project) -> None:
    """The first seed of `fast` ends after two of four."""
    cut = {"net.fast.training.epochs": (2, "epoch")}
    assert rows(write(with_facts(search, cut), TABLE))[2][4] == "2 de 4"


def test_the_new_value_is_marked(search: Project) -> None:
    html = write(search, TABLE)
    assert re.search(r"<b><span class=\"fact\"[^>]*>0,5</span></b>", html) or "<b>0,5</b>" in html
    assert html.count("<b>") == 6


def test_over_seeds_the_accuracy_is_their_mean_with_its_interval(search: Project) -> None:
    facts = {fact.id: fact.value for fact in search.facts}
    html = write(search, TABLE)
    shown = f"{100 * float(str(facts['net.h4.seeds.mean'])):.1f} %".replace(".", ",")
    assert rows(html)[1][5] == shown
    assert "media de sus semillas" in words(html)
    assert "t de Student sobre las semillas" in words(html)


def test_one_seed_has_its_own_interval(search: Project) -> None:
    html = write(search, '{{ tabla_historial("t", other) }}{{ ref("t") }}')
    assert "El intervalo es el de Wilson" in words(html)
    assert "semillas" not in words(html)
    assert html.count("La época se elige por su precisión") == 1
    [_, _, slow] = rows(html)
    assert slow[3] == "tasa de aprendizaje (etapa 2): 0,01 → 0,001"


def test_a_study_names_its_own_settings(search: Project) -> None:
    text = TABLE.replace(", net)", ', net, {"model.args.stride": "paso"})')
    assert "paso: 1 → 2;" in rows(write(search, text))[4][3]


def test_the_epoch_of_divergence_is_told_where_there_is_one(search: Project) -> None:
    told = {"other.slow.outcome": ("diverged", "text"), "other.slow.diverged_at": (3, "epoch")}
    html = write(with_facts(search, told), '{{ tabla_historial("t", other) }}{{ ref("t") }}')
    assert rows(html)[2][7] == "diverge en la época 3"


def test_an_outcome_that_is_a_fact_is_taken(search: Project) -> None:
    told = {"other.slow.outcome": ("stuck", "text"), "other.outcome": ("trained", "text")}
    html = write(with_facts(search, told), '{{ tabla_historial("t", other) }}{{ ref("t") }}')
    assert [row[7] for row in rows(html)[1:]] == ["aprende", "no sale del azar"]


def test_every_setting_with_a_name_exists(project: Path) -> None:
    """Of the numbers of list items, which paths leave out, the first one stands for all."""
    text = (project / "templates" / "macros.html.j2").read_text(encoding="utf-8")
    block = text.partition("nombres_de_ajustes = {")[2].partition("}")[0]
    paths = re.findall(r'"([a-z_.]+)":', block)
    assert len(paths) > 15
    for path in paths:
        full = path.replace("training.phases.", "training.phases.0.")
        keys = [int(key) if key.isdecimal() else key for key in full.split(".")]
        assert walk(Experiment, None, keys), path


# ── the grid of curves ──────────────────────────────────────────────────────


def test_each_run_has_a_panel(search: Project, tmp_path: Path) -> None:
    html = write(search, CURVES, tmp_path)
    assert len(list((tmp_path / "figures").glob("curve-grid-*.svg"))) == 1
    said = alt(html)
    assert said.startswith(
        "Curvas de pérdida de varios entrenamientos. Red: 4 épocas, aprende; mejor"
    )
    assert "fast: 4 épocas, no sale del azar;" in said
    assert "small: 0 épocas, diverge; wide: 4 épocas, diverge con alguna semilla;" in said
    assert "la banda va del menor al mayor valor de todas" in caption(html)


def test_a_grid_of_accuracies_with_titles_of_its_own(search: Project, tmp_path: Path) -> None:
    text = CURVES.replace("(net,) + trials(net)", '[net, other], ["una", "otra"], "accuracy"')
    html = write(search, text, tmp_path)
    assert alt(html).startswith(
        "Curvas de precisión de varios entrenamientos. una: 4 épocas, aprende;"
    )
    assert caption(html).startswith("Figura 1. Precisión por época")


def test_one_seed_each_has_no_band(search: Project) -> None:
    text = CURVES.replace("(net,) + trials(net)", "(other,) + trials(other)")
    assert "banda" not in caption(write(search, text))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ('pictures.curve_grid([net], ["a"], desenlace, {})', "need the words epoch, value"),
        ('pictures.curve_grid([net, other], ["a"], desenlace, {})', "need as many titles: 1"),
        ("pictures.curve_grid([], [], desenlace, {})", "0 runs, two at least"),
        ('pictures.curve_grid([net], ["a"], desenlace, {}, "los")', 'no quantity "los"; did you'),
        ('figura_rejilla_curvas("f", [net])', "2 to 20 panels, got 1"),
        ('figura_rejilla_curvas("f", [net, still])', "still was not trained in epochs"),
        ('pictures.seed_plot([net], ["a"], desenlace, {})', "need the words accuracy, seed"),
        ("pictures.seed_plot([net], [], desenlace, {})", "need as many titles: 0"),
        ('figura_semillas("f", [net])', "2 to 20 rows, got 1"),
        ('figura_semillas("f", [net, other], conjunto="test")', "net has no accuracy on the split"),
        ('pictures.seed_plot([net], ["a"], desenlace, {}, split="x")', 'no accuracy on "x"'),
    ],
)
def test_figures_that_cannot_be_drawn(search: Project, call: str, message: str) -> None:
    found = [f for f in faults(search, f"\n{{% set m = {call} %}}") if message in f.message]
    assert [(f.file, f.line) for f in found] == [("templates/search/questions/first.html.j2", 2)]


# ── accuracies by seed ──────────────────────────────────────────────────────


def test_each_run_has_a_row_of_seeds(search: Project, tmp_path: Path) -> None:
    html = write(search, SEEDS, tmp_path)
    assert len(list((tmp_path / "figures").glob("seed-plot-*.svg"))) == 1
    said = alt(html)
    assert said.startswith("Precisión de validación por semilla. Red: aprende, ")
    assert "de media con 2 semillas, entre" in said
    assert "small: diverge;" in said
    assert "Una línea une los valores de la misma semilla" in caption(html)


def test_one_seed_each_is_not_joined(search: Project, tmp_path: Path) -> None:
    html = write(search, SEEDS.replace("(net,) + trials(net)", "[other, still]"), tmp_path)
    assert "Wilson" in caption(html)
    assert "línea" not in caption(html)


def test_runs_with_other_seeds_are_not_joined(search: Project) -> None:
    html = write(search, SEEDS.replace("(net,) + trials(net)", "[net, other]"))
    assert "t de Student sobre las semillas; con una sola, Wilson" in caption(html)
    assert "línea" not in caption(html)


def test_accuracies_on_the_test_split(search: Project, tmp_path: Path) -> None:
    """They are facts of each seed, and over them."""
    told = {}
    for run, shift in (("net", 0.0), ("net.plain", 0.01)):
        for seed, value in (("", 0.8), (".seed8", 0.9)):
            told[f"{run}{seed}.h4.test.accuracy"] = (value + shift, "fraction")
        over = {"n": 2, "mean": 0.85, "low": 0.5, "high": 0.95, "min": 0.8, "max": 0.9}
        for name, value in over.items():
            told[f"{run}.h4.seeds.test.{name}"] = (value, "count" if name == "n" else "fraction")
    text = SEEDS.replace("(net,) + trials(net)", '[net, net.plain], conjunto="test"')
    html = write(with_facts(search, told), text, tmp_path)
    assert "Red: aprende, 85,00 % de media con 2 semillas, entre 80,00 % y 90,00 %" in alt(html)
    assert caption(html).startswith("Figura 1. Precisión de prueba")


def test_the_seeds_of_a_run_are_its_runs(search: Project) -> None:
    text = "<p>{% for s in seeds(net.plain) %}{{ s.seed | integer }} {% endfor %}</p>"
    assert words(write(search, text)).endswith("7 8")

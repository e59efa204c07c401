"""No result of a study can change without its text: each verdict flips, and the words follow.

The records are those of the committed run. Each mutation moves one finding, and
what hangs together with it (`tests.mutation`); the facts are derived anew and the
answers of its section rendered again. Then either the text changes or the build fails.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reportgen.spec.study import Study, load_study
from tests import (
    mutations_alexnet,
    mutations_emojis,
    mutations_simple_cnn,
    mutations_tp5,
    mutations_transfer,
)
from tests.changes import Mutation
from tests.mutation import Records
from tests.outcome import Outcome, moved, read_records, render, shorten

pytestmark = pytest.mark.slow

NAMES = frozenset(
    "name type shape label a b true predicted layer why source tighter looser chosen smallest "
    "precision device_name sample_split".split()
)
"""Last parts of the ids of texts that are printed, not verdicts."""
BY_THE_STUDY = frozenset(
    "augmented linear_trivial split train from path setting before after".split()
)
"""Verdicts that the study's files decide: no record changes them."""
NO_CHOICE = ".h0.selection.same_split"
"""Of an estimator, which has no epochs to choose among: false whatever comes."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A section's questions, what may change in its records, and what is rendered along."""

    questions: tuple[str, ...]
    n_sentences: int
    mutations: Mapping[str, Mutation]
    edits: Mapping[str, Callable[[Study, Records], tuple[Study, Records]]] = field(
        default_factory=dict
    )
    along: tuple[str, ...] = ()
    trials: bool = False
    study: str = "practica1"


CHAPTERS = {
    "simple_cnn": Chapter(
        (
            "split_sizes",
            "parameters",
            "learning_curves",
            "confusion",
            "tsne_layers",
            "complexity",
        ),
        40,
        mutations_simple_cnn.MUTATIONS,
        edits=mutations_simple_cnn.EDITS,
        trials=True,
    ),
    "alexnet": Chapter(
        (
            "alexnet_code",
            "alexnet_parameters",
            "alexnet_curves",
            "alexnet_confusion",
            "alexnet_tsne",
        ),
        40,
        mutations_alexnet.MUTATIONS,
        along=("confusion", "tsne_layers"),  # alexnet_tsne cites the map, that the matrix
    ),
    "transfer": Chapter(("transfer_accuracy", "transfer_maps"), 15, mutations_transfer.MUTATIONS),
    "tp5_sources": Chapter(
        ("data", "network", "sources"),
        18,
        mutations_tp5.SOURCES,
        edits=mutations_tp5.SOURCES_EDITS,
        along=("phases",),  # for the variants, whose repetitions are counted
        study="tp5",
    ),
    "tp5_transfer": Chapter(
        ("curves", "repetitions", "comparison", "phases"),
        24,
        mutations_tp5.TRANSFER,
        edits=mutations_tp5.TRANSFER_EDITS,
        along=("sources",),  # for the names of the sources
        study="tp5",
    ),
    "tp5_filters": Chapter(("filters",), 7, mutations_tp5.FILTERS, study="tp5"),
    "emojis_data": Chapter(
        ("data", "division", "network"), 15, mutations_emojis.DATA, trials=True, study="emojis"
    ),
    "emojis_search": Chapter(
        ("history", "curves", "best"),
        40,
        mutations_emojis.SEARCH,
        edits=mutations_emojis.EDITS,
        trials=True,
        study="emojis",
    ),
    "emojis_final": Chapter(
        ("epochs", "errors", "conclusions"),
        20,
        mutations_emojis.FINAL,
        edits={"one trial fewer": mutations_emojis.EDITS["one trial fewer"]},
        trials=True,
        study="emojis",
    ),
}
CASES = [(section, name) for section, c in CHAPTERS.items() for name in [*c.mutations, *c.edits]]


@dataclass(frozen=True, slots=True)
class Trials:
    """The answers of a section to the committed records, and what came of each mutation."""

    real: Outcome
    mutants: Mapping[str, Outcome]
    moved: Mapping[str, frozenset[str]]


class OnDemand(dict[str, Trials]):
    """The trials of each section, made when first asked for; each study is read once."""

    def __init__(self, project: Path) -> None:
        super().__init__()
        self.read = functools.cache(lambda name: read_study(project, name))

    def __missing__(self, section: str) -> Trials:
        chapter = CHAPTERS[section]
        found = self[section] = try_all(*self.read(chapter.study), chapter)
        return found


def read_study(project: Path, name: str) -> tuple[Study, Records]:
    """Return a study and its committed records."""
    study = load_study(project, name)
    return study, read_records(study)


@pytest.fixture(scope="module")
def trials(project: Path) -> Mapping[str, Trials]:
    return OnDemand(project)


def try_all(whole: Study, records: Records, chapter: Chapter) -> Trials:
    """Render a section once as it is and once for each mutation."""
    study = shorten(whole, (*chapter.questions, *chapter.along), trials=chapter.trials)
    real = render(study, records)
    assert not real.fault
    mutants = {
        name: render(study, mutate(dict(records))) for name, mutate in chapter.mutations.items()
    }
    mutants |= {name: render(*edit(study, dict(records))) for name, edit in chapter.edits.items()}
    return Trials(real, mutants, {name: moved(real, m) for name, m in mutants.items()})


def verdicts(real: Outcome, chapter: Chapter) -> Iterator[tuple[str, str]]:
    """Yield each question of a section with each verdict that its answer consults."""
    for question in chapter.questions:
        for id in sorted(real.consulted[question]):
            name = id.rpartition(".")[2]
            exempt = name in NAMES | BY_THE_STUDY or id.endswith(NO_CHOICE)
            if real.facts[id].unit in {"text", "bool"} and not exempt:
                yield question, id


# ── what must hold ──────────────────────────────────────────────────────────


@pytest.mark.parametrize("section", CHAPTERS)
def test_every_result_sentence_is_caught(trials: Mapping[str, Trials], section: str) -> None:
    """A sentence is caught if some mutation of a fact that it rests on removes it."""
    found, chapter = trials[section], CHAPTERS[section]
    sentences = found.real.said(chapter.questions)
    missed = [
        (question, sentence.text)
        for question, sentence in sentences
        if not any(
            sentence.facts & found.moved[name] and not mutant.says(question, sentence.text)
            for name, mutant in found.mutants.items()
        )
    ]
    assert len(sentences) > chapter.n_sentences
    assert missed == [], f"{len(missed)} of {len(sentences)} result sentences escape"


@pytest.mark.parametrize("section", CHAPTERS)
def test_no_verdict_flips_without_other_words(trials: Mapping[str, Trials], section: str) -> None:
    """Each verdict that an answer consults flips in some mutation, and the wording changes."""
    found = trials[section]
    silent = [
        (question, id)
        for question, id in verdicts(found.real, CHAPTERS[section])
        if not any(
            id in found.moved[name]
            and (mutant.fault or mutant.wording[question] != found.real.wording[question])
            for name, mutant in found.mutants.items()
        )
    ]
    assert silent == []


@pytest.mark.parametrize(("section", "name"), CASES)
def test_each_mutation_shows(trials: Mapping[str, Trials], section: str, name: str) -> None:
    """Something moves, no sentence that shows it stays as it was, and the page can be built."""
    found, questions = trials[section], CHAPTERS[section].questions
    mutant = found.mutants[name]
    assert found.moved[name]
    assert not mutant.fault
    said = [s.text for _, s in mutant.said(questions)]
    assert said != [s.text for _, s in found.real.said(questions)]

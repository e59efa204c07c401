"""The whole Práctica 1 from its committed records: no fault, the right numbers.

That it becomes a PDF is shown by `tests.test_workflow`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from reportgen.facts.derive import derive_facts
from reportgen.report.text import plain
from reportgen.spec.study import load_study
from tests.outcome import read_records
from tests.report.conftest import Project

ANSWERS = 6 + 5 + 2
"""Questions of the three sections."""


@dataclass(frozen=True, slots=True)
class Read:
    """The text of each answer, without its figures and tables."""

    answers: dict[str, str]

    def says(self, question: str, words: str) -> bool:
        return words in self.answers[question]


@pytest.fixture(scope="module")
def practica1(project: Path) -> Project:
    study = load_study(project, "practica1")
    records = read_records(study)
    return Project(study, records, derive_facts(study, records))


@pytest.fixture(scope="module")
def read(practica1: Project) -> Read:
    names = [name for section in practica1.study.report.sections for name in section.questions]
    bodies = practica1.write().html.split('<section class="question">')[1:]
    texts = [re.sub(r"<figure.*?</figure>", " ", body, flags=re.DOTALL) for body in bodies]
    return Read({n: tidy(plain(text)) for n, text in zip(names, texts, strict=True)})


def tidy(text: str) -> str:
    """Return a text with plain blanks only, and one between two words."""
    return " ".join(text.split())


def test_nothing_is_wrong_with_it(practica1: Project) -> None:
    assert practica1.check() == ()


def test_each_question_is_answered_at_some_length(read: Read) -> None:
    assert len(read.answers) == ANSWERS
    assert all(len(text.split()) > 60 for text in read.answers.values())


# By hand: 3046 errors of 10 000; the layers' weights add to 6 199 498, of which
# fc2 has 2048 · 2048 + 2048; 48, 21, 10 and 15 errors of 200.
@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("alexnet_parameters", "La red tiene 6 199 498 parámetros, todos ellos entrenables"),
        ("alexnet_parameters", "el 67,7 %, está en una sola capa densa, fc2"),
        ("alexnet_curves", "en 15 épocas es del 69,54 %"),
        ("alexnet_curves", "se alcanza en la época 13"),
        ("alexnet_confusion", "se equivoca en 3046 de las 10 000 imágenes"),
        ("alexnet_confusion", "Lo más frecuente es tomar un perro por un gato, 236 veces"),
        ("alexnet_tsne", "los centros más cercanos son los de las clases gato y perro"),
        ("transfer_accuracy", "es la de Ajuste fino, el 95,00 %"),
        ("transfer_accuracy", "con diez errores en 200 imágenes"),
        ("transfer_accuracy", "en llegar a su mejor precisión, el 76,00 %"),
        ("transfer_maps", "acierta el 89,50 % de las de validación"),
    ],
)
def test_results_stand_in_the_answers(read: Read, question: str, words: str) -> None:
    assert read.says(question, words), read.answers[question]


def test_the_table_of_methods_has_the_four_accuracies(practica1: Project) -> None:
    html = practica1.write().html
    table = html[html.index('id="tab-metodos"') : html.index('id="tab-comparaciones"')]
    row = tidy(
        plain(
            table[
                table.index("Precisión</th>") : table.index("</tr>", table.index("Precisión</th>"))
            ]
        )
    )
    assert re.findall(r"\d+,\d\d %", row) == ["76,00 %", "89,50 %", "95,00 %", "92,50 %"]

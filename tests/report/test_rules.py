"""No orphan number, no sentence without a ground, one checkpoint: each told with its line."""

from __future__ import annotations

import pytest

from reportgen.errors import Fault, TemplateError
from tests.report.conftest import Project

FIRST = "templates/toy/questions/first.html.j2"
ACCURACY = "{{ toy.h2.best.accuracy | pct }}"
LONGER = "{{ toy.h4.best.accuracy | pct }}"


def faults(toy: Project, text: str) -> list[Fault]:
    """Return the faults of an answer whose second line is the first of `text`."""
    toy.answer("first", f"\n{text}\n")
    try:
        toy.write()
    except TemplateError as error:
        return list(error.faults)
    return []


def told(toy: Project, text: str) -> list[tuple[str, int, str]]:
    """Return file, line and the first words of each fault."""
    return [(f.file, f.line, f.message.partition(":")[0]) for f in faults(toy, text)]


# ── orphan numbers ──────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("<p>Con diez épocas, {accuracy}.</p>", "diez"),
        ("<p>Con 10 épocas, {accuracy}.</p>", "10"),
        ("<p>Son 60&#8239;000, {accuracy}.</p>", "60\u202f000"),
        ("<p>{accuracy}, la mitad.</p>", "mitad"),
        ("<p>{accuracy} en <b>veintidós</b> clases.</p>", "veintidós"),
        ("<ul><li>Doscientas, {accuracy}.</li></ul>", "Doscientas"),
        ("<p>{accuracy}.{{{{ nota('Eran tres.') }}}}</p>", "tres"),
        ("<table><tr><td>12</td></tr></table>", "12"),
        ("<table><caption>Dos clases</caption></table>", "Dos"),
        ('<p>{accuracy}<img src="data:," alt="tres curvas"></p>', "tres"),
        ("{{{{ apartado('Las dos redes') }}}}", "dos"),
        ('{{% set titulo = "Los dos mapas" %}}', "dos"),
        ('<p>{{{{ "cuatro" }}}} {accuracy}.</p>', "cuatro"),
        ("<p>{{{{ classes(toy) | length | string }}}} {accuracy}.</p>", "3"),
        ("<p>{{{{ trial_name(toy) }}}}2 {accuracy}.</p>", "2"),
        ("<p>Baja {accuracy}7.</p>", "7"),
        ("<p>Baja {accuracy} {{{{ 3 }}}} veces.</p>", "3"),
    ],
)
def test_an_orphan_number(toy: Project, text: str, number: str) -> None:
    (fault,) = [f for f in faults(toy, text.format(accuracy=ACCURACY)) if "number" in f.message]
    assert (fault.file, fault.line) == (FIRST, 2)
    assert f'the number "{number}" comes from nowhere' in fault.message.replace("98,9", "")


@pytest.mark.parametrize(
    "text",
    [
        "<p>{{ literal('diez') }} {accuracy}.</p>",
        "<p>{{ toy.h2.epochs | word('f') }} {accuracy}.</p>",
        "<p>{{ toy.h2.best.epoch | ordinal('f') }} {accuracy}.</p>",
        "<p><code>conv2</code> {accuracy}.</p>",
        "<p>{{ title_of(toy) }} {accuracy}.</p>",
        "<p>Un error, una vez, el primero, {accuracy}.</p>",
        "<p>{{ 'n.º ' ~ literal(4) }} {accuracy}.</p>",
        "<pre>2 + 2</pre>",
        "{{ figura_curvas('fig-a', toy) }}<p>La {{ ref('fig-a') }}: {accuracy}.</p>",
    ],
)
def test_a_number_with_a_source(toy: Project, text: str) -> None:
    assert faults(toy, text.replace("{accuracy}", ACCURACY)) == []


def test_words_of_figures_are_read_too(toy: Project) -> None:
    text = (
        "{% macro pie(c) %}clase {{ c | label }} de tres{% endmacro %}\n"
        "{% call figura('f', pictures.samples(toy, pie), 'Imágenes.') %}Pie.{% endcall %}"
    )
    assert told(toy, text) == [
        (FIRST, 2, 'the number "tres" comes from nowhere'),
    ]


def test_a_caption_given_to_a_macro_is_told_where_it_was_given(toy: Project) -> None:
    text = "<p>\n{accuracy}.</p>\n{% call tabla('t', 'Tres filas.') %}<tr></tr>{% endcall %}"
    assert told(toy, text.replace("{accuracy}", ACCURACY)) == [
        (FIRST, 4, 'the number "Tres" comes from nowhere')
    ]


def test_a_macro_s_own_words_are_told_where_they_stand(toy: Project) -> None:
    macros = toy.study.templates / "macros.html.j2"
    macros.write_text(
        macros.read_text(encoding="utf-8")
        + "{% macro mal(h) %}\n<p>Hay siete.</p>\n{% endmacro %}",
        encoding="utf-8",
    )
    last = macros.read_text(encoding="utf-8").count("\n")
    number, sentence = sorted(faults(toy, "{{ mal('con un texto') }}"), key=lambda f: f.message)[
        ::-1
    ]
    assert (number.file, number.line) == ("templates/macros.html.j2", last)
    assert number.message.startswith("this sentence")
    assert f"used in {FIRST}:2" in sentence.message
    assert f"{last} | <p>Hay siete.</p>" in sentence.message


def test_the_question_s_own_text_does_not_count(toy: Project) -> None:
    report = toy.study.assignment.questions[0]
    assert report.text == "¿Cuánto acierta?"
    path = toy.study.root / "experiments/toy/assignment.yaml"
    text = path.read_text(encoding="utf-8").replace("¿Cuánto", "En 10 épocas ¿cuánto")
    path.write_text(text, encoding="utf-8")
    from reportgen.spec.study import load_study

    again = Project(load_study(toy.study.root, "toy"), toy.records, toy.facts)
    assert "En 10 épocas ¿cuánto" in again.write().html


def test_faults_of_all_answers_are_told_at_once_in_the_order_of_files_and_lines(
    toy: Project,
) -> None:
    toy.answer("second", f"<p>Dos {ACCURACY}.</p>")
    found = told(toy, f"<p>{ACCURACY}\ny tres.</p>\n<p>Nada.</p>\n{{{{ nada }}}}")
    assert [(file.rpartition("/")[2], line) for file, line, _ in found] == [
        ("first.html.j2", 3),
        ("first.html.j2", 4),
        ("first.html.j2", 5),
        ("second.html.j2", 1),
    ]
    found = told(toy, f"<p>{ACCURACY}\ny tres.</p>\n<p>Nada.</p>")
    assert [(file.rpartition("/")[2], line) for file, line, _ in found] == [
        ("first.html.j2", 3),
        ("first.html.j2", 4),
        ("second.html.j2", 1),
    ]


# ── sentences ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "sentence",
    [
        "Acierta el {{ toy.h2.best.accuracy | pct }}.",
        "{% claim toy.h2.best.errors > 0 %}Se equivoca.{% endclaim %}",
        "La red {% claim toy.h2.best.errors > 0 %}se equivoca{% endclaim %} a veces.",
        "{% claim toy.h2.best.errors > 0 %}Se equivoca. Y mucho.{% endclaim %}",
        "{% context %}Una definición. Otra.{% endcontext %}",
        "{% context %}La {{ ref('t') }} lo define.{% endcontext %}{{ tabla_capas('t', toy) }}",
        "{% if toy.h2.best.errors > 0 %}Se equivoca.{% else %}No se equivoca.{% endif %}",
        "{% if toy.h2.best.errors < 0 %}A.{% elif toy.h2.best.chance %}No.{% else %}Sí.{% endif %}",
        "{% if toy.h2.best.errors > 0 %}{% if true %}Se equivoca.{% endif %}{% endif %}",
        "La red {{ 'falla' if toy.h2.best.errors > 0 else 'acierta' }}.",
        "Es {{ {'toy': 'un juguete'}[toy.data.name] }}.",
        "{% set x %}{% if toy.h2.best.chance %}Mal{% else %}Bien{% endif %}{% endset %}{{ x }}.",
        "{% set n = toy.h2.best.errors %}{% if n > 0 %}Se equivoca.{% endif %}",
        "{% for c in classes(toy) %}{% if c == 'star' %}Hay estrellas.{% endif %}{% endfor %}",
        "{% set e = namespace(n=0) %}{% context %}Así es.{% endcontext %} ({{ toy.data.name }}).",
    ],
)
def test_a_sentence_with_a_ground(toy: Project, sentence: str) -> None:
    assert faults(toy, f"<p>{sentence}</p>") == []


def test_a_chain_that_falls_through_is_ended(toy: Project) -> None:
    """Else it would take the facts that come after it for its own, here one without a value."""
    chain = "{% if toy.h2.best.errors < 0 %}A.{% elif toy.h2.best.errors > n %}Falla.{% endif %}"
    other = "{% set onset = toy.h2.verdict.onset %}"
    text = f"<p>{{% for n in (9999, 0) %}}{chain}{other}{{% endfor %}} {ACCURACY}.</p>"
    assert faults(toy, text) == []


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("<p>La red acierta mucho.</p>", 2, "La red acierta mucho."),
        ("<p>{accuracy}. La red\nacierta.</p>", 2, "La red acierta."),
        ("<p>{accuracy}.\nAsí es.</p>", 3, "Así es."),
        ("<ul>\n<li>Así es.</li></ul>", 3, "Así es."),
        ("<p>{accuracy}.{{ nota('Así es.') }}</p>", 2, "Así es."),
        ("Sin párrafo.", 2, "Sin párrafo."),
        ("<p>{% if true %}Así es.{% endif %}</p>", 2, "Así es."),
        ("<p>{% if toy.h4 is defined %}Así es.{% endif %}</p>", 2, "Así es."),
        ("<p>{% if toy.h2.best.errors < 0 %}No.{% endif %} Así es.</p>", 2, "Así es."),
        ("<p>Así {% claim toy.h2.best.errors > 0 %}.{% endclaim %}</p>", 2, "Así ."),
        ("<p>Así {% context %}es{% endcontext %}.</p>", 2, "Así es."),
        ("<p>Así en {{ literal(2) }}.</p>", 2, "Así en 2."),
    ],
)
def test_a_sentence_without_a_ground(toy: Project, text: str, line: int, sentence: str) -> None:
    (fault,) = faults(toy, text.replace("{accuracy}", ACCURACY))
    assert (fault.file, fault.line) == (FIRST, line)
    assert fault.message.startswith(
        f"this sentence states something that nothing checks: «{sentence}»"
    )


@pytest.mark.parametrize(
    "text",
    [
        "<table><tr><td>Así es.</td></tr></table>",
        "{% call tabla('t', 'Así es.') %}<tr></tr>{% endcall %}",
        "{{ apartado('Así es.') }}",
    ],
)
def test_tables_captions_and_headings_need_no_sentences(toy: Project, text: str) -> None:
    assert faults(toy, text) == []


@pytest.mark.parametrize("tag", ["claim toy.h2.best.errors > 0", "context"])
def test_a_claim_holds_no_paragraph(toy: Project, tag: str) -> None:
    name = tag.partition(" ")[0]
    found = faults(toy, f"{{% {tag} %}}\n<p>{ACCURACY}.</p>{{% end{name} %}}")
    assert [f.message.partition("\n")[0] for f in found] == [
        f"a {{% {name} %}} is part of a paragraph and can hold no <p>"
    ]
    assert found[0].line == 3


def test_a_branch_over_a_fact_without_a_value_is_told(toy: Project) -> None:
    (fault,) = faults(toy, "<p>{% if toy.h2.verdict.onset == 3 %}Sube.{% endif %}</p>")
    assert fault.line == 2
    assert "toy.h2.verdict.onset has no value here; ask first" in fault.message


# ── checkpoints ─────────────────────────────────────────────────────────────

EPOCH = "{{ toy.h2.best.epoch | integer }}"
LATE = "{{ toy.h4.best.epoch | integer }}"
MORE = "toy.h4.best.errors <= toy.h2.best.errors"
BOTH = f"<p>{{}}De {ACCURACY} a {LONGER}{{}}.</p>".replace("{{ ", "{{{{ ").replace(" }}", " }}}}")


def test_the_accuracy_of_one_epoch_over_the_matrix_of_another(toy: Project) -> None:
    """S001: accuracy of epoch 14 above the confusion matrix of epoch 15."""
    text = f"<p>Acierta el {LONGER}.</p>\n{{{{ matriz_confusion('m', toy.h2) }}}}"
    (fault,) = faults(toy, text)
    assert fault.line == 2
    assert fault.message.startswith(
        "toy.h4.best.accuracy is of the checkpoint toy.h4, and this answer also shows toy.h2"
    )


@pytest.mark.parametrize(
    "text",
    [
        f"<p>Acierta el {LONGER} en la época {LATE}.</p>{{{{ matriz_confusion('m', toy.h2) }}}}",
        f"<p>Acierta el {ACCURACY}.</p>{{{{ matriz_confusion('m', toy.h2) }}}}",
        f"<p>{ACCURACY} en la {EPOCH}, {LONGER} en la {LATE}.</p>",
        f"<p>En {{{{ toy.h4.epochs | integer }}}} épocas, {LONGER}; {ACCURACY}, {EPOCH}.</p>",
        BOTH.format(f"{{% claim {MORE} %}}", "{% endclaim %}"),
        BOTH.format(f"{{% if {MORE} %}}", "{% endif %}"),
        f"<p>{EPOCH}: {ACCURACY}.</p><p>Con {{{{ toy.h2.later.epochs | integer }}}}, {LONGER}.</p>",
        f"<p>{ACCURACY}; luego, {{{{ toy.h2.later.gain | signed }}}}.</p>",
        f"<p>{LONGER}.</p>",
    ],
)
def test_checkpoints_that_are_told_apart(toy: Project, text: str) -> None:
    assert [f.message for f in faults(toy, text)] == []


@pytest.mark.parametrize(
    ("text", "checkpoints"),
    [
        (f"<p>De {ACCURACY} a {LONGER}.</p>", ["toy.h2", "toy.h4"]),
        (f"<p>De {ACCURACY}, en la época {EPOCH}, a {LONGER}.</p>", ["toy.h4"]),
        (f"<p>{EPOCH}: {ACCURACY}.</p><p>{LONGER}.</p>", ["toy.h4"]),
        (f"<p>{ACCURACY}.</p><p>{LONGER}.</p>", ["toy.h2", "toy.h4"]),
        (
            f"<p>{EPOCH}: {ACCURACY}.{{{{ nota('Y ' ~ (toy.h4.best.accuracy | pct)) }}}}</p>",
            ["toy.h4"],
        ),
        (
            BOTH.format("{% claim toy.h2.best.errors > 0 %}", "{% endclaim %}"),
            ["toy.h2", "toy.h4"],
        ),
    ],
)
def test_checkpoints_that_are_mixed(toy: Project, text: str, checkpoints: list[str]) -> None:
    found = [f.message for f in faults(toy, text)]
    assert [m.partition("checkpoint ")[2].partition(",")[0] for m in found] == checkpoints


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        (
            """{% call tabla('m', 'Matriz.', 'confusion') %}
            <tr><td>{{ toy.h2.confusion[0][0] | integer }}</td></tr>{% endcall %}""",
            "toy.h2",
        ),
        (
            """{% call figura('m', pictures.errors(toy.h4, rotulo_error), 'Errores.') %}
            Época {{ toy.h2.best.epoch | integer }}.{% endcall %}""",
            "toy.h4",
        ),
        (
            "{% call tabla('m', 'Mejor.', 'best_accuracy') %}<tr></tr>{% endcall %}",
            "the checkpoint",
        ),
    ],
)
def test_a_figure_of_one_checkpoint_states_its_epoch(toy: Project, text: str, missing: str) -> None:
    (fault,) = faults(toy, text)
    assert fault.file == FIRST
    assert f"shows {missing} and does not state its epoch" in fault.message

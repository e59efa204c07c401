"""What templates may do, and what they are told when they do something else."""

from __future__ import annotations

import re

import pytest

from reportgen.errors import TemplateError
from reportgen.report.text import plain
from tests.report.conftest import Project


def fault(toy: Project, text: str) -> str:
    """Return the one fault of an answer."""
    toy.answer("first", text)
    with pytest.raises(TemplateError) as caught:
        toy.write()
    assert len(caught.value.faults) == 1, caught.value.message
    return str(caught.value.faults[0])


# ── the page ────────────────────────────────────────────────────────────────


def test_an_answer_stands_below_its_number_heading_and_question(toy: Project) -> None:
    toy.answer(
        "second", '{% set titulo = "El porqué" %}<p>{% context %}Porque sí.{% endcontext %}</p>'
    )
    text = plain(toy.write().html.partition("<body>")[2])
    order = [
        "1 Red",
        "1.1 Respuesta",
        "¿Cuánto acierta?",
        "1.2 El porqué",
        "¿Y por qué?",
        "Porque sí.",
    ]
    places = [text.rindex(part) for part in order]
    assert places == sorted(places)


def test_the_head_says_who_what_and_when(toy: Project) -> None:
    html = toy.write().html
    assert '<html lang="es-ES">' in html
    assert "<title>Juguete</title>" in html
    assert '<meta name="author" content="Alba Ríos Peña">' in html
    assert '<meta name="dcterms.created" content="2026-04-10T00:00:00Z">' in html


def test_every_printed_number_names_its_fact(toy: Project) -> None:
    html = toy.write().html
    accuracy = next(f for f in toy.facts if f.id == "toy.h2.best.accuracy")
    shown = re.search(r'data-fact="toy\.h2\.best\.accuracy">([^<]+)<', html)
    assert shown is not None
    assert shown[1] == f"{accuracy.value * 100:.2f}\u202f%".replace(".", ",")  # type: ignore[operator]


def test_words_are_not_glued_where_a_block_ends_a_line(toy: Project) -> None:
    toy.answer("first", "<p>\n{% if true %}\nEs\n{% endif %}\n{{ toy.data.name }}.\n</p>")
    assert "Es toy." in plain(toy.write().html)


def test_a_fact_can_name_a_group(toy: Project) -> None:
    toy.answer("first", '{% set words = {"toy": "juguete"} %}<p>{{ words[toy.data.name] }}</p>')
    assert "<p>juguete</p>" in toy.write().html


def test_the_same_input_gives_the_same_page(toy: Project) -> None:
    assert toy.write().html == toy.write().html


# ── faults, each with its place ─────────────────────────────────────────────


def test_an_unknown_name_is_told_with_line_and_nearest(toy: Project) -> None:
    text = fault(toy, "<p>\n</p><p>{{ toi.h2.best.accuracy | pct }}</p>")
    assert text.startswith("templates/toy/questions/first.html.j2:2: 'toi' is unknown here;")
    assert 'did you mean "toy"' in text
    assert "2 | </p><p>{{ toi.h2.best.accuracy | pct }}</p>" in text


def test_an_unknown_fact_names_those_beside_it(toy: Project) -> None:
    text = fault(toy, "{{ toy.h2.best.acuracy | pct }}")
    assert "toy.h2.best has no 'acuracy'; did you mean \"accuracy\"? Allowed: " in text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ toy.h2.best.accuracy.x }}", "toy.h2.best.accuracy is a fact; there is nothing below"),
        ("{{ toy.h2.best.errors | pct }}", "pct cannot show toy.h2.best.errors (unit count"),
        ("{{ toy.h2.best.accuracy }}", "needs a filter: {{ toy.h2.best.accuracy | pct }}"),
        ("{{ toy.h2.best }}", "is a group of facts"),
        ("{{ classes(toy) | length }}", "the number 3 is no fact"),
        ("{{ toy.h2.best.accuracy | pst }}", 'there is no filter "pst"; did you mean "pct"'),
        (
            "{% if toy.h2.best is knwn %}{% endif %}",
            'there is no test "knwn"; did you mean "known"',
        ),
        ("{% if toy.h2.best.errors %}{% endif %}", "is no yes-or-no fact"),
        ("{{ toy.h2.best.errors + 1 }}", "unsupported operand"),
        ("{% if x", "unexpected"),
        ('{% include "nada.html.j2" %}', 'there is no template "nada.html.j2"'),
        ("{{ figura_curvas('Fig', toy) }}", "must be lower-case letters"),
        ("{{ tabla_mejores('t', toy) }}{{ tabla_mejores('t', toy) }}", 'the id "t" is taken'),
        ("{{ figura_curvas('f', toy.h2) }}", "toy.h2"),
        ("{{ matriz_confusion('m', toy) }}", "toy"),
        ("{{ figura_mapas('m', toy.h2, {}) }}", "were made at horizon 2"),
        ("{{ trials(toy.h2.best) }}", "expected a run, such as toy"),
        (
            "{% call figura('f', pictures.samples(toy, rotulo_clase), '') %}x{% endcall %}",
            "alt text of f is empty",
        ),
    ],
)
def test_faults(toy: Project, text: str, message: str) -> None:
    found = fault(toy, f"<br>\n{text}\n")
    assert message in found
    assert found.startswith("templates/toy/questions/first.html.j2:2:")


def test_a_fault_inside_a_macro_names_both_places(toy: Project) -> None:
    text = fault(toy, "\n\n{{ tabla_capas('tab-x', toy.h2) }}")
    assert text.startswith("templates/toy/questions/first.html.j2:3:")
    assert re.search(r"through templates/macros\.html\.j2:\d+", text)


def test_every_broken_answer_is_told_at_once(toy: Project) -> None:
    toy.answer("first", "{{ uno }}")
    toy.answer("second", "{{ dos }}")
    with pytest.raises(TemplateError) as caught:
        toy.write()
    assert [f.file.rpartition("/")[2] for f in caught.value.faults] == [
        "first.html.j2",
        "second.html.j2",
    ]


def test_a_missing_answer_names_the_file_to_create(toy: Project) -> None:
    toy.answer("first", "").unlink()
    with pytest.raises(TemplateError, match=r"templates/toy/questions/first\.html\.j2: question"):
        toy.write()


def test_an_answer_without_a_heading(toy: Project) -> None:
    path = toy.answer("first", "")
    path.write_text("<p>Nada.</p>", encoding="utf-8")
    with pytest.raises(TemplateError, match='{% set titulo = "…" %}'):
        toy.write()


def test_a_reference_to_nothing(toy: Project) -> None:
    text = fault(toy, '{% context %}Véase la {{ ref("fig-nada") }}.{% endcontext %}')
    assert text.startswith(
        "templates/toy/questions/first.html.j2:1: "
        'the answer to "first" refers to "fig-nada", which nothing defines; '
    )


# ── the sandbox ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "expression",
    [
        "''.__class__.__mro__",
        "toy._path",
        "pictures._view.study.root",
        "source_code.__globals__",
        "report.parse_file('/etc/hostname')",
        "report.model_dump_json()",
        "toy.h2.best.accuracy.value",
        "toy.h2.best.accuracy.source.__class__",
        "page.items.clear()",
        "page.items.update({'x': 1})",
        "trials.__func__",
        "('%s' | format(toy)).__init__",
    ],
)
def test_templates_cannot_leave_the_sandbox(toy: Project, expression: str) -> None:
    text = fault(toy, f"{{{{ {expression} }}}}")
    assert re.search(r"may not reach|unsafe|not safely|through a filter", text), text


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../experiments/toy/report.yaml", "../../etc/hosts"]
)
def test_templates_cannot_read_other_files(toy: Project, name: str) -> None:
    assert f'there is no template "{name}"' in fault(toy, f'{{% include "{name}" %}}')


def test_text_from_files_is_escaped(toy: Project) -> None:
    toy.answer(
        "first", '{% set titulo = "a < b" %}<p>{% context %}{{ "<script>" }}{% endcontext %}</p>'
    )
    html = toy.write().html
    assert "<script>" not in html
    assert "a &lt; b" in html

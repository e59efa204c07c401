"""A page is proofread without a trace: what is written never depends on the marks."""

from __future__ import annotations

import re

import pytest

from reportgen.errors import TemplateError
from reportgen.report.html import Writer
from reportgen.report.marks import MARK
from reportgen.report.prose import Block, Piece
from reportgen.report.text import plain, without_grounds
from reportgen.report.view import View
from tests.report.conftest import Project

ACCURACY = "{{ toy.h2.best.accuracy | pct }}"


def test_no_mark_is_left_on_the_page(practica1: Project) -> None:
    assert re.search(MARK, practica1.write().html) is None


def test_the_environment_is_as_before(toy: Project) -> None:
    writer = Writer(View(toy.study, toy.records, toy.facts), None)
    writer.write()
    names = writer.environment.globals
    assert names["page"] is writer.registry
    assert names["pictures"] is writer.pictures
    assert names["plain"] is plain
    assert not writer.environment.marks.on


@pytest.mark.parametrize(
    "text",
    [
        "{% set x %}  {% if toy.h2.best.errors > 0 %}mal{% endif %} {% endset %}{{ x | trim }}",
        "{% set x %}{% if toy.h2.best.errors > 0 %}mal{% endif %}{% endset %}{{ x | capitalize }}",
        "{{ {'toy': 'x'}[plain(toy.data.name | text)] }}",
        "{{ 'sí' if plain(toy.data.name | text) == 'toy' else 'no' }}",
        "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(m(toy.data.name)) }}",
        "{{ ref('t') }}{{ toy.data.name }}",
    ],
)
def test_templates_may_work_on_their_own_text(toy: Project, text: str) -> None:
    toy.answer("first", f"<p>Así: {text}.</p>{{{{ tabla_capas('t', toy) }}}}")
    assert toy.write()


@pytest.mark.parametrize(
    "text",
    [
        "{% set x %}si{% endset %}{% if x == 'si' %}uno{% else %}otro{% endif %}",
        "{% set x %}si{% endset %}{{ 'corto' if x | length == 2 else 'largo' }}",
        "{% set x %}h2{% endset %}{{ toy[x].best.epoch | integer }}",
    ],
)
def test_a_template_that_looks_at_its_own_text_is_told(toy: Project, text: str) -> None:
    toy.answer("first", f"<p>{ACCURACY} {text}.</p>")
    with pytest.raises(TemplateError) as caught:
        toy.write()
    (fault,) = caught.value.faults
    assert fault.file == "templates/toy/questions/first.html.j2"
    assert fault.message.startswith("this cannot be proofread: do not compare, measure or look up")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{{ 'a ' * 1000001 }}", "it writes 20000"),
        ("<!-- nota -->{{ '<!-- ' | safe }}<b>x</b>", "a comment is begun by <!-- and never ended"),
    ],
)
def test_a_text_that_cannot_be_read_is_told(toy: Project, text: str, told: str) -> None:
    toy.answer("first", f"<p>{ACCURACY}.</p>{text}")
    with pytest.raises(TemplateError) as caught:
        toy.write()
    (fault,) = caught.value.faults
    assert fault.file == "templates/toy/questions/first.html.j2"
    assert fault.message.startswith(f"this cannot be proofread: {told}")


def test_what_stands_in_a_stretch_of_a_paragraph() -> None:
    """Of "abc" and "defg", the characters 2 to 4 are the last one and the first two."""
    pieces = [Piece(text, None, (), "", "", False, frozenset(), False) for text in ("abc", "defg")]
    block = Block("p", 1, {}, pieces[:1])
    assert [*block.within(1, 9)] == [(pieces[0], 1, 3)]
    block.pieces.append(pieces[1])
    assert [*block.within(2, 5)] == [(pieces[0], 2, 3), (pieces[1], 0, 2)]
    assert [*block.within(3, 4)] == [(pieces[1], 0, 1)]
    assert [*block.within(7, 9)] == []


def test_a_broken_answer_casts_no_doubt_on_the_next(toy: Project) -> None:
    toy.answer("first", f"{{{{ tabla_capas('t', toy) }}}}<p>{ACCURACY}{{{{ nada }}}}</p>")
    toy.answer("second", f"{{{{ tabla_capas('u', toy) }}}}<p>{ACCURACY}.</p>")
    with pytest.raises(TemplateError) as caught:
        toy.write()
    assert [fault.file.rpartition("/")[2] for fault in caught.value.faults] == ["first.html.j2"]


def test_names_of_the_study_s_files_vouch_for_their_numbers(toy: Project) -> None:
    toy.answer(
        "first", f"<p>{ACCURACY} con {{{{ trial_title(toy) }}}} y {{{{ title_of(toy) }}}}.</p>"
    )
    html = toy.write().html
    assert '<span class="spec" data-spec="toy">toy</span>' in html
    assert '<span class="spec" data-spec="toy.title">Red de juguete</span>' in html


def test_print_needs_no_span_for_a_source() -> None:
    page = (
        '<span class="claim" data-claim="a &gt; 2">De <span class="fact" data-fact="a">3</span> '
        '<span class="n">m</span></span><span class="footnote">x</span>'
    )
    assert without_grounds(page) == 'De 3 <span class="n">m</span><span class="footnote">x</span>'

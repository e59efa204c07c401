"""All mistakes of all templates are told in one run, each once; what follows from one is not."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from reportgen.errors import Fault, TemplateError
from tests.report.conftest import Project, load_practica1

ACCURACY = "{{ toy.h2.best.accuracy | pct }}"
TITLE = '{% set titulo = "Respuesta" %}'


def faults(toy: Project, text: str | None = None) -> tuple[Fault, ...]:
    """Return the faults of a page, whose first answer is a text."""
    if text is not None:
        toy.answer("first", text)
    with pytest.raises(TemplateError) as caught:
        toy.write()
    return caught.value.faults


def heads(found: tuple[Fault, ...]) -> list[tuple[int, str]]:
    """Return the line of each fault, and its message as far as the names that are allowed."""
    return [(fault.line, re.split(r";? ?[Aa]llowed: |\n", fault.message)[0]) for fault in found]


def partial(toy: Project, name: str, text: str) -> None:
    (toy.study.templates / name).write_text(text, encoding="utf-8")


# ── one template ────────────────────────────────────────────────────────────


def test_ten_different_mistakes_in_one_template_are_all_told(toy: Project) -> None:
    text = """\
{% set titulo = "Respuesta" %}
<p>Acierta el {{ toi.h2.best.accuracy | pct }}.</p>
<p>Acierta el {{ toy.h2.best.acuracy | pct }}.</p>
<p>Acierta el {{ toy.h2.best.accuracy | pst }}.</p>
{% if toy.h2.best.accuracy is knwn %}<p>Se sabe.</p>{% endif %}
{{ tabla_mejor("tab-a", toy) }}
<p>Acierta el {{ toy.data.name | pct }}.</p>
<p>Acierta el {{ toy.h2.best.accuracy | pct(1, 2, 3) }}.</p>
{% for h in horizons(toy.h2) %}<p>Acierta el {{ h.best.accuracy | pct }}.</p>{% endfor %}
<p>{% claim toy.h2.best.errors < 0 %}No falla.{% endclaim %}</p>
<p>La red tiene tres capas ({{ toy.h2.best.errors | integer }} errores).</p>
<p>La red va bien.</p>
<p>La {{ ref("tab-z") }} da {{ toy.h2.best.accuracy | pct }}.</p>
"""
    found = faults(toy, text)
    assert {fault.file for fault in found} == {"templates/toy/questions/first.html.j2"}
    told = heads(found)
    assert [line for line, _ in told] == [*range(2, 14)]
    expected = [
        "'toi' is unknown here; did you mean \"toy\"?",
        "toy.h2.best has no 'acuracy'; did you mean \"accuracy\"?",
        'there is no filter "pst"; did you mean "pct"?',
        'there is no test "knwn"; did you mean "known"?',
        "'tabla_mejor' is unknown here; did you mean \"tabla_mejores\"?",
        "pct cannot show toy.data.name (unit text, not fraction or ratio)",
        "TypeError: Formatters.pct() takes from 2 to 3 positional arguments but 5 were given",
        "toy.h2 has no 'h2'",
        "the claim does not hold: toy.h2.best.errors < 0",
        'the number "tres" comes from nowhere: ',
        "this sentence states something that nothing checks: «La red va bien.»",
        'the answer to "first" refers to "tab-z", which nothing defines',
    ]
    for (_, message), start in zip(told, expected, strict=True):
        assert message.startswith(start)
    for fault, line in zip(found, text.splitlines()[1:], strict=True):
        assert f"\n    {fault.line} | {line}" in fault.message


def test_a_mistake_in_a_shared_macro_is_told_once(toy: Project) -> None:
    macros = toy.study.templates / "macros.html.j2"
    n_lines = len(macros.read_text(encoding="utf-8").splitlines())
    with macros.open("a", encoding="utf-8") as file:
        file.write("{% macro acierto(h) %}{{ h.best.acuracy | pct }}{% endmacro %}\n")
    toy.answer("first", "<p>{{ acierto(toy.h2) }}</p>\n<p>{{ acierto(toy.h4) }}</p>\n" * 2)
    toy.answer("second", "<p>{{ acierto(toy.h2) }}</p>")
    (fault,) = faults(toy)
    assert (fault.file, fault.line) == ("templates/macros.html.j2", n_lines + 1)
    assert fault.message.startswith("toy.h2.best has no 'acuracy'; did you mean \"accuracy\"?")
    place = "\n    used in templates/toy/questions"
    assert f"{place}/first.html.j2:1\n" in fault.message
    assert f"{place}/first.html.j2:2: toy.h4.best has no 'acuracy'\n" in fault.message
    assert fault.message.count("used in") == 5


@pytest.mark.parametrize(
    "use",
    [
        "{{ x }}",
        "{{ x.y.z | pct }}",
        "{{ x[1]['a'][:2] | upper }}",
        "{{ x() ~ x(1).y }}",
        "{{ 'a' ~ x ~ 'b' }}",
        "{{ 1 + x * 2 - (-x) }}",
        "{{ [x, x] | join(', ') }}",
        "{{ x | map('label') | enumerate }}",
        "{{ [x.y, x] | map('pct') | enumerate }}",
        "{{ 'a' if x > 1 else toy.h2.best.accuracy }}",
        "{% if x %}Uno.{% elif x.y > 2 %}Dos.{% else %}Tres.{% endif %}",
        "{% if x > 0 and toy.h2.verdict.onset > 3 %}Sube dos veces.{% endif %}",
        "{% if not x or 1 in x %}Baja.{% endif %}",
        "{% if x == 1 %}{% set y = 2 %}{% endif %}{{ y }}",
        "{% for a in x %}{{ a.b | pct }}{{ ', ' if not loop.last else '.' }}{% endfor %}",
        "{% for a, b in x %}{{ a | pct }} {{ b }}{% endfor %}",
        "{% for e in horizons(toy) if e.epochs > x %}{{ e.epochs | integer }}{% endfor %}",
        "{% set a, b = x %}{{ a | pct }}{{ b.c }}",
        "{% set n = namespace(v=x) %}{% set n.v = x + 1 %}{{ n.v }}",
        "{% set n = x.y %}{% set n.v = 1 %}{{ n.v }}",
        "{% set d = {'a': x} %}{{ d.a | pct }}{{ d['b' ~ x] }}",
        "{% set t %}Van {{ x }} veces{% endset %}{{ t | trim }}{{ t.u if t == 'a' }}",
        "{% claim x > 3 %}Es mucho.{% endclaim %}",
        "{% claim toy.h2.best.errors > x.y %}Es mucho.{% endclaim %}",
        "{{ nombres_conjuntos[x] }}",
        "{{ interval(x, toy.h2.best.high) }}",
        "{{ pictures.curves(x, {}, rotulo_mejor, rotulo_ampliacion) }}",
        "{{ trials(x) | length }}{{ horizons(x) | first }}",
        "{% macro m(a, b=x) %}{{ a.b | pct }} y {{ b }}{% endmacro %}{{ m(x) }}{{ m(x, 'c') }}",
        "{% macro m(a) %}{{ caller(a) }}{% endmacro %}{% call(c) m(x) %}{{ c.d }}{% endcall %}",
        "{% call(c) x('a') %}{{ c.d | pct }}{% endcall %}",
        "{% filter upper %}Va {{ x }}{% endfilter %}",
        "{% with z = x %}{{ z.a }}{% endwith %}",
        "{% if x is known %}Uno.{% endif %}{{ x is defined }}",
        "{{ x | default('a') }}{{ x.y | default('b') }}",
        "{% include x %}",
        "{% import x as m %}{{ m.f(1) }}",
        "{% from x import f %}{{ f(1) }}",
        "{{ ref(x) }}{{ ref('tab-a') }}{{ tabla_parametros('tab-' ~ x, toy) }}",
        "{% call figura('fig-a', x, x) %}Título{% endcall %}{{ ref('fig-a') }}",
        "{% if x %}{{ tabla_capas('tab-a', toy) }}{% endif %}{{ ref('tab-a') }}",
        "{% if x %}Uno.{% else %}{{ tabla_capas('tab-a', toy) }}{% endif %}{{ ref('tab-a') }}",
        "{{ tabla_capas('tab-a', x) }}{{ ref('tab-a') }}",
        "{{ x('tab-a') }}{{ ref('tab-a') }}",
    ],
)
def test_nothing_that_follows_from_a_mistake_is_told(toy: Project, use: str) -> None:
    found = faults(toy, f"{TITLE}\n{{% set x = toy.h2.bst.a %}}\n<p>{ACCURACY}: {use}.</p>")
    assert [line for line, _ in heads(found)] == [2], [str(fault) for fault in found]
    assert found[0].message.startswith("toy.h2 has no 'bst'; did you mean \"best\"?")


@pytest.mark.parametrize(
    "text",
    [
        "{{ x | default('nada') }}",
        "{{ toy.x | default(toy.data.name) }}",
        "{% if x is defined %}{{ x.y.z }}{% else %}Sin nada: {{ toy.data.name }}{% endif %}",
        "{% if toy.x is defined or toy.x is known %}{{ toy.x.y }}{% endif %}",
        "{% include 'nada.html.j2' ignore missing %}",
    ],
)
def test_what_may_be_missing_is_asked_for_as_before(toy: Project, text: str) -> None:
    answer = f"{TITLE}\n<p>{ACCURACY} {{% context %}}{text}{{% endcontext %}}</p>"
    toy.answer("first", answer)
    assert toy.write().html
    assert [line for line, _ in heads(faults(toy, f"{answer}\n{{{{ toi }}}}"))] == [3]


def test_an_undefined_value_is_told_where_it_came_up_and_once(toy: Project) -> None:
    text = f"{TITLE}\n{{% set x = toy.h2.bst %}}\n<p>{{{{ x | pct }}}}</p>\n<p>{{{{ x.y }}}}</p>"
    assert heads(faults(toy, text)) == [(2, "toy.h2 has no 'bst'; did you mean \"best\"?")]


def test_a_name_that_is_unknown_on_several_lines_is_told_once(toy: Project) -> None:
    (fault,) = faults(
        toy, f"{TITLE}\n{{{{ toi.a }}}}\n{{{{ toi.b }}}}{{{{ toi.c }}}}\n{{{{ toi }}}}"
    )
    assert fault.line == 2
    assert "\n    also on line 3, 4\n    2 | {{ toi.a }}" in fault.message


def test_a_branch_that_a_mistake_decides_is_searched_for_misspellings_only(toy: Project) -> None:
    text = (
        f"{TITLE}\n<p>{ACCURACY}</p>{{% if toy.h2.bst > 1 %}}\n"
        "{{ toy.h2.best.acuracy | pct }} {{ toy.h2.verdict.onset | integer }}\n"
        "{{ toy.data.test.n | integer }} {{ toy.h2.best.errors | pct }} Van tres.{% endif %}"
    )
    assert [line for line, _ in heads(faults(toy, text))] == [2, 3]


def test_names_in_branches_that_are_not_taken_are_told(toy: Project) -> None:
    text = (
        f"{TITLE}<p>{ACCURACY}</p>{{% if false %}}\n{{{{ toi }}}}\n{{{{ 1 | pst }}}}{{% endif %}}"
    )
    assert [line for line, _ in heads(faults(toy, text))] == [2, 3]


def test_all_false_claims_of_a_template_are_told(toy: Project) -> None:
    false = "<p>{% claim toy.h2.best.errors < 0 %}Nada.{% endclaim %}</p>\n"
    assert [line for line, _ in heads(faults(toy, false * 3))] == [1, 2, 3]


def test_a_wrong_thing_given_to_a_macro_is_told_once(toy: Project) -> None:
    found = faults(toy, f"{TITLE}\n{{{{ tabla_parametros('t', toy.h2) }}}}")
    assert [line for line, _ in heads(found)] == [2]
    assert found[0].message.startswith("toy.h2 has no 'model'")


def test_two_misspellings_in_one_macro_are_both_told(toy: Project) -> None:
    macro = "{% macro m(h) %}\n{{ h.bst }}\n{{ h.verdct }}\n{% endmacro %}"
    text = f"{TITLE}{macro}{{{{ m(toy.h2) }}}}"
    assert [message for _, message in heads(faults(toy, text))] == [
        "toy.h2 has no 'bst'; did you mean \"best\"?",
        "toy.h2 has no 'verdct'; did you mean \"verdict\"?",
    ]


def test_a_heading_that_a_mistake_keeps_from_being_known(toy: Project) -> None:
    (fault,) = faults(toy, "{% set titulo = toy.h2.bst %}\n{% context %}Nada.{% endcontext %}")
    assert fault.line == 1
    (fault,) = faults(toy, "{% if toy.h2.bst == 1 %}{% set titulo = 'A' %}{% endif %}")
    assert "has no 'bst'" in fault.message


# ── several templates ───────────────────────────────────────────────────────


def test_a_syntax_error_is_the_only_one_of_its_template(toy: Project) -> None:
    toy.answer("second", f"<p>{ACCURACY}</p>\n{{{{ toi }}}}\n{{{{ ref('tab-a') }}}}")
    found = faults(
        toy, f"{TITLE}\n{{{{ toi }}}}\n{{% if toy %}}{{{{ tabla_capas('tab-a', toy) }}}}"
    )
    assert [(fault.file.rpartition("/")[2], fault.line) for fault in found] == [
        ("first.html.j2", 3),
        ("second.html.j2", 2),
    ]
    assert "Unexpected end of template" in found[0].message


def test_macros_that_cannot_be_read_hide_nothing_of_the_answers(toy: Project) -> None:
    macros = toy.study.templates / "macros.html.j2"
    macros.write_text(macros.read_text(encoding="utf-8") + "{% if %}", encoding="utf-8")
    found = faults(
        toy, f"{TITLE}{{{{ tabla_capas('t', toy) }}}}\n<p>{{{{ toi }}}} {{{{ ref('t') }}}}</p>"
    )
    assert [fault.file for fault in found] == [
        "templates/macros.html.j2",
        "templates/toy/questions/first.html.j2",
    ]


def test_a_mistake_of_the_macros_themselves_hides_nothing(toy: Project) -> None:
    macros = toy.study.templates / "macros.html.j2"
    text = macros.read_text(encoding="utf-8") + "{% set z = toy.nada.x %}{{ 1 | pst }}\n"
    macros.write_text(text, encoding="utf-8")
    found = faults(
        toy, f"{TITLE}{{{{ tabla_capas('t', toy) }}}}\n<p>{{{{ toi }}}} {{{{ ref('t') }}}}</p>"
    )
    assert [(fault.file, fault.line) for fault in found] == [
        ("templates/macros.html.j2", text.count("\n")),
        ("templates/macros.html.j2", text.count("\n")),
        ("templates/toy/questions/first.html.j2", 2),
    ]


def test_mistakes_around_the_answers_are_told_with_theirs(toy: Project) -> None:
    appendix = toy.study.templates / "appendix.html.j2"
    appendix.write_text("<p>\n{{ profil }}</p>", encoding="utf-8")
    assert [(fault.file.rpartition("/")[2], fault.line) for fault in faults(toy, "{{ toi }}")] == [
        ("appendix.html.j2", 2),
        ("first.html.j2", 1),
    ]


def test_included_and_imported_templates_are_searched_too(toy: Project) -> None:
    partial(toy, "toy/_parte.html.j2", "<p>\n{{ runn.h2 }} {{ run.h2.best.accuracy | pst }}</p>")
    partial(
        toy, "toy/_macros.html.j2", "{% macro uno(h) %}{{ h.bst }}{% endmacro %}{% set _z = 1 %}"
    )
    text = f"""{TITLE}{{% set run = toy %}}
{{% include "toy/_parte.html.j2" %}}
{{% import "toy/_macros.html.j2" as m %}}{{{{ m.dos(toy.h2) }}}}
{{% from "toy/_macros.html.j2" import uno, tres as t %}}{{{{ t(1) }}}}
{{{{ uno(toy.h2) }}}}
{{% include "toy/_nada.html.j2" %}}
{{% from "toy/_rota.html.j2" import a %}}{{{{ a(1).b }}}}"""
    partial(toy, "toy/_rota.html.j2", "\n{% macro %}")
    found = faults(toy, text)
    assert [(fault.file.rpartition("/")[2], *heads((fault,))[0]) for fault in found] == [
        ("_parte.html.j2", 2, "'runn' is unknown here; did you mean \"run\"?"),
        ("_parte.html.j2", 2, 'there is no filter "pst"; did you mean "pct"?'),
        ("_rota.html.j2", 2, found[2].message.partition("\n")[0]),
        ("first.html.j2", 3, "\"toy/_macros.html.j2\" defines no 'dos'"),
        ("first.html.j2", 4, "\"toy/_macros.html.j2\" defines no 'tres'"),
        ("first.html.j2", 5, "toy.h2 has no 'bst'; did you mean \"best\"?"),
        ("first.html.j2", 6, 'there is no template "toy/_nada.html.j2"'),
    ]


def test_a_template_that_includes_itself_ends_in_a_message(toy: Project) -> None:
    partial(toy, "toy/_parte.html.j2", "{% include 'toy/_parte.html.j2' %}" * 2)
    found = faults(toy, f"{TITLE}{{% include 'toy/_parte.html.j2' %}}")
    assert any("recursion" in fault.message for fault in found)


# ── the project's own templates ─────────────────────────────────────────────


@pytest.fixture(scope="module")
def copy(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    root = tmp_path_factory.mktemp("copy") / "project"
    for folder in ("templates", "experiments"):
        ignored = shutil.ignore_patterns("records")
        shutil.copytree(project / folder, root / folder, ignore=ignored)
    return load_practica1(root)


def spoil(text: str, pattern: str, write: str) -> tuple[str, int]:
    return re.subn(pattern, write, text)


@pytest.mark.parametrize(
    ("pattern", "write", "message"),
    [
        (r"(\{\{[^{}]*?)\b(silhouette|accuracy|errors|n) \|", r"\1\2qq |", r"has no '\w+qq'"),
        (r"\| (pct|integer)\b", r"| \1qq", r'there is no filter "\w+qq"'),
        (r"(%\} *|\{\{ )(tabla|figura|matriz)_", r"\1\2qq_", r"'\w+qq_\w+' is unknown here"),
        (r"\{%(-?) (el)?if (\w+)\.", r"{%\1 \2if \3.qq.", r"has no 'qq'"),
        (r"(\{% set \w+ = )(simple_cnn|run)\b", r"\1\2qq", r"'\w+qq' is unknown here"),
    ],
)
def test_spoilt_answers_give_the_mistakes_that_were_made_and_no_other(
    copy: Project, pattern: str, write: str, message: str
) -> None:
    """Each of five kinds of mistake is made everywhere in all answers of practica1 at once."""
    files = copy.study.templates.rglob("questions/*.j2")
    kept = {path: path.read_text(encoding="utf-8") for path in files}
    try:
        made = 0
        for path, text in kept.items():
            spoilt, n = spoil(text, pattern, write)
            path.write_text(spoilt, encoding="utf-8")
            made += n
        found = faults(copy)
    finally:
        for path, text in kept.items():
            path.write_text(text, encoding="utf-8")
    assert made > 5
    assert len(found) > 3
    assert [str(fault) for fault in found if not re.search(message, fault.message)] == []

"""Templates end and stay inside: loops, growth, unreadable files, ways out of the sandbox."""

from __future__ import annotations

import time
from pathlib import Path

import jinja2
import pytest

from reportgen.errors import TemplateError
from reportgen.report.allowance import STEPS, GrownError, SpentError
from reportgen.report.mistakes import MOST_MISTAKES
from reportgen.report.sandbox import Sandbox, read_sheet
from reportgen.report.stand_ins import TolerantRegistry
from reportgen.report.tolerance import Tolerant
from tests.report.conftest import ANSWER, Project

GROW = "{{% set n = namespace(x={}) %}}{{% for i in range(99) %}}{}{{% endfor %}}{{{{ n.x }}}}"


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    return Sandbox(tmp_path, autoescape=True, undefined=jinja2.StrictUndefined)


def written(sandbox: Sandbox, text: str) -> str:
    return sandbox.from_string(text).render()


# ── what templates do still works ───────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ 'ab' * 3 }}{{ 2 * 3 }}{{ 2 ** 10 }}{{ 7 % 4 }}", "ababab610243"),
        ("{{ [1] + [2] }}{{ 'a' ~ 1 }}{{ '%s-%d' % ('a', 3) }}", "[1, 2]a1a-3"),
        ("{{ '{:>4}{}'.format('a', 2) }}{{ '{a}'.format_map({'a': 1}) }}", "   a21"),
        ("{{ 'a' | center(3) }}{{ ['a', 'b'] | join(', ') }}{{ 'aXa' | replace('X', '-') }}",
         " a a, ba-a"),
        ("{% for k, v in {'a': 1, 'b': 2} | dictsort %}{{ k }}{{ v }}{{ loop.length }}{% endfor %}",
         "a12b22"),
        ("{% for x in [1, 2, 3] | select('odd') %}{{ loop.last }}{% endfor %}", "FalseTrue"),
        ("{% for x in [[1], 2] recursive %}{{ loop(x) if x is iterable else x }}{%endfor%}", "12"),
        ("{% macro m(n) %}{{ n }}{% if n %}{{ m(n - 1) }}{%endif%}{%endmacro%}{{m(3)}}", "3210"),
        ("{% set a, b = [1, 2] %}{% set c = (a, b) %}{{ c[1] }}{{ 100000 | string }}", "2100000"),
        ("{{ none | default(100000) }}{{ nada | default('a' * 999) | length }}", "None999"),
        ("{{ ', '.join(range(999) | map('string')) | length }}", "4883"),
        ("{{ ('a' * 9999 ~ '{}').format('b' * 9) | length }}", "10008"),
        ("{% for x in [1] %}{{ ('a' * 9999).replace('a', 'b') | length }}{% endfor %}", "9999"),
        ("{{ [1, 2] | sum }}{{ [{'a': 1.5}] | sum('a') }}{{ [[1], [2]] | sum(start=[]) }}",
         "31.5[1, 2]"),
        ("{{ (range(99999) | list)[5:7] }}{{ 'abc'[::-1] }}{{ 1.25 | round(1) }}", "[5, 6]cba1.2"),
        ("{{ 1 < 2 <= 2 }}{{ 'a' in ['a'] }}{{ [1] == [1] }}{{ {'a': 1}.items() | list }}",
         "TrueTrueTrue[(&#39;a&#39;, 1)]"),
    ],
)  # fmt: skip
def test_what_is_small_is_done_as_ever(sandbox: Sandbox, text: str, expected: str) -> None:
    assert written(sandbox, text) == expected


# ── what grows ──────────────────────────────────────────────────────────────


GROWING = (
    "{{ 'a' * 10**9 }}",
    "{{ 10**9 * 'a' }}",
    "{{ [1] * 10**9 }}",
    "{{ 10**(10**10) }}",
    "{{ (10**999) * (10**9999) }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '%*d' % (1000000000, 1) }}",
    "{{ '%1000000000d' | format(1) }}",
    "{{ '{:1000000000}'.format(1) }}",
    "{{ '{:{}}'.format(1, 1000000000) }}",
    "{{ '{a:1000000000}'.format_map({'a': 1}) }}",
    "{{ 'a'.ljust(1000000000) }}",
    "{{ 'a'.zfill(1000000000) }}",
    "{{ 'a' | center(1000000000) }}",
    "{{ 'a' | indent(width=1000000000, first=true) }}",
    "{{ [1] | batch(1000000000, 0) | list }}",
    "{{ [1] | slice(1000000000) | list }}",
    "{{ ('a' * 9999) | replace('a', 'b' * 9999) }}",
    "{{ ('a' * 9999).replace('a', 'b' * 9999) }}",
    "{{ range(99999) | join('a' * 9999) }}",
    "{{ ('a' * 9999).join(range(99999) | map('string')) }}",
    GROW.format("'a'", "{% set n.x = n.x ~ n.x %}"),
    GROW.format("'a'", "{% set n.x = n.x + n.x %}"),
    GROW.format("'a'", "{% set n.x = '%s%s' % (n.x, n.x) %}"),
    GROW.format("'a'", "{% set n.x = '{0}{0}'.format(n.x) %}"),
    GROW.format("'a'", "{% set n.x = [n.x, n.x] | join %}"),
    GROW.format("'a'", "{% set n.x = [n.x, n.x] %}"),
    GROW.format("'a'", "{% set n.x = (n.x, n.x) %}"),
    GROW.format("'a'", "{% set n.x = {'a': n.x, 'b': n.x} %}"),
    GROW.format("'a'", "{% set n.x = dict(a=n.x, b=n.x) %}"),
    GROW.format("'a'", "{% set n.x %}{{ n.x }}{{ n.x }}{% endset %}"),
    GROW.format("9", "{% set n.x = n.x * n.x %}"),
    # lists, of which each holds the one before twice, by every way to hold something
    GROW.format("'a'", "{% set n.x = [namespace(x=n.x), namespace(x=n.x)] %}"),
    GROW.format("'a'", "{% set n.x = {'a': [n.x, n.x]}.items() %}"),
    GROW.format("'a'", "{% set n.x = {'a': n.x, 'b': n.x}.values() %}"),
    GROW.format("'a'", "{% set n.x = cycler(n.x, n.x) %}"),
    GROW.format("'a'", "{% set n.x = dict(a=n.x, b=n.x) %}"),
    GROW.format("'a'", "{% set n.x = (n.x, n.x) %}"),
    "{% set n = namespace(x=1) %}{% set n.x = n %}{{ n }}",
    # what stands in many places, or between many, or is spread out in many
    "{{ ('a' * 999).translate({97: 'b' * 99999}) }}",
    "{{ ('%(a)s' * 800) % {'a': 'x' * 99999} }}",
    "{{ ('{0[a]}' * 800).format({'a': 'x' * 99999}) }}",
    "{{ ('{0}' * 99999).format(2**4999) }}",
    "{{ ('{0:9999}' * 9999).format(1) }}",
    "{{ ('%9999d' * 9999) % ((1,) * 9999) }}",
    "{{ ('\n' * 99999) | indent(999, blank=true) }}",
    "{{ ('\t' * 99999).expandtabs(999) }}",
    "{{ [[1]] | tojson(indent=1000000000) }}",
    "{{ range(99999) | list | tojson(indent=999) }}",
    "{{ 1 | round(1000000000, 'ceil') }}",
    "{{ ('x' * 999999) | wordwrap(1) }}",
    "{{ {'a' * 3999999: 1} | xmlattr }}",
    "{{ ('&' * 3999999) | e }}",
    "{{ ('a ' * 1999999).split() }}",
    # what comes one by one
    "{{ ('a' * 3999999) | batch(1) | list }}",
    "{% set n = namespace(x='x' * 999999) %}{{ ([n] * 999) | map(attribute='x') | join }}",
    "{% set b = 'x' * 999999 %}{{ ([{}] * 999) | map(attribute='x', default=b) | join }}",
    "{{ range(99999) | map('string') | map('center', 9999) | join }}",
    "{{ range(99999) | batch(1) | sum(start=[]) }}",
)
"""Each would take gigabytes, or at least far more than the bounds allow."""

ENDLESS = (
    "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
    "{% for a in 'x' * 99999 %}{% for b in 'x' * 99999 %}{{ a }}{% endfor %}{% endfor %}",
    (
        "{% for i in range(99999) | map('string') %}{% for j in range(99999) | map('string') %}"
        "{% endfor %}{% endfor %}"
    ),
    ("{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}"),
    "{% for i in [9] recursive %}{{ loop('x' * 999999) }}{% endfor %}",
    "{% for i in range(99999) %}" + "x" * 1_000 + "{% endfor %}",
    "{% for i in range(99999) %}{{ 'x' * 9999 }}{% endfor %}",
    # what is looked at again and again
    "{% set b = range(99999) | list %}{% for i in b %}{% set x = b | sum %}{% endfor %}",
    "{% set b = range(99999) | list %}{% for i in b %}{% set x = 'z' in b %}{% endfor %}",
    "{% set b = range(99999) | list %}{% for i in b %}{% set x = b[1:] %}{% endfor %}",
    "{% set b = range(99999) | list %}{{ b | select('in', b[::-1]) | list }}",
    (
        "{% set b, c = 'x' * 3999999, 'x' * 3999998 ~ 'x' %}"
        "{% for i in range(99999) %}{% if b == c %}{% endif %}{% endfor %}"
    ),
    "{% set b = 'x' * 3999999 %}{% for i in range(9999) %}{{ b | wordcount }}{% endfor %}",
    "{% set b = 'x' * 3999999 %}{% for i in range(9999) %}{{ b.count('z') }}{% endfor %}",
    "{% for i in range(99999) %}" + "{{ 1 }}" * 999 + "{% endfor %}",
    (
        "{% macro m() %}" + "{{ 1 }}" * 999 + "{% endmacro %}"
        "{% for i in range(50000) %}{% set x = m() %}{% endfor %}"
    ),
    "{% macro m() %}{{ caller() }}{{ caller() }}{% endmacro %}"
    + "{% call m() %}" * 18
    + "x"
    + "{% endcall %}" * 18,
)
"""Each would take hours."""


def reread(folder: Path, text: str) -> tuple[Tolerant, str]:
    """Render a text as the second reading does; return what stopped it, if anything did."""
    (folder / "a").write_text(text, encoding="utf-8")
    tolerant = Tolerant(folder, {}, {}, TolerantRegistry())
    try:
        tolerant.rendered("a", {})
    except GrownError as error:
        return tolerant, str(error)
    return tolerant, ""


@pytest.mark.parametrize("text", GROWING)
def test_what_would_grow_beyond_all_bounds_is_refused(sandbox: Sandbox, text: str) -> None:
    began = time.process_time()
    with pytest.raises(GrownError):
        written(sandbox, text)
    assert time.process_time() - began < 10


@pytest.mark.parametrize("text", GROWING)
def test_it_is_refused_in_the_second_reading_too(tmp_path: Path, text: str) -> None:
    """There the refusal is noted, and the reading goes on until all steps are taken."""
    began = time.process_time()
    tolerant, stopped = reread(tmp_path, text)
    told = "".join(fault.message for fault in tolerant.mistakes.faults())
    assert "more than" in stopped + told
    assert "MemoryError" not in told
    assert time.process_time() - began < 10


@pytest.mark.parametrize("text", ENDLESS)
def test_what_would_never_end_has_no_steps_left(sandbox: Sandbox, text: str) -> None:
    began = time.process_time()
    with pytest.raises(SpentError, match=f"more than {STEPS} steps"):
        written(sandbox, text)
    assert time.process_time() - began < 20


@pytest.mark.parametrize("text", ENDLESS)
def test_it_has_none_left_in_the_second_reading_either(tmp_path: Path, text: str) -> None:
    began = time.process_time()
    assert "more than" in reread(tmp_path, text)[1]
    assert time.process_time() - began < 20


def test_the_second_reading_ends_after_so_many_mistakes(tmp_path: Path) -> None:
    """Each round of the loop is one; what is told of the line is told once."""
    loop = "{{% for i in range({}) %}}{{{{ i.nada }}}}{{% endfor %}}"
    tolerant, stopped = reread(tmp_path, loop.format(99_999))
    assert stopped == f"there are more than {MOST_MISTAKES} mistakes; the rest is not looked at"
    assert len([*tolerant.mistakes.faults()]) == 1
    assert reread(tmp_path, loop.format(MOST_MISTAKES))[1] == ""


def test_a_long_list_is_not_looked_through_at_every_use(tmp_path: Path) -> None:
    """The second reading would look at 10^10 items for absorbed values."""
    long = "{% set b = range(99999) | list %}"
    began = time.process_time()
    reread(tmp_path, long + "{% for i in b %}{% set x = b | length %}{% endfor %}")
    assert time.process_time() - began < 30


def test_bytes_are_out_of_reach(sandbox: Sandbox) -> None:
    """No bound looks into them."""
    for text in ("'a'.encode()", "(5).to_bytes(9, 'big')", "('a' | attr('encode'))()"):
        with pytest.raises((jinja2.exceptions.SecurityError, jinja2.UndefinedError)):
            written(sandbox, f"{{{{ {text} }}}}")


def test_a_template_that_includes_itself_twice_has_no_steps_left(tmp_path: Path) -> None:
    """Sixty levels of it would be 2^60 of them."""
    text = "{% if n %}{% set n = n - 1 %}{% include 'a' %}{% include 'a' %}{% endif %}"
    (tmp_path / "a").write_text(text, encoding="utf-8")
    with pytest.raises(SpentError):
        Sandbox(tmp_path).get_template("a").render(n=60)


def test_each_template_of_a_report_has_steps_of_its_own(toy: Project) -> None:
    loops = "{% for i in range(99999) %}{% endfor %}" * 3
    for question in ("first", "second"):
        toy.answer(question, ANSWER + loops)
    assert STEPS < 6 * 99_999
    assert toy.write().html


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ 'a' * 10**9 }}", "1000000000 times what stands there is more than"),
        ("{% for i in range(10**9) %}{% endfor %}", "Range too big"),
        ("{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}", "steps"),
        (GROW.format("'a'", "{% set n.x %}{{ n.x }}{{ n.x }}{% endset %}"), "steps"),
        ("{{ lipsum() }}", "'lipsum' is unknown here"),
        ("{{ [1] | random }}", 'there is no filter "random"'),
        ("{{ " + "9" * 5_000 + " }}", "this is no template: Exceeds the limit"),
        ("{{ " + "(" * 3_000 + "1" + ")" * 3_000 + " }}", "nested too deep"),
        ("{{ 'a'" + " | upper" * 3_000 + " }}", "nested too deep"),
        ("{% for i in [1] %}" * 30 + "{% endfor %}" * 30, "too many statically nested blocks"),
    ],
)
def test_what_is_too_much_is_told_with_its_place(toy: Project, text: str, message: str) -> None:
    toy.answer("first", f"{{% set titulo = 'A' %}}{text}")
    with pytest.raises(TemplateError) as caught:
        toy.write()
    places = {(fault.file, fault.line) for fault in caught.value.faults}
    assert places == {("templates/toy/questions/first.html.j2", 1)}
    assert message in caught.value.message


# ── files ───────────────────────────────────────────────────────────────────


def test_a_template_that_is_no_utf_8_is_told_with_its_line(toy: Project) -> None:
    path = toy.answer("first", "x")
    path.write_bytes(b"{% set titulo = 'A' %}\n<p>a\xf1o</p>\n")
    with pytest.raises(TemplateError, match=r"first\.html\.j2:2: byte 0xf1 is not UTF-8"):
        toy.write()


def test_macros_that_never_end_are_told(toy: Project) -> None:
    """The second reading renders them twice, with marks and without; both times they stop."""
    path = toy.study.templates / "macros.html.j2"
    loop = "{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}"
    path.write_text(path.read_text(encoding="utf-8") + loop, encoding="utf-8")
    with pytest.raises(TemplateError, match=f"more than {STEPS} steps"):
        toy.write()


def test_macros_that_are_no_utf_8(toy: Project) -> None:
    path = toy.study.templates / "macros.html.j2"
    path.write_bytes(b"\xff" + path.read_bytes())
    with pytest.raises(TemplateError, match=r"macros\.html\.j2:1: byte 0xff is not UTF-8"):
        toy.write()


def test_a_style_sheet_that_is_no_utf_8(toy: Project) -> None:
    path = toy.study.templates / "report.css"
    path.write_bytes(b"/* x */\n/* \xe9 */\n")
    with pytest.raises(TemplateError, match=r"^templates/report\.css:2: byte 0xe9 is not UTF-8"):
        toy.write()


def test_no_link_leads_a_template_out_of_its_folder(toy: Project, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("s3cr3t", encoding="utf-8")
    (toy.study.templates / "toy" / "_link.html.j2").symlink_to(secret)
    toy.answer("first", '{% include "toy/_link.html.j2" %}')
    with pytest.raises(TemplateError, match="is a link that leads out of templates/") as caught:
        toy.write()
    assert "s3cr3t" not in caught.value.message


def test_a_link_within_the_folder_is_followed(toy: Project) -> None:
    (toy.study.templates / "_texto.html.j2").write_text("{% context %}Hola.{% endcontext %}")
    (toy.study.templates / "toy" / "_link.html.j2").symlink_to("../_texto.html.j2")
    toy.answer("first", '<p>{% include "toy/_link.html.j2" %}</p>')
    assert "Hola." in toy.write().html


def test_no_link_leads_a_style_sheet_out_of_its_folder(tmp_path: Path) -> None:
    templates = tmp_path / "templates"
    templates.mkdir()
    (tmp_path / "secret.css").write_text("p { color: red }", encoding="utf-8")
    (templates / "report.css").symlink_to("../secret.css")
    with pytest.raises(TemplateError, match=r"templates/report\.css: is a link that leads out"):
        read_sheet(templates / "report.css", templates)


# ── ways out ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "expression",
    [
        "''['__class__']",
        "'' | attr('__class__')",
        "[''] | map(attribute='__class__') | first",
        "[''] | map('attr', '__class__') | first",
        "[''] | groupby('__class__') | first",
        "['', 'a'] | sort(attribute='__class__') | first",
        "[''] | sum(attribute='__class__')",
        "[''] | unique(attribute='__class__') | first",
        "[{'a': ''}] | map(attribute='a.__class__') | first",
        "'{0.__class__}'.format('')",
        "'{0.__class__.__mro__}'.format('')",
        "'{a.__class__}'.format_map({'a': ''})",
        "['{0.__class__}'] | map('format', '') | first ~ ''.__class__",
        "('{0.__class__}' | attr('format'))('')",
        "'{0.__class__}'['format']('')",
        "cycler.__init__.__globals__",
        "joiner('').__call__.__globals__",
        "namespace.__init__.__globals__",
        "range.__self__",
        "(self | attr('_TemplateReference__context')).environment",
        "m.__globals__",
        "m._func",
        "m._environment",
        "toy.__class__",
        "toy.h2.best.accuracy._value",
        "pictures.__init__",
        "spanish.__class__",
        "report.authors[0].__class__",
        "report.__dict__",
        "report.model_fields",
        "assignment.model_construct()",
        "ref.__func__",
        "listing.__code__",
        "environment.loader",
        "context.environment",
    ],
)
def test_no_expression_leads_out(toy: Project, expression: str) -> None:
    macro = "{% macro m() %}{% endmacro %}"
    toy.answer("first", f"{macro}<p>{{{{ {expression} }}}}</p>")
    with pytest.raises(TemplateError) as caught:
        toy.write()
    assert "<class" not in caught.value.message
    assert "object at 0x" not in caught.value.message


def test_what_a_study_says_is_escaped_wherever_it_stands(toy: Project) -> None:
    name = "Alba <script>alert(1)</script>"
    author = toy.study.report.authors[0].model_copy(update={"name": name, "email": 'a@b"><b>x'})
    changes = {"authors": (author,), "title": "</title><b>x", "course": "<img src=x>"}
    report = toy.study.report.model_copy(update=changes)
    object.__setattr__(toy.study, "report", report)
    html = toy.write().html
    for raw in ("<script>alert", "</title><b>", "<img src=x>", '"><b>x'):
        assert raw not in html
    assert "Alba &lt;script&gt;" in html

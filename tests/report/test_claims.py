"""Claims hold or stop the build, with the facts that they reach and their values."""

from __future__ import annotations

import re

import pytest

from reportgen.errors import TemplateError
from tests.report.conftest import Project


def fault(toy: Project, text: str) -> str:
    """Return the one fault of an answer whose second line is `text`."""
    toy.answer("first", f"\n{text}\n")
    with pytest.raises(TemplateError) as caught:
        toy.write()
    assert len(caught.value.faults) == 1, caught.value.message
    return str(caught.value.faults[0])


def value(toy: Project, id: str) -> object:
    return next(fact.value for fact in toy.facts if fact.id == id)


@pytest.mark.parametrize(
    "expression",
    [
        "toy.h2.best.errors > 0",
        "toy.h2.best.errors > 0 and not toy.h2.best.accuracy == 1",
        "toy.h2.best.errors < 0 or toy.h4.best.errors >= 0",
        "toy.h2.best.epoch <= toy.h4.best.epoch",
        "0 < toy.h2.best.accuracy < 1",
        "toy.h2.best.accuracy is known",
        "not toy.h2.best.chance",
        "(classes(toy) | first) == 'circle'",
        "toy.data.name in ['toy', 'other']",
    ],
)
def test_a_claim_that_holds_is_marked_with_its_words(toy: Project, expression: str) -> None:
    toy.answer("first", f"<p>{{% claim {expression} %}}Se equivoca.{{% endclaim %}}</p>")
    shown = expression.replace("<", "&lt;").replace(">", "&gt;").replace("'", "&#39;")
    mark = re.escape(f'<p><span class="claim" data-claim="{shown}" data-facts="')
    assert re.search(rf'{mark}(toy\.[\w.]+ ?)+">Se equivoca\.</span></p>', toy.write().html)


def test_context_is_marked(toy: Project) -> None:
    toy.answer("first", "<p>{% context %}Una definición.{% endcontext %}</p>")
    assert '<p><span class="context">Una definición.</span></p>' in toy.write().html


def test_a_false_claim_tells_its_expression_and_each_fact_that_it_reached(toy: Project) -> None:
    text = fault(
        toy,
        "{% claim toy.h2.best.errors > 60 or\n  toy.h4.best.errors > 60 %}Mal.{% endclaim %}",
    )
    assert text.startswith(
        "templates/toy/questions/first.html.j2:2: the claim does not hold: "
        "toy.h2.best.errors > 60 or toy.h4.best.errors > 60\n"
    )
    for id in ("toy.h2.best.errors", "toy.h4.best.errors"):
        assert f"\n    {id} = {value(toy, id)!r}\n" in text


def test_facts_that_were_not_reached_are_not_told(toy: Project) -> None:
    text = fault(toy, "{% claim toy.h2.best.errors < 0 and toy.h4.best.errors < 0 %}{% endclaim %}")
    assert "toy.h2.best.errors = " in text
    assert "toy.h4.best.errors = " not in text


def test_two_claims_on_one_line_keep_their_words(toy: Project) -> None:
    text = fault(
        toy,
        "{% claim toy.h2.best.errors > 0 %}a{% endclaim %}"
        "{%- claim toy.h2.best.errors < 0 -%}b{% endclaim %}",
    )
    assert "the claim does not hold: toy.h2.best.errors < 0\n" in text


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("toi.h2.best.errors > 0", 'did you mean "toy"'),
        ("toy.h2.best.eror > 0", "toy.h2.best has no 'eror'; did you mean \"errors\""),
        ("1 < 2", "reaches no fact, so it can never fail: 1 < 2"),
        ("horizons(toy) | length > 1", "reaches no fact"),
        ("toy.h4 is defined", "reaches no fact"),
        ("toy.h2.best.errors", "toy.h2.best.errors is no yes-or-no fact"),
        ("toy.h2.best.errors | integer", "a claim is true or false, got"),
        ("toy.data.name < 3", "toy.data.name is a text ('toy'), so 3 is never its value"),
        ("toy.data.name == 3", "toy.data.name is a text ('toy'), so 3 is never its value"),
        ("'x' == toy.h2.best.errors", "toy.h2.best.errors is a number"),
        ("toy.h2.best.errors < toy.data.name", "toy.h2.best.errors = "),
        ("toy.h2.best < 3", "TypeError"),
        ("toy.h2.verdict.onset > 3", "toy.h2.verdict.onset has no value"),
        ("toy.h2.verdict.onset != 3", "toy.h2.verdict.onset has no value here; ask first"),
    ],
)
def test_a_claim_that_says_nothing_checkable(toy: Project, expression: str, message: str) -> None:
    text = fault(toy, f"{{% claim {expression} %}}Algo.{{% endclaim %}}")
    assert text.startswith("templates/toy/questions/first.html.j2:2: ")
    assert message in text


def test_asking_whether_a_fact_is_known_needs_no_value(toy: Project) -> None:
    toy.answer("first", "<p>{% claim toy.h2.verdict.onset is not known %}No.{% endclaim %}</p>")
    assert "No.</span>" in toy.write().html


def test_every_broken_answer_tells_its_own_claim(toy: Project) -> None:
    toy.answer("first", "{% claim toy.h2.best.errors < toy.data.name %}a{% endclaim %}")
    toy.answer("second", "{{ toy.h2.nada }}")
    with pytest.raises(TemplateError) as caught:
        toy.write()
    first, second = map(str, caught.value.faults)
    assert "in the claim toy.h2.best.errors < toy.data.name" in first
    assert "in the claim" not in second


@pytest.mark.parametrize("tag", ["{% claim toy.h2.best.errors > 0 %}a", "{% context %}a"])
def test_a_tag_that_is_not_closed(toy: Project, tag: str) -> None:
    assert re.search("end(claim|context)", fault(toy, tag))

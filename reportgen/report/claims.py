"""Claims: prose that stands only while an expression over facts holds.

::

    {% claim run.h20.best.accuracy > run.h10.best.accuracy %}sube{% endclaim %}
    {% context %}La silueta compara la distancia dentro de un grupo y entre grupos.{% endcontext %}

A claim that does not hold is an error that names every fact that its expression
reached, with its value. Context states no result. Both are marked by spans.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from jinja2 import Environment, Undefined, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from markupsafe import Markup

from reportgen.facts.fact import Fact

_TAG = re.compile(r"\{%[-+]?\s*claim\b\s*(.*?)\s*[-+]?%\}", re.DOTALL)
_ASKING = frozenset({"known", "defined", "undefined"})

Chain = tuple[str, int] | None
"""A chain of branches: its template, and its number there; None for none."""


class ClaimError(Exception):
    """A claim does not hold, or says nothing about facts; the template's place is added later."""


@dataclass(slots=True)
class _Noted:
    """What an expression in hand has reached; its words if it is a claim's, its chain if any."""

    words: str
    chain: Chain = None
    facts: dict[str, Fact] = field(default_factory=dict)


class Claims(Extension):
    """The tags ``claim`` and ``context``, and what the expression in hand has reached."""

    tags = {"claim", "context"}  # noqa: RUF012 (Jinja declares it so)

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._expressions: dict[int, list[str]] = {}
        self._open: list[_Noted] = []

    @classmethod
    def of(cls, environment: Environment) -> Claims:
        """Return the tags of an environment."""
        found = environment.extensions[cls.identifier]
        assert isinstance(found, Claims)
        return found

    # ── reading a template ──────────────────────────────────────────────────

    def preprocess(
        self,
        source: str,
        name: str | None,  # noqa: ARG002
        filename: str | None = None,  # noqa: ARG002
    ) -> str:
        """Note the words of each claim, by line: the parser keeps no source."""
        self._expressions = {}
        for match in _TAG.finditer(source):
            line = source.count("\n", 0, match.start()) + 1
            self._expressions.setdefault(line, []).append(" ".join(match[1].split()))
        return source

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """Turn a tag into the output of its span, with its body in between."""
        token = next(parser.stream)
        if token.value == "claim":
            expression = parser.parse_expression()
            body = parser.parse_statements(("name:endclaim",), drop_needle=True)
            text = self._expressions[token.lineno].pop(0)
            lenient = nodes.Const(asks_for_values(expression))
            begun = nodes.Call(_BEGIN, [nodes.Const(text)], [], None, None)
            checked = noted(with_constants_checked(expression))
            start: nodes.Expr = self.call_method("hold", [lenient, begun, checked])
        else:
            body = parser.parse_statements(("name:endcontext",), drop_needle=True)
            start = nodes.MarkSafe(nodes.Const('<span class="context">'))
        end = nodes.MarkSafe(nodes.Const("</span>"))
        wrapped = [nodes.Output([start]), *body, nodes.Output([end])]
        for node in (wrapped[0], wrapped[-1]):
            node.set_lineno(token.lineno)
        return wrapped

    # ── while a template is rendered ────────────────────────────────────────

    def begin(self, expression: str, chain: Chain = None) -> None:
        """Start to note the facts that an expression reaches.

        A claim has words. The conditions of one chain of branches are noted together.
        """
        if chain is None or not self._open or self._open[-1].chain != chain:
            self._open.append(_Noted(expression, chain))

    def end(self, *, lenient: bool = True) -> dict[str, Fact]:
        """Return the facts that the expression begun last, or a chain of them, has reached.

        Raises
        ------
        ClaimError
            If one has no value, unless `lenient`.
        """
        facts = self._open.pop().facts
        if not lenient:
            for fact in facts.values():
                _require_value(fact)
        return facts

    def note(self, value: object) -> object:
        """Note a fact that the expression in hand reaches, and return it."""
        if self._open and isinstance(value, Fact):
            self._open[-1].facts[value.id] = value
        return value

    def alike(self, value: object, constant: object) -> object:
        """Return what is compared with a constant.

        Raises
        ------
        ClaimError
            If it is a text and the constant is none, or the other way round.
        """
        if not isinstance(value, Fact) or value.value is None:
            return value
        text = isinstance(value.value, str)
        if text != isinstance(constant, str):
            kind = "a text" if text else "a number"
            msg = f"{value.id} is {kind} ({value.value!r}), so {constant!r} is never its value"
            raise ClaimError(msg)
        return value

    @property
    def depth(self) -> int:
        """How many expressions are begun and not ended."""
        return len(self._open)

    def forget(self, depth: int) -> None:
        """End the expressions begun last, but for so many."""
        del self._open[depth:]

    def in_hand(self) -> str:
        """Return what to add to a fault in the claim in hand: its words, and its facts so far."""
        stopped = [noted for noted in self._open if noted.words]
        return "".join(f"\n    in the claim {n.words}{values(n.facts)}" for n in stopped[:1])

    def unfinished(self) -> str:
        """Return what to add to a fault that stopped an expression, and forget it."""
        text = self.in_hand()
        self.forget(0)
        return text

    def hold(self, lenient: bool, _: None, value: object) -> Markup:
        """Return the start of a claim's span.

        Raises
        ------
        ClaimError
            If the claim does not hold, reached no fact, or is neither true nor false;
            and if a fact has no value, unless it is `lenient`.
        """
        expression = self._open[-1].words
        if isinstance(value, Undefined):
            str(value)  # raises, with the nearest names
        if not isinstance(value, bool | Fact):
            msg = f"a claim is true or false, got {value!r}"
            raise ClaimError(msg)
        holds = bool(value)
        facts = self.end(lenient=lenient)
        if not facts:
            msg = f"the claim reaches no fact, so it can never fail: {expression}"
            raise ClaimError(msg)
        if not holds:
            msg = f"the claim does not hold: {expression}{values(facts)}"
            raise ClaimError(msg)
        return Markup('<span class="claim" data-claim="{}" data-facts="{}">').format(
            expression, " ".join(facts)
        )


# Below `environment`, as the generated code names it.
_BEGIN = nodes.EnvironmentAttribute("claims.begin")
_NOTE = nodes.EnvironmentAttribute("claims.note")
_ALIKE = nodes.EnvironmentAttribute("claims.alike")


def noted(node: nodes.Node) -> nodes.Expr:
    """Return an expression that notes every fact on its way and is otherwise the same.

    The environment notes what attributes and items give; names, calls and filters are left.
    """
    if isinstance(node, nodes.Getattr | nodes.Getitem):
        if isinstance(node, nodes.Getitem):
            node.arg = noted(node.arg)
        if not isinstance(node.node, nodes.Name):
            node.node = noted(node.node)
        return node
    for name, value in node.iter_fields(exclude=("node",) if isinstance(node, nodes.Call) else ()):
        if isinstance(value, nodes.Expr):
            setattr(node, name, noted(value))
        elif isinstance(value, list):
            setattr(node, name, [noted(v) if isinstance(v, nodes.Expr) else v for v in value])
        for operand in node.ops if isinstance(node, nodes.Compare) and name == "ops" else ():
            operand.expr = noted(operand.expr)
    if isinstance(node, nodes.Name | nodes.Call | nodes.Filter):
        return nodes.Call(_NOTE, [node], [], None, None)
    assert isinstance(node, nodes.Expr)
    return node


def with_constants_checked(node: nodes.Expr) -> nodes.Expr:
    """Return an expression whose comparisons refuse constants of another kind."""
    for compare in (node, *node.find_all(nodes.Compare)):
        if not isinstance(compare, nodes.Compare) or len(compare.ops) != 1:
            continue
        operand = compare.ops[0]
        left, right = compare.expr, operand.expr
        if isinstance(right, nodes.Const):
            compare.expr = nodes.Call(_ALIKE, [left, right], [], None, None)
        elif isinstance(left, nodes.Const):
            operand.expr = nodes.Call(_ALIKE, [right, left], [], None, None)
    return node


def asks_for_values(node: nodes.Node) -> bool:
    """Whether an expression asks if a fact is known, and so may reach one without a value."""
    tests = (node, *node.find_all(nodes.Test))
    return any(isinstance(test, nodes.Test) and test.name in _ASKING for test in tests)


def _require_value(fact: Fact) -> None:
    if fact.value is None:
        msg = f"{fact.id} has no value here; ask first: {{% if {fact.id} is known %}}"
        raise ClaimError(msg)


def values(facts: Mapping[str, Fact]) -> str:
    """Return facts with their values, a line each."""
    return "".join(
        f"\n    {fact.id} = {'no value' if fact.value is None else repr(fact.value)}"
        for fact in facts.values()
    )

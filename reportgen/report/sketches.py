"""What one template uses and defines, as its text tells before it is rendered.

A template's syntax tree is read once, when it is parsed. It tells which filters,
tests and names the template uses, also in branches that are not taken this time,
what it defines, and which other templates it includes or imports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from jinja2 import nodes

Uses = dict[str, list[int]]
"""The lines on which each of some names is used."""

_ASKING = frozenset({"defined", "undefined", "known"})
_DEFAULTS = frozenset({"default", "d"})
_MAPPED = {
    "map": ("filter", 0),
    "select": ("test", 0),
    "reject": ("test", 0),
    "selectattr": ("test", 1),
    "rejectattr": ("test", 1),
}
_LEAVES = (nodes.TemplateData, nodes.Const, nodes.EnvironmentAttribute)
# Names that are given a value in these do not outlast them.
_SCOPES = (nodes.For, nodes.Macro, nodes.CallBlock, nodes.With, nodes.FilterBlock, nodes.Block)


@dataclass(slots=True)
class Reading:
    """Another template that one reads; `given` if it sees the names of the one that reads it."""

    name: str
    line: int
    given: bool
    needed: bool


@dataclass(slots=True)
class Sketch:
    """What one template uses and defines.

    `asked` holds the names that it asks for before it uses them. `modules` names the
    templates behind ``{% import … as x %}``, `members` what is used of each.
    """

    filters: Uses = field(default_factory=dict)
    tests: Uses = field(default_factory=dict)
    names: Uses = field(default_factory=dict)
    stored: dict[str, int] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    exports: set[str] = field(default_factory=set)
    readings: list[Reading] = field(default_factory=list)
    modules: dict[str, str] = field(default_factory=dict)
    members: list[tuple[str, str, int]] = field(default_factory=list)
    imported: list[tuple[str, str, int]] = field(default_factory=list)

    def read(self, node: nodes.Node, *, top: bool = True) -> None:
        """Take in what stands in a node."""
        take = _TAKE.get(type(node))
        if take is not None:
            take(self, node, top)
        top = top and not isinstance(node, _SCOPES)
        for name in node.fields:  # as `iter_child_nodes` does, in half the time
            value = getattr(node, name)
            for child in value if type(value) is list else (value,):
                if isinstance(child, nodes.Node) and type(child) not in _LEAVES:
                    self.read(child, top=top)

    def store(self, name: str, *, top: bool) -> None:
        """Note that a name is given a value; at the top, for whoever imports the template."""
        self.stored[name] = self.stored.get(name, 0) + 1
        if top and not name.startswith("_"):
            self.exports.add(name)


# ── what each kind of node says ─────────────────────────────────────────────


def _filter(sketch: Sketch, node: nodes.Filter, top: bool) -> None:  # noqa: ARG001
    sketch.filters.setdefault(node.name, []).append(node.lineno)
    if node.name in _DEFAULTS and isinstance(node.node, nodes.Name):
        sketch.asked.add(node.node.name)
    kind, index = _MAPPED.get(node.name, ("", 0))
    named = node.args[index] if kind and len(node.args) > index else None
    if isinstance(named, nodes.Const) and isinstance(named.value, str):
        uses = sketch.filters if kind == "filter" else sketch.tests
        uses.setdefault(named.value, []).append(named.lineno)


def _test(sketch: Sketch, node: nodes.Test, top: bool) -> None:  # noqa: ARG001
    sketch.tests.setdefault(node.name, []).append(node.lineno)
    if node.name in _ASKING and isinstance(node.node, nodes.Name):
        sketch.asked.add(node.node.name)


def _take_name(sketch: Sketch, node: nodes.Name, top: bool) -> None:
    if node.ctx == "load":
        sketch.names.setdefault(node.name, []).append(node.lineno)
    else:
        sketch.store(node.name, top=top and node.ctx == "store")


def _macro(sketch: Sketch, node: nodes.Macro, top: bool) -> None:
    sketch.store(node.name, top=top)


def _member(sketch: Sketch, node: nodes.Getattr, top: bool) -> None:  # noqa: ARG001
    if isinstance(node.node, nodes.Name):
        sketch.members.append((node.node.name, node.attr, node.lineno))


def _include(sketch: Sketch, node: nodes.Include | nodes.Extends, top: bool) -> None:  # noqa: ARG001
    given = isinstance(node, nodes.Extends) or node.with_context
    optional = isinstance(node, nodes.Include) and node.ignore_missing
    sketch.readings += _readings(node.template, given=given, optional=optional)


def _import(sketch: Sketch, node: nodes.Import, top: bool) -> None:  # noqa: ARG001
    sketch.store(node.target, top=False)
    sketch.readings += _readings(node.template, given=node.with_context, optional=False)
    if isinstance(node.template, nodes.Const):
        sketch.modules[node.target] = str(node.template.value)


def _from_import(sketch: Sketch, node: nodes.FromImport, top: bool) -> None:  # noqa: ARG001
    sketch.readings += _readings(node.template, given=node.with_context, optional=False)
    for item in node.names:
        name, alias = item if isinstance(item, tuple) else (item, item)
        sketch.store(alias, top=False)
        if isinstance(node.template, nodes.Const):
            sketch.imported.append((str(node.template.value), name, node.lineno))


def _readings(template: nodes.Expr, *, given: bool, optional: bool) -> Iterator[Reading]:
    """Yield the templates that an expression names; of several, none is needed."""
    several = template.items if isinstance(template, nodes.List | nodes.Tuple) else [template]
    for one in several:
        if isinstance(one, nodes.Const) and isinstance(one.value, str):
            yield Reading(one.value, one.lineno, given, not optional and len(several) == 1)


_TAKE: dict[type[nodes.Node], Callable[..., None]] = {
    nodes.Filter: _filter,
    nodes.Test: _test,
    nodes.Name: _take_name,
    nodes.Macro: _macro,
    nodes.Getattr: _member,
    nodes.Include: _include,
    nodes.Extends: _include,
    nodes.Import: _import,
    nodes.FromImport: _from_import,
}

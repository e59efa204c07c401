"""Where marks go in a template.

Each template is changed once, when it is parsed:

- text and expressions are preceded by a mark that names their template and line;
- each branch of an ``{% if %}``, and each side of ``{{ a if x else b }}``, is put
  between marks that hold the facts which its condition and those before it reached;
- so is the outcome of an expression that looks words up by a fact
  (``{{ words[h.verdict.overfitting] }}``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jinja2 import nodes

from reportgen.report.claims import asks_for_values, noted
from reportgen.report.marks import Kind, Place

_TAGS = re.compile(r"<[^<>]*>|&\w+;")
_OPEN_TAG = re.compile(r"<[a-zA-Z][^<>]*$")
_ALT = re.compile(r"""\salt=["']$""")
_ALT_TEXT = re.compile(r"""\salt=["'][^"']*\w""")
_WORD = re.compile(r"\w")
# These print what a span vouches for and nothing else, so it needs no place.
_VOUCHED_FILTERS = frozenset(
    {"pct", "points", "signed", "p_value", "num", "exact", "integer", "word", "ordinal"}
    | {"counted", "mb", "duration", "text", "label"}
)
_VOUCHED_CALLS = frozenset({"literal", "interval", "title_of", "trial_title"})
_BODIES = ("body", "elif_", "else_")


class Marker:
    """Puts marks into the syntax tree of one template; `mark` changes it.

    Parameters
    ----------
    name : str
        The template's.

    Attributes
    ----------
    places : list of Place
        Of the marks, by the index that the code has for them.
    assigned : dict of str to int
        The line on which each variable is set, the last if there are several.

    Marks are reached by `nodes.EnvironmentAttribute`, whose name Jinja copies into
    the code that it generates: one node instead of a call of three, which
    matters, since Jinja walks every node several times.
    """

    def __init__(self, name: str) -> None:
        self.places: list[Place] = []
        self.assigned: dict[str, int] = {}
        self._name = name
        self._n_chains = 0

    def mark(self, node: nodes.Node) -> None:
        """Put marks into the statements below a node."""
        for field in _BODIES:
            body = getattr(node, field, None)
            if field == "elif_":  # parts of the node's own chain, no choices of their own
                for part in body or ():
                    self.mark(part)
            elif body:
                setattr(node, field, [done for part in body for done in self._marked(part)])

    def _marked(self, node: nodes.Node) -> Iterator[nodes.Node]:
        """Yield what stands for a statement."""
        if isinstance(node, nodes.Output):
            yield from self._output(node)
            return
        self.mark(node)
        if isinstance(node, nodes.If):
            self._branches(node)
        elif isinstance(node, nodes.Assign) and isinstance(node.target, nodes.Name):
            self.assigned[node.target.name] = node.lineno
        if isinstance(node, nodes.CallBlock):
            start = [self._index("expression", node.lineno)]
            yield nodes.Output(start, lineno=node.lineno)
            yield node
            yield nodes.Output([_code("marks.end_expression")], lineno=node.lineno)
            return
        yield node

    def _index(self, kind: Kind, line: int) -> nodes.Expr:
        """Return the expression that writes the mark of a place."""
        self.places.append(Place(self._name, line, kind))
        return _code(f"marks.at[{self._name!r}][{len(self.places) - 1}]")

    def _output(self, node: nodes.Output) -> Iterator[nodes.Node]:
        """Mark what an output writes; a choice between two expressions becomes a branch."""
        children: list[nodes.Expr] = []
        tag = ""  # what stands so far of a tag that goes on in the next child
        line = 0  # the one on which the next text stands, as far as marks say
        for child in node.nodes:
            if isinstance(child, nodes.TemplateData):
                worded, tag = _scan(child.data, tag)
                if worded and line != child.lineno:
                    children.append(self._index("text", child.lineno))
                    line = child.lineno
                line += child.data.count("\n") if line == child.lineno else 0
                children.append(child)
            elif isinstance(child, nodes.CondExpr) and child.expr2 is not None:
                if children:
                    yield nodes.Output(children, lineno=children[0].lineno or node.lineno)
                    children = []
                sides = [nodes.Output([side]) for side in (child.expr1, child.expr2)]
                choice = nodes.If(child.test, [sides[0]], [], [sides[1]])
                choice.set_lineno(child.lineno)
                yield from self._marked(choice)
            elif _vouched(child) or (tag and not _ALT.search(tag)):
                if line != child.lineno and not tag:
                    children.append(self._index("text", child.lineno))
                    line = child.lineno
                children.append(child)
            elif isinstance(child, nodes.Call) and not any(map(_holds_prose, child.args)):
                children.append(child)
                line = 0  # a macro marks its own text
            else:
                children.append(self._index("expression", child.lineno))
                children.append(self._by_fact(child))
                children.append(_code("marks.end_expression"))
        if children:
            yield nodes.Output(children, lineno=children[0].lineno or node.lineno)

    def _branches(self, node: nodes.If) -> None:
        """Mark each branch with the facts that decided for it."""
        self._n_chains += 1
        chain = (self._name, self._n_chains)
        parts: list[nodes.If] = [node, *node.elif_]
        lenient = any(asks_for_values(part.test) for part in parts)
        entered = f"marks.entered({lenient})"
        for part in parts:
            part.test = nodes.And(_code(f"marks.test({chain})"), noted(part.test))
            part.test.set_lineno(part.lineno)
            part.body = _between(part.body, entered, part.lineno)
        if node.else_:
            node.else_ = _between(node.else_, entered, node.lineno)
        else:
            node.else_ = [nodes.Output([_code(f"marks.passed({lenient})")], lineno=node.lineno)]

    def _by_fact(self, node: nodes.Expr) -> nodes.Expr:
        """Watch an expression that looks something up by another expression."""
        if isinstance(node, nodes.Name | nodes.Const | nodes.Call):
            return node
        inner = [node, *node.find_all(nodes.Getitem)]
        if not any(isinstance(n, nodes.Getitem) and not _constant(n.arg) for n in inner):
            return node
        arguments = [_code('claims.begin("")'), noted(node)]
        call = nodes.Call(_code("marks.looked_up"), arguments, [], None, None)
        call.set_lineno(node.lineno)
        return call


def _code(text: str) -> nodes.Expr:
    """Return an expression of generated code, below `environment`."""
    return nodes.EnvironmentAttribute(text)


def _between(body: list[nodes.Node], start: str, line: int) -> list[nodes.Node]:
    """Return a branch between its marks, which join the outputs that are there."""
    opening, closing = _code(start), _code("marks.end_choice")
    if not body:
        return [nodes.Output([opening, closing], lineno=line)]
    if isinstance(body[0], nodes.Output):
        body[0].nodes.insert(0, opening)
    else:
        body.insert(0, nodes.Output([opening], lineno=line))
    if isinstance(body[-1], nodes.Output):
        body[-1].nodes.append(closing)
    else:
        body.append(nodes.Output([closing], lineno=line))
    return body


def _scan(data: str, tag: str) -> tuple[bool, str]:
    """Return whether text has words outside tags, and the tag that it leaves open.

    `tag` is what stands before it of a tag that is still open.
    """
    head, closes, rest = data.partition(">") if tag else ("", ">", data)
    if not closes:
        return False, tag + head
    started = _OPEN_TAG.search(rest)
    text = rest[: started.start()] if started else rest
    worded = _WORD.search(_TAGS.sub("", text)) or _ALT_TEXT.search(text)
    return worded is not None, started[0] if started else ""


def _constant(node: nodes.Expr) -> bool:
    return isinstance(node, nodes.Const | nodes.Slice)


def _holds_prose(node: nodes.Expr) -> bool:
    """Whether an argument is more than a name, a number or an id: a text written there."""
    if isinstance(node, nodes.Const):
        return isinstance(node.value, str) and " " in node.value
    return not isinstance(node, nodes.Name | nodes.Getattr | nodes.Getitem)


def _vouched(node: nodes.Expr) -> bool:
    """Whether an output needs no place: spans vouch for it, or a tag of ours put it there."""
    if isinstance(node, nodes.Filter):
        return node.name in _VOUCHED_FILTERS
    if isinstance(node, nodes.Call):
        function = node.node
        known = isinstance(function, nodes.Name) and function.name in _VOUCHED_CALLS
        return known or isinstance(function, nodes.ExtensionAttribute)
    return isinstance(node, nodes.MarkSafe)

"""Jinja's sandbox, with bounds: what a template reads lies in its folder, what it does ends."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from types import BuiltinMethodType, MethodType
from typing import Any, cast

import jinja2
from jinja2 import nodes
from jinja2.filters import make_attrgetter
from jinja2.runtime import Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import _PassArg

from reportgen.errors import Fault, TemplateError
from reportgen.report.allowance import CALL, OPERATORS, Allowance
from reportgen.report.places import lies_in
from reportgen.report.volume import CHARACTERS, HOLDERS

RANDOM = ("random", "lipsum")
"""Of Jinja, a filter and a function whose results are never the same."""
OWN_ARGUMENTS = frozenset({"_loop_vars", "_block_vars", "caller"})
"""What Jinja gives to a call beside that which stands in it."""
_BYTES = frozenset({"encode", "to_bytes"})
_BODIES = (nodes.Template, nodes.Macro, nodes.CallBlock, nodes.Block)
_EXPRESSIONS = 6
"""Expressions of a body that count as one step."""


class TemplateFiles(jinja2.FileSystemLoader):
    """The templates of a folder, as UTF-8; no link leads out of it."""

    def get_source(
        self, environment: jinja2.Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        """Return a template's text and file (see `jinja2.BaseLoader.get_source`)."""
        folder = Path(self.searchpath[0])
        try:
            text, file, current = super().get_source(environment, template)
        except UnicodeDecodeError as error:
            line, msg = _not_utf8(error)
            where = str(folder / template)
            raise jinja2.TemplateSyntaxError(msg, line, template, where) from error
        if not lies_in(Path(file), folder):
            msg = f"is a link that leads out of {folder.name}/, so it is not read; copy the file"
            raise jinja2.TemplateSyntaxError(msg, 1, template, file)
        return text, file, current


def read_sheet(file: Path, folder: Path) -> str:
    """Return the text of a style sheet in the folder of templates.

    Raises
    ------
    TemplateError
        If it is no UTF-8, or a link that leads out of the folder.
    """
    where = file.relative_to(folder.parent).as_posix()
    if not lies_in(file, folder):
        msg = f"is a link that leads out of {folder.name}/, so it is not read; copy the file"
        raise TemplateError(faults=[Fault(where, 0, 0, msg)])
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        msg = f"cannot be read: {error.strerror or error}"
        raise TemplateError(faults=[Fault(where, 0, 0, msg)]) from error
    except UnicodeDecodeError as error:
        line, msg = _not_utf8(error)
        raise TemplateError(faults=[Fault(where, line, 0, msg)]) from error


def _not_utf8(error: UnicodeDecodeError) -> tuple[int, str]:
    """Return the line of a byte that is not UTF-8, and what to say of it."""
    line = error.object[: error.start].count(b"\n") + 1
    return line, f"byte 0x{error.object[error.start]:02x} is not UTF-8; save the file as UTF-8"


class Sandbox(ImmutableSandboxedEnvironment):
    """An environment whose templates read nothing outside their folder and always end.

    Parameters
    ----------
    templates : Path
        The folder of all templates.
    options
        As of `jinja2.Environment`.

    Attributes
    ----------
    allowance : Allowance
        What is left to the template in hand.
    ours : tuple of object
        Whose methods only code that is made of templates calls; they take no steps.
    """

    intercepted_binops = frozenset(OPERATORS)

    def __init__(self, templates: Path, **options: Any) -> None:
        super().__init__(loader=TemplateFiles(templates), **options)
        self.allowance = Allowance()
        self.ours: tuple[object, ...] = (self.allowance,)
        self.binop_table |= {name: of(self.allowance) for name, of in OPERATORS.items()}
        self.filters["sum"] = self._sum
        self.bound(self.filters, self.filters)
        self.bound(self.tests, self.tests)
        for name in RANDOM:
            self.filters.pop(name, None)
            self.globals.pop(name, None)
        self._written: Callable[[Any], Any] = self.finalize or _same
        self.finalize = self.finish

    def bound(self, functions: dict[str, Any], added: Mapping[str, Any]) -> None:
        """Put bounds around filters or tests, and add them to those that there are."""
        functions |= {name: self._bounded(name, function) for name, function in added.items()}

    def _bounded(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a filter or test that makes no more than a template may have."""
        first = 0 if _PassArg.from_obj(function) is None else 1
        allowance = self.allowance

        @functools.wraps(function)
        def apply(*given: Any, **named: Any) -> Any:
            if len(given) > first:
                allowance.method(name, given[first], given[first + 1 :], named)
                given = (*given[:first], *map(allowance.one_by_one, given[first:]))
            return allowance.sized(function(*given, **named))

        return apply

    def _sum(self, iterable: Any, attribute: str | int | None = None, start: Any = 0) -> Any:
        """Return a sum, as Jinja's filter does."""
        if attribute is not None:
            iterable = map(make_attrgetter(self, attribute), iterable)
        return self.allowance.sum(iterable, start)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Forbid private names, and what makes bytes: no bound looks into these."""
        if isinstance(obj, (str, int)) and attr in _BYTES:
            return False
        return bool(super().is_safe_attribute(obj, attr, value))

    def finish(self, value: Any) -> Any:
        """Return what is written of a value (Jinja's `finalize`), which is not too large."""
        return self._written(self.allowance.sized(value))

    # ── reading ─────────────────────────────────────────────────────────────

    def prepare(self, template: nodes.Template, name: str) -> None:
        """Change a syntax tree before code is made of it; here nothing."""

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        """Parse a template, and put bounds into it."""
        try:
            template = super()._parse(source, name, filename)
            self.prepare(template, name or "")
            _bound(template)
        except (RecursionError, ValueError, OverflowError, MemoryError) as error:
            raise _unreadable(error, name, filename) from error
        return template

    def compile(
        self,
        source: str | nodes.Template,
        name: str | None = None,
        filename: str | None = None,
        raw: bool = False,
        defer_init: bool = False,
    ) -> Any:
        """Return a template's code; what Python cannot compile is a fault of the template."""
        try:
            return super().compile(source, name, filename, raw, defer_init)  # type: ignore[call-overload]
        except (RecursionError, SyntaxError, ValueError, OverflowError, MemoryError) as error:
            raise _unreadable(error, name, filename) from error

    # ── running ─────────────────────────────────────────────────────────────

    def get_template(self, name: Any, parent: Any = None, globals: Any = None) -> Any:  # noqa: A002
        """Return a template; each that is included or imported is a call."""
        self.allowance.spend(CALL)
        return super().get_template(name, parent, globals)

    def call(self, context: Context, function: Any, /, *given: Any, **named: Any) -> Any:
        """Call what a template calls."""
        owner = None
        if isinstance(function, (BuiltinMethodType, MethodType)):
            owner = function.__self__
        if any(owner is own for own in self.ours):
            return function(*given)
        self.allowance.spend(CALL)
        said = {name: value for name, value in named.items() if name not in OWN_ARGUMENTS}
        if isinstance(function, LoopContext) and given:
            self.allowance.rounds(given[0])
        elif not isinstance(function, Macro):
            if isinstance(owner, (str, *HOLDERS)):
                self.allowance.method(function.__name__, owner, given, said)
            else:
                self.allowance.function((*given, *said.values()))
            given = tuple(map(self.allowance.one_by_one, given))
        return self.allowance.sized(super().call(context, function, *given, **named))

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """Return what stands for ``"…".format``, whose fields are of a bounded width."""
        wrapped = super().wrap_str_format(value)
        if wrapped is None:
            return None

        @functools.wraps(wrapped)
        def filled(*given: Any, **named: Any) -> str:
            self.allowance.layout(value.__self__)
            self.allowance.method("format", value.__self__, given, named)
            text: str = self.allowance.sized(wrapped(*given, **named))
            return text

        return filled


def _same(value: Any) -> Any:
    return value


def _unreadable(
    error: Exception, name: str | None, filename: str | None
) -> jinja2.TemplateSyntaxError:
    """Return the fault of a template of which no code can be made."""
    deep = isinstance(error, (RecursionError, MemoryError))
    what = "it is nested too deep" if deep else getattr(error, "msg", "") or str(error)
    return jinja2.TemplateSyntaxError(f"this is no template: {what}", 1, name, filename)


def _bound(template: nodes.Template) -> None:
    """Put bounds around loops, bodies, joined texts, containers and comparisons, however deep."""
    to_see: list[nodes.Node] = [template]
    while to_see:
        here = to_see.pop()
        weight = _weight(here) if isinstance(here, (nodes.For, *_BODIES)) else 0
        fields: MutableMapping[str, Any] = {name: getattr(here, name) for name in here.fields}
        for name, value in fields.items():
            if isinstance(value, nodes.Node):
                to_see.append(value)
                setattr(here, name, _bounded(value, here))
            elif isinstance(value, list):
                to_see += [child for child in value if isinstance(child, nodes.Node)]
                setattr(here, name, [_bounded(child, here) for child in value])
        if isinstance(here, nodes.For):
            here.iter = _call("rounds", cast("nodes.Expr", here.iter), nodes.Const(1 + weight))
        elif isinstance(here, _BODIES) and weight:
            paid = nodes.ExprStmt(_call("spend", nodes.Const(weight)), lineno=here.lineno or 1)
            here.body = [paid, *here.body]


def _bounded(child: Any, parent: nodes.Node) -> Any:
    """Return an expression with the bound that it needs, or what is none as it is."""
    if _grows(child):
        return _call("sized", child)
    compared = isinstance(parent, nodes.Compare | nodes.Operand) and isinstance(child, nodes.Expr)
    return _call("seen", child) if compared and not isinstance(child, nodes.Const) else child


def _grows(node: object) -> bool:
    """Whether an expression makes a text or a container of values that may be large."""
    if isinstance(node, nodes.Getitem):
        return isinstance(node.arg, nodes.Slice)
    if isinstance(node, nodes.Concat):
        return True
    if isinstance(node, nodes.Tuple) and node.ctx != "load":
        return False
    if not isinstance(node, nodes.List | nodes.Tuple | nodes.Dict):
        return False
    parts = [item.value if isinstance(item, nodes.Pair) else item for item in node.items]
    return not all(isinstance(part, nodes.Const) for part in parts)


def _weight(node: nodes.Node) -> int:
    """Return what it takes to carry out once what stands in a loop, a macro or a template."""
    n_characters = sum(len(data.data) for data in node.find_all(nodes.TemplateData))
    return n_characters // CHARACTERS + sum(1 for _ in node.find_all(nodes.Expr)) // _EXPRESSIONS


def _call(method: str, *given: nodes.Node) -> nodes.Call:
    """Return the call of a method of the environment's allowance."""
    function = nodes.EnvironmentAttribute(f"allowance.{method}")
    return nodes.Call(function, [*given], [], None, None, lineno=given[0].lineno or 1)

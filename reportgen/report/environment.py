"""Jinja as reports use it: sandboxed, strict, with names that explain themselves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import jinja2
from jinja2 import nodes
from jinja2.exceptions import SecurityError
from jinja2.utils import missing

from reportgen.errors import nearest
from reportgen.facts.fact import Fact, FactTree
from reportgen.report.claims import Claims
from reportgen.report.formatters import FILTER_FOR, forbid_bare_numbers, literal
from reportgen.report.marker import Marker
from reportgen.report.marks import Bare, Marks
from reportgen.report.readings import Parsed, Reading, Readings, relocated
from reportgen.report.sandbox import Sandbox
from reportgen.report.sketches import Sketch
from reportgen.spec.base import SpecModel

_JINJA_GLOBALS = frozenset({"dict", "cycler", "joiner"})


class Unknown(jinja2.StrictUndefined):
    """A name that a template uses and nobody defines: any use of it is an error."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        name = str(self._undefined_name)
        if self._undefined_hint:
            return self._undefined_hint
        if isinstance(self._undefined_obj, FactTree):
            try:
                self._undefined_obj[name]
            except KeyError as error:
                return str(error.args[0])
        if isinstance(self._undefined_obj, Fact):
            return f"{self._undefined_obj.id} is a fact; there is nothing below it, no {name!r}"
        return f"a {type(self._undefined_obj).__name__} has no {name!r}"

    def __format__(self, spec: str) -> NoReturn:
        # Without it a filter that formats one would die with a bare TypeError.
        self._fail_with_undefined_error(spec)


class Environment(Sandbox):
    """A project's templates: what they may reach, and how they are read.

    Parameters
    ----------
    templates : Path
        Their folder; nothing outside is read.
    filters : mapping
        Filters by name.
    names : mapping
        What every template may use, by name.
    readings : Readings, optional
        Templates that were read before, in another environment.
    """

    def __init__(
        self,
        templates: Path,
        filters: Mapping[str, Any],
        names: Mapping[str, Any],
        readings: Readings | None = None,
    ) -> None:
        environment = self

        class UnknownHere(Unknown):
            __slots__ = ()

            @property
            def _undefined_message(self) -> str:
                if self._undefined_obj is missing and not self._undefined_hint:
                    name = str(self._undefined_name)
                    return f"{name!r} is unknown here; {nearest(name, environment.names())}"
                return super()._undefined_message

        super().__init__(
            templates,
            autoescape=True,
            undefined=UnknownHere,
            finalize=finish,
            lstrip_blocks=True,
            auto_reload=False,
            optimized=False,  # folding constants takes longer than it saves
            extensions=[Claims],
        )
        self.claims = Claims.of(self)
        self.marks = Marks(self.claims)
        self.ours += (self.claims, self.marks)
        self.consulted: set[str] = set()
        self.absorptions = 0
        self._readings = readings or Readings()
        self._parsed: Parsed | None = None
        self.bound(self.filters, filters)
        self.tests["known"] = is_known
        self.globals |= {"literal": literal, **names}

    # ── reading ─────────────────────────────────────────────────────────────

    def prepare(self, template: nodes.Template, name: str) -> None:
        """Sketch a template, and put marks into it (see `reportgen.report.marker`)."""
        sketch, marker = Sketch(), Marker(name)
        sketch.read(template)
        marker.mark(template)
        self._parsed = Parsed(sketch, tuple(marker.places), marker.assigned)

    def compile(
        self,
        source: str | nodes.Template,
        name: str | None = None,
        filename: str | None = None,
        raw: bool = False,
        defer_init: bool = False,
    ) -> Any:
        """Return a template's code, made only if its text has not been read before."""
        if not (isinstance(source, str) and name and filename) or raw or defer_init:
            return super().compile(source, name, filename, raw, defer_init)

        def make() -> Reading:
            code = super(Environment, self).compile(source, name, filename)
            return Reading(self._just_parsed(), code)

        reading = self._readings.read(self, name, source, make, coded=True)
        self.marks.enter(name, reading.parsed.places, reading.parsed.assigned)
        assert reading.code is not None
        return relocated(reading.code, filename)

    def sketch(self, name: str) -> Sketch:
        """Return what a template uses and defines.

        Raises
        ------
        jinja2.TemplateNotFound, jinja2.TemplateSyntaxError
            If it cannot be read.
        """
        assert self.loader is not None
        source, filename, _ = self.loader.get_source(self, name)

        def make() -> Reading:
            self.parse(source, name, filename)
            return Reading(self._just_parsed())

        return self._readings.read(self, name, source, make, coded=False).parsed.sketch

    def _just_parsed(self) -> Parsed:
        """Return what parsing the last template told."""
        assert self._parsed is not None
        return self._parsed

    # ── running ─────────────────────────────────────────────────────────────

    def rendered(
        self, name: str, variables: Mapping[str, Any]
    ) -> tuple[str, Mapping[str, Any]] | None:
        """Render a template; return its text and its top-level names.

        What an expression raises comes with the templates' lines in its traceback.
        """
        self.allowance.renew()
        template = self.get_template(name)
        context = template.new_context(dict(variables))
        try:
            text = self.allowance.gathered(template.root_render_func(context))
        except Exception:  # noqa: BLE001
            self.handle_exception()  # raises it again
        return text, context.get_exported()

    def written(self, value: Any) -> str:
        """Return a variable of a template as text."""
        return str(value)

    def names(self) -> list[str]:
        """Return the names that every template may use, sorted."""
        return sorted(set(self.globals) - _JINJA_GLOBALS)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return an attribute; note the id of each fact that a template reaches."""
        value = super().getattr(obj, attribute)
        if isinstance(value, Fact):
            self.consulted.add(value.id)
            self.claims.note(value)
        return value

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return an item; note the id of each fact that a template reaches."""
        self.allowance.function((argument,))
        value = super().getitem(obj, argument)
        if isinstance(value, Fact):
            self.consulted.add(value.id)
            self.claims.note(value)
        return value

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Forbid private names, a fact's bare value, and all of a spec but its fields.

        Numbers leave facts through filters; a pydantic model has methods that read files.
        """
        if isinstance(obj, Fact) and attr == "value":
            return False
        if isinstance(obj, SpecModel) and attr not in type(obj).model_fields:
            return False
        return bool(super().is_safe_attribute(obj, attr, value))

    def unsafe_undefined(self, obj: Any, attribute: str) -> jinja2.Undefined:
        """Return the undefined value of a forbidden attribute, saying why it is forbidden."""
        if isinstance(obj, Fact):
            name = FILTER_FOR.get(obj.unit, "text")
            hint = f"take the value of {obj.id} through a filter: {{{{ {obj.id} | {name} }}}}"
        else:
            hint = f"templates may not reach {attribute!r} of a {type(obj).__name__}"
        return self.undefined(hint, name=attribute, obj=obj, exc=SecurityError)


def finish(value: object) -> object:
    """Return what may be printed (Jinja's `finalize`), with its marks."""
    return forbid_bare_numbers(value.marked if isinstance(value, Bare) else value)


def is_known(fact: object) -> bool:
    """Whether a fact has a value (Jinja's test ``known``)."""
    return isinstance(fact, Fact) and fact.value is not None

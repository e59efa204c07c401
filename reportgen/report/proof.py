"""Proofreads the answers of a report: renders them with marks and applies the rules."""

from __future__ import annotations

import html as html_text
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reportgen.errors import Fault
from reportgen.report.allowance import SpentError
from reportgen.report.environment import Environment
from reportgen.report.marks import END_SOURCE, Bare, Marks, Origin, Place, unmarked
from reportgen.report.pictures import Pictures
from reportgen.report.places import excerpt, locate, trail_here
from reportgen.report.prose import SOURCES, VOID, Block, Reader
from reportgen.report.registry import Registry
from reportgen.report.rules import (
    Finding,
    groundless_sentences,
    misplaced_spans,
    mixed_checkpoints,
    orphan_numbers,
)
from reportgen.report.text import plain

_SPAN = re.compile(r'<(/?)(\w+)((?:[^<>"]|"[^"]*")*)>|([^<]+)')
_CLASS = re.compile(r'\bclass="([^"]*)"')
_FACT = re.compile(r'\bdata-fact="([^"]*)"')
_LABEL = re.compile(r'<span class="label">[^<]*(?:<span[^>]*>[^<]*</span>)?[^<]*</span>')
_TAG = re.compile(r"<[^<>]*>")
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Copy:
    """A template, the variables it is given, and the text that came out without marks.

    `question` is the id of the question that it answers; `title` names the
    variable with its heading. What is `doubtful` holds absorbed values.
    """

    template: str
    variables: Mapping[str, Any]
    text: str | None = None
    question: str = ""
    title: str = ""
    doubtful: bool = False


class ProofRegistry(Registry):
    """A registry that takes ids which a template wrote, marks and all."""

    def define(self, kind: str, id: str, artefact: str = "") -> Any:
        """Register a captioned item and return its number."""
        return super().define(kind, unmarked(id), unmarked(artefact))

    def refer(self, id: str) -> Any:
        """Return a reference."""
        return super().refer(unmarked(id))


MAX_TEXT = 2_000_000
"""Characters that a template may write to be proofread; the page of 500 experiments has half."""


class ProofError(Exception):
    """A template does something else when its text holds marks."""


class UnreadableError(ProofError):
    """A template writes what cannot be read, marks or not."""


class Proof:
    """Renders templates once more, with marks, and tells what is against the rules.

    Parameters
    ----------
    environment : Environment
    templates : Path
        The folder of all templates.
    macros : str
        The template whose names all others have.
    pictures : Pictures
        Draws nothing; it is given the words of figures.
    registry : ProofRegistry, optional
        What the templates know as `page`.
    """

    def __init__(
        self,
        environment: Environment,
        templates: Path,
        macros: str,
        pictures: Pictures,
        registry: ProofRegistry | None = None,
    ) -> None:
        self._environment = environment
        self._templates = templates
        self._macros = macros
        self._pictures = pictures
        self._registry = registry or ProofRegistry()
        self._findings: list[tuple[str, Finding]] = []
        self._template = ""

    @property
    def _marks(self) -> Marks:
        return self._environment.marks

    def read(self, copies: list[Copy]) -> list[Fault]:
        """Return every fault of some templates that have just been rendered without marks."""
        environment = self._environment
        before = dict(environment.globals)
        registry = self._registry
        faults: list[Fault] = []
        self._marks.turn(on=True)
        try:
            environment.globals |= {
                "page": registry,
                "pictures": self._pictures.with_words(self._words),
                "plain": self._plain,
            }
            try:
                macros = environment.rendered(self._macros, {})
            except (SpentError, RecursionError):  # as it did without marks, which is told
                macros = None
            environment.globals |= macros[1] if macros else {}
            for copy in copies:
                self._template = copy.template
                registry.question = copy.question
                try:
                    self._read_copy(copy, registry)
                except Exception as error:  # noqa: BLE001 (whatever an expression raises becomes a fault)
                    faults += [] if copy.doubtful else [self._uncheckable(error)]
        finally:
            self._marks.turn(on=False)
            environment.globals.clear()
            environment.globals |= before
        return faults + [self._fault(template, finding) for template, finding in self._findings]

    def _read_copy(self, copy: Copy, registry: Registry) -> None:
        """Note the findings in one template."""
        rendered = self._environment.rendered(copy.template, copy.variables)
        if rendered is None:
            return
        text, exported = rendered
        _require_readable(text)
        if copy.text is not None and not copy.doubtful and _letters(text) != _letters(copy.text):
            msg = "with marks in it the text is another"
            raise ProofError(msg)
        reader = Reader(self._marks)
        blocks = reader.read(text)
        title: list[Block] = []
        if copy.title:
            line = self._marks.assigned.get((copy.template, copy.title), 0)
            place = Place(copy.template, line, "text")
            title = Reader(self._marks, "h3", place).read(
                self._environment.written(exported[copy.title])
            )
        self._note(orphan_numbers([*title, *blocks]))
        if copy.question:
            artefacts = {item.id: item.artefact for item in registry.items.values()}
            self._note(misplaced_spans(reader))
            self._note(groundless_sentences(blocks))
            if not copy.doubtful:  # what is absorbed may have named the checkpoint
                self._note(mixed_checkpoints(blocks, artefacts))

    def _note(self, findings: Iterator[Finding]) -> None:
        self._findings += [(self._template, finding) for finding in findings]

    # ── what templates are given in place of the real things ────────────────

    def _plain(self, markup: object) -> Bare:
        """Return markup without tags; when it is printed, marks stand for what vouches for it."""
        parts: list[str] = []
        ends: list[str] = []
        for end, tag, rest, text in _SPAN.findall(str(markup)):
            if text:
                parts.append(html_text.unescape(text))
            elif end:
                parts.append(ends.pop() if ends else "")
            elif tag not in VOID:
                name = _CLASS.search(rest)
                kind = "exempt" if tag == "code" else name[1] if name else ""
                fact = _FACT.search(rest)
                vouched = kind in SOURCES or kind == "exempt"
                origin = Origin(kind, fact[1] if fact else "")
                parts.append(self._marks.note(origin) if vouched else "")
                ends.append(END_SOURCE if vouched else "")
        return Bare(unmarked(plain(markup)), "".join(parts))

    def _words(self, markup: object) -> str:
        """Read words that go into a figure, and return them as they are drawn."""
        for finding in orphan_numbers(Reader(self._marks, "words").read(str(markup))):
            outer, *_, inner = [
                Place(line.template, line.number, "text") for line in trail_here()
            ] * 2
            place, through = finding.place or inner, (outer, *finding.through)
            self._findings.append((self._template, replace(finding, place=place, through=through)))
        return unmarked(plain(markup))

    # ── faults ──────────────────────────────────────────────────────────────

    def _fault(self, template: str, finding: Finding) -> Fault:
        """Return a finding as a fault, with the line itself."""
        place = finding.place or Place(template, 0, "text")
        message = finding.message
        if place.kind == "text" and finding.through:
            other = finding.through[0]
            message += "" if other.file == place.file else f"\n    used in {self._shown(other)}"
        elif finding.through:
            other = finding.through[-1]
            message += "" if other.file == place.file else f"\n    through {self._shown(other)}"
        message += excerpt(self._templates / place.file, place.line)
        return Fault(f"{self._templates.name}/{place.file}", place.line, 0, message)

    def _shown(self, place: Place) -> str:
        return f"{self._templates.name}/{place.file}:{place.line}"

    def _uncheckable(self, error: Exception) -> Fault:
        """Return what kept a template from being proofread, though it could be rendered."""
        self._environment.claims.unfinished()
        fault = locate(error, self._templates, {"filter": [], "test": []})
        if isinstance(error, UnreadableError):
            why = str(error)
        else:
            why = (
                "do not compare, measure or look up by a text that the template wrote itself "
                f"({fault.message})"
            )
        file = fault.file or f"{self._templates.name}/{self._template}"
        return Fault(file, fault.line, 0, f"this cannot be proofread: {why}")


def _require_readable(text: str) -> None:
    """Refuse a text that is too long to be read, or whose end is within a comment."""
    if len(text) > MAX_TEXT:
        msg = f"it writes {len(text)} characters, and at most {MAX_TEXT} are read"
        raise UnreadableError(msg)
    if text.rfind("<!--") > text.rfind("-->"):
        msg = "a comment is begun by <!-- and never ended by -->, so it hides the rest of the page"
        raise UnreadableError(msg)


def _letters(text: str) -> str:
    """Return the letters of a page but for its numbering, to see whether two are the same."""
    return _BLANKS.sub("", _TAG.sub("", _LABEL.sub("", unmarked(text)))).casefold()

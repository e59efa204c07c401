"""From a printed value back to where it came from: fact, run, stage, data, code, machine."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from reportgen.errors import TraceError
from reportgen.facts.fact import Fact
from reportgen.facts.listing import natural_order, plain_value
from reportgen.plan.code import fingerprint_class
from reportgen.project import EXPERIMENTS
from reportgen.records import RunId, RunRecord
from reportgen.report.appearances import Appearance, find_appearances
from reportgen.report.spanish import MINUS, Spanish
from reportgen.spec.network import StudyModel
from reportgen.spec.study import DEFAULT_PROFILE, Study

N_NEAREST = 5
"""How many printed values are named when none is the one asked for."""

_ID = re.compile(r"[a-z][a-z0-9_]*(\.[A-Za-z0-9_]+)+")
_NUMBER = re.compile(r"[-+]?\d[\d.,]*")
_WITH_UNIT = re.compile(rf"({_NUMBER.pattern})(%|[a-zµ]+)")
_STAGED = re.compile(
    r"\b(?:(evaluations|maps)(?:\[h=(\d+))?|epochs|seed|maximized|stopped|data|spec|provenance)\b"
)


@dataclass(frozen=True, slots=True)
class Hit:
    """A fact that a printed value may stand for, and where it is printed so."""

    fact: Fact
    printed: tuple[Appearance, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """Everything there is to trace to: a study, its records and facts, its page."""

    study: Study
    records: Mapping[RunId, RunRecord]
    facts: Sequence[Fact]
    html: str


def trace_value(origin: Origin, value: str) -> tuple[str, ...]:
    """Return the lines that tell where a printed value came from.

    Parameters
    ----------
    origin : Origin
    value : str
        As it stands in the report, with any kind of spaces, its unit or none
        (``98,94``, ``813 802``, ``12,3 MB``); or the id of a fact.

    Returns
    -------
    tuple of str
        Each fact that fits: id, value, meaning, where it is printed, field and
        stage; then each run that they come from.

    Raises
    ------
    TraceError
        If no fact fits; it names the nearest printed values.
    """
    printed = find_appearances(origin.html)
    hits = find_hits(origin, printed, value)
    if not hits:
        raise TraceError(_no_hit(value, printed, origin.facts))
    runs = {record.result.keys["record"]: run for run, record in origin.records.items()}
    lines: list[str] = []
    for hit in hits:
        lines += [*_fact_lines(hit, runs, origin.records), ""]
    keys = dict.fromkeys(key for hit in hits for key in hit.fact.source.run.split("+"))
    for run in dict.fromkeys(runs[key] for key in keys if key in runs):
        lines += [*_run_lines(origin.study, run, origin.records[run]), ""]
    return tuple(lines[:-1])


def find_hits(origin: Origin, printed: Sequence[Appearance], value: str) -> list[Hit]:
    """Return the facts that a value may stand for, in natural order of their ids.

    The fact of that id; else those that the page prints so; else those that a
    filter would print so.
    """
    by_id = {fact.id: fact for fact in origin.facts}
    if value.strip() in by_id:
        chosen = [by_id[value.strip()]]
        places = [item for item in printed if item.fact == chosen[0].id]
        return [Hit(chosen[0], tuple(places))]
    places = [item for item in printed if is_shown(item.text, value) and item.fact in by_id]
    if places:
        found = {item.fact for item in places}
    else:
        spanish = Spanish(origin.study.report.locale)
        found = {fact.id for fact in origin.facts if may_show(fact, value, spanish)}
    facts = sorted((by_id[name] for name in found), key=natural_order)
    return [Hit(fact, tuple(p for p in places if p.fact == fact.id)) for fact in facts]


def normal(text: str) -> str:
    r"""Return a printed value without its spaces, in small letters, with a plain minus.

    Examples
    --------
    >>> normal("813\u202f802"), normal("−0,14 %")
    ('813802', '-0,14%')
    """
    return re.sub(r"\s", "", text).replace(MINUS, "-").casefold().removeprefix("+")


def is_shown(text: str, value: str) -> bool:
    """Whether a printed text is the value asked for, which may leave the unit out.

    Examples
    --------
    >>> is_shown("98,94 %", "98,94"), is_shown("98,94", "98,94 %"), is_shown("198,94", "98,94")
    (True, False, False)
    """
    shown, wanted = normal(text), normal(value)
    unit = _WITH_UNIT.fullmatch(shown)
    return bool(wanted) and (shown == wanted or (unit is not None and unit[1] == wanted))


def may_show(fact: Fact, value: str, spanish: Spanish) -> bool:
    """Whether some filter would print a fact so, or its stored value is written so."""
    wanted = normal(value)
    if fact.value is None or isinstance(fact.value, bool) or not wanted:
        return False
    forms = {plain_value(fact.value)}
    if not isinstance(fact.value, str):
        number = _NUMBER.match(wanted)
        decimals = len(number[0].partition(spanish.decimal_mark)[2]) if number else 0
        forms.add(spanish.number(fact.value, decimals))
        if fact.unit in {"fraction", "ratio"}:
            forms.add(spanish.percent(fact.value, decimals))
        elif fact.unit == "bytes":
            forms.add(spanish.megabytes(int(fact.value), decimals))
        elif fact.unit == "s":
            forms.add(spanish.duration(fact.value))
    return any(is_shown(form, value) for form in forms)


# ── what is told ────────────────────────────────────────────────────────────


def _line(name: str, text: str) -> str:
    return f"  {name:<12} {text}"


def _fact_lines(
    hit: Hit, runs: Mapping[str, RunId], records: Mapping[RunId, RunRecord]
) -> Iterator[str]:
    """Yield what there is to say about one fact."""
    fact = hit.fact
    yield fact.id
    yield _line("value", f"{plain_value(fact.value)} {fact.unit}".rstrip())
    yield _line("meaning", fact.meaning)
    places = list(dict.fromkeys(f"{item.text} in {item.place}" for item in hit.printed))
    for i, place in enumerate(places or ["nowhere in the report"]):
        yield _line("" if i else "printed", place)
    yield _line("field", fact.source.field)
    own = [runs[key] for key in fact.source.run.split("+") if key in runs]
    keys = dict.fromkeys(key for run in own for key in records[run].result.keys)
    yield _line("stage", ", ".join(stages_of(fact.source.field, list(keys))))
    for i, run in enumerate(own):
        yield _line("" if i else "run", f"{run}, key {records[run].result.keys['record']}")


def stages_of(field: str, stages: Sequence[str]) -> list[str]:
    """Return the stages that made a field of a record, as its keys name them.

    Examples
    --------
    >>> stages_of("evaluations[h=10],epochs[:10]", ["data", "train", "evaluate.h10", "record"])
    ['evaluate.h10', 'train']
    >>> stages_of("spec.training.batch_size", ["data", "train"])
    ['experiment file']
    """
    made_by = {"evaluations": "evaluate", "maps": "embed", "data": "data", "maximized": "maximize"}
    found: dict[str, None] = {}
    for match in _STAGED.finditer(field):
        name = match[1] or match[0]
        if name == "spec":
            found["experiment file"] = None
        elif name == "provenance":
            found["record"] = None
        else:
            stage = made_by.get(name, "train") + (f".h{match[2]}" if match[2] else "")
            found.update(dict.fromkeys(s for s in stages if f"{s}.".startswith(f"{stage}.")))
    return list(found) or ["record"]


def _run_lines(study: Study, run: RunId, record: RunRecord) -> Iterator[str]:
    """Yield what decided a run's result, and what machine it ran on."""
    result, provenance = record.result, record.provenance
    folder = f"{EXPERIMENTS}/{study.name}"
    profile = "" if study.profile == DEFAULT_PROFILE else f" and profiles/{study.profile}.yaml"
    spec = study.experiments[run.experiment]
    yield f"run {run}"
    yield _line("experiment", f"{folder}/{run.experiment}.yaml{profile}")
    for stage, key in result.keys.items():
        yield _line(stage, f"key {key}")
    yield _line("data set", f"{result.data.name}, {result.data.source}")
    yield _line("content", f"SHA-256 {result.data.fingerprint}")
    if isinstance(spec.model, StudyModel):
        code = fingerprint_class(study.models_file, spec.model.class_).digest
        yield _line("code", f"{spec.model.class_} of {folder}/models.py, SHA-256 {code}")
    else:
        yield _line("network", f"{spec.model.name}, of an installed library")
    if result.model.weights != "none":
        yield _line("weights", result.model.weights)
    for one in study.runs:
        if one.id == run and one.source is not None:
            yield _line("", f"{one.source}, its best epoch within its last horizon")
    yield _line("device", f"{provenance.device} ({provenance.device_name})")
    yield _line("precision", f"{provenance.precision}, {provenance.threads} threads")
    versions = ", ".join(f"{name} {version}" for name, version in provenance.versions.items())
    yield _line("versions", versions)
    yield _line("commit", provenance.commit or "none: the project was no repository")


# ── no hit ──────────────────────────────────────────────────────────────────


def _no_hit(value: str, printed: Sequence[Appearance], facts: Sequence[Fact]) -> str:
    """Say that nothing fits, and what comes nearest."""
    if _ID.fullmatch(value.strip()):
        close = difflib.get_close_matches(value.strip(), [fact.id for fact in facts], N_NEAREST)
        hint = f"nearest: {', '.join(close)}" if close else "`reportgen facts` lists all of them"
        return f'there is no fact "{value.strip()}"; {hint}'
    texts = {item.text: item.fact for item in reversed(printed)}
    wanted = as_number(value)
    if wanted is None:
        close = difflib.get_close_matches(value, list(texts), N_NEAREST)
        hint = f"nearest: {', '.join(close)}" if close else "take it as it stands in the report"
        return f'no fact is printed as "{value}"; {hint}'
    numbers = [(abs(n - wanted), text) for text in texts if (n := as_number(text)) is not None]
    listed = ", ".join(f"{text} ({texts[text]})" for _, text in sorted(numbers)[:N_NEAREST])
    return f'no fact has the value "{value}"; the nearest printed are {listed or "none"}'


def as_number(text: str) -> Decimal | None:
    """Return the number that a printed text begins with, whatever mark it has.

    Examples
    --------
    >>> as_number("98,94 %"), as_number("tres")
    (Decimal('98.94'), None)
    """
    match = _NUMBER.match(normal(text))
    with suppress(InvalidOperation):
        return Decimal(match[0].replace(",", ".")) if match else None
    return None

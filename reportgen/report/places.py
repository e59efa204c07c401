"""Where in which template something went wrong, told with the line itself."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import jinja2

from reportgen.errors import Fault, ReportgenError, nearest

NO_SUCH = re.compile(r"No (filter|test) named '(\w+)'")
"""What Jinja says of a filter or test that it finds missing while it renders."""

_RENDERING = re.compile(r"root|macro|loop|block_.*")


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """A line of a template, by the template's name; 0 if unknown."""

    template: str
    number: int


Trail = tuple[Line, ...]
"""The lines that led to something, the outermost first: its author wrote that one."""


def locate(error: Exception, templates: Path, vocabulary: Mapping[str, list[str]]) -> Fault:
    """Return an error in a template as a fault (see `tell`).

    Parameters
    ----------
    error : Exception
        What Jinja, a filter or a function raised.
    templates : Path
        The folder of all templates.
    vocabulary : mapping of str to list of str
        The names of filters and tests, under "filter" and "test".
    """
    return tell(describe(error, vocabulary), trail_of(error, templates), templates)


def tell(message: str, trail: Trail, templates: Path) -> Fault:
    """Return a fault whose place is the outermost line of a trail.

    The macros and includes that it went through follow, then the lines themselves.
    """
    if not trail:
        return Fault("", 0, 0, message)
    outer, *inner = trail
    if inner:
        message += f"\n    through {' > '.join(shown(line, templates) for line in inner)}"
    message += quoted((outer, trail[-1]), templates)
    return Fault(f"{templates.name}/{outer.template}", outer.number, 0, message)


def shown(line: Line, templates: Path) -> str:
    """Return a line as ``templates/macros.html.j2:12``."""
    return f"{templates.name}/{line.template}:{line.number}"


def quoted(lines: Sequence[Line], templates: Path) -> str:
    """Return lines of templates as they stand there, each once; of links that lead out, none."""
    files = [(templates / line.template, line.number) for line in dict.fromkeys(lines)]
    return "".join(excerpt(file, line) for file, line in files if lies_in(file, templates))


def lies_in(file: Path, folder: Path) -> bool:
    """Whether a file lies in a folder, once all links are followed."""
    return file.resolve().is_relative_to(folder.resolve())


def excerpt(file: Path, line: int) -> str:
    """Return a line of a template, indented, with its number."""
    try:
        text = file.read_text(encoding="utf-8").splitlines()[line - 1]
    except (OSError, IndexError, UnicodeDecodeError):
        return ""
    return f"\n    {line} | {text.strip()}"


def trail_of(error: Exception, templates: Path) -> Trail:
    """Return the lines that an error passed, whose traceback Jinja has rewritten."""
    lines = [
        Line(_name(frame.filename, templates), frame.lineno or 0)
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.endswith(".j2")
    ]
    if isinstance(error, jinja2.TemplateSyntaxError):
        lines = lines[-1:] if error.filename is None else []
        lines.append(Line(_name(error.filename or error.name or "", templates), error.lineno))
    return tuple(lines)


def trail_here() -> Trail:
    """Return the lines that are being rendered."""
    return tuple(_line(frame) for frame in reversed([*_frames()]))


def line_here() -> Line | None:
    """Return the outermost line that is being rendered."""
    frames = [*_frames()]
    return _line(frames[-1]) if frames else None


def _frames() -> Iterator[FrameType]:
    """Yield the frames of templates, the innermost first."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001
    while frame is not None:
        code = frame.f_code.co_name
        if "__jinja_template__" in frame.f_globals and _RENDERING.fullmatch(code):
            yield frame
        frame = frame.f_back


def _line(frame: FrameType) -> Line:
    template: jinja2.Template = frame.f_globals["__jinja_template__"]
    return Line(template.name or "", template.get_corresponding_lineno(frame.f_lineno))


def describe(error: Exception, vocabulary: Mapping[str, list[str]]) -> str:
    """Say what an error means to the author of a template."""
    if isinstance(error, jinja2.TemplateNotFound):
        return f'there is no template "{error.name}"'
    text = error.message if isinstance(error, jinja2.TemplateSyntaxError) else str(error)
    unknown = NO_SUCH.search(text or "")
    if unknown:
        kind, name = unknown.groups()
        return no_such(kind, name, vocabulary)
    if isinstance(error, (KeyError, AttributeError)) and error.args:
        return str(error.args[0])
    if type(error).__module__ == "builtins":
        return f"{type(error).__name__}: {text}"
    if isinstance(error, ReportgenError):
        return error.message
    return text or type(error).__name__


def no_such(kind: str, name: str, vocabulary: Mapping[str, list[str]]) -> str:
    """Say that there is no filter or test of a name."""
    return f'there is no {kind} "{name}"; {nearest(name, vocabulary[kind])}'


def _name(file: str, templates: Path) -> str:
    """Return the name of the template that lies in a file."""
    try:
        return Path(file).relative_to(templates).as_posix()
    except ValueError:
        return file

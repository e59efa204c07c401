"""Where in which template something went wrong, told with the line itself."""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping
from pathlib import Path

import jinja2

from reportgen.errors import Fault, ReportgenError, nearest

_NO_SUCH = re.compile(r"No (filter|test) named '(\w+)'")


def locate(error: Exception, templates: Path, vocabulary: Mapping[str, list[str]]) -> Fault:
    """Return an error in a template as a fault.

    The place is the line of the outermost template, which its author wrote; the
    macros and includes that it went through follow, then the line itself.

    Parameters
    ----------
    error : Exception
        What Jinja, a filter or a function raised.
    templates : Path
        The folder of all templates.
    vocabulary : mapping of str to list of str
        The names of filters and tests, under "filter" and "test".
    """
    frames = [
        (Path(frame.filename), frame.lineno or 0)
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.endswith(".j2")
    ]
    if isinstance(error, jinja2.TemplateSyntaxError):
        frames = frames[-1:] if error.filename is None else []
        frames.append((Path(error.filename or error.name or ""), error.lineno))
    message = _describe(error, vocabulary)
    if not frames:
        return Fault("", 0, 0, message)
    (file, line), *inner = frames
    through = [f"{_shown(path, templates)}:{number}" for path, number in inner]
    if through:
        message += f"\n    through {' > '.join(through)}"
    deepest = frames[-1]
    message += "".join(excerpt(*frame) for frame in dict.fromkeys(((file, line), deepest)))
    return Fault(_shown(file, templates), line, 0, message)


def _describe(error: Exception, vocabulary: Mapping[str, list[str]]) -> str:
    """Say what an error means to the author of a template."""
    if isinstance(error, jinja2.TemplateNotFound):
        return f'there is no template "{error.name}"'
    text = error.message if isinstance(error, jinja2.TemplateSyntaxError) else str(error)
    unknown = _NO_SUCH.search(text or "")
    if unknown:
        kind, name = unknown.groups()
        return f'there is no {kind} "{name}"; {nearest(name, vocabulary[kind])}'
    if isinstance(error, (KeyError, AttributeError)) and error.args:
        return str(error.args[0])
    if type(error).__module__ == "builtins":
        return f"{type(error).__name__}: {text}"
    if isinstance(error, ReportgenError):
        return error.message
    return text or type(error).__name__


def excerpt(file: Path, line: int) -> str:
    """Return a line of a template, indented, with its number."""
    try:
        text = file.read_text(encoding="utf-8").splitlines()[line - 1]
    except (OSError, IndexError, UnicodeDecodeError):
        return ""
    return f"\n    {line} | {text.strip()}"


def _shown(file: Path, templates: Path) -> str:
    """Return a template's path from the project's root."""
    try:
        return (Path(templates.name) / file.relative_to(templates)).as_posix()
    except ValueError:
        return file.name

"""The study's own code that runs: its source, and a fingerprint of what it means.

The fingerprint is taken of the syntax tree of a class and of all that it
reaches by name in its file. Comments, docstrings, layout, the order of imports
and the Python version do not count; constants, defaults and bases do.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reportgen.errors import Fault, ModelError, nearest
from reportgen.hashing import canonical_json, sha256_json
from reportgen.project import shown

NORMAL_FORM = 1
"""Number of the normal form; raised if `normalize` gives other values for the same code."""

SKIPPED_FIELDS = frozenset({"type_comment", "kind", "ctx", "type_ignores"})
IMPORTS = ast.Import | ast.ImportFrom


@dataclass(frozen=True, slots=True)
class CodeFingerprint:
    """What identifies a class of the study, and its source as written."""

    digest: str
    source: str


@dataclass(frozen=True, slots=True)
class _Unit:
    """A top-level statement, or one name of an import: what it binds and what it uses."""

    node: ast.stmt
    line: int
    binds: frozenset[str]
    uses: frozenset[str] = frozenset()


def fingerprint_class(models_file: Path, class_name: str) -> CodeFingerprint:
    """Return the fingerprint and the source of a class.

    Statements of the file that bind no name, such as calls and assignments to
    attributes, always count: they run when the file is loaded.

    Raises
    ------
    ModelError
        If the file cannot be read or parsed, has no such class, or takes code
        from a file beside it, whose changes nobody would see.
    """
    text, tree = _parse(models_file)
    source, _ = _source(text, _find_class(tree, class_name, models_file))
    try:
        reached = _reached(list(_units(tree)), class_name)
        _refuse_neighbours(reached, models_file)
        imports = [normalize(unit.node) for unit in reached if isinstance(unit.node, IMPORTS)]
        rest = [normalize(unit.node) for unit in reached if not isinstance(unit.node, IMPORTS)]
    except RecursionError as error:
        fault = Fault(shown(models_file), 0, 0, "the code is nested too deep")
        raise ModelError(faults=[fault]) from error
    code = [sorted(imports, key=canonical_json), rest]
    digest = sha256_json({"form": NORMAL_FORM, "class": class_name, "code": code})
    return CodeFingerprint(digest, source)


def class_source(models_file: Path, class_name: str) -> tuple[str, int]:
    """Return the source of a class as written, with its decorators, and its first line's number.

    Raises
    ------
    ModelError
        If the file cannot be read or parsed, or has no such class.
    """
    text, tree = _parse(models_file)
    return _source(text, _find_class(tree, class_name, models_file))


def module_source(models_file: Path, class_names: Sequence[str]) -> str:
    """Return a module with some classes and all that they reach, as written, and nothing else.

    Its classes have the fingerprints that they have in the whole file.

    Raises
    ------
    ModelError
        If the file cannot be read or parsed, or has no such class.
    """
    text, tree = _parse(models_file)
    units = list(_units(tree))
    lines: set[int] = set()
    for name in class_names:
        _find_class(tree, name, models_file)
        lines |= {unit.line for unit in _reached(units, name)}
    kept = [node for node in tree.body if node.lineno in lines or _is_future(node)]
    return "".join(_with_comments(text.split("\n"), kept)).lstrip("\n")


def _is_future(node: ast.stmt) -> bool:
    """Tell an import that changes how the file is read."""
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _with_comments(lines: Sequence[str], nodes: Sequence[ast.stmt]) -> Iterator[str]:
    """Yield each statement with the comments and at most two blank lines right above it."""
    for node in nodes:
        first = _first_line(node) - 1
        while first and lines[first - 1].startswith("#"):
            first -= 1
        blank = first
        while blank and not lines[blank - 1].strip():
            blank -= 1
        yield "\n" * min(first - blank, 2)
        yield "\n".join(lines[first : node.end_lineno]) + "\n"


def _first_line(node: ast.stmt) -> int:
    """Return the number of a statement's first line, that of its first decorator if it has one."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def normalize(node: Any) -> Any:
    """Return a syntax tree as JSON-able lists that hold only what the code means.

    Positions, docstrings, statements that do nothing and empty fields are left out, so that a field
    that a later Python adds does not count until it is used.

    Examples
    --------
    >>> normalize(ast.parse("x = 0x10  # sixteen").body[0])
    ['Assign', ['targets', [['Name', ['id', 'x']]]], ['value', ['Constant', 'int', '16']]]
    """
    if isinstance(node, ast.Constant):
        return ["Constant", type(node.value).__name__, repr(node.value)]
    if isinstance(node, ast.AST):
        values = [(name, normalize(value)) for name, value in _meaning(node)]
        return [type(node).__name__, *([name, value] for name, value in values if value != [])]
    if isinstance(node, list):
        return [normalize(item) for item in node if not _does_nothing(item)]
    return node


def _meaning(node: ast.AST) -> Iterator[tuple[str, Any]]:
    """Yield the fields of a node that are set and decide what it does."""
    for name, value in ast.iter_fields(node):
        if value is not None and name not in SKIPPED_FIELDS:
            yield name, value


def _does_nothing(node: Any) -> bool:
    """Tell `pass`, docstrings and other constants that stand as statements."""
    constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return constant or isinstance(node, ast.Pass)


def _parse(models_file: Path) -> tuple[str, ast.Module]:
    name = shown(models_file)
    try:
        text = models_file.read_text(encoding="utf-8-sig")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return text, ast.parse(text)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        fault = Fault(name, 0, 0, f"the study's network cannot be read: {reason}")
    except SyntaxError as error:
        message = f"this is not Python: {error.msg}"
        fault = Fault(name, error.lineno or 0, error.offset or 0, message)
    except (ValueError, RecursionError, MemoryError) as error:
        fault = Fault(name, 0, 0, f"this is not Python: {error}")
    raise ModelError(faults=[fault])


def _find_class(tree: ast.Module, class_name: str, models_file: Path) -> ast.ClassDef:
    """Return the last top-level class of this name, which is the one that Python keeps."""
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    if class_name not in classes:
        near = nearest(class_name, list(classes))
        message = f'there is no class "{class_name}", which model.class asks for; {near}'
        raise ModelError(faults=[Fault(shown(models_file), 0, 0, message)])
    return classes[class_name]


def _source(text: str, found: ast.ClassDef) -> tuple[str, int]:
    first = _first_line(found)
    lines = text.split("\n")[first - 1 : found.end_lineno]
    return "\n".join(lines) + "\n", first


def _units(tree: ast.Module) -> Iterator[_Unit]:
    """Yield the statements that run when the file is loaded, imports name by name."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.partition(".")[0]
                yield _Unit(ast.Import([alias]), node.lineno, frozenset({bound}))
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names if node.module != "__future__" else ():
                single = ast.ImportFrom(node.module, [alias], node.level)
                bound = alias.asname or alias.name
                binds = frozenset({bound} - {"*"})
                yield _Unit(single, node.lineno, binds)
        elif not _does_nothing(node) and not _is_main(node):
            yield _Unit(node, node.lineno, frozenset(_bound(node)), frozenset(_used(node)))


def _is_main(node: ast.stmt) -> bool:
    """Tell `if __name__ == "__main__":`, which does not run when a study is loaded."""
    return isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'"


def _bound(node: ast.AST) -> Iterator[str]:
    """Yield the names that a statement binds at the top of the file."""
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        yield node.name
        return
    if isinstance(node, ast.Lambda):
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    if isinstance(node, ast.alias):
        yield node.asname or node.name.partition(".")[0]
    for child in ast.iter_child_nodes(node):
        yield from _bound(child)


def _used(node: ast.AST) -> Iterator[str]:
    """Yield the names that a statement reads, in functions and classes too."""
    for child in ast.walk(node):
        if isinstance(child, ast.Name) and not isinstance(child.ctx, ast.Store):
            yield child.id
        elif isinstance(child, ast.AugAssign) and isinstance(child.target, ast.Name):
            yield child.target.id
        elif isinstance(child, ast.Global):
            yield from child.names


def _reached(units: Sequence[_Unit], class_name: str) -> list[_Unit]:
    """Return the units that decide what the class does, in the order of the file."""
    wanted = {class_name}
    kept: set[int] = set()
    changed = True
    while changed:
        changed = False
        for index, unit in enumerate(units):
            if index not in kept and (not unit.binds or unit.binds & wanted):
                kept.add(index)
                wanted |= unit.uses
                changed = True
    return [units[index] for index in sorted(kept)]


def _refuse_neighbours(reached: Sequence[_Unit], models_file: Path) -> None:
    """Refuse imports of files beside models.py, which the fingerprint would not see."""
    faults = [
        Fault(
            shown(models_file),
            unit.line,
            0,
            f"imports {name}, whose changes would not be noticed; "
            f"put that code into {models_file.name}",
        )
        for unit in reached
        for node in ast.walk(unit.node)
        for name in _neighbours(node, models_file.parent)
    ]
    if faults:
        raise ModelError(faults=sorted(faults))


def _neighbours(node: ast.AST, folder: Path) -> Iterator[str]:
    """Yield what an import takes from the study's own folder."""
    names: list[str] = []
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and node.level:
        yield "." * node.level + (node.module or "")
    elif isinstance(node, ast.ImportFrom):
        names = [node.module or ""]
    for name in names:
        top = name.partition(".")[0]
        if (folder / f"{top}.py").is_file() or (folder / top / "__init__.py").is_file():
            yield top

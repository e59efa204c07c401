"""Say whether a change of the package's code changes results: tools/stages.lock.json.

::

    python tools/run.py python tools/stage_lock.py                  what changed since
    python tools/run.py python tools/stage_lock.py --same           nothing but the code
    python tools/run.py python tools/stage_lock.py --raise STAGE …  these stages' results too

The package's own code is in no key, or every refactoring would cost hours of
training. In place of it the lock keeps, beside each stage's version, a
fingerprint of each module that the stage runs; a test fails where they differ.
Comments, docstrings and layout do not count. Other results raise the version,
which makes what the stage and those after it left in stores and records stale.

The modules are those that a stage's own ones import, directly or through
others, wherever the import stands. A module that several stages run stands at
the first of them; the stage to be raised is the one whose results differ, which
may be a later one.
"""

from __future__ import annotations

import argparse
import ast
import functools
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from place import ROOT
from reportgen.hashing import canonical_json, sha256_json
from reportgen.notebooks.keep import VERSION
from reportgen.plan.code import NORMAL_FORM, normalize
from reportgen.plan.keys import STAGE_VERSIONS

PACKAGE = "reportgen"
LOCK = ROOT / "tools" / "stages.lock.json"

ROOTS: Mapping[str, tuple[str, ...]] = {
    "data": ("datasets.registry", "datasets.division", "datasets.summary"),
    "train": ("stages.train", "stages.fit", "stages.bench"),
    "evaluate": ("stages.evaluate",),
    "embed": ("stages.embed",),
    "maximize": ("stages.maximize",),
    "record": ("stages.laboratory", "stages.assemble", "store.codec", "store.arrays"),
    "notebook": ("notebook", "notebooks.execute", "notebooks.paper"),
}
"""The modules that a stage begins with, stages in the order in which they run."""

LEFT_OUT = (
    # what only tells, or finds things
    *("errors", "progress", "console", "project", "order", "system", "stages.precheck"),
    # what keeps results, verified by their hashes, and decides which are wanted
    *("store", "plan", "holdings", "pipeline", "stages.sources", "stages.laboratory"),
    # what decides which runs are made at once: each gives the same beside others as alone
    *("stages.schedule", "stages.sharing", "stages.worker", "stages.workers"),
    # what reads and checks the study's files: what it finds is in the keys
    *("spec.study", "spec.faults", "spec.consistency", "spec.sweep", "spec.shape"),
    *("spec.base", "spec.scalars", "spec.yaml_source", "spec.yaml_write", "spec.report"),
    # what derives and words: a kept notebook is compared with today's facts at each build
    *("facts", "report", "figures", "notebooks.keep", "notebooks.compose"),
    # what writes a file for others: what is read back is fingerprinted
    *("datasets.dataset_file", "datasets.plain_pickle"),
)
"""Modules and folders that are not followed: they decide no result. Roots are, all the same."""

PLACES = {"notebook": (f"{PACKAGE}/notebooks/keep.py", r"(?m)^(VERSION = )(\d+)$")}
"""Where a stage's version stands, and how it is found there."""

Lock = dict[str, dict[str, object]]


def versions() -> dict[str, int]:
    """Return the version of each stage."""
    return {**STAGE_VERSIONS, "notebook": VERSION}


def module_file(root: Path, name: str) -> Path | None:
    """Return the file of a module of the package by its name inside it; None if there is none."""
    path = root / PACKAGE / name.replace(".", "/")
    found = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return found if found.is_file() else None


def imported(tree: ast.Module) -> Iterator[str]:
    """Yield the names inside the package that a module may take from it, wherever it does."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            names = [module, *(f"{module}.{alias.name}" for alias in node.names)]
        else:
            continue
        yield from (
            name.removeprefix(f"{PACKAGE}.") for name in names if name.startswith(f"{PACKAGE}.")
        )


def is_left_out(name: str) -> bool:
    """Tell whether a module is not followed.

    Examples
    --------
    >>> is_left_out("store.files"), is_left_out("stages.embed"), is_left_out("reports")
    (True, False, False)
    """
    return any(name == part or name.startswith(f"{part}.") for part in LEFT_OUT)


@dataclass(frozen=True, slots=True)
class Module:
    """What a module may take from the package, and what identifies its meaning."""

    imports: tuple[str, ...]
    fingerprint: str


@functools.cache
def read_module(text: str) -> Module:
    """Return what is asked of a module's text; the same text is parsed once."""
    tree = ast.parse(text)
    return Module(tuple(dict.fromkeys(imported(tree))), fingerprint(tree))


def reached(root: Path, roots: Iterable[str]) -> dict[str, Module]:
    """Return some modules, their packages and all that they import, by name, sorted."""
    found: dict[str, Module] = {}
    queue = list(roots)
    while queue:
        name = queue.pop()
        file = None if name in found else module_file(root, name)
        if file is None:
            continue
        found[name] = read_module(file.read_text(encoding="utf-8"))
        above = [name.rpartition(".")[0]] if "." in name else []
        queue += [one for one in (*above, *found[name].imports) if not is_left_out(one)]
    return dict(sorted(found.items()))


def fingerprint(tree: ast.Module) -> str:
    """Return what identifies the meaning of a module, as 16 hexadecimal digits."""
    kinds = ast.Import | ast.ImportFrom
    imports = [normalize(node) for node in tree.body if isinstance(node, kinds)]
    rest = [node for node in tree.body if not isinstance(node, kinds)]
    code = [sorted(imports, key=canonical_json), normalize(rest)]
    return sha256_json({"form": NORMAL_FORM, "code": code})[:16]


def current(root: Path = ROOT) -> Lock:
    """Return what the lock would say of the package as it stands."""
    taken: set[str] = set()
    lock: Lock = {}
    for stage, roots in ROOTS.items():
        own = {name: one for name, one in reached(root, roots).items() if name not in taken}
        taken |= set(own)
        code = {name: one.fingerprint for name, one in own.items()}
        lock[stage] = {"version": versions()[stage], "code": code}
    return lock


def differences(then: Lock, now: Lock) -> list[str]:
    """Return a line for each stage whose code or version is not the lock's."""
    lines = []
    for stage, entry in now.items():
        before = then.get(stage, {"version": None, "code": {}})
        old, new = _code(before), _code(entry)
        modules = [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
        if modules:
            lines.append(f"{stage}: the code changed of {', '.join(modules)}")
        if before["version"] != entry["version"]:
            lines.append(f"{stage}: version {entry['version']}, locked {before['version']}")
    return lines


def _code(entry: Mapping[str, object]) -> dict[str, str]:
    code = entry["code"]
    assert isinstance(code, dict)
    return code


def raised(text: str, stage: str) -> str:
    r"""Return a module's text with a stage's version one higher.

    Examples
    --------
    >>> raised('    "data": 1,\n    "train": 9,\n', "train")
    '    "data": 1,\n    "train": 10,\n'
    """
    _, pattern = PLACES.get(stage, ("", rf'(?m)^(    "{stage}": )(\d+)(?=,$)'))
    found, n = re.subn(pattern, lambda match: f"{match[1]}{int(match[2]) + 1}", text)
    if n != 1:
        msg = f"the version of {stage} stands {n} times where it is looked for"
        raise ValueError(msg)
    return found


def raise_versions(root: Path, stages: Sequence[str]) -> dict[str, int]:
    """Raise the versions of some stages where they stand; return all versions afterwards."""
    for stage in stages:
        file = root / PLACES.get(stage, (f"{PACKAGE}/plan/keys.py", ""))[0]
        file.write_text(raised(file.read_text(encoding="utf-8"), stage), "utf-8", newline="\n")
    return {stage: version + (stage in stages) for stage, version in versions().items()}


def read_lock(file: Path = LOCK) -> Lock:
    """Return the lock; an empty one where none is."""
    found: Lock = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return found


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Tell what changed, or renew the lock; return the exit code."""
    parser = argparse.ArgumentParser(description="Renew tools/stages.lock.json.")
    word = parser.add_mutually_exclusive_group()
    word.add_argument("--same", action="store_true", help="the same results from other code")
    word.add_argument(
        "--raise", nargs="+", choices=[*ROOTS], dest="stages", help="these stages' results differ"
    )
    wanted = parser.parse_args(arguments)
    file = root / LOCK.relative_to(ROOT)
    lines = differences(read_lock(file), current(root))
    print("\n".join(lines) or "the code of every stage is that of the lock")
    if not wanted.same and not wanted.stages:
        return 1 if lines else 0
    new = raise_versions(root, wanted.stages or ())
    lock = current(root)
    for stage, entry in lock.items():
        entry["version"] = new[stage]
    file.write_text(json.dumps(lock, indent=1) + "\n", encoding="utf-8", newline="\n")
    print(f"renewed {file.relative_to(root)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Renew constraints.txt from what is installed: `python tools/run.py python tools/constraints.py`.

It pins what the project needs, directly or through others, at the versions of
the environment that runs it: run the tests there first. PyTorch and what comes
with it are left open, since each system needs another build of them.
"""

from __future__ import annotations

import tomllib
from importlib import metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from place import ROOT

OPEN = ("torch", "torchvision", "triton", "nvidia-", "cuda-")
HEADER = (
    "# Versions that passed the tests. Renew: python tools/run.py python tools/constraints.py\n"
)


def is_open(name: str) -> bool:
    """Tell whether a distribution's version is left to the system.

    Examples
    --------
    >>> is_open("nvidia-cudnn-cu13"), is_open("torchvision"), is_open("torchmetrics")
    (True, True, False)
    """
    return any(name == part or (part.endswith("-") and name.startswith(part)) for part in OPEN)


def wanted(requirements: list[str], extras: frozenset[str]) -> list[Requirement]:
    """Return the requirements whose markers hold here, with one of the extras or none."""
    return [
        one
        for one in map(Requirement, requirements)
        if one.marker is None
        or any(one.marker.evaluate({"extra": extra}) for extra in extras or {""})
    ]


def pins(direct: list[str]) -> dict[str, str]:
    """Return the installed version of each distribution that is needed, sorted by name."""
    queue = wanted(direct, frozenset())
    seen: set[tuple[str, frozenset[str]]] = set()
    versions: dict[str, str] = {}
    while queue:
        one = queue.pop()
        name, extras = canonicalize_name(one.name), frozenset(one.extras)
        if (name, extras) in seen or is_open(name):
            continue
        seen.add((name, extras))
        versions[name] = metadata.version(name)
        queue += wanted(metadata.requires(name) or [], extras)
    return dict(sorted(versions.items()))


def main() -> None:
    """Write constraints.txt."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    table = project["project"]
    own = canonicalize_name(table["name"])
    direct = [*project["build-system"]["requires"], *table["dependencies"]]
    direct += [one for extra in table["optional-dependencies"].values() for one in extra]
    direct = [text for text in direct if canonicalize_name(Requirement(text).name) != own]
    lines = [f"{name}=={version}\n" for name, version in pins(direct).items()]
    (ROOT / "constraints.txt").write_text(HEADER + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()

"""What a profile may say, and how it is laid over a study's files.

A profile is the same tree with only what it overrides. Mappings are merged
key by key; lists and scalars are replaced; null stands for itself. Of keys that
exclude each other, the profile's drops the file's: `model: {torchvision: …}` takes
the place of a class, an `estimator` that of a training.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from reportgen.spec.base import Name, SpecModel
from reportgen.spec.network import MODELS
from reportgen.spec.yaml_source import Keys, Place, Source


class Profile(SpecModel):
    """What to set otherwise in report.yaml and in the experiments."""

    report: dict[str, Any] = Field(default_factory=dict)
    experiments: dict[Name, dict[str, Any]] = Field(default_factory=dict)


def overlay(base: Source, profile: Source, branch: Keys) -> Source:
    """Return `base` with a branch of the profile laid over it.

    What comes from the profile keeps its place in the profile's file.
    """
    over = profile.value
    for key in branch:
        over = over.get(key, {}) if isinstance(over, dict) else {}
    if not isinstance(over, dict) or not isinstance(base.value, dict):
        return base
    places, keys = dict(base.places), dict(base.keys)
    value = _merged(base.value, over, (), (profile, branch), (places, keys))
    return Source(value, places, keys, (*base.faults, *profile.faults))


def _merged(
    base: Any,
    over: Any,
    path: Keys,
    origin: tuple[Source, Keys],
    target: tuple[dict[Keys, Place], dict[Keys, Place]],
) -> Any:
    if isinstance(base, dict) and isinstance(over, dict):
        merged = {key: value for key, value in base.items() if not _is_dropped(key, over)}
        for key, value in over.items():
            merged[key] = _merged(base.get(key, ABSENT), value, (*path, key), origin, target)
        return merged
    profile, branch = origin
    n_above = len(branch)
    for known, added in zip(target, (profile.places, profile.keys), strict=True):
        for old in [place for place in known if place[: len(path)] == path]:
            del known[old]
        for new, place in added.items():
            if new[: n_above + len(path)] == (*branch, *path):
                known[new[n_above:]] = place
    return over


def _is_dropped(key: str, over: dict[str, Any]) -> bool:
    """Tell whether a profile's mapping has a key that excludes this one, and not this one."""
    return key not in over and any(key in keys and keys & over.keys() for keys in EXCLUSIVE)


EXCLUSIVE = (
    frozenset(MODELS),
    frozenset({"training", "estimator"}),
    frozenset({"zip", "folder", "pickle", "npz"}),
    frozenset({"resize", "size"}),
    frozenset({"n", "per_class"}),
    frozenset({"variants", "per_class"}),
    frozenset({"source", "glyphs", "letters"}),
    *(
        frozenset({one, other})
        for some, others in (
            (("train", "validation", "test"), ("validation_share", "test_share")),
            (("pickle", "npz"), ("resize", "size", "channels", "skip_corrupt")),
            (("zip", "folder"), ("keys", "layout")),
        )
        for one in some
        for other in others
    ),
)
"""Keys of one mapping of which only one may be given; with another file, how it was read falls."""

ABSENT = object()
"""Stands for a key that the base does not have."""

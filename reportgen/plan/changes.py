"""What changed between two keys of a stage, down to the field: pure, from the keys' own fields.

A key names the keys before it by their digests; where the fields of both are
known they are compared in turn, so that a change is told at the stage that
reads it and in the words of the experiment file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reportgen.hashing import canonical_json

Fields = Mapping[str, Any]
Noted = Mapping[str, Mapping[str, Fields]]
"""Fields of keys by stage and digest, the oldest first."""

INPUTS: Mapping[str, tuple[str, ...]] = {
    "train": ("data",),
    "evaluate": ("train",),
    "embed": ("train",),
    "maximize": ("train",),
    "record": ("train", "evaluate", "embed", "maximize"),
}
"""Fields of a stage's key that are digests of other keys; of `record`, some by horizon."""

PLACES: Mapping[tuple[str, str], str] = {
    ("data", "split"): "dataset.split",
    ("data", "subset"): "dataset.subset",
    ("data", "source"): "the content of the data",
    ("train", "normalization"): "dataset.normalization",
    ("train", "weights_file"): "the content of the weights file",
    ("train", "layer"): "the layer that the estimator takes",
    ("notebook", "source"): "its text (from the experiment files, models.py, notebook.md.j2)",
}
"""What a field is called where the experiment file has another name for it."""

UNKNOWN: Mapping[str, str] = {"data": "the data, or how they are divided,"}
"""What can be told of a key whose fields were not noted."""

ABSENT = "not there"
UNREAD = ""
"""Fingerprint of data whose content has not been read."""

MAX_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs: the stage that reads it, what it is, and both values as text.

    Both are empty where only the difference can be told.
    """

    stage: str
    what: str
    before: str = ""
    after: str = ""

    def text(self, stage: str) -> str:
        """Return the change as it is told at a stage.

        Examples
        --------
        >>> Change("train", "seed", "1", "2").text("embed")
        'train: seed 1 → 2'
        """
        values = f" {self.before} → {self.after}" if self.before or self.after else " changed"
        return ("" if self.stage == stage else f"{self.stage}: ") + self.what + values


def differences(stage: str, before: Fields, after: Fields, known: Noted) -> tuple[Change, ...]:
    """Return what differs between two keys of a stage, each change once.

    Parameters
    ----------
    stage : str
    before, after : mapping
        The fields of both keys.
    known : mapping
        Fields of keys that these may name.
    """
    return tuple(dict.fromkeys(_differences(stage, plain(before), plain(after), known)))


def plain(fields: Fields) -> dict[str, Any]:
    """Return fields as they are read from JSON, in their order."""
    found: dict[str, Any] = json.loads(json.dumps(dict(fields)))
    return found


def _differences(
    stage: str, before: dict[str, Any], after: dict[str, Any], known: Noted
) -> Iterator[Change]:
    links = INPUTS.get(stage, ())
    for name in (*after, *(name for name in before if name not in after)):
        old, new = before.get(name, ABSENT), after.get(name, ABSENT)
        if old == new and canonical_json(old) == canonical_json(new):
            continue
        if name in links and isinstance(new, dict) and isinstance(old, dict):
            yield from _by_horizon(
                stage, name, old, new, known, retrained=_retrained(before, after)
            )
        elif name == "maximize":
            retrained = _retrained(before, after)
            yield from _optional(stage, name, name, old, new, known, retrained=retrained)
        elif name in links:
            yield from _followed(name, old, new, known)
        else:
            yield from _own(stage, name, before, after)


def _retrained(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Tell whether the training of two records differs."""
    return bool(before["train"] != after["train"])


def _by_horizon(
    stage: str,
    link: str,
    before: dict[str, str],
    after: dict[str, str],
    known: Noted,
    *,
    retrained: bool,
) -> Iterator[Change]:
    """Yield the changes of the keys that a record has by horizon."""
    for horizon in (*after, *(h for h in before if h not in after)):
        old, new = before.get(horizon, ABSENT), after.get(horizon, ABSENT)
        if old != new:
            name = f"{link}.h{horizon}"
            yield from _optional(stage, link, name, old, new, known, retrained=retrained)


def _optional(
    stage: str, link: str, name: str, before: str, after: str, known: Noted, *, retrained: bool
) -> Iterator[Change]:
    """Yield the changes of a key that a record may have or not.

    One that is not known has changed with the training, where that has.
    """
    keys = known.get(link, {})
    if before == ABSENT:
        yield Change(stage, name, ABSENT, "wanted")
    elif after == ABSENT:
        yield Change(stage, name, "wanted", "no longer")
    elif not retrained or (before in keys and after in keys):
        yield from _followed(link, before, after, known)


def _followed(link: str, before: str, after: str, known: Noted) -> Iterator[Change]:
    """Yield the changes of a key that is named by its digest."""
    keys = known.get(link, {})
    if before in keys and after in keys:
        yield from _differences(link, plain(keys[before]), plain(keys[after]), known)
    else:
        yield Change(link, UNKNOWN.get(link, "its key"))


def _own(stage: str, name: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Change]:
    """Yield the changes of a field that the stage reads itself."""
    old, new = before.get(name, ABSENT), after.get(name, ABSENT)
    if (stage, name) == ("train", "code"):
        if _network(before) == _network(after):
            yield Change(stage, f"the code of class {_network(after)[1]}")
        return  # another class has other code: the model's change tells it
    if (stage, name) == ("train", "start"):
        yield from _start(old, new)
    elif name == "version":
        what = f"reportgen's version of the stage {stage}"
        yield Change(stage, what, _shown(old), _shown(new))
    elif (stage, name) == ("notebook", "records"):
        changed = [run for run in {**new, **old} if old.get(run) != new.get(run)]
        yield from (Change(stage, f"the record of {run}") for run in changed)
    elif (stage, name) == ("notebook", "source"):
        yield Change(stage, PLACES[stage, name])
    elif name in {"source", "weights_file"}:
        yield Change(stage, PLACES[stage, name], _digest(old), _digest(new))
    else:
        yield from _leaves(stage, PLACES.get((stage, name), name), old, new)


def _start(before: Any, after: Any) -> Iterator[Change]:
    """Yield what differs in the checkpoint that a training starts from.

    Where one had none, the change of `weights` tells it.
    """
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return
    if before["train"] != after["train"]:
        yield Change("train", "the training that it starts from")
    if before["horizon"] != after["horizon"]:
        what = "the last horizon of the run that it starts from"
        yield Change("train", what, _shown(before["horizon"]), _shown(after["horizon"]))


def _leaves(stage: str, path: str, before: Any, after: Any) -> Iterator[Change]:
    """Yield the leaves of two values that differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        pairs = [
            (f"{path}.{key}", before.get(key, ABSENT), after.get(key, ABSENT))
            for key in (*after, *(key for key in before if key not in after))
        ]
    elif isinstance(before, list) and isinstance(after, list) and not _short(before, after):
        longer = range(max(len(before), len(after)))
        pairs = [(f"{path}.{i}", _item(before, i), _item(after, i)) for i in longer]
    else:
        if canonical_json(before) != canonical_json(after):
            yield Change(stage, path, _shown(before), _shown(after))
        return
    for below, old, new in pairs:
        yield from _leaves(stage, below, old, new)


def _short(before: list[Any], after: list[Any]) -> bool:
    """Tell whether lists of different lengths are better told whole."""
    texts = [json.dumps(value, ensure_ascii=False) for value in (before, after)]
    return len(before) != len(after) and max(map(len, texts)) <= MAX_SHOWN


def _item(values: list[Any], index: int) -> Any:
    return values[index] if index < len(values) else ABSENT


def _network(fields: Fields) -> tuple[str, str]:
    """Return what kind of network a training has, and its name."""
    model = fields.get("model", {})
    kind = next((kind for kind in ("class", "torchvision", "package") if kind in model), "")
    return kind, str(model.get(kind, ""))


def _shown(value: Any) -> str:
    """Return a value as a short text."""
    if value is None:
        return "none"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


def _digest(value: str) -> str:
    """Return the beginning of a fingerprint."""
    if value == UNREAD:
        return "not read yet"
    return value if value == ABSENT else value[:12]

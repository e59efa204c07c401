"""A run record as two files: JSON for values, safetensors for arrays."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from reportgen.errors import RunError, StaleError
from reportgen.hashing import canonical_json, sha256_bytes
from reportgen.plan.keys import RunPlan
from reportgen.records import MAX_RECORD_BYTES, RECORD_SCHEMA, Provenance, RunRecord, RunResult
from reportgen.store.arrays import dump_arrays, load_arrays
from reportgen.store.store import Store

if TYPE_CHECKING:
    import numpy as np

RECORD = "record.json"
ARRAYS = "arrays.safetensors"


LATER: Mapping[str, Mapping[str, Any]] = {
    "": {"estimator": None, "filters": None, "diverged_at": 0, "tests": [], "maximized": []},
    "data": {"n_skipped": 0},
    "model": {"weights": "none", "weights_fingerprint": ""},
    "maps": {"line": None},
}
"""Fields that came to records later, by part, with the value that says nothing."""


@functools.cache
def _adapter(kind: type) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def array_digest(array: np.ndarray) -> str:
    """Return the SHA-256 of an array's dtype, shape and bytes."""
    head = canonical_json({"dtype": str(array.dtype), "shape": list(array.shape)})
    return sha256_bytes(head + array.tobytes())


def result_digest(result: RunResult) -> str:
    """Return the SHA-256 of a result: the same spec, data and code give the same on a CPU."""
    return sha256_bytes(canonical_json(_plain(result)))


def _plain(result: RunResult) -> dict[str, Any]:
    """Return the JSON values of a result.

    What came to records later is left out where it says nothing, so that the
    hashes of older records hold.
    """
    plain: dict[str, Any] = _adapter(RunResult).dump_python(result, mode="json")
    for place, names in LATER.items():
        for part in _parts(plain, place):
            for name, nothing in names.items():
                if part[name] == nothing:
                    del part[name]
    return plain


def _parts(plain: dict[str, Any], place: str) -> list[dict[str, Any]]:
    """Return the mappings of a result that a place means: itself, a part, a list's entries."""
    part = plain[place] if place else plain
    return part if isinstance(part, list) else [part]


def encode_record(record: RunRecord) -> dict[str, bytes]:
    """Return the two files of a record, always the same bytes for the same record.

    Raises
    ------
    RunError
        If they come to more than `MAX_RECORD_BYTES`.
    """
    content = {
        "schema": RECORD_SCHEMA,
        "sha256": result_digest(record.result),
        "result": _plain(record.result),
        "provenance": _adapter(Provenance).dump_python(record.provenance, mode="json"),
    }
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    files = {RECORD: text.encode(), ARRAYS: dump_arrays(record.arrays)}
    size = sum(map(len, files.values()))
    if size > MAX_RECORD_BYTES:
        msg = (
            f"{record.result.id}: its record would have {size} bytes, and at most "
            f"{MAX_RECORD_BYTES} may be committed; report fewer horizons, map fewer layers or "
            "samples, or evaluate fewer samples"
        )
        raise RunError(msg)
    return files


def decode_record(files: Mapping[str, bytes], name: str) -> RunRecord:
    """Return the record of two files, verified by its hashes.

    `name` is what the message calls it.

    Raises
    ------
    StaleError
        If it is damaged, altered, or of another schema.
    """
    mend = "freeze it again with `reportgen freeze`"
    try:
        content = json.loads(files[RECORD])
        if content["schema"] != RECORD_SCHEMA:
            msg = f"{name}: record schema {content['schema']}, expected {RECORD_SCHEMA}; {mend}"
            raise StaleError(msg)
        result = _adapter(RunResult).validate_python(content["result"])
        provenance = _adapter(Provenance).validate_python(content["provenance"])
        arrays = load_arrays(files[ARRAYS])
        digest = content["sha256"]
    except (ValueError, LookupError, TypeError, ArithmeticError, RecursionError) as error:
        msg = f"{name}: not a run record ({type(error).__name__}); {mend}"
        raise StaleError(msg) from error
    if result_digest(result) != digest:
        msg = f"{name}: altered since it was written (the SHA-256 of its result differs); {mend}"
        raise StaleError(msg)
    digests = {key: array_digest(array) for key, array in arrays.items()}
    if digests != dict(result.arrays):
        msg = f"{name}: its arrays are not those that it was written with; {mend}"
        raise StaleError(msg)
    return RunRecord(result, provenance, arrays)


def read_record(store: Store, plan: RunPlan) -> RunRecord | None:
    """Return a run's record from the store, or None if it is missing or damaged."""
    entry = store.read(plan.record)
    try:
        return None if entry is None else decode_record(entry.files, str(plan.run.id))
    except StaleError:
        return None

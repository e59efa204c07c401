"""A record as two files: the same bytes each time, and every alteration noticed."""

import dataclasses
import json

import numpy as np
import pytest

from reportgen.errors import RunError, StaleError
from reportgen.records import MAX_RECORD_BYTES
from reportgen.store.arrays import dump_arrays, load_arrays
from reportgen.store.codec import (
    ARRAYS,
    RECORD,
    array_digest,
    decode_record,
    encode_record,
    result_digest,
)
from tests.factories import make_record


@pytest.fixture
def record():
    """A record whose arrays have their own digests, with a map."""
    made = make_record(maps={"final": "fc2"})
    digests = {name: array_digest(array) for name, array in made.arrays.items()}
    return dataclasses.replace(made, result=dataclasses.replace(made.result, arrays=digests))


def test_there_and_back(record):
    files = encode_record(record)
    again = decode_record(files, "x")
    assert again.result == record.result
    assert again.provenance == record.provenance
    assert again.arrays.keys() == record.arrays.keys()
    for name, array in record.arrays.items():
        assert again.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(again.arrays[name], array)
    assert encode_record(again) == files


def test_the_hash_is_of_the_result_alone(record):
    slower = dataclasses.replace(record.provenance, epoch_s=(99.0,) * 4, device_name="Other")
    other = dataclasses.replace(record, provenance=slower)
    sha = [json.loads(encode_record(r)[RECORD])["sha256"] for r in (record, other)]
    assert sha[0] == sha[1] == result_digest(record.result)


def test_what_records_got_later_leaves_older_hashes_alone(record):
    """No image skipped is written as before there was such a field; some are counted."""
    assert "n_skipped" not in json.loads(encode_record(record)[RECORD])["result"]["data"]
    data = dataclasses.replace(record.result.data, n_skipped=2)
    some = dataclasses.replace(record, result=dataclasses.replace(record.result, data=data))
    assert result_digest(some.result) != result_digest(record.result)
    assert decode_record(encode_record(some), "x").result.data.n_skipped == 2


def test_array_digest_tells_type_and_shape_apart():
    flat = np.zeros(4, np.uint16)
    digests = {array_digest(a) for a in (flat, flat.reshape(2, 2), flat.view(np.int16))}
    assert len(digests) == 3


def test_arrays_keep_their_values_whatever_their_layout():
    across = np.arange(6, dtype=np.float32).reshape(2, 3).T
    np.testing.assert_array_equal(load_arrays(dump_arrays({"a": across}))["a"], across)


def test_array_order_does_not_count():
    a, b = np.zeros(1, np.int32), np.ones(2, np.float32)
    assert dump_arrays({"a": a, "b": b}) == dump_arrays({"b": b, "a": a})


def altered(files, change):
    content = json.loads(files[RECORD])
    change(content)
    return files | {RECORD: json.dumps(content).encode()}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: c["result"]["data"].update(n_shared=1), "altered since it was written"),
        (lambda c: c["result"]["epochs"].pop(), "altered since"),
        (lambda c: c.update(schema=2), "record schema 2, expected 1"),
        (lambda c: c.pop("provenance"), "not a run record"),
        (lambda c: c.pop("sha256"), "not a run record"),
        (lambda c: c["result"]["evaluations"][0].update(n=3), "not a run record"),
        (lambda c: c["result"].update(epochs="many"), "not a run record"),
        (lambda c: c["result"]["evaluations"][0]["confusion"][2].pop(), "not a run record"),
    ],
)
def test_alterations(record, change, says):
    with pytest.raises(StaleError, match=f"^here: {says}.*reportgen freeze"):
        decode_record(altered(encode_record(record), change), "here")


@pytest.mark.parametrize("name", [RECORD, ARRAYS])
@pytest.mark.parametrize("data", [b"", b"null", b"[1]", b"\xff" * 40, b"[" * 100_000])
def test_files_of_another_kind(record, name, data):
    with pytest.raises(StaleError, match="not a run record"):
        decode_record(encode_record(record) | {name: data}, "here")


def test_arrays_of_another_record(record):
    labels = record.arrays["labels"][::-1]
    files = encode_record(record) | {ARRAYS: dump_arrays(dict(record.arrays) | {"labels": labels})}
    with pytest.raises(StaleError, match="its arrays are not those"):
        decode_record(files, "here")


def test_a_record_that_is_too_large_says_what_to_do(record):
    big = {**record.arrays, "labels": np.zeros(MAX_RECORD_BYTES // 2, np.uint16)}
    with pytest.raises(RunError, match=r"toy \(seed 0\): .* at most 1048576 may be committed"):
        encode_record(dataclasses.replace(record, arrays=big))

"""A digest inside a file: every flipped bit of it is found."""

from __future__ import annotations

import json
import math

import pytest

from reportgen.store.seal import SEAL, seal, unseal

CONTENT = {"rows": [{"epoch": 1, "loss": 0.25}], "seconds": (1.5,), "key": "ñ", 3: None}
AS_JSON = {"rows": [{"epoch": 1, "loss": 0.25}], "seconds": [1.5], "key": "ñ", "3": None}


def test_what_was_sealed_is_read() -> None:
    assert unseal(seal(CONTENT)) == AS_JSON


def test_losses_that_are_not_finite_are_sealed_too() -> None:
    losses = unseal(seal({"losses": [math.inf, math.nan]}))["losses"]
    assert losses[0] == math.inf
    assert math.isnan(losses[1])


def test_one_from_before_there_were_seals_is_taken_as_it_is() -> None:
    assert unseal(json.dumps(AS_JSON).encode()) == AS_JSON


def test_every_flipped_bit_is_found_or_changes_nothing() -> None:
    """What changes nothing are spaces, and the name of the seal itself."""
    data = seal(CONTENT)
    name = data.index(f'"{SEAL}"'.encode())
    for at in range(len(data)):
        for bit in range(8):
            flipped = bytearray(data)
            flipped[at] ^= 1 << bit
            try:
                found = unseal(bytes(flipped))
            except ValueError:
                continue
            if name < at < name + len(SEAL) + 1:
                assert len(found) == len(AS_JSON) + 1
            else:
                assert found == AS_JSON, f"bit {bit} of byte {at}"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "Expecting value"),
        (b"{", "Expecting property name"),
        (b"\xff", "codec can't decode"),
        (b"[]", "no JSON object"),
        (b"null", "no JSON object"),
        (b'{"sha256": 3}', "altered since it was written"),
    ],
)
def test_what_is_no_such_file(data: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        unseal(data)

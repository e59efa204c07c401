"""A digest inside a JSON file of the store, by which a flipped bit of it is found."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from reportgen.hashing import sha256_bytes

SEAL = "sha256"


def seal(content: Mapping[str, Any]) -> bytes:
    """Return the JSON of some content, with the digest of all of it beside."""
    return json.dumps({**content, SEAL: _digest(content)}, indent=1).encode()


def unseal(data: bytes) -> dict[str, Any]:
    """Return the content of a sealed JSON file.

    One from before there were seals is taken as it is.

    Raises
    ------
    ValueError
        If it is no JSON object, or not the content that was sealed.
    """
    content = json.loads(data)
    if not isinstance(content, dict):
        msg = "no JSON object"
        raise ValueError(msg)
    if content.pop(SEAL, None) not in {None, _digest(content)}:
        msg = "altered since it was written"
        raise ValueError(msg)
    return content


def _digest(content: Mapping[str, Any]) -> str:
    """Return the digest of what JSON keeps of some content, with losses that are not finite."""
    return sha256_bytes(json.dumps(json.loads(json.dumps(content)), sort_keys=True).encode())

"""Named arrays as bytes: safetensors, which hold nothing that runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def dump_arrays(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return the arrays as safetensors bytes, always the same for the same arrays."""
    import numpy as np
    from safetensors.numpy import save

    return save({name: np.ascontiguousarray(arrays[name]) for name in sorted(arrays)})


def load_arrays(data: bytes) -> dict[str, np.ndarray]:
    """Return the arrays of some safetensors bytes.

    Raises
    ------
    ValueError
        If the bytes are no such file.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        return load(data)
    except SafetensorError as error:
        msg = f"not a safetensors file: {error}"
        raise ValueError(msg) from error

"""The memory of the device: what there is, what a run takes at most, what running out becomes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch

from reportgen.errors import DeviceMemoryError
from reportgen.records import RunId


@contextlib.contextmanager
def memory_errors(run: RunId, batch_size: int) -> Iterator[None]:
    """Say what helps when the device's memory runs out within the block."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        msg = f"{run}: out of memory with batch_size {batch_size}; set a smaller one"
        raise DeviceMemoryError(msg) from error


def free_gpu_bytes() -> int:
    """Return the bytes that can be had of the GPU's memory; 0 without CUDA."""
    return torch.cuda.mem_get_info()[0] if torch.cuda.is_available() else 0


def peak_gpu_bytes() -> int:
    """Return the most bytes that this process held of the GPU since `forget_peak`; 0 without CUDA.

    What PyTorch keeps for later counts, since nobody else can have it.
    """
    return torch.cuda.max_memory_reserved() if _holds_gpu() else 0


def forget_peak() -> None:
    """Give back what PyTorch keeps for later, and measure anew from now on."""
    if _holds_gpu():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def _holds_gpu() -> bool:
    """Tell whether this process has computed on a GPU: asking it otherwise would make it begin."""
    return bool(torch.cuda.is_initialized())  # type: ignore[no-untyped-call]

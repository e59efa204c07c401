"""The memory of a GPU, and what running out of it becomes."""

import pytest
import torch

from reportgen.errors import DeviceMemoryError
from reportgen.records import RunId
from reportgen.training.memory import forget_peak, free_gpu_bytes, memory_errors, peak_gpu_bytes

RUN = RunId("net", "", 7)


def test_memory_that_runs_out_is_told_with_what_helps():
    told = r"net \(seed 7\): out of memory with batch_size 64"
    with pytest.raises(DeviceMemoryError, match=told), memory_errors(RUN, 64):
        raise torch.OutOfMemoryError


def test_other_errors_pass():
    with pytest.raises(KeyError), memory_errors(RUN, 64):
        raise KeyError


def test_without_a_gpu_there_is_no_memory_of_one():
    if torch.cuda.is_available():
        pytest.skip("there is one")
    forget_peak()
    assert (free_gpu_bytes(), peak_gpu_bytes()) == (0, 0)


@pytest.mark.gpu
def test_a_peak_is_that_of_the_run_not_of_the_one_before():
    before = free_gpu_bytes()
    tensor = torch.zeros(1 << 28, dtype=torch.uint8, device="cuda")
    assert peak_gpu_bytes() >= 1 << 28
    assert free_gpu_bytes() <= before - (1 << 28)
    del tensor
    forget_peak()
    assert peak_gpu_bytes() < 1 << 28

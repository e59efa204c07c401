from __future__ import annotations

import dataclasses
import platform

import pytest
import torch

from reportgen.errors import UsageError
from reportgen.training.placement import (
    Machine,
    Placement,
    choose_placement,
    decide,
    keep_freed_memory,
    probe_machine,
    read_cpuinfo,
    running_on,
)

PLAIN = Machine("a CPU", 4)
FAST = Machine("a CPU", 4, cpu_bfloat16=True)
OLD_GPU = Machine("a CPU", 4, cuda_name="an old GPU")
GPU = Machine("a CPU", 4, cpu_bfloat16=True, cuda_name="a GPU", cuda_bfloat16=True)
APPLE = Machine("a CPU", 4, mps=True, mps_bfloat16=True)
OLD_APPLE = Machine("a CPU", 4, mps=True)
BOTH = Machine("a CPU", 4, cuda_name="a GPU", cuda_bfloat16=True, mps=True)


@pytest.mark.parametrize(
    ("machine", "device", "precision", "expected"),
    [
        (PLAIN, "auto", "auto", ("cpu", "a CPU", "float32")),
        (FAST, "auto", "auto", ("cpu", "a CPU", "bfloat16")),
        (FAST, "auto", "float32", ("cpu", "a CPU", "float32")),
        (PLAIN, "auto", "bfloat16", ("cpu", "a CPU", "bfloat16")),
        (GPU, "auto", "auto", ("cuda", "a GPU", "bfloat16")),
        (OLD_GPU, "auto", "auto", ("cuda", "an old GPU", "float32")),
        (GPU, "cpu", "auto", ("cpu", "a CPU", "bfloat16")),
        (APPLE, "auto", "auto", ("mps", "Apple GPU", "bfloat16")),
        (OLD_APPLE, "auto", "auto", ("mps", "Apple GPU", "float32")),
        (BOTH, "auto", "auto", ("cuda", "a GPU", "bfloat16")),
        (BOTH, "mps", "float32", ("mps", "Apple GPU", "float32")),
    ],
)
def test_auto_takes_the_best_that_there_is(machine, device, precision, expected):
    assert decide(machine, device, precision, None) == Placement(*expected, threads=4)


@pytest.mark.parametrize(
    ("machine", "device", "there"),
    [
        (PLAIN, "cuda", "cpu"),
        (PLAIN, "mps", "cpu"),
        (GPU, "mps", "cuda, cpu"),
        (APPLE, "cuda", "mps, cpu"),
    ],
)
def test_a_device_that_was_asked_for_and_is_absent_is_an_error(machine, device, there):
    with pytest.raises(UsageError) as caught:
        decide(machine, device, "auto", None)
    assert str(caught.value) == f"there is no device {device} here; there is: {there}, or auto"


@pytest.mark.parametrize("machine", [OLD_GPU, OLD_APPLE])
def test_a_gpu_without_bfloat16_is_not_made_to_emulate_it(machine):
    with pytest.raises(UsageError, match="has no bfloat16; set precision to float32 or auto"):
        decide(machine, "auto", "bfloat16", None)


def test_the_thread_count_is_kept_or_refused():
    assert decide(PLAIN, "auto", "auto", 3).threads == 3
    with pytest.raises(UsageError, match="at least 1, got 0"):
        decide(PLAIN, "auto", "auto", 0)


def test_this_machine_can_be_probed():
    machine = probe_machine()
    assert machine.threads == torch.get_num_threads()
    assert machine.cpu_name
    assert bool(machine.cuda_name) is torch.cuda.is_available()
    assert choose_placement("cpu", "float32", 1) == Placement("cpu", machine.cpu_name, "float32", 1)


@pytest.mark.parametrize(
    ("flags", "fast"),
    [("amx_tile amx_bf16", True), ("avx512_bf16", True), ("amx_tile amx_int8 avx512f", False)],
)
def test_a_processor_that_multiplies_in_bfloat16_is_told_by_its_flags(flags, fast):
    assert read_cpuinfo(f"flags : fpu {flags}\nmodel name : X\n") == ("X", fast)
    assert read_cpuinfo("") == ("", False)


def settings() -> tuple[object, ...]:
    return (
        torch.get_num_threads(),
        torch.are_deterministic_algorithms_enabled(),
        torch.backends.cudnn.deterministic,
        torch.backends.cudnn.benchmark,
    )


def test_settings_and_random_state_hold_within_the_block_only():
    before, state = settings(), torch.get_rng_state()
    placement = Placement("cpu", "a CPU", "float32", before[0] + 1)
    with running_on(placement):
        assert settings() == (before[0] + 1, True, True, False)
        torch.manual_seed(99)
    assert settings() == before
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_glibc_takes_the_settings():
    assert keep_freed_memory()


@pytest.mark.gpu
def test_a_gpu_is_chosen_by_itself():
    placement = choose_placement("auto", "float32")
    assert placement == dataclasses.replace(placement, device="cuda")
    assert placement.device_name == torch.cuda.get_device_name()

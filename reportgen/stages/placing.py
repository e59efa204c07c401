"""Where a run computes: its device, and the threads that its own work is worth."""

from __future__ import annotations

import math
from dataclasses import replace

from reportgen.order import Device
from reportgen.stages.bench import EVALUATED, Bench
from reportgen.training.placement import Placement, choose_placement
from reportgen.training.workload import Workload, count_multiply_adds


def place_run(bench: Bench, device: Device, threads: int | None = None) -> Placement:
    """Return where a run computes; `threads` are those that it began with, if it has begun.

    Otherwise, on a CPU, its own work decides them: see `Workload.threads`. So they are
    the same whatever runs beside it.

    Raises
    ------
    UsageError
        If the device that was asked for does not exist, or lacks the precision.
    """
    placement = choose_placement(device, bench.spec.precision, threads)
    if threads is not None or placement.device != "cpu":
        return placement
    return replace(placement, threads=measure_work(bench).threads(placement.threads))


def measure_work(bench: Bench) -> Workload:
    """Return what a run computes, by one image's way through its network."""
    spec, splits = bench.spec, bench.data.splits
    multiply_adds = count_multiply_adds(bench.blank(), bench.input_shape)
    n_train, n_evaluated = len(splits["train"]), len(splits[EVALUATED])
    if spec.training is None:
        return Workload(multiply_adds, spec.evaluation_batch_size, 0, n_train + n_evaluated)
    training = spec.training
    n_measured = training.epochs // training.validate_every
    return Workload(
        multiply_adds,
        training.batch_size,
        n_steps=training.epochs * math.ceil(n_train / training.batch_size),
        n_read=n_measured * (n_train + n_evaluated),
    )

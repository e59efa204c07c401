"""Where a run computes: its device, and the threads and precision that its own work is worth."""

from __future__ import annotations

import math
from dataclasses import replace

from reportgen.order import Device
from reportgen.stages.bench import EVALUATED, Bench
from reportgen.store.journal import Session
from reportgen.training.placement import Placement, choose_placement
from reportgen.training.workload import Workload, count_multiply_adds, has_groups


def place_run(bench: Bench, device: Device, begun: Session | None = None) -> Placement:
    """Return where a run computes; `begun` is how it began, if it has.

    It goes on with the threads that it had and, on a device of the same kind, in the
    same precision. Otherwise, on a CPU, its own work decides the threads (see
    `Workload.threads`), and its experiment's the precision (`Workload.precision`), so
    that trials differ by what their file says alone. Both are the same whatever runs
    beside it.

    Raises
    ------
    UsageError
        If the device that was asked for does not exist, or lacks the precision.
    """
    threads = None if begun is None else begun.threads
    placement = choose_placement(device, bench.spec.precision, threads)
    if begun is not None and begun.device == placement.device:
        return replace(placement, precision=begun.precision)
    if placement.device != "cpu":
        return placement
    if bench.spec.precision == "auto":
        shared = measure_work(bench.of_experiment())
        placement = replace(placement, precision=shared.precision(placement.precision))
    return replace(placement, threads=threads or measure_work(bench).threads(placement.threads))


def measure_work(bench: Bench) -> Workload:
    """Return what a run computes, by one image's way through its network."""
    spec, splits = bench.spec, bench.data.splits
    model = bench.blank()
    multiply_adds, grouped = count_multiply_adds(model, bench.input_shape), has_groups(model)
    n_train, n_evaluated = len(splits["train"]), len(splits[EVALUATED])
    if spec.training is None:
        n_read = n_train + n_evaluated
        return Workload(multiply_adds, spec.evaluation_batch_size, 0, n_read, grouped)
    training = spec.training
    n_measured = training.epochs // training.validate_every
    return Workload(
        multiply_adds,
        training.batch_size,
        n_steps=training.epochs * math.ceil(n_train / training.batch_size),
        n_read=n_measured * (n_train + n_evaluated),
        grouped=grouped,
    )

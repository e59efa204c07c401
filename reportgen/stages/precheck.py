"""What can go wrong with a run, looked for before anything is trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reportgen.errors import DataError, Fault, ModelError
from reportgen.models.contract import check_model
from reportgen.order import Device
from reportgen.stages.bench import Bench
from reportgen.training.placement import choose_placement


def check_runs(benches: Sequence[Bench], device: Device) -> None:
    """Check all runs that are about to be made, of each experiment or trial the first.

    Its other seeds have the same network, and data of the same sizes.

    Raises
    ------
    UsageError
        If the device that was asked for does not exist.
    DataError
        If the data are not there, are damaged, too few for the maps, or lack a class that
        a group of classes names.
    ModelError
        If a network cannot be built or run on its data: all faults of all runs.
    """
    faults: list[Fault] = []
    first = {
        (bench.plan.run.id.experiment, bench.plan.run.id.trial): bench for bench in benches[::-1]
    }
    for bench in reversed(first.values()):
        choose_placement(device, bench.spec.precision)
        check_embeddings(bench)
        check_class_groups(bench)
        faults += network_faults(bench)
    if faults:
        raise ModelError(faults=dict.fromkeys(faults))


def network_faults(bench: Bench) -> list[Fault]:
    """Return what is wrong with a run's network; what has no line of models.py is the spec's."""
    try:
        check_model(
            bench.rehearsal(),
            bench.input_shape,
            bench.data.source.n_classes,
            features=bench.spec.features,
            training=bench.spec.training,
            n_train=len(bench.data.splits["train"]),
            filters=None if bench.spec.filters is None else bench.spec.filters.layer,
            maximization=None if bench.plan.maximize is None else bench.spec.maximization,
        )
    except ModelError as error:
        found = error.faults or (Fault("", 0, 0, error.message),)
        file = experiment_file(bench)
        return [fault if fault.file else replace(fault, file=file) for fault in found]
    return []


def experiment_file(bench: Bench) -> str:
    """Return the name of a run's experiment file, as messages show it."""
    return f"experiments/{bench.study.name}/{bench.plan.run.id.experiment}.yaml"


def check_embeddings(bench: Bench) -> None:
    """Refuse a perplexity that the samples on the map do not allow.

    Raises
    ------
    DataError
        If it is not below their number.
    """
    wanted = bench.spec.embeddings
    if wanted is None:
        return
    n = min(wanted.samples, len(bench.evaluated))
    if wanted.perplexity >= n:
        msg = (
            f"{experiment_file(bench)}: embeddings.perplexity is {wanted.perplexity:g} with {n} "
            "samples; it must be lower than their number: lower it (5 to 50 are usual) or raise "
            "embeddings.samples"
        )
        raise DataError(msg)


def check_class_groups(bench: Bench) -> None:
    """Refuse groups of classes that name one which the data do not have.

    Raises
    ------
    DataError
        With all such names.
    """
    file, classes = experiment_file(bench), bench.data.summary.classes
    faults = [Fault(file, 0, 0, text) for text in bench.spec.dataset.stray_classes(classes)]
    if faults:
        raise DataError(faults=faults)

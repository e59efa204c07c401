"""Which experiments start from the networks of others, and so which runs come first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reportgen.errors import Fault, nearest
from reportgen.records import RunId
from reportgen.spec.network import named_experiment

if TYPE_CHECKING:
    from reportgen.spec.experiment import Experiment
    from reportgen.spec.run import Run
    from reportgen.spec.yaml_source import Keys, Source


def named_sources(experiment: Any) -> Iterator[tuple[Keys, str]]:
    """Yield path and name of each experiment that a file's content starts from, trials included.

    `experiment` holds plain values, of which some may be wrong.
    """
    if not isinstance(experiment, dict):
        return
    sweep = experiment.get("sweep")
    values: list[tuple[Keys, Any]] = [(("weights",), experiment.get("weights"))]
    for index, trial in enumerate(sweep if isinstance(sweep, list) else ()):
        settings = trial.get("set") if isinstance(trial, dict) else None
        if isinstance(settings, dict):
            values.append((("sweep", index, "set", "weights"), settings.get("weights")))
    for path, value in values:
        if isinstance(value, str) and (name := named_experiment(value)):
            yield path, name


def source_faults(
    sources: Mapping[str, Source], experiments: Mapping[str, Experiment], known: Sequence[str]
) -> Iterator[Fault]:
    """Yield a fault for each network to start from that there is not, and for each circle.

    Parameters
    ----------
    sources : mapping of str to Source
        The content of each experiment's file.
    experiments : mapping of str to Experiment
        Those of them that are right in themselves.
    known : sequence of str
        Experiments that have a file.
    """
    starts: dict[str, str] = {}
    for name, source in sources.items():
        for path, other in named_sources(source.value):
            if path == ("weights",):
                starts[name] = other
            place, spec = source.place(path), experiments.get(other)
            if other not in known:
                hint = nearest(other, known)
                yield place.fault(f"weights: there is no file {other}.yaml; {hint}")
            elif spec is not None and spec.training is None:
                yield place.fault(
                    f"weights: the experiment {other} has an estimator and trains no network; "
                    "take the weights that it takes"
                )
    for circle in find_circles(starts):
        place = sources[circle[0]].place(("weights",))
        yield place.fault(f"weights: experiments start in a circle: {' → '.join(circle)}")


def find_circles(sources: Mapping[str, str]) -> list[tuple[str, ...]]:
    """Return each circle among experiments that start from one another, from its first one on.

    Parameters
    ----------
    sources : mapping of str to str
        Experiment to the one that it starts from.

    Examples
    --------
    >>> find_circles({"a": "b", "b": "c", "c": "b", "d": "d"})
    [('b', 'c', 'b'), ('d', 'd')]
    """
    found: list[tuple[str, ...]] = []
    for name in sources:
        chain = [name]
        while (following := sources.get(chain[-1])) is not None:
            chain.append(following)
            if following in chain[:-1]:
                break
        closed = len(chain) > 1 and chain[-1] == name
        if closed and not any(name in circle for circle in found):
            found.append(tuple(chain))
    return found


def link_runs(runs: Sequence[Run], experiments: Mapping[str, Experiment]) -> tuple[Run, ...]:
    """Return the runs with the run that each starts from, which comes before it.

    It is the named experiment's run of the same seed; where that experiment has no such
    seed, its first. But for that the order stays, and always within an experiment.
    """
    done: dict[RunId, Run] = {}
    waiting = [replace(run, source=_source(run, experiments)) for run in runs]
    while waiting:
        held: list[Run] = []
        for run in waiting:
            behind = any(other.id.experiment == run.id.experiment for other in held)
            if behind or (run.source is not None and run.source not in done):
                held.append(run)
            else:
                done[run.id] = run
        waiting = held
    return tuple(done.values())


def _source(run: Run, experiments: Mapping[str, Experiment]) -> RunId | None:
    """Return the run whose network a run starts from, if it starts from one."""
    name = named_experiment(run.spec.weights)
    if not name:
        return None
    seeds = experiments[name].seeds
    return RunId(name, "", run.id.seed if run.id.seed in seeds else seeds[0])

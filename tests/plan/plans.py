"""A spec and its plan, to be changed field by field."""

from __future__ import annotations

import copy
from typing import Any

from reportgen.plan.changes import Noted
from reportgen.plan.keys import RunPlan, plan_run
from reportgen.records import RunId
from reportgen.spec.experiment import Experiment
from reportgen.spec.run import Run

SPEC: dict[str, Any] = {
    "title": "Net",
    "dataset": {"name": "mnist"},
    "model": {"class": "Net", "args": {"width": 8}},
    "training": {
        "batch_size": 32,
        "phases": [
            {"epochs": 2, "optimizer": {"name": "sgd", "lr": 0.1}},
            {"epochs": 4, "optimizer": {"name": "sgd", "lr": 0.01}},
        ],
    },
    "horizons": [3, 6],
    "features": {"final": "fc"},
    "embeddings": {"samples": 50, "perplexity": 5.0},
}
PHASES = SPEC["training"]["phases"]
RENAMED = SPEC | {"model": {"class": "Other", "args": {"width": 8}}}


def plan(
    spec: dict[str, Any] = SPEC,
    fingerprint: str = "data",
    code: str = "code",
    seed: int = 0,
    trial: str = "",
    weights: str = "",
    name: str = "net",
) -> RunPlan:
    """Return the plan of a run."""
    run = Run(RunId(name, trial, seed), Experiment.model_validate(spec, strict=False), "")
    return plan_run(run, fingerprint, code, weights)


def plan_later(source: dict[str, Any] = SPEC, **other: str) -> RunPlan:
    """Return the plan of a run that starts from the network of the run of `source`."""
    spec = Experiment.model_validate(SPEC | {"weights": "experiment:net"}, strict=False)
    run = Run(RunId("later", "", 0), spec, "", RunId("net", "", 0))
    return plan_run(run, "data", "code", source=plan(source, **other))


def with_(path: list[Any], value: Any) -> dict[str, Any]:
    """Return the spec with one value set otherwise."""
    spec = copy.deepcopy(SPEC)
    *parents, last = path
    inner: Any = spec
    for name in parents:
        inner = inner[name]
    inner[last] = value
    return spec


def noted(*plans: RunPlan) -> Noted:
    """Return the fields of all keys of some plans, as a store that holds them notes them."""
    found: dict[str, dict[str, Any]] = {}
    for one in plans:
        for key in (
            one.data,
            one.train,
            *one.evaluate.values(),
            *one.embed.values(),
            *([] if one.maximize is None else [one.maximize]),
            one.record,
        ):
            found.setdefault(key.stage, {})[key.digest] = key.fields
    return found

"""The key of each stage: a hash of what decides its result, and of nothing else.

A key covers the part of the spec that the stage reads, as written; the keys
of the stages before it; the fingerprint of the data; the study's own code that
runs; and the version of the stage in this package. Resolved values (device,
precision, threads) and everything that only words or draws are left out.

========  ===================================================================
stage     its key covers
========  ===================================================================
data      fingerprint of the source, `dataset.split`, `dataset.subset`
train     data; model, its code, weights, seed, precision, normalisation,
          training but the epochs of the last phase; or the estimator and its layer;
          train and last horizon of the run whose network it starts from
evaluate  train; the horizon
embed     train; the horizon, `features`, `embeddings`
maximize  train; the last horizon, `maximization`
record    all of these; the names of experiment and trial, epochs, horizons, `filters`
========  ===================================================================

The epochs of the last phase are left out of the training key, so that raising
them continues a training and lowering them reads its first epochs. Where an earlier
phase may stop early they are covered, since then a horizon does not tell how many
epochs of the last phase lie within it. No schedule depends on the total number of
epochs; one that does must put it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reportgen.hashing import sha256_json
from reportgen.spec.experiment import Experiment
from reportgen.spec.run import Run

STAGE_VERSIONS: Mapping[str, int] = {
    "data": 1,
    "train": 1,
    "evaluate": 1,
    "embed": 3,
    "maximize": 1,
    "record": 1,
}
"""Raised when a stage of this package gives other results for the same input."""


@dataclass(frozen=True, slots=True)
class StageKey:
    """A stage's key and the fields that it was made of."""

    stage: str
    fields: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical fields, as 64 hexadecimal digits."""
        return sha256_json({"stage": self.stage, **self.fields})


@dataclass(frozen=True, slots=True)
class RunPlan:
    """The keys of all stages of one run.

    `evaluate` and `embed` are by horizon; `embed` is empty where no map is wanted.
    `source` is the plan of the run whose network it starts from; `maximize` is None where
    no image is to maximise a filter.
    """

    run: Run
    data: StageKey
    train: StageKey
    evaluate: Mapping[int, StageKey]
    embed: Mapping[int, StageKey]
    record: StageKey
    source: RunPlan | None = None
    maximize: StageKey | None = None

    def stage_digests(self) -> dict[str, str]:
        """Return each stage's key by its name: data, train, evaluate.h10, …, record."""
        return {
            "data": self.data.digest,
            "train": self.train.digest,
            **{f"evaluate.h{h}": key.digest for h, key in self.evaluate.items()},
            **{f"embed.h{h}": key.digest for h, key in self.embed.items()},
            **({} if self.maximize is None else {"maximize": self.maximize.digest}),
            "record": self.record.digest,
        }


def stage_key(stage: str, **fields: Any) -> StageKey:
    """Return the key of a stage over these fields and the stage's version."""
    return StageKey(stage, {"version": STAGE_VERSIONS[stage], **fields})


def training_fields(spec: Experiment) -> dict[str, Any]:
    """Return what the training stage reads of a spec, without the last phase's epochs."""
    return {
        "model": spec.model.model_dump(mode="json", by_alias=True),
        "weights": spec.weights,
        "precision": spec.precision,
        "normalization": spec.dataset.model_dump(mode="json")["normalization"],
        **learner_fields(spec),
    }


def learner_fields(spec: Experiment) -> dict[str, Any]:
    """Return what decides how it learns: the training, or the estimator and its features."""
    if spec.training is None:
        assert spec.estimator is not None
        fields = spec.estimator.model_dump(mode="json", exclude={"features", "batch_size"})
        return {"estimator": fields, "layer": spec.features[spec.estimator_features]}
    training = spec.training.model_dump(mode="json", by_alias=True)
    if training["validate_every"] == 1:  # as before it could be said
        del training["validate_every"]
    phases = training["phases"]
    for phase in phases:  # a key of before there was early stopping still holds
        if phase["early_stopping"] is None:
            del phase["early_stopping"]
    if not any("early_stopping" in phase for phase in phases[:-1]):
        del phases[-1]["epochs"]
    return {"training": training}


def plan_run(
    run: Run, fingerprint: str, code: str, weights: str = "", source: RunPlan | None = None
) -> RunPlan:
    """Return the keys of a run's stages.

    Parameters
    ----------
    run : Run
    fingerprint : str
        Of the data source: its content, whatever file it came in.
    code : str
        Of the model class and what it reaches in the study's models.py.
    weights : str
        Of the file that the weights come from, if the experiment names one.
    source : RunPlan, optional
        Of the run whose network it starts from, if the experiment names one.

    Raises
    ------
    ValueError
        If that plan is not the one of the run's source.
    """
    if run.source != (None if source is None else source.run.id):
        msg = f"{run.id} starts from {run.source}"
        raise ValueError(msg)
    spec = run.spec
    dataset = spec.dataset.model_dump(mode="json")
    data = stage_key("data", source=fingerprint, split=dataset["split"], subset=dataset["subset"])
    train = stage_key(
        "train",
        data=data.digest,
        code=code,
        seed=run.id.seed,
        **training_fields(spec),
        **({"weights_file": weights} if weights else {}),
        **({} if source is None else {"start": checkpoint_fields(source)}),
        **(test_fields(spec) if spec.training is None else {}),
    )
    evaluate = {
        h: stage_key("evaluate", train=train.digest, horizon=h, **test_fields(spec))
        for h in spec.report_horizons
    }
    embed = {
        h: stage_key("embed", train=train.digest, horizon=h, **embedding_fields(spec))
        for h in spec.map_horizons
    }
    maximize = maximize_key(spec, train)
    record = stage_key(
        "record",
        experiment=run.id.experiment,
        trial=run.id.trial,
        seed=run.id.seed,
        epochs=spec.epochs,
        train=train.digest,
        evaluate={str(h): key.digest for h, key in evaluate.items()},
        embed={str(h): key.digest for h, key in embed.items()},
        **filter_fields(spec),
        **({} if maximize is None else {"maximize": maximize.digest}),
    )
    return RunPlan(run, data, train, evaluate, embed, record, source, maximize)


def checkpoint_fields(source: RunPlan) -> dict[str, Any]:
    """Return what decides the checkpoint that others start from: the best within a horizon.

    Epochs beyond the last horizon have no part in it.
    """
    return {"train": source.train.digest, "horizon": source.run.spec.report_horizons[-1]}


def test_fields(spec: Experiment) -> dict[str, Any]:
    """Return what evaluation reads of the division; nothing where nothing is kept for a test."""
    return {"test": True} if spec.dataset.has_test else {}


def filter_fields(spec: Experiment) -> dict[str, Any]:
    """Return what a record reads of the filters that it keeps; nothing where it keeps none."""
    return {} if spec.filters is None else {"filters": spec.filters.model_dump(mode="json")}


def maximize_key(spec: Experiment, train: StageKey) -> StageKey | None:
    """Return the key of the images that maximise filters; None where none are wanted."""
    if spec.maximization is None:
        return None
    wanted = spec.maximization.model_dump(mode="json")
    horizon = spec.report_horizons[-1]
    return stage_key("maximize", train=train.digest, horizon=horizon, maximization=wanted)


def embedding_fields(spec: Experiment) -> dict[str, Any]:
    """Return what the embedding stage reads of a spec."""
    if spec.embeddings is None:
        return {}
    return {
        "features": dict(spec.features),
        "embeddings": spec.embeddings.model_dump(mode="json", exclude={"horizons"}),
    }

"""Facts on how a run came about: device, precision, versions, durations."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from reportgen.facts.fact import Fact, Source, define
from reportgen.records import RunRecord

KEY = define("{run}.provenance.key", "text", "Key of the run's record.")
DEVICE = define("{run}.provenance.device", "text", "cpu, cuda or mps.")
DEVICE_NAME = define("{run}.provenance.device_name", "text", "Model of the processor or GPU.")
PRECISION = define("{run}.provenance.precision", "text", "Arithmetic that `auto` came to.")
THREADS = define("{run}.provenance.threads", "count", "Threads of the CPU; fixed for the run.")
COMMIT = define("{run}.provenance.commit", "text", "Commit of the project, + if files differ.")
VERSION = define("{run}.provenance.versions.{library}", "text", "Version of a library that ran.")
TRAINING_S = define("{run}.provenance.training_s", "s", "Seconds that all epochs took.")
EPOCH_S = define("{run}.provenance.epoch_s", "s", "Median seconds of an epoch.")


def provenance_facts(run: str, record: RunRecord, key: str) -> Iterator[Fact]:
    """Yield the facts on how a record came about; without epochs there are no durations."""
    provenance = record.provenance

    def source(field: str) -> Source:
        return Source(key, f"provenance.{field}")

    yield KEY(key, source("key"), run=run)
    yield DEVICE(provenance.device, source("device"), run=run)
    yield DEVICE_NAME(provenance.device_name, source("device_name"), run=run)
    yield PRECISION(provenance.precision, source("precision"), run=run)
    yield THREADS(provenance.threads, source("threads"), run=run)
    yield COMMIT(provenance.commit, source("commit"), run=run)
    for library, version in provenance.versions.items():
        name = library.replace("-", "_")
        yield VERSION(version, source(f"versions.{library}"), run=run, library=name)
    if provenance.epoch_s:
        yield TRAINING_S(sum(provenance.epoch_s), source("epoch_s"), run=run)
        yield EPOCH_S(median(provenance.epoch_s) / record.result.every, source("epoch_s"), run=run)

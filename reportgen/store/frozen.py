"""Committed records: `experiments/<study>/records/<profile>/<experiment>/<run>.*`.

They are what a machine without data, weights or torch renders a report from.
A record counts as fresh if the key that follows from today's files and from
the fingerprints of data and weights inside the record is the key that it was made under.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reportgen.errors import Fault, StaleError
from reportgen.plan.keys import RunPlan, plan_run
from reportgen.plan.network import fingerprint_model
from reportgen.records import RunId, RunRecord
from reportgen.spec.study import Run, Study
from reportgen.store.codec import ARRAYS, RECORD, decode_record, encode_record
from reportgen.store.files import file_errors, write_synced

SUFFIXES = {RECORD: ".json", ARRAYS: ".safetensors"}


def record_paths(study: Study, run: RunId) -> dict[str, Path]:
    """Return where the files of a run's committed record lie, by their name in a record."""
    folder = study.records_folder / run.experiment
    return {name: folder / f"{run.slug}{suffix}" for name, suffix in SUFFIXES.items()}


def freeze_records(study: Study, records: Mapping[RunId, RunRecord]) -> tuple[Path, ...]:
    """Write the records of a study beside its files, and remove those of runs that are gone.

    Returns
    -------
    tuple of Path
        The files that the study's records consist of now.
    """
    written: list[Path] = []
    with file_errors(study.records_folder, "make the folder writable"):
        for run, record in records.items():
            files = encode_record(record)
            for name, path in record_paths(study, run).items():
                path.parent.mkdir(parents=True, exist_ok=True)
                write_synced(path, files[name])
                written.append(path)
        for path in sorted(study.records_folder.glob("*/*")):
            if path not in written and path.suffix in SUFFIXES.values():
                path.unlink()
    return tuple(written)


def read_frozen(study: Study) -> dict[RunId, RunRecord]:
    """Return the committed record of every run of a study.

    Raises
    ------
    StaleError
        If one is missing, damaged or stale: all of them at once, with the command
        that mends it.
    """
    records: dict[RunId, RunRecord] = {}
    faults: list[Fault] = []
    for run in study.runs:
        try:
            records[run.id] = read_fresh(study, run)
        except StaleError as error:
            faults.append(Fault("", 0, 0, error.message))
    if faults:
        what = study.arguments
        mend = f"run `reportgen run {what}` and `reportgen freeze {what}`"
        raise StaleError(faults=[*faults, Fault("", 0, 0, mend)])
    return records


def read_fresh(study: Study, run: Run) -> RunRecord:
    """Return one run's committed record.

    Raises
    ------
    StaleError
        If it is missing, damaged or stale.
    """
    record = read_committed(study, run)
    digests = plan_by_record(study, run, record).stage_digests()
    stale = [stage for stage, key in digests.items() if record.result.keys.get(stage) != key]
    if stale:
        where = record_paths(study, run.id)[RECORD].relative_to(study.root).as_posix()
        msg = f"{run.id}: {where} is stale: the key of {', '.join(stale)} has changed since"
        raise StaleError(msg)
    return record


def plan_by_record(study: Study, run: Run, record: RunRecord) -> RunPlan:
    """Return the keys of today's files, with the fingerprints of data and weights of a record."""
    result = record.result
    code = fingerprint_model(study.models_file, run.spec.model)
    return plan_run(run, result.data.fingerprint, code, result.model.weights_fingerprint)


def read_committed(study: Study, run: Run) -> RunRecord:
    """Return one run's committed record, be it stale or fresh.

    Raises
    ------
    StaleError
        If it is missing or damaged.
    """
    paths = record_paths(study, run.id)
    where = paths[RECORD].relative_to(study.root).as_posix()
    try:
        files = {name: path.read_bytes() for name, path in paths.items()}
    except OSError as error:
        msg = f"{run.id}: no committed record ({where})"
        raise StaleError(msg) from error
    return decode_record(files, where)

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
from reportgen.plan.network import CodeShelf
from reportgen.records import RunId, RunRecord
from reportgen.spec.run import Run
from reportgen.spec.study import Study
from reportgen.staging import write_synced
from reportgen.store.codec import ARRAYS, RECORD, decode_record, encode_record
from reportgen.store.files import file_errors

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
    plans: dict[RunId, RunPlan] = {}
    code = CodeShelf(study.models_file)
    faults: list[Fault] = []
    for run in study.runs:
        try:
            records[run.id] = read_committed(study, run)
            plans[run.id] = plan_by_record(code, run, records[run.id], plans)
            require_fresh(study, plans[run.id], records[run.id])
        except StaleError as error:
            faults.append(Fault("", 0, 0, error.message))
    if faults:
        what = study.arguments
        mend = f"run `reportgen run {what}` and `reportgen freeze {what}`"
        raise StaleError(faults=[*faults, Fault("", 0, 0, mend)])
    return records


def read_committed(study: Study, run: Run) -> RunRecord:
    """Return one run's committed record, fresh or stale.

    Raises
    ------
    StaleError
        If it is missing or damaged.
    """
    paths, where = record_paths(study, run.id), _shown(study, run.id)
    try:
        files = {name: path.read_bytes() for name, path in paths.items()}
    except OSError as error:
        msg = f"{run.id}: no committed record ({where})"
        raise StaleError(msg) from error
    return decode_record(files, where)


def plan_by_record(
    code: CodeShelf, run: Run, record: RunRecord, plans: Mapping[RunId, RunPlan]
) -> RunPlan:
    """Return the keys of today of a run, with the fingerprints that its record holds.

    Parameters
    ----------
    code : CodeShelf
        Of the study's models.py.
    run : Run
    record : RunRecord
        Its committed record.
    plans : mapping of RunId to RunPlan
        Those of the runs before it, among them of the one that it starts from.

    Raises
    ------
    StaleError
        If that one has none, as its record is missing.
    """
    if run.source is not None and run.source not in plans:
        msg = f"{run.id}: starts from {run.source}, which has no sound committed record"
        raise StaleError(msg)
    result = record.result
    return plan_run(
        run,
        result.data.fingerprint,
        code.fingerprint(run.spec.model),
        result.model.weights_fingerprint,
        None if run.source is None else plans[run.source],
    )


def require_fresh(study: Study, today: RunPlan, record: RunRecord) -> None:
    """Refuse a record that was made under other keys than today's.

    Raises
    ------
    StaleError
        With the stages whose key is another.
    """
    keys, run = record.result.keys, today.run.id
    stale = [stage for stage, key in today.stage_digests().items() if keys.get(stage) != key]
    if stale:
        where, names = _shown(study, run), ", ".join(stale)
        msg = f"{run}: {where} is stale: the key of {names} has changed since"
        raise StaleError(msg)


def _shown(study: Study, run: RunId) -> str:
    """Return the name of a run's committed record, as messages show it."""
    return record_paths(study, run)[RECORD].relative_to(study.root).as_posix()

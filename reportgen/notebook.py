"""What a notebook calls: experiments are run, and shown as the report shows them.

::

    from reportgen.notebook import open_study

    study = open_study("simple_cnn.yaml")
    net = study.run("simple_cnn")
    net.table("epochs", {"epoch": "{}", "loss": "{train_loss:num}"})

The experiments go the same way as under ``reportgen run``: what the store holds
is taken, what is missing is trained and kept. Numbers are facts, written by the
filters of the report's templates. Words are the notebook's own.

Variables: REPORTGEN_DATA is the folder with data sets; REPORTGEN_STORE that of
finished runs; with REPORTGEN_STORE_ONLY nothing is run that it does not hold.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.console import PlainLines
from reportgen.errors import UsageError, nearest
from reportgen.holdings import stored_records
from reportgen.notebooks.display import Table
from reportgen.notebooks.results import Results, compare_experiments, compare_pairs
from reportgen.order import Device, Order
from reportgen.pipeline import derive, obtain_records
from reportgen.report.formatters import Formatters
from reportgen.report.spanish import Spanish
from reportgen.report.view import View
from reportgen.spec.study import gather_study

if TYPE_CHECKING:
    from reportgen.plan.decision import Decision
    from reportgen.records import EpochRow, RunId, RunRecord
    from reportgen.spec.study import Study

STORE = "reportgen-runs"
"""Folder of finished runs, beside the experiment files, where no other is named."""


def open_study(
    *files: str | Path,
    data_dir: str | Path | None = None,
    store: str | Path | None = None,
    locale: str = "es_ES",
    device: Device = "auto",
) -> Workbench:
    """Return the experiments of some files, to be run.

    Parameters
    ----------
    *files : str or Path
        Experiment files of one folder. The networks that they name as `class` are in
        ``models.py`` beside them.
    data_dir : str or Path, optional
        Folder with data sets.
    store : str or Path, optional
        Folder of finished runs.
    locale : {"es_ES", "es_MX"}
        How numbers are written.
    device : {"auto", "cpu", "cuda", "mps"}
        Where to train.

    Raises
    ------
    UsageError
        If no .yaml file is named, or they lie in several folders.
    SpecError
        With all faults of all files.
    """
    paths = [Path(file).expanduser().absolute() for file in files]
    folders = {path.parent for path in paths}
    if len(folders) != 1 or any(path.suffix != ".yaml" for path in paths):
        got = ", ".join(map(str, files)) or "none"
        msg = f"name experiment files of one folder, such as simple_cnn.yaml; got {got}"
        raise UsageError(msg)
    folder = folders.pop()
    study = gather_study(folder, [path.stem for path in paths])
    data = data_dir or os.environ.get("REPORTGEN_DATA")
    kept = store or os.environ.get("REPORTGEN_STORE") or folder / STORE
    order = Order(
        root=folder,
        study=study.name,
        data_dir=Path(data).expanduser().absolute() if data else None,
        device=device,
        store=Path(kept).expanduser().absolute(),
    )
    return Workbench(study, order, locale)


class Workbench:
    """Experiments that can be run; what was run can be compared."""

    def __init__(self, study: Study, order: Order, locale: str) -> None:
        self._study = study
        self._order = order
        self._locale = locale
        self._done: dict[str, dict[RunId, RunRecord]] = {}

    def run(self, experiment: str, *, classes: Mapping[str, str] | None = None) -> Results:
        """Run an experiment with its seeds and trials, as far as the store does not hold them.

        Parameters
        ----------
        experiment : str
            Name of its file, without .yaml.
        classes : mapping of str to str, optional
            What classes are called, by the data set's own names.

        Raises
        ------
        ReportgenError
            Whatever a stage raises; what was finished is kept.
        """
        if experiment not in self._study.experiments:
            known = nearest(experiment, list(self._study.experiments))
            msg = f'there is no experiment "{experiment}" here; {known}'
            raise UsageError(msg)
        alone = gather_study(self._study.folder, [experiment])
        self._done[experiment] = self._records(alone)
        return Results(alone, self._done[experiment], self._locale, classes or {})

    def _records(self, study: Study) -> dict[RunId, RunRecord]:
        """Return all records of a study; what is being run is told, and then wiped."""
        if os.environ.get("REPORTGEN_STORE_ONLY"):
            return stored_records(self._order, study)
        told = _News()
        records = obtain_records(self._order, study, told)
        told.wipe()
        return records

    def compare(self, columns: Mapping[str, str]) -> Table:
        """Return a table with a row for each experiment that was run, at its last horizon.

        Parameters
        ----------
        columns : mapping of str to str
            Heading to what stands below it: ``{best.accuracy:pct}``; ``{}`` is the title.
        """
        return compare_experiments(self._view(), columns, Formatters(Spanish(self._locale)))

    def compare_pairs(self, columns: Mapping[str, str], name: str) -> Table:
        """Return a table with a row for each pair of experiments that were run.

        Parameters
        ----------
        columns : mapping of str to str
            Heading to what stands below it: ``{gain:signed}``; ``{}`` is `name`.
        name : str
            What a pair is called: ``{first}`` gains over ``{second}``.
        """
        return compare_pairs(self._view(), columns, name, Formatters(Spanish(self._locale)))

    def _view(self) -> View:
        """Return the facts of all that was run."""
        study = gather_study(self._study.folder, list(self._done))
        records = {run: record for found in self._done.values() for run, record in found.items()}
        return View(study, records, derive(study, records))


class _News(PlainLines):
    """Tells what is being run, not what is there already."""

    def __init__(self) -> None:
        super().__init__()
        self._told = False

    def stage(self, run: RunId, decision: Decision) -> None:
        if decision.action != "reuse":
            self._told = True
            super().stage(run, decision)

    def epoch(self, run: RunId, row: EpochRow, epochs: int, seconds: float) -> None:
        self._told = True
        super().epoch(run, row, epochs, seconds)

    def wipe(self) -> None:
        """Take back what was told, so that a cell shows the same whether it trained or not."""
        if self._told and "IPython" in sys.modules:
            from IPython.display import clear_output

            clear_output()  # type: ignore[no-untyped-call]

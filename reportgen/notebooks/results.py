"""What a notebook can ask of an experiment that was run: words, tables and figures."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from reportgen.errors import UsageError, nearest
from reportgen.facts.derive import derive_facts
from reportgen.facts.fact import Fact, FactTree
from reportgen.figures.style import FigureStyle
from reportgen.notebooks.display import Figure, Table, Text, Wording
from reportgen.records import RunId, RunRecord
from reportgen.report.fonts import figure_fonts
from reportgen.report.formatters import Formatters
from reportgen.report.labels import Label, Labels
from reportgen.report.picture import Picture, PictureError
from reportgen.report.pictures import Pictures
from reportgen.report.spanish import Spanish
from reportgen.report.view import View, ViewError
from reportgen.spec.study import Study

Row = tuple[str, FactTree]
"""The name of what a row of a table is about, and its facts."""

Write = Callable[[str, FactTree], str]
"""Fills the places of a text about a group of facts."""


def written_table(rows: Sequence[Row], columns: Mapping[str, str], wording: Wording) -> Table:
    """Return a table whose cells are texts about its rows."""
    cells = tuple(
        tuple(wording.fill(text, tree, name) for text in columns.values()) for name, tree in rows
    )
    return Table(tuple(columns), cells, wording.used)


def compare_experiments(view: View, columns: Mapping[str, str], formatters: Formatters) -> Table:
    """Return a table with a row for each experiment, about its last horizon.

    ``{}`` is an experiment's title.
    """
    shown = [run for run in view.experiments() if view.name(run) in view.study.listed]
    rows = [(view.title(run), view.horizons(run)[-1]) for run in shown]
    return written_table(rows, columns, Wording(formatters))


def compare_pairs(
    view: View, columns: Mapping[str, str], name: str, formatters: Formatters
) -> Table:
    """Return a table with a row for each pair of experiments that answered the same samples.

    It is about what the later of both gains over the earlier; ``{}`` is `name`, in which
    ``{first}`` and ``{second}`` stand for the titles.
    """
    rows = []
    experiments = view.experiments()
    for i, run in enumerate(experiments):
        for other in experiments[:i]:
            if "versus" in run and view.name(other) in view.below(run, "versus"):
                title = name.replace("{first}", view.title(run))
                pair = title.replace("{second}", view.title(other))
                rows.append((pair, view.below(run, f"versus.{view.name(other)}")))
    return written_table(rows, columns, Wording(formatters))


class Results:
    """What one experiment came to.

    The texts that its methods take have places, written ``{fact:filter}``: see
    `reportgen.notebooks.display.Wording`.

    Parameters
    ----------
    study : Study
        With this experiment, and those that it starts from.
    records : mapping of RunId to RunRecord
        One of each of its runs.
    locale : str
        How numbers are written.
    classes : mapping of str to str
        What classes are called, by the data set's own names.
    """

    def __init__(
        self,
        study: Study,
        records: Mapping[RunId, RunRecord],
        locale: str,
        classes: Mapping[str, str],
    ) -> None:
        (self._name,) = study.listed
        self._view = View(study, records, derive_facts(study, records))
        labels = Labels({name: Label(label) for name, label in classes.items()})
        self._view.labels[self._name] = labels
        self._spanish = Spanish(locale)
        self._formatters = Formatters(self._spanish, self._view.labels)
        self._run = self._view.below(self._view.tree, self._name)

    def __repr__(self) -> str:
        return f"<results of {self._name}>"

    # ── words and tables ────────────────────────────────────────────────────

    def text(self, text: str) -> Text:
        """Return a paragraph: ``text("{model.parameters:integer} parámetros")``."""
        wording = Wording(self._formatters)
        return Text(wording.fill(text, self._run), wording.used)

    def table(self, path: str, columns: Mapping[str, str]) -> Table:
        """Return a table with a row for each group of facts below a path.

        Parameters
        ----------
        path : str
            ``epochs``, ``model.layers``, ``h10.pairs`` and the like.
        columns : mapping of str to str
            Heading to what stands below it; ``{}`` is the row's own name or number.

        Raises
        ------
        UsageError
            If there is no such group, or a column asks for what it has not.
        """
        group = self._group(path)
        keys = list(group.keys())
        ordered = sorted(keys, key=int) if all(key.isdigit() for key in keys) else keys
        children = [(key, group[key]) for key in ordered]
        return self._table(
            [(k, tree) for k, tree in children if isinstance(tree, FactTree)], columns
        )

    def horizons(self, columns: Mapping[str, str]) -> Table:
        """Return a table with a row for each horizon; ``{}`` is its number of epochs."""
        rows = [
            (str(self._view.evaluation(tree).horizon), tree)
            for tree in self._view.horizons(self._run)
        ]
        return self._table(rows, columns)

    def splits(self, columns: Mapping[str, str], names: Mapping[str, str]) -> Table:
        """Return a table with a row for each split of the data; ``{}`` is its name in `names`."""
        found = self._view.splits(self._run)
        rows = [(names.get(split, split), self._group(f"data.{split}")) for split in found]
        return self._table(rows, columns)

    def trials(self, columns: Mapping[str, str], reference: str) -> Table:
        """Return a table of the experiment and its trials.

        ``{}`` is a trial's name; the experiment itself is called `reference`.
        """
        trials = [(self._view.trial_title(tree), tree) for tree in self._view.trials(self._run)]
        return self._table([(reference, self._run), *trials], columns)

    def confusion(self, horizon: str, corner: str) -> Table:
        """Return the confusion matrix of a horizon, such as ``h10``; rows are the truth.

        `corner` is the heading of the rows.
        """
        wording = Wording(self._formatters)
        names = [wording.label(fact) for fact in self._view.classes(self._run)]
        below = f"{horizon}.confusion"
        rows = []
        for i, name in enumerate(names):
            cells = [
                wording.fill(f"{{{below}.{i}.{j}:integer}}", self._run) for j in range(len(names))
            ]
            rows.append((name, *cells))
        return Table((corner, *names), tuple(rows), wording.used)

    # ── figures ─────────────────────────────────────────────────────────────

    def curves(
        self,
        words: Mapping[str, str],
        *,
        best: str = "{best.accuracy:pct}",
        extension: str = "",
        phase: str = "",
    ) -> Figure:
        """Return the learning curves.

        Parameters
        ----------
        words : mapping of str to str
            See `reportgen.figures.learning_curves.CurveWords`.
        best : str
            Stands beside the best epoch of each horizon, about the horizon.
        extension : str
            Stands over the epochs after the first horizon.
        phase : str
            Stands where each later phase of the training begins, about the phase;
            without it none is marked.
        """

        def draw(pictures: Pictures, write: Write) -> Picture:
            return pictures.curves(
                self._run,
                words,
                lambda horizon: write(best, horizon),
                lambda horizon: write(extension, horizon),
                (lambda tree: write(phase, tree)) if phase else None,
            )

        return self._figure(draw)

    def maps(
        self,
        horizon: str,
        names: Mapping[str, str],
        *,
        line: str = "",
        words: Mapping[str, str] | None = None,
    ) -> Figure:
        """Return the maps of a horizon's checkpoint.

        Parameters
        ----------
        horizon : str
            Such as ``h10``.
        names : mapping of str to str
            The words under each map, by the alias of its features.
        line : str
            Stands under a map with a line between two classes, about the map; without
            it no line is drawn.
        words : mapping of str to str, optional
            What the legend calls the ``line``, and a sample that is ``wrong``.
        """
        tree = self._group(horizon)

        def draw(pictures: Pictures, write: Write) -> Picture:
            note = (lambda found: write(line, found)) if line else None
            return pictures.maps(tree, names, note, words or {})

        return self._figure(draw)

    def plot_trials(self, horizon: str, words: Mapping[str, str]) -> Figure:
        """Return the plot of parameters against accuracy, of the experiment and its trials.

        `words` has ``parameters`` and ``accuracy``, of the axes, and ``reference``.
        """
        return self._figure(
            lambda pictures, _: pictures.trials(self._run, horizon, words, self._view.trial_title)
        )

    def samples(self) -> Figure:
        """Return sample images, each under its class."""
        return self._figure(lambda pictures, _: pictures.samples(self._run, self._label))

    def filters(self, scale: str) -> Figure:
        """Return the filters of a convolution; `scale` says what the numbers are."""
        return self._figure(lambda pictures, _: pictures.filters(self._run, {"scale": scale}))

    def filter_outputs(self) -> Figure:
        """Return images after these filters, each beside its class."""
        return self._figure(lambda pictures, _: pictures.filter_outputs(self._run, self._label))

    def maximized(self, alias: str, *captions: str) -> Figure:
        """Return images that maximise filters, each over one or two captions, about the filter."""

        def draw(pictures: Pictures, write: Write) -> Picture:
            lines = [partial(write, caption) for caption in captions]
            return pictures.maximized(self._run, alias, *lines)

        return self._figure(draw)

    # ── the rest ────────────────────────────────────────────────────────────

    def _group(self, path: str) -> FactTree:
        """Return the group of facts at a dotted path."""
        below: FactTree | Fact = self._run
        for part in path.split("."):
            found = below.keys() if isinstance(below, FactTree) else ()
            if part not in found:
                where = f"{self._name} has no {path}"
                msg = f'{where}: no "{part}"; {nearest(part, list(found)[:40])}'
                raise UsageError(msg)
            assert isinstance(below, FactTree)
            below = below[part]
        if isinstance(below, Fact):
            msg = f"{path} is a single fact; a group of facts is wanted"
            raise UsageError(msg)
        return below

    def _label(self, fact: Fact) -> str:
        return self._formatters.label(fact)

    def _table(self, rows: Sequence[Row], columns: Mapping[str, str]) -> Table:
        return written_table(rows, columns, Wording(self._formatters))

    def _figure(self, draw: Callable[[Pictures, Write], Picture]) -> Figure:
        """Return a figure as the report would draw it."""
        wording = Wording(self._formatters)
        style = FigureStyle(figure_fonts(), self._spanish.number)
        with tempfile.TemporaryDirectory() as folder:
            pictures = Pictures(self._view, style, Path(folder))
            try:
                picture = draw(pictures, wording.fill)
            except (PictureError, ViewError) as error:
                raise UsageError(str(error)) from error
            svg = (Path(folder) / picture.url).read_text(encoding="utf-8")
        return Figure(svg, picture.artefact, wording.used)

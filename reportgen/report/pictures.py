"""From records to pictures: what templates call to get a figure drawn.

Numbers come from the records, words from the templates. A picture is kept as
``figures/<kind>-<key>.svg``; while its key stays the same nothing is drawn, and
matplotlib is not even imported.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from reportgen.errors import nearest
from reportgen.facts.fact import Fact, FactTree
from reportgen.figures.filter_grid import FilteredImage, FilterGrid, FilterOutputs, ScaleWords
from reportgen.figures.image_grid import GridImage, ImageGrid
from reportgen.figures.learning_curves import (
    BestMark,
    CurveWords,
    Extension,
    LearningCurves,
    PhaseChange,
)
from reportgen.figures.maximized_grid import MaximizedGrid
from reportgen.figures.style import FigureStyle
from reportgen.figures.trials_plot import TrialPoint, TrialsPlot
from reportgen.records import Evaluation, FilterBank, RunRecord, Thumbnail
from reportgen.report.map_pictures import (
    LineNote,
    Wanted,
    draw_maps,
    wanted_of_one,
    wanted_of_several,
)
from reportgen.report.picture import Picture, PictureError, Say, chosen_words, svg_size
from reportgen.report.search_pictures import Note, draw_curve_grid, draw_seed_plot
from reportgen.report.text import plain
from reportgen.staging import write_synced

if TYPE_CHECKING:
    from reportgen.figures.drawing import Drawing
    from reportgen.report.view import View

FOLDER = "figures"
ASK_FIRST = "ask first with {{% if has_thumbnails({}) %}}"
TRIALS_MM = 120.0
TRIALS_PANEL_MM = 50.0
"""Largest width, and height, of the plot of trials: no floats, so a tall figure leaves a gap."""
NO_WORDS: Mapping[str, object] = MappingProxyType({})


class Pictures:
    """Draws figures for one report, or only says where they would lie.

    Parameters
    ----------
    view : View
        The study's records, by tree of facts.
    style : FigureStyle
    root : Path or None
        Folder of the page; None to draw nothing, as `check` wants it.
    words : callable, optional
        Turns what templates write into the words of a figure.
    width : {"", "column", "page"}
        How wide figures are to be; "" leaves it to the theme.
    """

    def __init__(
        self,
        view: View,
        style: FigureStyle,
        root: Path | None,
        words: Say = plain,
        width: str = "",
    ) -> None:
        self._view = view
        self._style = style
        self._root = root
        self._words = words
        self._width = width

    def with_words(self, words: Say) -> Pictures:
        """Return what draws nothing, and gives the words of figures to a function."""
        return _Undrawn(self._view, self._style, None, words, self._width)

    def at(self, width: str) -> Pictures:
        """Return what draws figures of a width: "column", "page", or "" as the theme has it."""
        self._view.study.theme.spans("", width)  # refuses any other
        return type(self)(self._view, self._style, self._root, self._words, width)

    # ── what templates call ─────────────────────────────────────────────────

    def samples(self, run: FactTree, caption: Callable[[Fact], str]) -> Picture:
        """Show sample images of the data, each under what `caption(class)` writes."""
        data = self._record(run).result.data
        names = self._view.classes(run)
        images = tuple(_grid_image(t, self._words(caption(names[t.label]))) for t in data.samples)
        if not images:
            msg = (
                f"the record of {self._view.name(run)} holds no sample images of {data.name}: "
                f"its licence forbids it, or there are none; {ASK_FIRST.format('run')}"
            )
            raise PictureError(msg)
        return self._keep(
            "sample_grid", ImageGrid(images, columns=10, width_mm=self._mm("sample_grid"))
        )

    def curves(
        self,
        run: FactTree,
        words: Mapping[str, str],
        best: Callable[[FactTree], str],
        extension: Callable[[FactTree], str],
        phase: Callable[[FactTree], str] | None = None,
    ) -> Picture:
        """Plot loss and accuracy.

        `best(horizon)` labels marks and `extension(horizon)` later epochs;
        `phase(run.training.phases[2])` is written where that phase begins, and
        so for each later one. Without `phase` none is marked.
        """
        record = self._record(run)
        rows, evaluations = record.result.epochs, record.result.evaluations
        if not rows:
            msg = f"{self._view.name(run)} was not trained in epochs: it has no curves"
            raise PictureError(msg)
        by_epoch = {e.epoch: self._words(best(self._horizon(run, e))) for e in evaluations}
        longer = len(evaluations) > 1 and evaluations[0].horizon < record.result.n_epochs
        drawing = LearningCurves(
            train_loss=tuple(row.train_loss for row in rows),
            validation_loss=tuple(row.validation_loss for row in rows),
            running_loss=tuple(row.running_loss for row in rows),
            train_accuracy=tuple(row.train_accuracy for row in rows),
            validation_accuracy=tuple(row.validation_accuracy for row in rows),
            best=tuple(BestMark(epoch, by_epoch[epoch]) for epoch in sorted(by_epoch)),
            extension=Extension(
                evaluations[0].horizon, self._words(extension(self._horizon(run, evaluations[0])))
            )
            if longer
            else None,
            words=CurveWords(**chosen_words(CurveWords, "curves", words, self._words)),
            phases=self._phases(run, phase) if phase else (),
            width_mm=self._mm("curves"),
            every=record.result.every,
        )
        return self._keep("curves", drawing)

    def errors(self, horizon: FactTree, *captions: Callable[[FactTree], str]) -> Picture:
        """Show the most confident errors; each function writes a line under an error."""
        evaluation = self._evaluation(horizon)
        facts = self._view.children(horizon, "confident") if evaluation.errors else ()
        images = tuple(
            _grid_image(error.thumbnail, *(self._words(caption(fact)) for caption in captions))
            for error, fact in zip(evaluation.errors, facts, strict=True)
            if error.thumbnail is not None
        )
        if not images:
            msg = (
                f"the record of {self._checkpoint(horizon)} holds no pictures of errors: there are "
                f"none, or the licence forbids it; {ASK_FIRST.format('h')}"
            )
            raise PictureError(msg)
        grid = ImageGrid(images, columns=6, width_mm=self._mm("error_grid"))
        return self._keep("error_grid", grid, self._checkpoint(horizon))

    def maps(
        self,
        horizon: FactTree,
        names: Mapping[str, object],
        line: LineNote | None = None,
        words: Mapping[str, object] = NO_WORDS,
    ) -> Picture:
        """Show the maps of a horizon's checkpoint; `names` has the words under each.

        Where a line separates two classes, `line(map)` writes under its map what it
        classifies right, and `words` names it and a sample on its wrong side. Without
        `line` none is drawn.
        """
        return self._maps(wanted_of_one(self._view, horizon, names), line, words)

    def maps_of(
        self,
        horizons: Sequence[FactTree],
        alias: str,
        titles: Sequence[object],
        line: LineNote | None = None,
        words: Mapping[str, object] = NO_WORDS,
    ) -> Picture:
        """Show one map of each of several checkpoints, under its title; as `maps` does."""
        wanted = wanted_of_several(self._view, horizons, alias, titles)
        return self._maps(wanted, line, words)

    def filters(self, run: FactTree, words: Mapping[str, object]) -> Picture:
        """Show the filters of a convolution; `words` has that of their scale."""
        bank = self._filters(run)
        weights = self._record(run).arrays["filters.weights"]
        named = ScaleWords(**chosen_words(ScaleWords, "filters", words, self._words))
        drawing = FilterGrid(weights, named, self._mm("filters"))
        return self._keep("filters", drawing, f"{self._view.name(run)}.h{bank.horizon}")

    def filter_outputs(self, run: FactTree, caption: Callable[[Fact], str]) -> Picture:
        """Show images after the filters, each over what `caption(class)` writes."""
        bank = self._filters(run)
        if not bank.images:
            msg = (
                f"the record of {self._view.name(run)} holds no images after {bank.layer}: its "
                "experiment asks for none, or the licence forbids it; ask first with "
                "{% if filtered_classes(run) %}"
            )
            raise PictureError(msg)
        outputs, names = self._record(run).arrays["filters.outputs"], self._view.classes(run)
        images = tuple(
            FilteredImage(
                base64.b64decode(image.png), self._words(caption(names[image.label])), maps
            )
            for image, maps in zip(bank.images, outputs, strict=True)
        )
        drawing = FilterOutputs(images, self._mm("filter_outputs"))
        return self._keep("filter_outputs", drawing, f"{self._view.name(run)}.h{bank.horizon}")

    def maximized(self, run: FactTree, alias: str, *captions: Callable[[FactTree], str]) -> Picture:
        """Show the images that maximise filters; each function writes a line under an image."""
        name, record = self._view.name(run), self._record(run)
        found = {layer.alias: layer for layer in record.result.maximized}
        if not found:
            msg = f"{name} maximises no filters: name some under maximization in its file"
            raise PictureError(msg)
        if alias not in found:
            msg = f"{name}: no images that maximise filters are called {alias}; "
            raise PictureError(msg + nearest(alias, list(found)))
        layer, pictures = found[alias], record.arrays[f"maximization.{alias}"]
        facts = self._view.below(run, f"maximization.{alias}.filters")
        written = tuple(
            tuple(
                self._words(caption(self._view.below(facts, str(each.number))))
                for caption in captions
            )
            for each in layer.filters[: layer.n_shown]
        )
        drawing = MaximizedGrid(pictures, written, self._mm("activation_maximization"))
        return self._keep("activation_maximization", drawing, f"{name}.h{layer.horizon}")

    def trials(
        self, run: FactTree, h: str, words: Mapping[str, str], name: Callable[[FactTree], str]
    ) -> Picture:
        """Plot parameters against accuracy, of an experiment and its trials at horizon ``h10``."""
        number = self._view.number
        points = [
            TrialPoint(
                self._words(words["reference"] if tree is run else name(tree)),
                round(number(tree, "model.parameters")),
                number(tree, f"{h}.best.accuracy"),
                number(tree, f"{h}.best.low"),
                number(tree, f"{h}.best.high"),
                reference=tree is run,
            )
            for tree in (run, *self._view.trials(run))
        ]
        drawing = TrialsPlot(
            tuple(points),
            self._words(words["parameters"]),
            self._words(words["accuracy"]),
            width_mm=min(TRIALS_MM, self._mm("trials_plot")),
            panel_mm=TRIALS_PANEL_MM,
        )
        return self._keep("trials_plot", drawing)

    def curve_grid(
        self,
        runs: Sequence[FactTree],
        titles: Sequence[object],
        note: Note,
        words: Mapping[str, object],
        quantity: str = "loss",
    ) -> Picture:
        """Plot the curves of several runs, a panel each; `note(run)` says how one ended badly."""
        width = self._mm("curve_grid")
        grid = draw_curve_grid(self._view, runs, titles, note, words, self._words, quantity, width)
        return self._keep("curve_grid", grid)

    def seed_plot(
        self,
        runs: Sequence[FactTree],
        names: Sequence[object],
        note: Note,
        words: Mapping[str, object],
        *,
        joined: bool = True,
        split: str = "validation",
    ) -> Picture:
        """Plot the accuracies of several runs over their seeds, a row each."""
        plot = draw_seed_plot(
            self._view,
            runs,
            names,
            note,
            words,
            self._words,
            joined=joined,
            split=split,
            width_mm=self._mm("seed_plot"),
        )
        return replace(self._keep("seed_plot", plot), has_line=plot.joins)

    # ── the rest ────────────────────────────────────────────────────────────

    def _filters(self, run: FactTree) -> FilterBank:
        """Return the filters that a run keeps."""
        bank = self._record(run).result.filters
        if bank is None:
            msg = (
                f"{self._view.name(run)} keeps no filters: name their layer under filters in its "
                "experiment file"
            )
            raise PictureError(msg)
        return bank

    def _phases(self, run: FactTree, words: Callable[[FactTree], str]) -> tuple[PhaseChange, ...]:
        """Return where phases but the first begin, as far as epochs were trained."""
        starts = {}
        for before, row in pairwise(self._record(run).result.epochs):
            if row.phase != before.phase:
                starts[before.epoch] = self._view.below(run, f"training.phases.{row.phase}")
        return tuple(PhaseChange(epoch, self._words(words(f))) for epoch, f in starts.items())

    def _record(self, tree: FactTree) -> RunRecord:
        return self._view.record(tree)

    def _evaluation(self, horizon: FactTree) -> Evaluation:
        return self._view.evaluation(horizon)

    def _horizon(self, run: FactTree, evaluation: Evaluation) -> FactTree:
        tree = run[f"h{evaluation.horizon}"]
        assert isinstance(tree, FactTree)
        return tree

    def _maps(
        self, wanted: Sequence[Wanted], line: LineNote | None, words: Mapping[str, object]
    ) -> Picture:
        """Show some maps; the picture's checkpoints are all of theirs."""
        if len(wanted) == 1 and not self._width:  # one alone has room in a column
            return self.at("column")._maps(wanted, line, words)  # noqa: SLF001
        drawing = draw_maps(self._view, wanted, self._words, line, words, self._mm("maps"))
        checkpoints = dict.fromkeys(self._checkpoint(each.horizon) for each in wanted)
        picture = self._keep("maps", drawing, " ".join(checkpoints))
        return replace(picture, has_line=drawing.has_line)

    def _checkpoint(self, horizon: FactTree) -> str:
        return f"{self._view.name(horizon)}.h{self._evaluation(horizon).horizon}"

    def _mm(self, artefact: str) -> float:
        """Return how wide a figure is to be drawn, in millimetres."""
        return self._view.study.theme.width(artefact, self._width)

    def _keep(self, artefact: str, drawing: Drawing, checkpoint: str = "") -> Picture:
        """Return a drawing's picture, drawn only if no earlier one has its key."""
        spans = self._view.study.theme.spans(artefact, self._width)
        name = f"{artefact.replace('_', '-')}-{drawing.key(self._style)[:16]}.svg"
        url = f"{FOLDER}/{name}"
        if self._root is None:
            width = self._mm(artefact)
            return Picture(artefact, url, width, width / 2, checkpoint, spans=spans)
        path = self._root / FOLDER / name
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_synced(path, drawing.draw(self._style))
        return Picture(artefact, url, *svg_size(path), checkpoint, spans=spans)


class _Undrawn(Pictures):
    """Only looks at the words of figures."""

    def _keep(self, artefact: str, drawing: Drawing, checkpoint: str = "") -> Picture:  # noqa: ARG002
        """Return a picture without an address."""
        width = self._mm(artefact)
        return Picture(artefact, "", width, width / 2, checkpoint)


def _grid_image(thumbnail: Thumbnail, *caption: str) -> GridImage:
    return GridImage(base64.b64decode(thumbnail.png), caption)

"""From records to pictures: what templates call to get a figure drawn.

Numbers come from the records, words from the templates. A picture is kept as
``figures/<kind>-<key>.svg``; while its key stays the same nothing is drawn, and
matplotlib is not even imported.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.errors import nearest
from reportgen.facts.fact import Fact, FactTree
from reportgen.figures.feature_maps import FeatureMap, FeatureMaps
from reportgen.figures.image_grid import GridImage, ImageGrid
from reportgen.figures.learning_curves import BestMark, CurveWords, Extension, LearningCurves
from reportgen.figures.style import FigureStyle
from reportgen.figures.trials_plot import TrialPoint, TrialsPlot
from reportgen.records import Evaluation, RunRecord, Thumbnail
from reportgen.report.text import plain

if TYPE_CHECKING:
    from reportgen.figures.drawing import Drawing
    from reportgen.report.view import View

FOLDER = "figures"
TEXT_WIDTH_MM = 138.0
"""Width of the page's text, and so of its widest pictures."""
TRIALS_PANEL_MM = 50.0
"""Height of the plot of trials: there are no floats, so a tall figure leaves a gap."""

_SIDE = {side: re.compile(rf'<svg[^>]*?\s{side}="([\d.]+)pt"') for side in ("width", "height")}
_MM_PER_PT = 25.4 / 72
_HEAD_BYTES = 4096


class PictureError(Exception):
    """A template asks for a picture that the records do not hold; its place is added later."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn figure: which artefact it is, its address from the page, its size.

    `checkpoint` is the prefix of the facts of the one checkpoint that it shows, or "".
    """

    artefact: str
    url: str
    width_mm: float
    height_mm: float
    checkpoint: str = ""

    @property
    def style(self) -> str:
        """Its size, as CSS."""
        return f"width: {self.width_mm:.2f}mm; height: {self.height_mm:.2f}mm"


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
    """

    def __init__(
        self,
        view: View,
        style: FigureStyle,
        root: Path | None,
        words: Callable[[object], str] = plain,
    ) -> None:
        self._view = view
        self._style = style
        self._root = root
        self._words = words

    def with_words(self, words: Callable[[object], str]) -> Pictures:
        """Return what draws nothing, and gives the words of figures to a function."""
        return _Undrawn(self._view, self._style, None, words)

    # ── what templates call ─────────────────────────────────────────────────

    def samples(self, run: FactTree, caption: Callable[[Fact], str]) -> Picture:
        """Show sample images of the data, each under what `caption(class)` writes."""
        data = self._record(run).result.data
        names = self._view.classes(run)
        images = tuple(_grid_image(t, self._words(caption(names[t.label]))) for t in data.samples)
        if not images:
            msg = f"the record of {self._view.name(run)} holds no sample images of {data.name}"
            raise PictureError(msg)
        return self._keep("sample_grid", ImageGrid(images, columns=10, width_mm=TEXT_WIDTH_MM))

    def curves(
        self,
        run: FactTree,
        words: Mapping[str, str],
        best: Callable[[FactTree], str],
        extension: Callable[[FactTree], str],
    ) -> Picture:
        """Plot loss and accuracy; `best(horizon)` labels marks, `extension` later epochs."""
        record = self._record(run)
        rows, evaluations = record.result.epochs, record.result.evaluations
        known = [field.name for field in fields(CurveWords)]
        for word in words:
            if word not in known:
                msg = f'curves have no word "{word}"; {nearest(word, known)}'
                raise PictureError(msg)
        by_epoch = {e.epoch: self._words(best(self._horizon(run, e))) for e in evaluations}
        longer = len(evaluations) > 1 and evaluations[0].horizon < len(rows)
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
            words=CurveWords(**{name: self._words(words[name]) for name in known}),
            width_mm=TEXT_WIDTH_MM,
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
                "the record holds no pictures of errors: there are none, or the licence forbids it"
            )
            raise PictureError(msg)
        grid = ImageGrid(images, columns=6, width_mm=TEXT_WIDTH_MM)
        return self._keep("error_grid", grid, self._checkpoint(horizon))

    def maps(self, horizon: FactTree, names: Mapping[str, str]) -> Picture:
        """Show the maps of a horizon's checkpoint; `names` has the words under each."""
        record, h = self._record(horizon), self._evaluation(horizon).horizon
        found = [m for m in record.result.maps if m.horizon == h]
        if not found:
            msg = f"no maps were made at horizon {h}; see embeddings in the experiment file"
            raise PictureError(msg)
        for layer_map in found:
            if layer_map.alias not in names:
                msg = f'the map "{layer_map.alias}" has no name among {sorted(names)}'
                raise PictureError(msg)
        maps = tuple(
            FeatureMap(record.arrays[f"h{h}.map.{m.alias}"], self._words(names[m.alias]))
            for m in found
        )
        labels = record.arrays["labels"][record.arrays["embedding.sample"]]
        classes = self._view.class_names(horizon)
        drawing = FeatureMaps(maps, labels, classes, TEXT_WIDTH_MM)
        return self._keep("maps", drawing, self._checkpoint(horizon))

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
            panel_mm=TRIALS_PANEL_MM,
        )
        return self._keep("trials_plot", drawing)

    # ── the rest ────────────────────────────────────────────────────────────

    def _record(self, tree: FactTree) -> RunRecord:
        return self._view.record(tree)

    def _evaluation(self, horizon: FactTree) -> Evaluation:
        return self._view.evaluation(horizon)

    def _horizon(self, run: FactTree, evaluation: Evaluation) -> FactTree:
        tree = run[f"h{evaluation.horizon}"]
        assert isinstance(tree, FactTree)
        return tree

    def _checkpoint(self, horizon: FactTree) -> str:
        return f"{self._view.name(horizon)}.h{self._evaluation(horizon).horizon}"

    def _keep(self, artefact: str, drawing: Drawing, checkpoint: str = "") -> Picture:
        """Return a drawing's picture, drawn only if no earlier one has its key."""
        name = f"{artefact.replace('_', '-')}-{drawing.key(self._style)[:16]}.svg"
        url = f"{FOLDER}/{name}"
        if self._root is None:
            return Picture(artefact, url, TEXT_WIDTH_MM, TEXT_WIDTH_MM / 2, checkpoint)
        path = self._root / FOLDER / name
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_suffix(".part")
            fresh.write_bytes(drawing.draw(self._style))
            fresh.replace(path)
        return Picture(artefact, url, *svg_size(path), checkpoint)


class _Undrawn(Pictures):
    """Only looks at the words of figures."""

    def _keep(self, artefact: str, drawing: Drawing, checkpoint: str = "") -> Picture:  # noqa: ARG002
        """Return a picture without an address."""
        return Picture(artefact, "", TEXT_WIDTH_MM, TEXT_WIDTH_MM / 2, checkpoint)


def svg_size(path: Path) -> tuple[float, float]:
    """Return width and height of an SVG in millimetres.

    Raises
    ------
    PictureError
        If its first lines do not give a size in points.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES).decode("utf-8", "replace")
    width, height = (_SIDE[side].search(head) for side in ("width", "height"))
    if width is None or height is None:
        msg = f"{path.name} does not say its size; delete it to have it drawn again"
        raise PictureError(msg)
    return float(width[1]) * _MM_PER_PT, float(height[1]) * _MM_PER_PT


def _grid_image(thumbnail: Thumbnail, *caption: str) -> GridImage:
    return GridImage(base64.b64decode(thumbnail.png), caption)

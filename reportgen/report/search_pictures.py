"""From records and facts to the figures of a search: curves of many runs, accuracies by seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from reportgen.errors import nearest
from reportgen.facts.fact import FactTree
from reportgen.facts.training import chance_loss, judge_outcome
from reportgen.figures.curve_grid import CurveGrid, CurvePanel, GridCurves, GridWords
from reportgen.figures.seed_plot import SeedPlot, SeedRow, SeedValue, SeedWords
from reportgen.records import RunRecord
from reportgen.report.picture import PictureError, Say, chosen_words

if TYPE_CHECKING:
    from reportgen.report.view import View

QUANTITIES = ("loss", "accuracy")
SPLITS: Mapping[str, tuple[str, str]] = {
    "validation": ("best", "seeds"),
    "test": ("test", "seeds.test"),
}
"""Where facts on a split lie below a horizon: those of one seed, those over seeds."""

FEW, ROW_MM = 5, {True: 12.0, False: 7.0}
PANEL_MM = {True: 36.0, False: 24.0}
"""Up to so many rows, or three panels, are drawn taller."""

Note = Callable[[FactTree], object]
"""Writes how the training of a run ended, where it did not simply end; else nothing."""


def draw_curve_grid(
    view: View,
    runs: Sequence[FactTree],
    titles: Sequence[object],
    note: Note,
    words: Mapping[str, object],
    say: Say,
    quantity: str,
    width_mm: float,
) -> CurveGrid:
    """Return a panel of curves for each run, with all its seeds, in this order.

    Parameters
    ----------
    quantity : {"loss", "accuracy"}

    Raises
    ------
    PictureError
        If a word or a title is missing, the quantity is unknown, there are too few or too
        many runs, or one was not trained in epochs.
    """
    if quantity not in QUANTITIES:
        msg = f'curves have no quantity "{quantity}"; {nearest(quantity, QUANTITIES)}'
        raise PictureError(msg)
    _require_titles(runs, titles, "panels of curves")
    panels = tuple(
        _panel(view, run, say(title), say(note(run)).strip(), quantity)
        for run, title in zip(runs, titles, strict=True)
    )
    chosen = GridWords(**chosen_words(GridWords, "panels of curves", words, say))
    try:
        return CurveGrid(
            panels,
            chosen,
            percent=quantity == "accuracy",
            width_mm=width_mm,
            panel_mm=PANEL_MM[len(panels) <= 3],
        )
    except ValueError as error:
        msg = f"the curves cannot be drawn: {error}"
        raise PictureError(msg) from error


def draw_seed_plot(  # noqa: PLR0913 - what stands in the plot, and how wide it is
    view: View,
    runs: Sequence[FactTree],
    names: Sequence[object],
    note: Note,
    words: Mapping[str, object],
    say: Say,
    *,
    joined: bool,
    split: str,
    width_mm: float,
) -> SeedPlot:
    """Return a row for each run, with the accuracy of each seed at its last horizon.

    A seed that diverged has no dot, and its row no mean.

    Parameters
    ----------
    split : {"validation", "test"}

    Raises
    ------
    PictureError
        If a word or a name is missing, the split is unknown or was not evaluated, there are
        too few or too many runs, or none has a value.
    """
    if split not in SPLITS:
        msg = f'there is no accuracy on "{split}"; {nearest(split, list(SPLITS))}'
        raise PictureError(msg)
    _require_titles(runs, names, "rows of seeds")
    rows = tuple(
        _seed_row(view, run, say(name), say(note(run)).strip(), split)
        for run, name in zip(runs, names, strict=True)
    )
    chosen = SeedWords(**chosen_words(SeedWords, "rows of seeds", words, say))
    try:
        return SeedPlot(
            rows,
            chosen,
            joined=joined,
            chance=_chance_accuracy(view.record(runs[0]), split),
            width_mm=width_mm,
            row_mm=ROW_MM[len(rows) <= FEW],
        )
    except ValueError as error:
        msg = f"the seeds cannot be drawn: {error}"
        raise PictureError(msg) from error


def _require_titles(runs: Sequence[FactTree], titles: Sequence[object], what: str) -> None:
    if not runs or len(runs) != len(titles):
        msg = f"{what}: {len(runs)} runs, two at least, need as many titles: {len(titles)}"
        raise PictureError(msg)


def _panel(view: View, run: FactTree, title: str, note: str, quantity: str) -> CurvePanel:
    """Return the panel of a run, whose first seed's best epoch is marked if it learnt."""
    records = [view.record(tree) for tree in view.seeds(run)]
    first = records[0]
    if first.result.estimator is not None:
        msg = f"{view.name(run)} was not trained in epochs: it has no curves"
        raise PictureError(msg)
    evaluations = first.result.evaluations
    best = evaluations[-1].epoch if evaluations and judge_outcome(first) == "trained" else None
    stuck = any(judge_outcome(record) == "stuck" for record in records)
    return CurvePanel(
        title,
        tuple(_curves(record, quantity) for record in records),
        best=best,
        note=note,
        chance=_chance(first, quantity) if stuck else None,
    )


def _curves(record: RunRecord, quantity: str) -> GridCurves:
    rows = record.result.epochs
    return GridCurves(
        tuple(row.epoch for row in rows),
        tuple(getattr(row, f"train_{quantity}") for row in rows),
        tuple(getattr(row, f"validation_{quantity}") for row in rows),
        judge_outcome(record),
    )


def _chance(record: RunRecord, quantity: str) -> float | None:
    return chance_loss(record) if quantity == "loss" else _chance_accuracy(record, "validation")


def _chance_accuracy(record: RunRecord, split: str) -> float | None:
    """Return the share of the commonest class of a split, if there is such a split."""
    sizes = {size.name: size for size in record.result.data.splits}
    return max(sizes[split].per_class) / sizes[split].n if split in sizes else None


def _seed_row(view: View, run: FactTree, name: str, note: str, split: str) -> SeedRow:
    """Return the row of a run; what there is to note stands in it, or after its name."""
    one, over_seeds = SPLITS[split]
    trees = view.seeds(run)
    values = [
        SeedValue(view.record(tree).result.seed, _number(view, tree, f"{one}.accuracy", split))
        for tree in trees
        if judge_outcome(view.record(tree)) != "diverged"
    ]
    if len(values) < len(trees):
        named = f"{name} ({note})" if values and note else name
        return SeedRow(named, tuple(values), note="" if values else note)
    group, mean = (over_seeds, "mean") if len(trees) > 1 else (one, "accuracy")
    middle, low, high = (
        _number(view, run, f"{group}.{field}", split) for field in (mean, "low", "high")
    )
    named = f"{name} ({note})" if note else name
    return SeedRow(named, tuple(values), middle, low, high)


def _number(view: View, run: FactTree, path: str, split: str) -> float:
    """Return a fact of a run's last horizon.

    Raises
    ------
    PictureError
        If it is not there.
    """
    *_, horizon = view.horizons(run)
    try:
        return view.number(horizon, path)
    except KeyError as error:
        msg = f"{view.name(run)} has no accuracy on the split {split}: {error.args[0]}"
        raise PictureError(msg) from error

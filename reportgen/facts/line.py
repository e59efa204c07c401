"""Facts on the straight line that separates two classes on a map: what stands on its wrong side.

The line is fitted to the very points that are counted, so its accuracy tells how the
map lies, and not how well new samples would be told apart.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from reportgen.facts.evaluation import share_interval
from reportgen.facts.fact import Fact, Source, define
from reportgen.facts.maps import MAP
from reportgen.records import LayerMap, RunRecord

ERRORS = define(f"{MAP}.line.errors", "count", "Samples on the wrong side of the line on the map.")
ACCURACY = define(f"{MAP}.line.accuracy", "fraction", "Share of the samples on the right side.")
LOW = define(
    f"{MAP}.line.low", "fraction", "Lower bound of its 95 % Wilson interval, by group if any."
)
HIGH = define(f"{MAP}.line.high", "fraction", "Upper bound of the interval of that share.")
CLASS_ERRORS = define(
    f"{MAP}.line.classes.{{i}}.errors", "count", "Samples of class i on the wrong side, from 0."
)


def right_side(
    points: np.ndarray, labels: np.ndarray, line: tuple[float, float, float]
) -> np.ndarray:
    """Return which points lie on their own class's side of a line, bool (n,).

    Parameters
    ----------
    points : ndarray of float, shape (n, 2)
    labels : ndarray of int, shape (n,)
        True classes: two of them. The higher one has the positive side; what lies on
        the line itself is on the other's.
    line : tuple of float
        (a, b, c) of a·x + b·y + c = 0.

    Examples
    --------
    >>> points = np.array([[1.0, 0.0], [2.0, 5.0], [-1.0, 0.0]])
    >>> right_side(points, np.array([1, 0, 0]), (1.0, 0.0, 0.0)).tolist()
    [True, False, True]
    """
    distance = points.astype(np.float64) @ np.array(line[:2]) + line[2]
    right: np.ndarray = (distance > 0) == (labels == labels.max())
    return right


def line_facts(run: str, record: RunRecord, layer_map: LayerMap, key: str) -> Iterator[Fact]:
    """Yield what a map's separating line tells apart; nothing for a map without one."""
    h, alias = layer_map.horizon, layer_map.alias
    if layer_map.line is None:
        return
    rows = record.arrays["embedding.sample"]
    labels, groups = record.arrays["labels"][rows], record.arrays.get("groups")
    right = right_side(record.arrays[f"h{h}.map.{alias}"], labels, layer_map.line)
    low, high = share_interval(right, None if groups is None else groups[rows])
    source = Source(key, f"maps[h={h},{alias}].line")
    names: dict[str, object] = {"run": run, "h": h, "layer": alias}
    yield ERRORS(int((~right).sum()), source, **names)
    yield ACCURACY(int(right.sum()) / len(right), source, **names)
    yield LOW(low, source, **names)
    yield HIGH(high, source, **names)
    for i in np.unique(labels).tolist():
        yield CLASS_ERRORS(int((~right & (labels == i)).sum()), source, i=i, **names)

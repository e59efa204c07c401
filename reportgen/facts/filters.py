"""Facts on the filters of a convolution that a record keeps for figures."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.facts.fact import Definition, Fact, Source, Unit, define
from reportgen.records import RunRecord

FIELDS: tuple[tuple[str, Unit, str], ...] = (
    ("layer", "text", "Name of the convolution whose filters are kept."),
    ("n", "count", "Its filters."),
    ("height", "px", "Height of a filter."),
    ("width", "px", "Width of a filter."),
    ("channels", "count", "Input channels that a filter looks at."),
)

KINDS: tuple[tuple[Definition, str], ...] = tuple(
    (define(f"{{run}}.filters.{field}", unit, meaning), field) for field, unit, meaning in FIELDS
)
EPOCH = define("{run}.filters.epoch", "epoch", "Epoch of the checkpoint that they are of.")


def filter_facts(run: str, record: RunRecord, key: str) -> Iterator[Fact]:
    """Yield the facts on a run's filters; nothing where it keeps none.

    The filters of a network as it starts, which an estimator looks at, are of no epoch.
    """
    filters = record.result.filters
    if filters is None:
        return
    for kind, field in KINDS:
        yield kind(getattr(filters, field), Source(key, f"filters.{field}"), run=run)
    if filters.epoch:
        yield EPOCH(filters.epoch, Source(key, "filters.epoch"), run=run)

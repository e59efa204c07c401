"""Seeded division of a source into splits, and the cutting of the training split."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from reportgen.datasets.source import Source, Split
from reportgen.errors import DataError
from reportgen.spec.dataset import ShareDivision, draw_seed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from reportgen.spec.dataset import DatasetSpec, Division, Subset

SPLITS = ("train", "validation", "test")
"""Split names, in the order in which they are told."""


def divide(source: Source, spec: DatasetSpec) -> Mapping[str, Split]:
    """Return the splits that an experiment works with: train, validation and perhaps test.

    With `spec.split` all samples of the source, split after split, are divided
    anew: stratified by class (each split has the classes' proportions, rounded
    by largest remainder), whole groups going to one split. Sizes are given in
    samples, or as shares of each class's groups (of its samples, where there
    are none); with shares every sample is in a split. Without it, the source's own splits
    are taken. `spec.subset` then cuts the training split. Within a split the
    samples keep their order in the source, so the same spec and data give the
    same arrays.

    Raises
    ------
    DataError
        If the source is not divided and the spec does not divide it, has fewer
        samples than were asked for, or too few of a class for shares; the
        message says what there is.
    """
    if spec.split is None:
        splits = _own_splits(source)
    elif isinstance(spec.split, ShareDivision):
        splits = _shared_out(source, spec.split)
    else:
        splits = _new_splits(source, spec.split)
    if spec.subset is not None:
        splits["train"] = _cut(source, splits["train"], spec.subset)
    return splits


def apportion(size: int, counts: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return `size` shared out in proportion to `counts`, by largest remainder.

    Each share is the exact quota rounded down or up, so it never exceeds its
    count; what rounding down leaves over goes to the largest remainders, on a
    tie to the lower index.

    Examples
    --------
    >>> apportion(5, np.array([4, 4, 2])).tolist()
    [2, 2, 1]
    >>> apportion(3, np.array([2, 2, 2, 2])).tolist()
    [1, 1, 1, 0]
    """
    shares, remainders = np.divmod(size * counts.astype(np.int64), max(int(counts.sum()), 1))
    left = size - int(shares.sum())
    shares[np.argsort(-remainders, kind="stable")[:left]] += 1
    return shares.astype(np.intp)


def _own_splits(source: Source) -> dict[str, Split]:
    """Return the source's splits, which must include train and validation."""
    if not {"train", "validation"} <= set(source.splits):
        there = ", ".join(f"{name} ({len(split)})" for name, split in source.splits.items())
        msg = (
            f'data set "{source.name}" has no train and validation splits, only {there}; '
            "divide it with dataset.split, for instance {train: …, validation: …}"
        )
        raise DataError(msg)
    return {name: source.splits[name] for name in SPLITS if name in source.splits}


def _new_splits(source: Source, division: Division) -> dict[str, Split]:
    """Divide the union of the source's samples."""
    sizes = {name: getattr(division, name) for name in SPLITS if getattr(division, name)}
    union = _Union.of(list(source.splits.values()))
    if sum(sizes.values()) > len(union):
        asked = " + ".join(f"{name} {size}" for name, size in sizes.items())
        msg = (
            f"dataset.split asks for {asked} = {sum(sizes.values())} samples; "
            f'data set "{source.name}" has {len(union)}'
        )
        raise DataError(msg)
    rows = _divide_rows(source, union, sizes, np.random.default_rng(draw_seed(division.seed)))
    return {name: union.take(part) for name, part in rows.items()}


def _shared_out(source: Source, division: ShareDivision) -> dict[str, Split]:
    """Divide the union of the source's samples by shares of its groups.

    In each stratum a share of its groups is rounded half up; what is left
    trains. The groups are shuffled; they train, validate and test in this order.
    """
    union = _Union.of(list(source.splits.values()))
    strata = _strata(union)
    rng = np.random.default_rng(draw_seed(division.seed))
    queues = [_shuffled(union, np.flatnonzero(strata == i), rng) for i in range(strata.max() + 1)]
    sizes = _group_sizes(division, np.array([len(ends) for _, ends in queues], np.intp))
    _check_shares(source, sizes, "samples" if union.groups is None else "groups of samples")
    pieces: dict[str, list[NDArray[np.intp]]] = {name: [] for name in sizes}
    for i, (order, ends) in enumerate(queues):
        bounds = np.concatenate([[0], ends])[np.cumsum([0, *(part[i] for part in sizes.values())])]
        for j, parts in enumerate(pieces.values()):
            parts.append(order[bounds[j] : bounds[j + 1]])
    return {name: union.take(np.sort(np.concatenate(parts))) for name, parts in pieces.items()}


def _group_sizes(
    division: ShareDivision, n_groups: NDArray[np.intp]
) -> dict[str, NDArray[np.intp]]:
    """Return how many groups of each stratum each split takes, in the order of SPLITS."""
    left = n_groups
    taken: dict[str, NDArray[np.intp]] = {}
    shares = {"validation": division.validation_share, "test": division.test_share}
    for name, share in shares.items():
        if share is not None:
            # As written: 0.15 of 10 groups is 1.5, although the float is a little less.
            exact = Fraction(str(share))
            sizes = [math.floor(exact * int(n) + Fraction(1, 2)) for n in n_groups]
            taken[name] = np.minimum(np.array(sizes, np.intp), left)
            left = left - taken[name]
    return {"train": left, **taken}


def _check_shares(source: Source, sizes: Mapping[str, NDArray[np.intp]], units: str) -> None:
    """Refuse shares that leave a split without any unit of a class."""
    counts = np.stack(list(sizes.values()))
    for i in np.flatnonzero((counts == 0).any(axis=0) & (counts.sum(axis=0) > 0)):
        whole = counts.shape[1] == source.n_classes
        what = f'class "{source.classes[i]}"' if whole else f'data set "{source.name}"'
        got = ", ".join(f"{name} {part[i]}" for name, part in sizes.items())
        msg = (
            f"dataset.split: {what} has {counts[:, i].sum()} {units}, too few for these "
            f"shares ({got}); a split needs at least one: change the shares"
        )
        raise DataError(msg)


@dataclass(frozen=True, slots=True)
class _Union:
    """All samples of a source, split after split; the images stay where they are."""

    parts: list[Split]
    labels: NDArray[np.uint16]
    groups: NDArray[np.int32] | None

    @classmethod
    def of(cls, parts: list[Split]) -> _Union:
        """Join some splits."""
        groups = [part.groups for part in parts if part.groups is not None]
        labels = np.concatenate([part.labels for part in parts])
        return cls(parts, labels, np.concatenate(groups) if groups else None)

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: NDArray[np.intp]) -> Split:
        """Return these rows, which rise, as a split; only their images are copied."""
        images = np.empty((len(rows), *self.parts[0].images.shape[1:]), np.uint8)
        start = first = 0
        for part in self.parts:
            stop = int(np.searchsorted(rows, first + len(part)))
            images[start:stop] = part.images[rows[start:stop] - first]
            start, first = stop, first + len(part)
        groups = None if self.groups is None else self.groups[rows]
        return Split(images, self.labels[rows], groups)


def _divide_rows(
    source: Source, union: _Union, sizes: Mapping[str, int], rng: np.random.Generator
) -> dict[str, NDArray[np.intp]]:
    """Return the rows of each split, rising.

    Stratum by stratum the groups are shuffled, and each split takes what it is
    due from the next groups on. What is left of its last group goes to no split,
    so sizes are exact and no group is shared.
    """
    strata = _strata(union)
    left = np.bincount(strata)
    queues = [_shuffled(union, np.flatnonzero(strata == i), rng) for i in range(len(left))]
    starts = [0] * len(queues)
    taken: dict[str, NDArray[np.intp]] = {}
    for name, size in sizes.items():
        shares = apportion(size, left)
        left = left - shares
        pieces = []
        for i, (order, group_ends) in enumerate(queues):
            end = starts[i] + int(shares[i])
            if end > len(order):
                raise _no_whole_groups(source, name, size)
            pieces.append(order[starts[i] : end])
            # The next split begins after the group in which this one ended.
            if end > starts[i]:
                starts[i] = int(group_ends[np.searchsorted(group_ends, end)])
        taken[name] = np.sort(np.concatenate(pieces))
    return taken


def _strata(union: _Union) -> NDArray[np.intp]:
    """Return the stratum of each sample: its class, or one for all where groups mix classes."""
    labels = union.labels.astype(np.intp)
    if union.groups is not None:
        pairs = np.unique(np.stack([union.groups, labels]), axis=1)
        if len(np.unique(pairs[0])) < pairs.shape[1]:
            return np.zeros_like(labels)
    return labels


def _shuffled(
    union: _Union, rows: NDArray[np.intp], rng: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Shuffle these rows group by group; return them and where each group ends."""
    if union.groups is None:
        return rng.permutation(rows), np.arange(1, len(rows) + 1)
    _, members, counts = np.unique(union.groups[rows], return_inverse=True, return_counts=True)
    order = rng.permutation(len(counts))
    position = np.empty_like(order)
    position[order] = np.arange(len(order))
    return rows[np.argsort(position[members], kind="stable")], np.cumsum(counts[order])


def _no_whole_groups(source: Source, split: str, size: int) -> DataError:
    """Return the error for a split that whole groups cannot fill."""
    return DataError(
        f'dataset.split: {split} cannot have {size} samples of data set "{source.name}", since '
        "samples of one group stay in one split; ask for fewer in all, so that the last group "
        "of a split may stay incomplete, or divide by shares: {validation_share: …}"
    )


def _cut(source: Source, train: Split, subset: Subset) -> Split:
    """Return the part of the training split that a subset keeps."""
    rng = np.random.default_rng(draw_seed(subset.seed))
    counts = train.class_counts(source.n_classes)
    shares = np.zeros_like(counts)
    if subset.per_class is not None:
        _check_per_class(source, counts, subset.per_class)
        shares += subset.per_class
    if subset.n is not None:
        if subset.n > len(train):
            msg = f"dataset.subset.n asks for {subset.n} training samples; there are {len(train)}"
            raise DataError(msg)
        if not subset.stratified:
            return train.take(np.sort(rng.choice(len(train), subset.n, replace=False)))
        shares += apportion(subset.n, counts)
    return train.take(_pick(train, shares, rng))


def _check_per_class(source: Source, counts: NDArray[np.intp], per_class: int) -> None:
    """Refuse a number of samples that a class does not have."""
    short = [
        f"{name} ({count})"
        for name, count in zip(source.classes, counts, strict=True)
        if count < per_class
    ]
    if short:
        msg = (
            f"dataset.subset.per_class asks for {per_class} training samples of each class; "
            f"there are fewer of {', '.join(short)}"
        )
        raise DataError(msg)


def _pick(split: Split, shares: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.intp]:
    """Draw so many rows of each class, and return them rising."""
    drawn = [
        rng.permutation(np.flatnonzero(split.labels == label))[:share]
        for label, share in enumerate(shares)
    ]
    return np.sort(np.concatenate(drawn))

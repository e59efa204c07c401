"""Division into splits, subsets, groups."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.datasets.division import apportion, divide
from reportgen.datasets.source import Source, Split
from reportgen.errors import DataError
from reportgen.spec.dataset import DatasetSpec
from tests.datasets.made import make_source, make_split


def spec(**content: Any) -> DatasetSpec:
    """The spec of a data set, as an experiment file would give it."""
    return DatasetSpec.model_validate({"name": "made"} | content)


def indexed(labels: list[int], groups: list[int] | None = None) -> Split:
    """Images of one pixel that holds the row, to see where each sample went."""
    images = np.arange(len(labels), dtype=np.uint8).reshape(-1, 1, 1, 1)
    numbers = None if groups is None else np.array(groups, np.int32)
    return Split(images, np.array(labels, np.uint16), numbers)


def rows(split: Split) -> list[int]:
    """The rows that a split of `indexed` images holds."""
    return [int(value) for value in split.images.ravel()]


@given(st.lists(st.integers(0, 50), min_size=1, max_size=8), st.data())
def test_shares_add_up_and_never_exceed_their_count(counts: list[int], data: st.DataObject) -> None:
    size = data.draw(st.integers(0, sum(counts)))
    shares = apportion(size, np.array(counts))
    assert shares.sum() == size
    for share, count in zip(shares, counts, strict=True):
        assert 0 <= share <= count
        assert abs(share - size * count / max(sum(counts), 1)) < 1


def test_shares_by_hand() -> None:
    """7 of (5, 3, 2): quotas 3.5, 2.1, 1.4; 6 without remainders, the last one to 3.5."""
    assert apportion(7, np.array([5, 3, 2])).tolist() == [4, 2, 1]


LABELS = [0] * 10 + [1] * 20 + [2] * 10


def test_splits_are_stratified_disjoint_and_in_order() -> None:
    source = make_source(3, all=indexed(LABELS))
    splits = divide(source, spec(split={"train": 20, "validation": 8, "test": 4}))
    assert {name: split.class_counts(3).tolist() for name, split in splits.items()} == {
        "train": [5, 10, 5],
        "validation": [2, 4, 2],
        "test": [1, 2, 1],
    }
    taken = [rows(split) for split in splits.values()]
    assert all(part == sorted(part) for part in taken)
    assert len({row for part in taken for row in part}) == 32


def test_a_source_in_parts_is_divided_as_one() -> None:
    whole = indexed(LABELS, list(range(40)))
    parts = {"a": whole.take(np.arange(17)), "b": whole.take(np.arange(17, 40))}
    division = spec(split={"train": 20, "validation": 15})
    one, two = (divide(make_source(3, **cut), division) for cut in ({"all": whole}, parts))
    for name in ("train", "validation"):
        assert rows(one[name]) == rows(two[name])
        assert one[name].labels.tolist() == two[name].labels.tolist()
        assert np.array_equal(one[name].groups, two[name].groups)  # type: ignore[arg-type]


def test_all_samples_can_be_used() -> None:
    source = make_source(3, all=indexed(LABELS))
    splits = divide(source, spec(split={"train": 33, "validation": 7}))
    assert sorted(rows(splits["train"]) + rows(splits["validation"])) == list(range(40))


def test_the_seed_decides_the_division() -> None:
    source = make_source(3, all=indexed(LABELS))

    def train(seed: int) -> list[int]:
        size = {"train": 20, "validation": 8, "seed": seed}
        return rows(divide(source, spec(split=size))["train"])

    assert train(0) == train(0)
    assert train(0) != train(1)


def test_the_union_of_all_splits_is_divided() -> None:
    source = make_source(
        1, train=indexed([0] * 6), validation=Split(*_shifted(indexed([0] * 4), by=6))
    )
    splits = divide(source, spec(split={"train": 5, "validation": 5}))
    assert sorted(rows(splits["train"]) + rows(splits["validation"])) == list(range(10))


def _shifted(split: Split, by: int) -> tuple[Any, Any]:
    """Images whose pixels count on from another split's."""
    return split.images + np.uint8(by), split.labels


def test_more_than_there_is_names_both_numbers() -> None:
    source = make_source(3, all=indexed(LABELS))
    with pytest.raises(DataError) as caught:
        divide(source, spec(split={"train": 30, "validation": 11}))
    assert caught.value.message == (
        'dataset.split asks for train 30 + validation 11 = 41 samples; data set "made" has 40'
    )


def test_own_splits_are_taken_as_they_are() -> None:
    train, validation, test = indexed([0, 1]), indexed([1]), indexed([0])
    source = make_source(2, test=test, validation=validation, train=train)
    splits = divide(source, spec())
    assert list(splits) == ["train", "validation", "test"]
    assert splits["train"] is train


def test_an_undivided_source_needs_a_division() -> None:
    source = make_source(3, all=indexed(LABELS))
    with pytest.raises(DataError, match=r"only all \(40\); divide it with dataset\.split"):
        divide(source, spec())


# ── subsets ─────────────────────────────────────────────────────────────────


def undivided() -> Source:
    """A source with the training labels LABELS and one validation sample."""
    return make_source(3, train=indexed(LABELS), validation=indexed([0]))


def test_a_subset_cuts_training_only() -> None:
    splits = divide(undivided(), spec(subset={"n": 8}))
    assert splits["train"].class_counts(3).tolist() == [2, 4, 2]
    assert rows(splits["train"]) == sorted(rows(splits["train"]))
    assert len(splits["validation"]) == 1


def test_a_subset_per_class() -> None:
    splits = divide(undivided(), spec(subset={"per_class": 3, "seed": 1}))
    assert splits["train"].class_counts(3).tolist() == [3, 3, 3]


def test_a_subset_that_is_not_stratified() -> None:
    kept = divide(undivided(), spec(subset={"n": 8, "stratified": False}))["train"]
    again = divide(undivided(), spec(subset={"n": 8, "stratified": False, "seed": 1}))["train"]
    assert len(set(rows(kept))) == 8
    assert rows(kept) != rows(again)


def test_a_subset_cuts_a_new_division_too() -> None:
    source = make_source(3, all=indexed(LABELS))
    splits = divide(source, spec(split={"train": 20, "validation": 8}, subset={"n": 4}))
    assert splits["train"].class_counts(3).tolist() == [1, 2, 1]
    assert not set(rows(splits["train"])) & set(rows(splits["validation"]))


def test_subsets_larger_than_the_training_split() -> None:
    with pytest.raises(DataError, match=r"asks for 41 training samples; there are 40"):
        divide(undivided(), spec(subset={"n": 41}))
    with pytest.raises(DataError, match=r"fewer of 0 \(10\), 2 \(10\)"):
        divide(undivided(), spec(subset={"per_class": 11}))


# ── groups ──────────────────────────────────────────────────────────────────


def groups(split: Split) -> set[int]:
    """The groups of a split."""
    assert split.groups is not None
    return set(split.groups.tolist())


def test_groups_of_one_class_stay_together_and_splits_are_stratified() -> None:
    """Two classes of 6 groups with 4 samples each."""
    labels = [0] * 24 + [1] * 24
    source = make_source(2, all=indexed(labels, [i // 4 for i in range(48)]))
    splits = divide(source, spec(split={"train": 32, "validation": 16}))
    assert splits["train"].class_counts(2).tolist() == [16, 16]
    assert splits["validation"].class_counts(2).tolist() == [8, 8]
    assert not groups(splits["train"]) & groups(splits["validation"])


def test_a_split_may_leave_a_part_of_its_last_group_unused() -> None:
    source = make_source(1, all=indexed([0] * 20, [i // 5 for i in range(20)]))
    splits = divide(source, spec(split={"train": 7, "validation": 8}))
    assert [len(splits["train"]), len(splits["validation"])] == [7, 8]
    assert not groups(splits["train"]) & groups(splits["validation"])


def test_sizes_that_whole_groups_cannot_fill() -> None:
    source = make_source(1, all=indexed([0] * 20, [i // 5 for i in range(20)]))
    with pytest.raises(DataError, match="validation cannot have 12 samples"):
        divide(source, spec(split={"train": 7, "validation": 12}))


def test_groups_that_mix_classes_stay_together_too() -> None:
    """Each of 8 writers wrote both classes."""
    source = make_source(2, all=indexed([0, 1] * 16, [i // 4 for i in range(32)]))
    splits = divide(source, spec(split={"train": 16, "validation": 16}))
    assert not groups(splits["train"]) & groups(splits["validation"])
    assert splits["train"].class_counts(2).tolist() == [8, 8]


def test_groups_survive_the_union_of_splits() -> None:
    train = make_split([0] * 6, groups=True)
    validation = make_split([0] * 4, seed=1, groups=True)
    source = make_source(1, train=train, validation=validation)
    splits = divide(source, spec(split={"train": 4, "validation": 2}))
    assert not groups(splits["train"]) & groups(splits["validation"])


# ── shares ──────────────────────────────────────────────────────────────────


def test_shares_take_whole_groups_and_every_sample() -> None:
    """10 and 6 glyphs in 8 poses: a quarter is 2.5 and 1.5, so 3 and 2 validate, 7 and 4 train."""
    source = make_source(2, all=indexed([0] * 80 + [1] * 48, [i // 8 for i in range(128)]))
    splits = divide(source, spec(split={"validation_share": 0.25}))
    assert list(splits) == ["train", "validation"]
    assert splits["train"].class_counts(2).tolist() == [56, 32]
    assert splits["validation"].class_counts(2).tolist() == [24, 16]
    assert not groups(splits["train"]) & groups(splits["validation"])
    assert sorted(rows(splits["train"]) + rows(splits["validation"])) == list(range(128))
    assert rows(splits["train"]) == sorted(rows(splits["train"]))


def test_shares_of_samples_where_there_are_no_groups() -> None:
    """40 samples: 0.2 validate, 0.1 test, of LABELS' 10, 20 and 10."""
    source = make_source(3, all=indexed(LABELS))
    splits = divide(source, spec(split={"validation_share": 0.2, "test_share": 0.1}))
    counts = {name: split.class_counts(3).tolist() for name, split in splits.items()}
    assert counts == {"train": [7, 14, 7], "validation": [2, 4, 2], "test": [1, 2, 1]}


def test_shares_of_uneven_groups_take_them_whole() -> None:
    """Four writers with 1, 2, 3 and 4 samples: half of the groups, whatever they hold."""
    source = make_source(1, all=indexed([0] * 10, [0, 1, 1, 2, 2, 2, 3, 3, 3, 3]))
    splits = divide(source, spec(split={"validation_share": 0.5}))
    assert [len(groups(split)) for split in splits.values()] == [2, 2]
    assert not groups(splits["train"]) & groups(splits["validation"])


def test_a_share_is_taken_as_written_and_rounded_half_up() -> None:
    """0.15 of 10 is 1.5, so 2, although the float 0.15 is less than 15/100."""
    source = make_source(1, all=indexed([0] * 10))
    assert len(divide(source, spec(split={"validation_share": 0.15}))["validation"]) == 2


def test_the_seed_decides_the_shares() -> None:
    source = make_source(3, all=indexed(LABELS))

    def validation(seed: int) -> list[int]:
        share = {"validation_share": 0.25, "seed": seed}
        return rows(divide(source, spec(split=share))["validation"])

    assert validation(0) == validation(0)
    assert validation(0) != validation(1)


def test_a_class_too_small_for_the_shares_is_named() -> None:
    source = make_source(2, all=indexed([0] * 20 + [1]))
    with pytest.raises(DataError) as caught:
        divide(source, spec(split={"validation_share": 0.25}))
    assert caught.value.message == (
        'dataset.split: class "1" has 1 samples, too few for these shares (train 1, validation 0); '
        "a split needs at least one: change the shares"
    )


def test_groups_that_mix_classes_are_shared_out_whole() -> None:
    """Each of 8 writers wrote both classes."""
    source = make_source(2, all=indexed([0, 1] * 16, [i // 4 for i in range(32)]))
    splits = divide(source, spec(split={"validation_share": 0.25}))
    assert [len(groups(split)) for split in splits.values()] == [6, 2]
    assert not groups(splits["train"]) & groups(splits["validation"])

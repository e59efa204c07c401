"""What a record says of the data."""

from __future__ import annotations

import base64
import io
import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from reportgen.datasets.source import Source, Split
from reportgen.datasets.summary import count_shared, normalization, summarize_data
from reportgen.errors import DataError
from reportgen.records import SplitSize
from reportgen.spec.dataset import DatasetSpec
from tests.datasets.made import make_source, make_split


def spec(**content: Any) -> DatasetSpec:
    """The spec of a data set, as an experiment file would give it."""
    return DatasetSpec.model_validate({"name": "made"} | content)


def pixels(*values: int, channels: int = 1) -> Split:
    """Images of one pixel, a sample a value."""
    images: NDArray[np.uint8] = np.array(values, np.uint8).reshape(-1, 1, 1, channels)
    return Split(images, np.zeros(len(images), np.uint16))


def test_normalisation_by_hand() -> None:
    """0, 0, 0, 255 → mean 1/4, deviation √(1/4 · 3/4)."""
    mean, std = normalization(pixels(0, 0, 0, 255), spec())
    assert mean == (0.25,)
    assert std == pytest.approx((math.sqrt(3) / 4,), rel=1e-15)


def test_each_channel_has_its_own() -> None:
    """Red 0 and 255, green 51 and 102: mean 0.3, deviation 0.1."""
    mean, std = normalization(pixels(0, 51, 255, 102, channels=2), spec())
    assert mean == pytest.approx((0.5, 0.3))
    assert std == pytest.approx((0.5, 0.1))


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    train = make_split([0] * 50)
    whole = normalization(train, spec())
    monkeypatch.setattr("reportgen.datasets.summary._CHUNK_PIXELS", 7 * 16)
    assert normalization(train, spec()) == whole
    assert whole[0][0] == pytest.approx(train.images.mean() / 255)
    assert whole[1][0] == pytest.approx(train.images.std() / 255)


def test_given_values_are_taken() -> None:
    given = spec(normalization={"mean": (0.1307,), "std": (0.3081,)})
    assert normalization(pixels(0, 9), given) == ((0.1307,), (0.3081,))


def test_given_values_must_fit_the_channels() -> None:
    given = spec(normalization={"mean": (0.5, 0.5, 0.5), "std": (0.2, 0.2, 0.2)})
    with pytest.raises(DataError, match="gives 3 values; .* have 1 channels"):
        normalization(pixels(0, 9), given)


def test_images_without_contrast_have_no_normalisation_of_their_own() -> None:
    with pytest.raises(DataError, match=r"without contrast.*give dataset\.normalization"):
        normalization(pixels(7, 7), spec())


def test_shared_pictures_count_once_each() -> None:
    """5 stands in both; 1 twice in train only; 9 twice in validation and once in train."""
    splits = {"train": pixels(1, 1, 5, 9), "validation": pixels(5, 9, 9, 3)}
    assert count_shared(splits) == 2


def test_a_picture_in_three_splits_counts_once() -> None:
    assert count_shared({"train": pixels(1), "validation": pixels(1), "test": pixels(1)}) == 1


def source(*, may_show: bool = True) -> Source:
    """Twelve classes; class 3 has no validation sample."""
    labels = [11, 0, 1, 1, 2, 4, 5, 6, 7, 8, 9, 10, 0]
    made = make_source(12, train=make_split(list(range(12))), validation=make_split(labels, seed=1))
    return Source(made.name, made.origin, made.licence, may_show, made.classes, made.splits)


def test_a_summary_holds_sizes_and_names() -> None:
    data = source()
    summary = summarize_data(data, data.splits, spec(), "f" * 64)
    assert (summary.name, summary.source, summary.licence) == ("made", "a test", "CC0")
    assert summary.fingerprint == "f" * 64
    assert summary.splits[0] == SplitSize("train", 12, 4, 4, 1, (1,) * 12)
    assert summary.splits[1].per_class == (2, 2, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1)
    assert summary.n_shared == 0


def test_samples_are_the_first_validation_ones_of_the_first_ten_classes() -> None:
    data = source()
    samples = summarize_data(data, data.splits, spec(), "").samples
    assert [sample.label for sample in samples] == [0, 1, 2, 4, 5, 6, 7, 8, 9, 10]
    assert [sample.index for sample in samples] == [1, 2, 4, 5, 6, 7, 8, 9, 10, 11]
    assert {sample.split for sample in samples} == {"validation"}
    with Image.open(io.BytesIO(base64.b64decode(samples[0].png))) as image:
        assert np.array_equal(np.asarray(image), data.splits["validation"].images[1, ..., 0])


def test_nothing_is_shown_of_data_whose_licence_forbids_it() -> None:
    data = source(may_show=False)
    assert summarize_data(data, data.splits, spec(), "").samples == ()

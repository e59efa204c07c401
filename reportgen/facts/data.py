"""Facts on the data: split sizes, classes, origin."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from reportgen.facts.fact import Fact, Source, define
from reportgen.records import RunRecord

NAME = define("{run}.data.name", "text", "Name of the data set, as in the experiment file.")
ORIGIN = define("{run}.data.source", "text", "Where the data were taken from.")
LICENCE = define("{run}.data.licence", "text", "Licence of the data.")
FINGERPRINT = define("{run}.data.fingerprint", "text", "SHA-256 of pixels, labels and classes.")
CLASSES = define("{run}.data.n_classes", "count", "Number of classes.")
CLASS_NAME = define("{run}.data.classes.{i}", "text", "Name of class i, counted from 0.")
SHARED = define("{run}.data.shared", "count", "Pictures that stand in several splits.")
SKIPPED = define("{run}.data.skipped", "count", "Corrupt images that were left out, as asked.")
SAMPLE_SPLIT = define("{run}.data.sample_split", "text", "Split that the sample images are of.")
N_SAMPLES = define(
    "{run}.data.samples", "count", "Classes that a sample image is shown of, the first ones."
)
TOTAL = define("{run}.data.n", "count", "Samples of all splits together.")
N = define("{run}.data.{split}.n", "count", "Samples of the split.")
HEIGHT = define("{run}.data.{split}.height", "px", "Height of an image.")
WIDTH = define("{run}.data.{split}.width", "px", "Width of an image.")
CHANNELS = define("{run}.data.{split}.channels", "count", "Channels of an image.")
PER_CLASS = define("{run}.data.{split}.classes.{i}", "count", "Samples of class i in the split.")
SMALLEST = define("{run}.data.{split}.smallest_class", "count", "Samples of the rarest class.")
LARGEST = define("{run}.data.{split}.largest_class", "count", "Samples of the commonest class.")
GROUPS = define(
    "{run}.data.{split}.groups.n",
    "count",
    "Independent groups of samples (variants of one glyph) in an evaluated split, if there are.",
)
GROUPS_OF = define(
    "{run}.data.{split}.groups.classes.{i}", "count", "Groups of class i in the split."
)
FEWEST_GROUPS = define(
    "{run}.data.{split}.groups.smallest", "count", "Groups of the class that has the fewest."
)
MOST_GROUPS = define(
    "{run}.data.{split}.groups.largest", "count", "Groups of the class that has the most."
)
MEAN = define("{run}.data.mean.{i}", "ratio", "Mean of channel i used to normalise, in [0, 1].")
STD = define("{run}.data.std.{i}", "ratio", "Deviation of channel i used to normalise.")


def data_facts(run: str, record: RunRecord, key: str) -> Iterator[Fact]:
    """Yield the facts on a run's data."""
    data = record.result.data

    def source(field: str) -> Source:
        return Source(key, f"data.{field}")

    yield NAME(data.name, source("name"), run=run)
    yield ORIGIN(data.source, source("source"), run=run)
    yield LICENCE(data.licence, source("licence"), run=run)
    yield FINGERPRINT(data.fingerprint, source("fingerprint"), run=run)
    yield CLASSES(len(data.classes), source("classes"), run=run)
    yield SHARED(data.n_shared, source("n_shared"), run=run)
    yield SKIPPED(data.n_skipped, source("n_skipped"), run=run)
    if data.samples:
        yield SAMPLE_SPLIT(data.samples[0].split, source("samples"), run=run)
        yield N_SAMPLES(len(data.samples), source("samples"), run=run)
    yield TOTAL(sum(split.n for split in data.splits), source("splits"), run=run)
    for i, name in enumerate(data.classes):
        yield CLASS_NAME(name, source(f"classes[{i}]"), run=run, i=i)
    for i, (mean, std) in enumerate(zip(data.mean, data.std, strict=True)):
        yield MEAN(mean, source(f"mean[{i}]"), run=run, i=i)
        yield STD(std, source(f"std[{i}]"), run=run, i=i)
    for i, split in enumerate(data.splits):
        for kind, field in ((N, "n"), (HEIGHT, "height"), (WIDTH, "width"), (CHANNELS, "channels")):
            value = getattr(split, field)
            yield kind(value, source(f"splits[{i}].{field}"), run=run, split=split.name)
        counts = source(f"splits[{i}].per_class")
        yield SMALLEST(min(split.per_class), counts, run=run, split=split.name)
        yield LARGEST(max(split.per_class), counts, run=run, split=split.name)
        for j, n in enumerate(split.per_class):
            yield PER_CLASS(n, counts, run=run, split=split.name, i=j)
    yield from _group_facts(run, record, key)


def _group_facts(run: str, record: RunRecord, key: str) -> Iterator[Fact]:
    """Yield how many groups of samples each evaluated split has; nothing where there are none."""
    for split, prefix in (("validation", ""), ("test", "test.")):
        groups = record.arrays.get(f"{prefix}groups")
        if groups is None:
            continue
        labels, source = record.arrays[f"{prefix}labels"], Source(key, f"arrays.{prefix}groups")
        counts = [
            len(np.unique(groups[labels == i])) for i in range(len(record.result.data.classes))
        ]
        names = {"run": run, "split": split}
        yield GROUPS(len(np.unique(groups)), source, **names)
        yield FEWEST_GROUPS(min(counts), source, **names)
        yield MOST_GROUPS(max(counts), source, **names)
        for i, n in enumerate(counts):
            yield GROUPS_OF(n, source, **names, i=i)

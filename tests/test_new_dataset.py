"""`reportgen new dataset`: an experiment's data in a file, and a study that reads it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from reportgen.datasets.registry import fingerprint, load_source, locate
from reportgen.spec.arrays import ArraySource
from tests.toy_project import EXPERIMENT


def test_a_study_reads_the_file_of_another_as_the_same_data(toy, reportgen) -> None:
    """The toy's MNIST: 20 training and 10 validation images, in their own splits."""
    file = toy.data / "digits.pkl"
    done = reportgen(toy, "new", "dataset", "toy", "toy_net", str(file))
    assert done.code == 0, done.err
    assert done.out.splitlines()[0].endswith("digits.pkl")
    assert "dataset.source reads it: {pickle: digits.pkl}" in done.out
    source = ArraySource.from_plain({"pickle": "digits.pkl"})
    found = load_source(locate("mine", toy.data, source=source))
    assert fingerprint(found) == fingerprint(load_source(locate("mnist", toy.data)))
    assert not toy.store.exists()


def test_the_profile_decides_whose_data(toy, reportgen) -> None:
    profiles = toy.folder / "profiles"
    profiles.mkdir()
    text = "experiments: {toy_net: {dataset: {name: digits, split: {validation_share: 0.2}}}}\n"
    (profiles / "small.yaml").write_text(text, encoding="utf-8")
    done = reportgen(toy, "new", "dataset", "toy", "toy_net", "a.npz", "--profile", "small")
    assert done.code == 0, done.err
    assert done.out.splitlines()[:2] == ["wrote a.npz", "all 1797 images of 8 × 8 in 10 classes"]


def test_the_data_directory_may_be_named(toy, reportgen) -> None:
    (toy.root / "empty").mkdir()
    wanted = ("new", "dataset", "toy", "toy_net", "a.pkl", "--data-dir")
    assert reportgen(toy, *wanted, str(toy.data)).code == 0
    assert reportgen(toy, "new", "dataset", "toy", "toy_net", "b.pkl", "--data-dir", "no").code == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("toy_nett", "a.pkl"), 'did you mean "toy_net"?'),
        (("toy_net", "a.txt"), "expected a file that ends in .pkl or .npz"),
        (("toy_net", "taken.pkl"), "is there already; remove it, or choose another name"),
        (("toy_net", "no/a.pkl"), "is no folder; make it first"),
    ],
)
def test_wrong_usage_leaves_everything_as_it_was(toy, reportgen, arguments, message) -> None:
    (toy.root / "taken.pkl").write_bytes(b"mine")
    before = sorted(toy.root.rglob("*"))
    done = reportgen(toy, "new", "dataset", "toy", *arguments)
    assert done.code == 2
    assert message in done.err
    assert sorted(toy.root.rglob("*")) == before
    assert (toy.root / "taken.pkl").read_bytes() == b"mine"


def test_a_disk_that_refuses_leaves_no_file(toy, reportgen, monkeypatch) -> None:
    def refuse(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    done = reportgen(toy, "new", "dataset", "toy", "toy_net", "a.pkl")
    assert done.code == 4
    assert "write it elsewhere" in done.err
    assert not list(toy.root.glob("*a.pkl*"))


def test_torch_is_not_needed(toy) -> None:
    """In a process of its own, since other tests may have imported it."""
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from reportgen import pipeline\n"
        "from reportgen.order import Order\n"
        f"order = Order(Path({str(toy.root)!r}), 'toy', data_dir=Path({str(toy.data)!r}))\n"
        "pipeline.new_dataset(order, 'toy_net', Path('a.pkl').absolute())\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=toy.root, env=toy.environment())


def test_a_build_from_the_file_reuses_what_was_trained(built, reportgen) -> None:
    """The content of the data decides, not the file that they lie in."""
    file = built.root / "digits.pkl"
    assert reportgen(built, "new", "dataset", "toy", "toy_net", str(file)).code == 0
    dataset = EXPERIMENT["dataset"] | {"source": {"pickle": "digits.pkl"}}
    built.write(toy_net={"dataset": dataset})
    done = reportgen(built, "why", "toy", "--data-dir", str(built.root))
    assert done.code == 0, done.err
    assert done.out.splitlines() == [
        "toy_net (seed 7): every stage: reused (the store holds the record)",
        "toy_net.narrow (seed 7): every stage: reused (the store holds the record)",
    ]

"""What a map of 5,000 samples costs and is worth: scikit-learn, openTSNE, and ours.

::

    python tools/run.py python benchmarks/tsne.py --data-dir DIR

Writes benchmarks/results/tsne.md. The features are those of practica1's SimpleCNN
after one epoch of MNIST; a seed draws the samples and starts the map. At the first seed
all candidates take turns at one layer, at the others those that matter, each in a process
of its own, so that what else the machine does falls on all of them. Half an hour.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from machine import ROOT, describe_machine

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

RESULTS = ROOT / "benchmarks" / "results" / "tsne.md"
SAMPLES, PERPLEXITY, NEIGHBOURS = 5000, 30.0, 10
LAYERS = {"drop2": 128, "fc2": 10, "flatten": 6272}
"""Layers of SimpleCNN and their features; all candidates are tried at the first."""

PROFILE = """experiments:
  simple_cnn:
    training:
      phases: [{epochs: 1, optimizer: {name: sgd, lr: 0.01, momentum: 0.9, nesterov: true}}]
    horizons: [1]
"""

PAGE = """# t-SNE of 5,000 samples

{machine}. Written by `benchmarks/tsne.py`.

Features of layers of SimpleCNN (one epoch of MNIST); perplexity 30, start from principal
components. Medians over seeds, each with samples of its own; ratios are medians of the
ratios to the first line at the same seed. CPU time counts all threads. Trustworthiness and
k-NN purity look at {neighbours} neighbours; KL is the exact divergence of the finished map.
After ± stands half the range over seeds, where there are several. In the candidates' processes
`OPENBLAS_CORETYPE` and `OPENBLAS_L2_SIZE` are unset, for all alike; the machine was busy with
other work.

{tables}
Same bits: the map of `reportgen` from {layer}, with 1 and with {threads} threads allowed: {same}.
"""

HEAD = """## {layer}, {d} features

| | seeds | CPU, s | × | wall, s | × | trustworthiness | k-NN purity | KL |
|---|--:|--:|--:|--:|--:|--:|--:|--:|
"""


@dataclass(frozen=True, slots=True)
class Made:
    """What one map took, and how good it is."""

    cpu_s: float
    wall_s: float
    trust: float
    purity: float
    kl: float
    digest: str


def of_sklearn(features: Floats, seed: int, **options: object) -> Floats:
    """Return scikit-learn's map, by default as its documentation has it."""
    from sklearn.manifold import TSNE

    settings = {"init": "pca", "max_iter": 1000, **options}
    model = TSNE(perplexity=PERPLEXITY, random_state=seed, **settings)
    return np.asarray(model.fit_transform(features), np.float32)


def of_sklearn_reduced(features: Floats, seed: int) -> Floats:
    """Return scikit-learn's map of the first fifty principal components."""
    from sklearn.decomposition import PCA

    return of_sklearn(PCA(50, random_state=seed).fit_transform(features), seed)


def of_sklearn_twice(features: Floats, seed: int) -> Floats:
    """Return scikit-learn's map by two runs, so that the learning rate rises to n after one."""
    from sklearn.decomposition import PCA
    from sklearn.neighbors import NearestNeighbors

    n, k = len(features), int(3 * PERPLEXITY) + 2
    found = NearestNeighbors(n_neighbors=k).fit(features)
    graph = found.kneighbors_graph(features, mode="distance")
    start = PCA(2, random_state=seed).fit_transform(features).astype(np.float32)
    start *= 1e-4 / start[:, 0].std()
    shared = {"metric": "precomputed", "angle": 0.8}
    first = of_sklearn(graph, seed, init=start, max_iter=250, **shared)
    second = {"early_exaggeration": 1.0, "learning_rate": n / 4, "max_iter": 500}
    return of_sklearn(graph, seed, init=first, **second, **shared)


def of_opentsne(features: Floats, seed: int, **options: object) -> Floats:
    """Return openTSNE's map: 250 iterations and 500, as is its default."""
    from openTSNE import TSNE

    return np.asarray(TSNE(perplexity=PERPLEXITY, random_state=seed, **options).fit(features))


def of_reportgen(features: Floats, seed: int) -> Floats:
    """Return the map of the embedding stage."""
    from reportgen.measures.embedding import embed
    from reportgen.spec.experiment import Embeddings

    return embed(features, Embeddings(perplexity=PERPLEXITY, seed=seed))


CANDIDATES: dict[str, tuple[int, Callable[[Floats, int], Floats]]] = {
    "scikit-learn, one thread": (1, of_sklearn),
    "scikit-learn, its threads": (0, of_sklearn),
    "scikit-learn of 50 components": (1, of_sklearn_reduced),
    "scikit-learn, 500 iterations": (1, lambda x, s: of_sklearn(x, s, max_iter=500)),
    "scikit-learn, 600, angle 0.8": (1, lambda x, s: of_sklearn(x, s, max_iter=600, angle=0.8)),
    "scikit-learn twice, angle 0.8": (1, of_sklearn_twice),
    "openTSNE, Barnes-Hut": (
        1,
        lambda x, s: of_opentsne(x, s, neighbors="exact", negative_gradient_method="bh"),
    ),
    "openTSNE, Barnes-Hut, annoy": (
        1,
        lambda x, s: of_opentsne(x, s, neighbors="annoy", negative_gradient_method="bh"),
    ),
    "openTSNE, Barnes-Hut, two threads": (
        2,
        lambda x, s: of_opentsne(x, s, neighbors="exact", negative_gradient_method="bh", n_jobs=2),
    ),
    "openTSNE, FFT": (
        1,
        lambda x, s: of_opentsne(x, s, neighbors="exact", negative_gradient_method="fft"),
    ),
    "reportgen, one thread": (1, of_reportgen),
}
"""The threads that a candidate may have, 0 for all, and what makes its map."""

FIRST, OURS = "scikit-learn, one thread", "reportgen, one thread"
AT_ALL_SEEDS = {
    "drop2": (FIRST, "scikit-learn, 500 iterations", "openTSNE, Barnes-Hut", OURS),
    "fc2": (FIRST, OURS),
}
"""What is tried at each seed, by layer; at the first one more is."""


def make_one(name: str, file: Path, threads: int | None = None) -> Made:
    """Make a candidate's map in this process, time it, and measure it."""
    import contextlib
    import hashlib

    import openTSNE  # noqa: F401  imported before the clock starts, as scikit-learn is
    import sklearn.manifold  # noqa: F401
    from threadpoolctl import threadpool_limits

    with np.load(file) as stored:
        features, labels, seed = stored["features"], stored["labels"], int(stored["seed"])
    allowed, make = CANDIDATES[name]
    limit = allowed if threads is None else threads
    with threadpool_limits(limit) if limit else contextlib.nullcontext():
        cpu, wall = time.process_time(), time.perf_counter()
        points = np.ascontiguousarray(make(features, seed), np.float32)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    digest = hashlib.sha256(points.tobytes()).hexdigest()
    trust, purity, kl = measure(features, points, labels)
    return Made(cpu, wall, trust, purity, kl, digest)


def measure(
    features: Floats, points: Floats, labels: NDArray[np.intp]
) -> tuple[float, float, float]:
    """Return trustworthiness, k-NN purity and the exact divergence of a map."""
    from reportgen.measures.embedding import trustworthiness
    from reportgen.measures.structure import nearest_rows

    nearest = nearest_rows(points, NEIGHBOURS)
    purity = float((labels[nearest] == labels[:, np.newaxis]).mean())
    return trustworthiness(features, points, NEIGHBOURS), purity, divergence(features, points)


def divergence(features: Floats, points: Floats) -> float:
    """Return the Kullback-Leibler divergence that t-SNE lessens, over all pairs."""
    from openTSNE.affinity import PerplexityBasedNN

    wanted = PerplexityBasedNN(features, PERPLEXITY, method="exact").P.tocoo()
    wide = points.astype(np.float64)
    norms = (wide**2).sum(axis=1)
    squared = norms[:, np.newaxis] + norms - 2 * wide @ wide.T
    total = (1 / (1 + np.maximum(squared, 0))).sum() - len(points)
    close = 1 / (1 + ((wide[wanted.row] - wide[wanted.col]) ** 2).sum(axis=1)) / total
    share, some = wanted.data, wanted.data > 0
    return float((share[some] * np.log(share[some] / close[some])).sum())


def make_features(data: Path, folder: Path, seeds: int) -> Iterator[tuple[str, int, Path]]:
    """Train the network and yield a file of features by layer and seed."""
    from reportgen.holdings import plan
    from reportgen.measures.embedding import sample_rows
    from reportgen.order import Order
    from reportgen.pipeline import load
    from reportgen.progress import Silence
    from reportgen.stages.bench import Bench, DataShelf
    from reportgen.stages.features import read_features
    from reportgen.stages.train import train_stage

    study_folder = folder / "experiments" / "practica1"
    left_out = shutil.ignore_patterns("records")
    shutil.copytree(ROOT / "experiments" / "practica1", study_folder, ignore=left_out)
    (folder / "templates").mkdir()
    (study_folder / "profiles" / "short.yaml").write_text(PROFILE, encoding="utf-8")
    order = Order(folder, "practica1", profile="short", data_dir=data, store=folder / "store")
    study = load(order)
    store, sources, plans = plan(order, study)
    named = next(p for p in plans if (p.run.id.experiment, p.run.id.trial) == ("simple_cnn", ""))
    bench = Bench(named, study, DataShelf(sources))
    learnt, placement = train_stage(bench, store, "cpu", Silence())
    for seed in range(seeds):
        rows = sample_rows(len(bench.evaluated), SAMPLES, seed)
        found = read_features(
            bench, learnt.load_weights(1), bench.evaluated, list(LAYERS), placement, rows
        )
        for layer, features in found.items():
            file, labels = folder / f"{layer}-{seed}.npz", bench.evaluated.labels[rows]
            np.savez(file, features=features, labels=labels.astype(np.intp), seed=seed)
            yield layer, seed, file


def make_apart(name: str, file: Path, threads: int | None = None) -> Made:
    """Make a candidate's map in a process of its own, without settings of BLAS and OpenMP."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("OPENBLAS_", "OMP_"))}
    words = [sys.executable, __file__, "--one", name, str(file)]
    if threads is not None:
        words += ["--threads", str(threads)]
    done = subprocess.run(words, env=own, stdout=subprocess.PIPE, text=True, check=True)
    made = Made(**json.loads(done.stdout))
    sys.stdout.write(f"{file.stem}: {name}: {made}\n")
    sys.stdout.flush()
    return made


def write_table(found: dict[tuple[str, str], list[Made]], layer: str) -> str:
    """Return a layer's table."""
    rows = []
    first = found[layer, FIRST]
    for name in CANDIDATES:
        made = found.get((layer, name))
        if made is None:
            continue
        cells = [name, str(len(made))]
        for field in ("cpu_s", "wall_s"):
            values = [getattr(one, field) for one in made]
            base = [getattr(one, field) for one in first]
            ratio = statistics.median(b / v for b, v in zip(base, values, strict=False))
            cells += [f"{statistics.median(values):.1f}", f"{ratio:.2f}"]
        for field in ("trust", "purity", "kl"):
            values = [getattr(one, field) for one in made]
            cells.append(f"{statistics.median(values):.4f}")
            if len(values) > 1:
                cells[-1] += f" ± {(max(values) - min(values)) / 2:.4f}"
        rows.append("| " + " | ".join(cells) + " |")
    return HEAD.format(layer=layer, d=LAYERS[layer]) + "\n".join(rows) + "\n"


def wanted(layer: str, seed: int) -> tuple[str, ...]:
    """Return the candidates that are tried at a layer and a seed."""
    often = AT_ALL_SEEDS.get(layer, ())
    if seed > 0:
        return often
    return tuple(CANDIDATES) if layer == next(iter(LAYERS)) else (FIRST, OURS)


def run_all(data: Path, seeds: int) -> str:
    """Make all maps in turns and return the page."""
    from reportgen.stages.sharing import usable_cores

    found: dict[tuple[str, str], list[Made]] = {}
    with tempfile.TemporaryDirectory() as folder:
        files = list(make_features(data, Path(folder), seeds))
        layers = list(LAYERS)
        for layer, seed, file in sorted(files, key=lambda one: (layers.index(one[0]), one[1])):
            for name in wanted(layer, seed):
                found.setdefault((layer, name), []).append(make_apart(name, file))
        threads = max(2, usable_cores())
        again = make_apart(OURS, Path(folder) / f"{layers[0]}-0.npz", threads)
    return PAGE.format(
        machine=describe_machine("torch", "numpy", "scikit-learn", "openTSNE"),
        neighbours=NEIGHBOURS,
        tables="\n".join(write_table(found, layer) for layer in LAYERS),
        layer=layers[0],
        threads=threads,
        same="yes" if again.digest == found[layers[0], OURS][0].digest else "no",
    )


def main(words: Sequence[str] | None = None) -> None:
    """Compare them all, or make one map and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-dir", type=Path, help="folder with MNIST")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--one", nargs=2, metavar=("CANDIDATE", "FEATURES"), help="internal")
    parser.add_argument("--threads", type=int, help="internal")
    chosen = parser.parse_args(words)
    if chosen.one:
        print(json.dumps(asdict(make_one(chosen.one[0], Path(chosen.one[1]), chosen.threads))))
    elif chosen.data_dir is None:
        parser.error("--data-dir is needed")
    else:
        page = run_all(chosen.data_dir.absolute(), chosen.seeds)
        chosen.output.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()

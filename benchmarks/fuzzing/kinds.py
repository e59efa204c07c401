"""What is spoilt and how it is tried: kinds of files, each with its mutations and its run."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from benchmarks.fuzzing import snippets
from benchmarks.fuzzing.forgeries import forging
from benchmarks.fuzzing.judge import CODES, STORE_CODES, Verdict, judge_error, judge_exit
from benchmarks.fuzzing.mutations import BYTES, TEXT, YAML, Mutation, inserting, mutated

Run = Callable[[Random], Verdict]


@dataclass(frozen=True, slots=True)
class Kind:
    """Files that are spoilt in one manner, and what is done with them then.

    Parameters
    ----------
    files : tuple of str
        Below the seeds' folder; each case spoils one.
    mutations : tuple of Mutation
    run : callable
        Tries the folder, and judges.
    share : int
        How many cases it gets, in relation to other kinds.
    seconds : int
        What a case may take.
    needs : callable, optional
        Makes, in the seeds' folder, what no other kind wants.
    """

    files: tuple[str, ...]
    mutations: tuple[Mutation, ...]
    run: Run
    share: int = 4
    seconds: int = 5
    needs: Callable[[Path], None] | None = None

    def try_sound(self) -> Verdict:
        """Try the files as they are, which must work: else their mutations would show nothing."""
        verdict = self.run(Random(0))  # noqa: S311
        if verdict.outcome == "accepted" or self.run in (usage, surroundings):
            return verdict
        return Verdict(verdict.outcome, "sound files are refused", verdict.message)

    def _paths(self) -> list[Path]:
        """Return the files of the current folder."""
        found = {path for pattern in self.files for path in Path().glob(pattern)}
        return sorted(path for path in found if path.is_file())

    def try_case(self, chance: Random) -> Verdict:
        """Spoil a file of the current folder, try it, and put the file back."""
        path = chance.choice(self._paths())
        before = path.read_bytes()
        after = mutated(chance, before, self.mutations)
        path.write_bytes(after)
        try:
            return self.run(chance)
        finally:
            path.write_bytes(before)


def command(*choices: tuple[str, ...], codes: frozenset[int] = CODES) -> Run:
    """Return a run of the command line with one of some lists of words, within the project."""

    def run(chance: Random) -> Verdict:
        return in_project(chance.choice(choices), codes)

    return run


def in_project(words: tuple[str, ...], codes: frozenset[int] = CODES) -> Verdict:
    """Run the command line in this process, from the toy project's root."""
    from reportgen.cli import main

    out, err, above = io.StringIO(), io.StringIO(), Path.cwd()
    sys.argv = ["reportgen", *words]
    code: object = None
    os.chdir("project")
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as ended:
        code = ended.code
    finally:
        os.chdir(above)
    return judge_exit(code, out.getvalue(), err.getvalue(), codes)


def usage(chance: Random) -> Verdict:
    """Run the command line with words that nobody expects."""
    words = ["toy", "..", "", "../toy", "toy/..", "nada", "--locked", "--profile", "small", "nul"]
    words += ["\0", "\udcff", "x" * 5_000, "--", "-x", "--store", "/dev/null", "--data-dir", "*"]
    words += [
        "toy_net",
        "2",
        "1,5",
        "98,94 %",
        "toy_net.h2.best.accuracy",
        "é",
        "\u202e",
        "0x",
        "[b]",
    ]
    commands = ["check", "why", "facts", "trace", "new", "freeze", "nada", "render"]
    chosen = [chance.choice(commands), *chance.choices(words, k=chance.randint(0, 4))]
    return in_project(tuple(chosen))


def surroundings(chance: Random) -> Verdict:
    """Run the command line with other folders than there are, by variables and options."""
    places = ("", ".", "..", "~", "../data", "../data/letters.npz", "/dev/null", "/proc/self/mem")
    places += ("nada", "x" * 5_000, "\udcff", "link", "experiments", "/dev/full", "../data/MNIST")
    words = [chance.choice(("why", "check", "facts")), "toy"]
    words += ["--store", chance.choice(places)] if chance.random() < 0.5 else []
    words += ["--data-dir", chance.choice(places)] if chance.random() < 0.3 else []
    variables = {"REPORTGEN_DATA": chance.choice(places), "COLUMNS": chance.choice(("0", "x", "9"))}
    variables |= {"HOME": chance.choice(places), "LANG": "nada", "SOURCE_DATE_EPOCH": "x"}
    before = dict(os.environ)
    os.environ |= variables
    try:
        return in_project(tuple(words), STORE_CODES)
    finally:
        os.environ.clear()
        os.environ |= before


def unspoilt(_: Random, same: bytes) -> bytes:
    """Leave a file as it is: what is odd is around it."""
    return same


def data(name: str, **keys: str) -> Run:
    """Return a run that reads a data set from the folder `data`."""

    def run(_: Random) -> Verdict:
        from reportgen.datasets.registry import fingerprint, load_source, locate
        from reportgen.spec.arrays import ArraySource
        from reportgen.spec.images import ImageSource

        splits = {"train": "train", "validation": "val"}
        source: ArraySource | ImageSource | None = None
        if "zip" in keys or "folder" in keys:
            source = ImageSource.from_plain({**keys, "splits": splits})
        elif keys:
            source = ArraySource.from_plain(dict(keys))
        try:
            where = locate(name, Path("data"), source=source, download=False)
            fingerprint(load_source(where))
        except Exception as error:  # noqa: BLE001 (to be judged)
            return judge_error(error)
        return Verdict("accepted")

    return run


def network(_: Random) -> Verdict:
    """Build the study's network, and look at what it makes of an image, as before a training."""
    from reportgen.models.contract import check_model
    from reportgen.models.study_class import build_model
    from reportgen.spec.network import StudyModel

    spec = StudyModel.from_plain({"class": "ToyNet"})
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            model = build_model(Path("project/experiments/toy/models.py"), spec, seed=1)
            check_model(model, (1, 8, 8), 10)
    except Exception as error:  # noqa: BLE001 (to be judged)
        return judge_error(error)
    return Verdict("accepted")


def forged(kind: str) -> tuple[Mutation, ...]:
    """Return mutations of a binary file, of which one in three puts a made-up one in its place."""
    return (*BYTES, *(forging(kind),) * 4)


STUDY, TEMPLATES = "project/experiments/toy", "project/templates"
QUESTIONS = tuple(f"{TEMPLATES}/toy/questions/{name}.html.j2" for name in ("sizes", "scores"))
RECORDS = f"{STUDY}/records/default/toy_net"
STORE = "project/build/runs"
THERE = ("--data-dir", "../own")
SCORE = ("toy_net.h2.best.accuracy",)
LOCKED = ("toy", "--locked")
CHECK, RENDER = ("check", *LOCKED), ("render", *LOCKED)
SMALL = ("check", *LOCKED, "--profile", "small")
IDX = tuple(
    f"data/MNIST/raw/{part}-ubyte"
    for part in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
)
_BOOKS = ("build", *LOCKED)


def train_toy(place: Path) -> None:
    """Run the toy study, so that there is a store."""
    from tests.toy_project import write_data

    write_data(place / "own")
    words = [sys.executable, "-m", "reportgen", "run", "toy", *THERE]
    root = Path(__file__).resolve().parents[2]
    variables = {**os.environ, "PYTHONPATH": str(root)}
    subprocess.run(words, cwd=place / "project", env=variables, check=True, capture_output=True)


KINDS: Mapping[str, Kind] = {
    "experiment": Kind(
        (f"{STUDY}/toy_net.yaml",), YAML, command(CHECK, CHECK, ("why", *LOCKED)), share=16
    ),
    "report": Kind((f"{STUDY}/report.yaml",), YAML, command(CHECK), share=10),
    "assignment": Kind((f"{STUDY}/assignment.yaml",), YAML, command(CHECK), share=8),
    "profile": Kind((f"{STUDY}/profiles/small.yaml",), YAML, command(SMALL), share=8),
    "theme": Kind((f"{TEMPLATES}/themes/article/theme.yaml",), YAML, command(CHECK), share=4),
    "labels": Kind((f"{TEMPLATES}/labels/mnist.yaml",), YAML, command(CHECK), share=6),
    "models": Kind((f"{STUDY}/models.py",), TEXT, command(CHECK), share=5),
    "network": Kind(
        (f"{STUDY}/models.py",),
        (*TEXT, *(inserting(snippets.NETWORK, whole=0.9),) * 8),
        network,
        share=5,
        seconds=10,
    ),
    "question": Kind(
        QUESTIONS, (*(inserting(snippets.TEMPLATE),) * 16, *TEXT), command(CHECK), 12, 10
    ),
    "shared template": Kind(
        tuple(f"{TEMPLATES}/{name}.html.j2" for name in ("macros", "report", "title", "appendix")),
        (*(inserting(snippets.TEMPLATE),) * 16, *TEXT),
        command(CHECK),
        share=5,
        seconds=10,
    ),
    "page": Kind(
        (*QUESTIONS, f"{TEMPLATES}/report.html.j2"),
        (inserting(snippets.PAGE),),
        command(RENDER),
        share=2,
        seconds=30,
    ),
    "style": Kind(
        (f"{TEMPLATES}/report.css", f"{TEMPLATES}/themes/article/style.css"),
        (*(inserting(snippets.STYLE),) * 12, *TEXT),
        command(RENDER),
        share=2,
        seconds=30,
    ),
    "record": Kind((f"{RECORDS}/base-s7.json",), (*BYTES, *TEXT), command(CHECK), share=6),
    "record arrays": Kind((f"{RECORDS}/base-s7.safetensors",), BYTES, command(CHECK), share=4),
    "store": Kind(
        (f"{STORE}/*/*", f"{STORE}/*/*/*", f"{STORE}/*"),
        (*BYTES, *TEXT),
        command(
            *(("why", "toy", *THERE), ("facts", "toy", *THERE), ("trace", "toy", *SCORE, *THERE)),
            codes=STORE_CODES,
        ),
        share=6,
        needs=train_toy,
    ),
    "environment": Kind((f"{STUDY}/report.yaml",), (unspoilt,), surroundings, share=3),
    "IDX": Kind(IDX, forged("IDX"), data("mnist"), share=6),
    "IDX, gzipped": Kind(
        tuple(f"data/FashionMNIST/raw/{Path(name).name}.gz" for name in IDX),
        forged("IDX, gzipped"),
        data("fashion-mnist"),
    ),
    "npz": Kind(
        ("data/letters.npz",), forged("npz"), data("own", npz="letters.npz"), share=6
    ),
    "pickle": Kind(
        ("data/own.pkl",), forged("pickle"), data("own", pickle="own.pkl"), share=6
    ),
    "zip of images": Kind(
        ("data/pets.zip",), forged("zip"), data("pets", zip="pets.zip"), share=6
    ),
    "image": Kind(
        tuple(f"data/pets/train/cat/{n}" for n in ("0.png", "1.jpg", "2.gif", "3.tif", "4.webp")),
        forged("image"),
        data("pets", folder="pets"),
        share=6,
    ),
    "notebook": Kind((f"{STUDY}/own.ipynb",), (*BYTES, *TEXT), command(_BOOKS), 1, 30),
    "words": Kind((f"{STUDY}/report.yaml",), (unspoilt,), usage, share=4),
}  # fmt: skip


def make_seeds(place: Path, kinds: Iterable[str] = ()) -> None:
    """Write the sound files that are spoilt: a project with its records, and data sets."""
    from tests.toy_project import MODELS, make_toy

    toy = make_toy(place)
    study = toy.folder
    (study / "own.ipynb").write_text(
        '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}\n', encoding="utf-8"
    )
    report = (study / "report.yaml").read_text(encoding="utf-8")
    (study / "report.yaml").write_text(report + "notebooks: [own.ipynb]\ntheme: article\n", "utf-8")
    (study / "profiles").mkdir()
    profile = "experiments:\n  toy_net:\n    title: Menor\n    seeds: [7]\nreport:\n  title: Otro\n"
    (study / "profiles" / "small.yaml").write_text(profile, encoding="utf-8")
    (study / "models.py").write_text(MODELS, encoding="utf-8")
    commit_records(toy.root)
    shutil.copytree(study / "records" / "default", study / "records" / "small")
    make_data(place / "data")
    for name in kinds:
        needs = KINDS[name].needs
        if needs is not None:
            needs(place)


def commit_records(root: Path) -> None:
    """Commit records of the toy's runs, made up but for their keys: nothing is trained."""
    from reportgen.plan.network import CodeShelf
    from reportgen.spec.study import load_study
    from reportgen.store.codec import array_digest
    from reportgen.store.frozen import freeze_records, plan_by_record
    from tests.factories import make_record

    study = load_study(root, "toy")
    records = {}
    for run in study.runs:
        made = make_record(
            run.id,
            dataset="mnist",
            classes=tuple("0123456789"),
            n_train=120,
            epochs=3,
            horizons=(2, 3),
            maps={} if run.id.trial else {"final": "head"},
            n_mapped=40,
        )
        result = replace(
            made.result,
            keys=plan_by_record(CodeShelf(study.models_file), run, made, {}).stage_digests(),
            arrays={name: array_digest(array) for name, array in made.arrays.items()},
        )
        records[run.id] = replace(made, result=result)
    freeze_records(study, records)


def make_data(folder: Path) -> None:
    """Write one small data set of each form."""
    import pickle

    import numpy as np
    from PIL import Image

    from tests.datasets.made import write_idx_folder
    from tests.datasets.made_images import encoded, image_bytes, made_files, write_folder, write_zip

    write_idx_folder(folder / "MNIST" / "raw")
    write_idx_folder(folder / "FashionMNIST" / "raw", zipped=True)
    chance = np.random.default_rng(5)
    images = chance.integers(0, 256, (12, 6, 6), dtype=np.uint8)
    labels = np.arange(12, dtype=np.int64) % 3
    held = {"images": images, "labels": labels, "classes": ["a", "b", "c"], "license": "CC0"}
    np.savez_compressed(
        folder / "letters.npz", images=images, labels=labels, classes=np.array(["a", "b", "c"])
    )
    (folder / "own.pkl").write_bytes(pickle.dumps({"train": held, "test": held}))
    files = made_files()
    for n, kind in enumerate(("JPEG", "GIF", "TIFF", "WEBP"), start=1):
        image = Image.open(io.BytesIO(image_bytes(n)))
        end = {"JPEG": "jpg", "TIFF": "tif"}.get(kind, kind.lower())
        files[f"train/cat/{n}.{end}"] = encoded(image, kind)
    files = {name: data for name, data in files.items() if name not in _REPLACED}
    write_folder(folder / "pets", files)
    write_zip(folder / "pets.zip", files)


_REPLACED = ("train/cat/1.png", "train/cat/2.png")

"""docs/nuevo-estudio.md, followed to the letter with a small Fashion-MNIST of our own."""

from __future__ import annotations

import gzip
import re
import shutil
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from tests.guide_steps import Follower, Step, read_steps
from tests.toy_project import PDF

pytestmark = pytest.mark.slow

GUIDE = Path(__file__).resolve().parent.parent / "docs" / "nuevo-estudio.md"
MESSAGE = re.compile(r"^\| `([^`]+)` \| [^|]+ \|$", re.MULTILINE)


@dataclass(frozen=True)
class Followed:
    """What was left behind by who followed the guide."""

    project: Path
    copy: Path
    follower: Follower

    def text(self, build: str) -> str:
        """Return the page of a build as HTML."""
        return (self.project / "build" / build / "report.html").read_text(encoding="utf-8")


def write_shapes(folder: Path, n_train: int, n_validation: int) -> None:
    """Write the four IDX files: the class is the place of a bright square, in noise.

    Class 6 is where class 0 is, so that the network confuses these two.
    """
    folder.mkdir(parents=True)
    random = np.random.default_rng(5)
    for part, n in (("train", n_train), ("t10k", n_validation)):
        labels = (np.arange(n) % 10).astype(np.uint8)
        images = random.integers(0, 120, (n, 28, 28)).astype(np.uint8)
        for image, label in zip(images, labels, strict=True):
            row, column = divmod(0 if label == 6 else int(label), 4)
            top, left = 8 * row + random.integers(0, 4), 6 * column + random.integers(0, 3)
            image[top : top + 6, left : left + 6] += 100
        write_idx(folder / f"{part}-images-idx3-ubyte.gz", images)
        write_idx(folder / f"{part}-labels-idx1-ubyte.gz", labels)


def write_idx(path: Path, values: np.ndarray) -> None:
    head = struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape)
    path.write_bytes(gzip.compress(head + values.tobytes(), compresslevel=1))


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Followed]:
    """Do all that the guide says; the copy is built where neither data nor store can be reached."""
    place = tmp_path_factory.mktemp("guide")
    data = place / "datos"
    write_shapes(data / "FashionMNIST" / "raw", 1000, 200)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("REPORTGEN_DATA", raising=False)
        follower = Follower(place, patch)
        for step in read_steps(GUIDE.read_text(encoding="utf-8")):
            hidden = "--locked" in step.text and step.kind == "console"
            if hidden:
                data.rename(place / "hidden")
            follower.do(step)
            if hidden:
                (place / "hidden").rename(data)
        yield Followed(place / "clase", place / "copia", follower)


def test_the_pdf_and_the_zip_have_the_names_that_the_guide_gives(followed: Followed) -> None:
    for project in (followed.project, followed.copy):
        built = project / "build" / "moda"
        pdf = (built / PDF).read_bytes()
        assert pdf.startswith(b"%PDF-")
        with zipfile.ZipFile(built / "RIOS_PENA_ALBA.zip") as archive:
            assert archive.namelist() == [PDF]
            assert archive.read(PDF) == pdf


def test_a_locked_copy_gives_the_same_report_without_data_and_training(followed: Followed) -> None:
    name = Path("build") / "moda" / PDF
    assert not (followed.copy / "build" / "runs").exists()
    assert (followed.copy / name).read_bytes() == (followed.project / name).read_bytes()


def test_what_the_guide_says_of_the_report(followed: Followed) -> None:
    html = followed.text("moda")
    assert "TODO" not in html
    assert "TODO" in followed.text("moda@rapido")
    assert "Prendas de arriba y calzado" in html
    assert "semillas, la precisión va del" in html
    assert "La red se confunde, pues, entre prendas que se parecen." in html
    words = " ".join(re.sub(r"<[^>]+>", "", html).split())
    assert "ninguna pareja de clases reúne más errores que la camiseta y la camisa" in words


def test_only_the_new_seed_was_trained(followed: Followed) -> None:
    outcome = followed.follower.outcomes["reportgen trace moda baseline.h5.best.accuracy"]
    assert "fashion-mnist" in outcome.out
    again = followed.follower.outcomes["reportgen build moda"]
    assert "baseline (seed 5678): train: running" in again.out
    assert "baseline (seed 1234): train: running" not in again.out


def test_a_second_study_joins_the_first(followed: Followed, tmp_path: Path) -> None:
    """In the project that is there: nothing of it changes."""
    project = tmp_path / "clase"
    shutil.copytree(followed.project, project, ignore=shutil.ignore_patterns("build"))
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    with pytest.MonkeyPatch.context() as patch:
        outcome = Follower(project, patch).run("reportgen new study otro")
    assert outcome.code == 0
    assert "began" not in outcome.out
    assert {path: path.read_bytes() for path in before} == before
    assert (project / "experiments" / "otro" / "report.yaml").is_file()


# ── messages ────────────────────────────────────────────────────────────────


def put(file: str, old: str, new: str) -> Callable[[Follower], None]:
    """Return what replaces words in a file of the project."""

    def change(follower: Follower) -> None:
        path = follower.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return change


def leave(follower: Follower) -> None:
    follower.folder = follower.folder.parent


def nothing(_: Follower) -> None: ...


EXPERIMENT = "experiments/moda/baseline.yaml"
ANSWERS = "templates/moda/questions"
FAULTS: dict[str, tuple[Callable[[Follower], None], str, int]] = {
    'no folder "experiments" in': (leave, "build moda", 2),
    "is there already, or is needed; choose another name": (nothing, "new study moda", 2),
    'there is no study "mode"': (nothing, "build mode", 2),
    'unknown key "epoch"': (put(EXPERIMENT, "epochs:", "epoch:"), "build moda", 1),
    'no class is called "boot"': (put(EXPERIMENT, "ankle-boot", "boot"), "build moda", 1),
    'there is no class "Modas"': (put(EXPERIMENT, "Moda,", "Modas,"), "build moda", 1),
    "has 9 output units, but the data set has 10 classes": (
        put(EXPERIMENT, "{width: 16}", "{width: 16, n_classes: 9}"),
        "build moda",
        1,
    ),
    # of data that nobody would download
    "was not found. Tried, in order": (
        put(EXPERIMENT, "name: fashion-mnist", "name: alien-vs-predator"),
        "build moda",
        1,
    ),
    "not in the store: baseline": (put(EXPERIMENT, "[1234, 5678]", "[7]"), "check moda", 3),
    "comes from nowhere": (
        put(f"{ANSWERS}/groups.html.j2", "se clasifican mal", "se clasifican mal 12 de"),
        "build moda",
        1,
    ),
    "the claim does not hold": (
        put(f"{ANSWERS}/images.html.j2", "== d.train.largest", "< d.train.largest"),
        "build moda",
        1,
    ),
    "lacks confusion_pairs: the question asks for it": (
        put("experiments/moda/assignment.yaml", "needs: []", "needs: [confusion_pairs]"),
        "check moda",
        3,
    ),
}


def test_every_message_of_the_guide_is_provoked() -> None:
    assert MESSAGE.findall(GUIDE.read_text(encoding="utf-8")[-4000:]) == list(FAULTS)


@pytest.mark.parametrize("message", FAULTS)
def test_the_message_is_what_the_guide_says(
    followed: Followed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, message: str
) -> None:
    """In a copy of the finished study, with one thing wrong."""
    project = tmp_path / "clase"
    shutil.copytree(
        followed.project, project, ignore=shutil.ignore_patterns("moda@*", "records", "figures")
    )
    monkeypatch.setenv("REPORTGEN_DATA", str(followed.project.parent / "datos"))
    follower = Follower(project, monkeypatch)
    spoil, command, code = FAULTS[message]
    spoil(follower)
    outcome = follower.run(f"reportgen {command}")
    assert message in outcome.err
    assert outcome.code == code


# ── how the guide is read ───────────────────────────────────────────────────


def test_steps_say_file_kind_and_exit_code() -> None:
    guide = (
        "Un texto con `x.py`.\n\n`a/b.yaml`:\n\n```yaml\nk: 1\n```\n\n"
        "`a/b.yaml`, con este cambio:\n\n```diff\n-k: 1\n+k: 2\n```\n\n"
        "Termina con el código 3:\n\n```console\n$ reportgen check x\n```\n"
    )
    assert list(read_steps(guide)) == [
        Step("yaml", "k: 1\n", "a/b.yaml"),
        Step("diff", "-k: 1\n+k: 2\n", "a/b.yaml"),
        Step("console", "$ reportgen check x\n", "", 3),
    ]


def test_a_guide_that_says_something_wrong_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another exit code, other words than those that come, a change of what is not there."""
    follower = Follower(tmp_path, monkeypatch)
    lost = Step("console", "$ reportgen build moda\n", code=2)
    follower.do(lost)
    follower.do(Step("salida", 'no folder "experiments"\n'))
    with pytest.raises(AssertionError):
        follower.do(replace(lost, code=0))
    with pytest.raises(AssertionError):
        follower.do(Step("salida", "PDF: build/moda\n"))
    follower.do(Step("yaml", "k: 1\n", "a.yaml"))
    with pytest.raises(AssertionError):
        follower.do(Step("diff", "-k: 2\n+k: 3\n", "a.yaml"))

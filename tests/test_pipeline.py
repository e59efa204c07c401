"""The whole way, and what is not done twice: builds, kills, copies, other machines."""

import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile

import pytest

from reportgen import pipeline
from reportgen.pipeline import Order
from reportgen.progress import Silence
from tests.datasets.made_images import image_bytes, write_folder
from tests.toy_project import ARCHIVE, PDF, REPORT, Toy

HEAVY = ("torch", "torchvision", "sklearn", "scipy", "weasyprint", "matplotlib", "jinja2", "numpy")
FIRST_HALF = {"torch", "torchvision", "sklearn", "scipy"}


def shas(toy: Toy) -> dict[str, str]:
    """Return the digest of each record of a store, by run."""
    found = {}
    for file in (toy.store / "record").glob("*/record.json"):
        content = json.loads(file.read_text(encoding="utf-8"))
        result = content["result"]
        found[f"{result['experiment']}.{result['trial']}", len(result["epochs"])] = content[
            "sha256"
        ]
    return found


def loaded(toy: Toy, *arguments: str, **environment: str) -> tuple[str, set[str]]:
    """Run a command in a process of its own; return its output and the heavy imports."""
    script = (
        "import sys\nfrom reportgen.cli import main\n"
        f"sys.argv = {['reportgen', *arguments]!r}\n"
        "try: main()\nexcept SystemExit as end: code = end.code\n"
        f"print('LOADED', *[name for name in {HEAVY!r} if name in sys.modules])\n"
        "sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=toy.root,
        env=toy.environment(**environment),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    out, _, names = done.stdout.partition("LOADED")
    return out, set(names.split())


# ── once, and not again ─────────────────────────────────────────────────────


def test_a_build_leaves_what_the_design_names(built):
    assert sorted(path.name for path in built.build_folder.iterdir() if path.is_file()) == sorted(
        [PDF, ARCHIVE, "report.html", "results.json", ".stamp.json"]
    )
    with zipfile.ZipFile(built.archive) as archive:
        assert archive.namelist() == [PDF]
        assert archive.read(PDF) == built.pdf.read_bytes()
    results = json.loads((built.build_folder / "results.json").read_text(encoding="utf-8"))
    assert (results["schema"], results["study"], results["profile"]) == (1, "toy", "default")


def test_a_second_build_says_so_and_loads_nothing(built):
    loaded(built, "build", "toy")  # the copy's own stamp
    before = built.pdf.stat().st_mtime_ns
    out, names = loaded(built, "build", "toy")
    assert out.startswith("nothing has changed since the last build\n")
    assert f"PDF: build/toy/{PDF}" in out
    assert f"zip: build/toy/{ARCHIVE}" in out
    assert names == set()
    assert built.pdf.stat().st_mtime_ns == before


def test_after_a_word_in_a_template_nothing_is_run(built):
    before = built.pdf.read_bytes()
    template = built.template("scores")
    template.write_text(
        template.read_text(encoding="utf-8").replace("da la mejor", "da la más alta"), "utf-8"
    )
    out, names = loaded(built, "build", "toy")
    assert "running" not in out
    assert names & FIRST_HALF == set()
    assert "weasyprint" in names
    assert built.pdf.read_bytes() != before
    assert "más alta" in (built.build_folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("gone", ["pdf", "zip", "folder", "stamp", "html"])
def test_what_was_deleted_by_hand_is_made_again(built, reportgen, gone):
    assert reportgen(built, "build", "toy").code == 0
    pdf, archive = built.pdf.read_bytes(), built.archive.read_bytes()
    if gone == "folder":
        shutil.rmtree(built.build_folder)
    else:
        names = {"pdf": PDF, "zip": ARCHIVE, "stamp": ".stamp.json", "html": "report.html"}
        (built.build_folder / names[gone]).unlink()
    done = reportgen(built, "build", "toy")
    assert done.code == 0
    assert "nothing has changed" not in done.out
    assert (built.pdf.read_bytes(), built.archive.read_bytes()) == (pdf, archive)
    assert "nothing has changed" in reportgen(built, "build", "toy").out


def test_data_that_vanished_are_not_taken_for_unchanged(built, reportgen, monkeypatch):
    mine = Toy(built.root, built.root / "mine")
    shutil.copytree(built.data, mine.data)
    assert reportgen(mine, "build", "toy").code == 0
    assert "nothing has changed" in reportgen(mine, "build", "toy").out
    shutil.rmtree(mine.data)
    done = reportgen(mine, "build", "toy")
    assert done.code == 1
    assert "mine is no folder" in done.err


def test_a_file_that_changes_while_a_build_runs_is_built_next_time(built, monkeypatch):
    order = Order(built.root, "toy", data_dir=built.data)
    derive = pipeline.derive

    def slow(*arguments):
        built.write(report=REPORT | {"title": "Cambiado a mitad"})
        return derive(*arguments)

    monkeypatch.setattr(pipeline, "derive", slow)
    pipeline.build(order, Silence())
    monkeypatch.undo()
    html = built.build_folder / "report.html"
    assert "Cambiado a mitad" not in html.read_text(encoding="utf-8")
    assert not pipeline.build(order, Silence()).fresh
    assert "Cambiado a mitad" in html.read_text(encoding="utf-8")


def test_after_a_change_of_author_the_new_files_are_named(built):
    order = Order(built.root, "toy", data_dir=built.data)
    authors = [{"name": "Zoe", "surnames": "Zas"}]
    built.write(report=REPORT | {"authors": authors})
    assert pipeline.build(order, Silence()).pdf.name == "ZAS_ZOE.pdf"
    again = pipeline.build(order, Silence())
    assert again.fresh
    assert (again.pdf.name, again.archive.name) == ("ZAS_ZOE.pdf", "ZAS_ZOE.zip")


def test_a_folder_of_images_is_read_and_watched(toy, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    names = [f"{split}/{i % 10}/{i}.png" for split in ("a", "b") for i in range(40)]
    images = {name: image_bytes(k, (8, 8), "L") for k, name in enumerate(names)}
    folder = write_folder(toy.data / "images", images)
    source = {"folder": "images", "splits": {"train": "a", "validation": "b"}}
    toy.write(toy_net={"dataset": {"name": "mnist", "source": source}})
    order = Order(toy.root, "toy", data_dir=toy.data)
    assert [pipeline.build(order, Silence()).fresh for _ in range(2)] == [False, True]
    (folder / "a/3/new.png").write_bytes(image_bytes(1000, (8, 8), "L"))
    assert [pipeline.build(order, Silence()).fresh for _ in range(2)] == [False, True]
    assert {
        record.result.data.splits[0].n for record in pipeline.run(order, Silence()).values()
    } == {41}


def test_a_failed_build_is_not_taken_for_finished(built, reportgen):
    assert reportgen(built, "build", "toy").code == 0
    template = built.template("scores")
    good = template.read_text(encoding="utf-8")
    template.write_text("{{ nothing }}", encoding="utf-8")
    assert reportgen(built, "build", "toy").code == 1
    assert reportgen(built, "build", "toy").code == 1
    template.write_text(good, encoding="utf-8")
    assert reportgen(built, "build", "toy").code == 0


# ── killed, interrupted ──────────────────────────────────────────────────────


@pytest.mark.slow
def test_killed_in_the_middle_and_built_again(toy, reportgen, tmp_path):
    toy.train(epochs=16)
    whole = toy.copy(tmp_path / "whole")
    with subprocess.Popen(
        toy.command("run", "toy"),
        cwd=toy.root,
        env=toy.environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if ": epoch 2/16:" in line:
                process.kill()
                break
        rest = process.stdout.read()
    assert process.returncode == -signal.SIGKILL
    assert "epoch 16/16" not in rest
    done = reportgen(toy, "run", "toy")
    assert done.code == 0
    assert "toy_net (seed 7): train: resuming" in done.out
    assert reportgen(whole, "run", "toy").code == 0
    assert shas(toy) == shas(whole)
    assert len(shas(toy)) == 2


def test_interrupted_the_finished_epochs_are_kept(toy, reportgen, monkeypatch):
    from reportgen.console import PlainLines

    epoch = PlainLines.epoch

    def interrupt(self, run, row, epochs, seconds):
        epoch(self, run, row, epochs, seconds)
        if row.epoch == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(PlainLines, "epoch", interrupt)
    done = reportgen(toy, "build", "toy")
    assert done.code == 130
    assert "interrupted; what was finished is kept" in done.err
    monkeypatch.setattr(PlainLines, "epoch", epoch)
    done = reportgen(toy, "build", "toy")
    assert done.code == 0
    assert "resuming (2 of 3 epochs are in the store)" in done.out


# ── elsewhere ───────────────────────────────────────────────────────────────


@pytest.fixture
def no_torch(tmp_path):
    """Return the environment of a machine where the first half's libraries are not installed."""
    folder = tmp_path / "no-torch"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.split('.')[0] in {FIRST_HALF!r}:\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Absent())\n",
        encoding="utf-8",
    )
    path = os.pathsep.join([str(folder), str(Toy(tmp_path, tmp_path).environment()["PYTHONPATH"])])
    return {"PYTHONPATH": path}


def test_committed_records_give_the_same_bytes_anywhere(built, reportgen, no_torch, tmp_path):
    """In another folder, time zone and hash order, without data, store or torch."""
    assert reportgen(built, "freeze", "toy").code == 0
    copy = built.copy(tmp_path / "elsewhere" / "other", data=False)
    assert not copy.store.exists()
    environment = {
        **no_torch,
        "TZ": "Pacific/Kiritimati",
        "PYTHONHASHSEED": "7",
        "LANG": "C",
        "LC_ALL": "C",
        "REPORTGEN_DATA": "",
    }
    done = copy.process("build", "toy", "--locked", **environment)
    assert done.code == 0, done.err
    assert copy.pdf.read_bytes() == built.pdf.read_bytes()
    assert copy.archive.read_bytes() == built.archive.read_bytes()
    for name in ("report.html", "results.json"):
        assert (copy.build_folder / name).read_bytes() == (built.build_folder / name).read_bytes()
    assert not copy.store.exists()
    assert "nothing has changed" in copy.process("build", "toy", "--locked", **environment).out


@pytest.mark.slow
def test_the_report_half_works_without_torch(built, no_torch):
    for arguments in (["render", "toy"], ["check", "toy"], ["facts", "toy"], ["freeze", "toy"]):
        done = built.process(*arguments, **no_torch)
        assert done.code == 0, done.err


def test_what_must_be_run_without_torch_says_what_to_install(toy, no_torch):
    done = toy.process("build", "toy", **no_torch)
    assert done.code == 1
    assert "pip install 'reportgen-lab[train]'" in done.err
    assert "Traceback" not in done.err
    assert "a fault of reportgen itself" not in done.err


def test_without_data_the_committed_records_serve(built, reportgen, tmp_path):
    assert reportgen(built, "freeze", "toy").code == 0
    copy = built.copy(tmp_path / "copy", data=False)
    copy.data.mkdir()
    (copy.data / "mnist.npz").write_bytes(b"damaged")
    done = reportgen(copy, "render", "toy")
    assert done.code == 0
    assert "taking the committed records, as --locked does: " in done.out
    assert "mnist.npz is damaged" in done.out
    advice = "Without the data: `reportgen build toy --locked` renders the committed records."
    done = reportgen(copy, "build", "toy")
    assert done.code == 1
    assert advice in done.err


def test_a_layer_that_does_not_exist_names_the_experiment_file(toy, reportgen):
    toy.write(toy_net={"features": {"final": "nosuch"}})
    done = reportgen(toy, "run", "toy")
    assert done.code == 1
    assert "experiments/toy/toy_net.yaml: features.final: there is no layer" in done.err


def test_a_symlinked_folder_of_experiments(built, reportgen, tmp_path):
    real = tmp_path / "real"
    (built.root / "experiments").rename(real)
    (built.root / "experiments").symlink_to(real, target_is_directory=True)
    done = reportgen(built, "build", "toy")
    assert done.code == 0, done.err
    assert "running" not in done.out
    assert "nothing has changed" in reportgen(built, "build", "toy").out
    (real / "toy" / "models.py").write_text("import torch\n", encoding="utf-8")
    done = reportgen(built, "build", "toy")
    assert done.code == 1
    assert "models.py" in done.err


# ── the disk ────────────────────────────────────────────────────────────────


def test_a_store_that_is_a_file(toy, reportgen):
    (toy.root / "runs").write_text("a file", encoding="utf-8")
    done = reportgen(toy, "build", "toy", "--store", "runs")
    assert done.code == 4
    assert "runs" in done.err
    assert "a file stands where a folder must be; choose another folder with --store" in done.err


def test_a_build_folder_that_is_a_file(toy, reportgen):
    (toy.root / "build").write_text("a file", encoding="utf-8")
    done = reportgen(toy, "build", "toy", "--store", "kept")
    assert done.code == 4
    assert "build in a copy of the project elsewhere" in done.err


@pytest.fixture
def small_disk(toy):
    """Mount a file system of a given size on the toy's build folder, or skip."""
    folder = toy.root / "build"
    folder.mkdir()
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root can mount")

    def mount(*options):
        command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(folder)]
        if subprocess.run(command, check=False, capture_output=True).returncode:
            pytest.skip("mounting is not allowed here")

    yield mount
    subprocess.run(["umount", str(folder)], check=False, capture_output=True)


def test_a_full_disk_and_more_room(toy, reportgen, small_disk):
    small_disk("size=160k")
    done = reportgen(toy, "build", "toy")
    assert done.code == 4
    assert "no space left on the device; free some" in done.err
    assert "Nothing finished was lost." in done.err
    small_disk("remount", "size=8m")
    done = reportgen(toy, "build", "toy")
    assert done.code == 0
    assert "toy_net (seed 7): train: running" not in done.out


def test_a_disk_too_small_for_the_page(toy, reportgen, small_disk):
    assert reportgen(toy, "run", "toy", "--store", "kept").code == 0
    small_disk("size=24k")
    done = reportgen(toy, "build", "toy", "--store", "kept")
    assert done.code == 4
    assert "no space left on the device; free some" in done.err
    small_disk("remount", "size=8m")
    assert reportgen(toy, "build", "toy", "--store", "kept").code == 0


def test_a_read_only_disk(toy, reportgen, small_disk):
    small_disk("ro")
    done = reportgen(toy, "build", "toy")
    assert done.code == 4
    assert "the file system is read-only; build in a copy of the project" in done.err
    done = reportgen(toy, "run", "toy")
    assert done.code == 4
    assert "the file system is read-only; choose another folder with --store" in done.err


def test_a_read_only_store_that_holds_everything_serves(toy, reportgen, small_disk):
    small_disk("size=8m")
    assert reportgen(toy, "run", "toy").code == 0
    small_disk("remount", "ro")
    assert reportgen(toy, "run", "toy").code == 0
    assert reportgen(toy, "facts", "toy").code == 0
    assert reportgen(toy, "check", "toy").code == 0
    assert reportgen(toy, "freeze", "toy").code == 0


# ── the page's library ──────────────────────────────────────────────────────


def test_without_pango_nothing_is_trained_but_run_still_works(toy, reportgen, monkeypatch):
    from reportgen import system
    from reportgen.errors import SystemLibraryError

    def missing():
        msg = "the page needs Pango"
        raise SystemLibraryError(msg)

    monkeypatch.setattr(system, "require_pango", missing)
    done = reportgen(toy, "build", "toy")
    assert done.code == 1
    assert "the page needs Pango" in done.err
    assert not toy.store.exists()
    assert reportgen(toy, "run", "toy").code == 0

"""What bad input gets: a message that says where and what to do, an exit code, no traceback."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from reportgen.cli import main
from tests.toy_project import EXPERIMENT, MODELS, REPORT, write_data

# ── the study's files: 1 ────────────────────────────────────────────────────


def test_unknown_key(toy, reportgen):
    toy.train(epoch=4)
    done = reportgen(toy, "build", "toy")
    assert done.code == 1
    assert "experiments/toy/toy_net.yaml:" in done.err
    assert "epoch" in done.err
    assert not toy.store.exists()


def test_wrong_type(toy, reportgen):
    toy.train(batch_size="many")
    done = reportgen(toy, "build", "toy")
    assert done.code == 1
    assert "training.batch_size" in done.err
    assert '"many"' in done.err


def test_horizon_beyond_the_epochs(toy, reportgen):
    toy.write(toy_net={"horizons": [2, 9]})
    done = reportgen(toy, "build", "toy")
    assert done.code == 1
    assert "lies beyond the 3 epochs" in done.err


def test_empty_authors_and_a_bad_date_at_once(toy, reportgen):
    toy.write(report={"authors": [], "date": "2026-02-30"})
    done = reportgen(toy, "build", "toy")
    assert done.code == 1
    assert "authors" in done.err
    assert "date" in done.err


@pytest.mark.parametrize("name", ["data", "training", "h10", "seed3"])
def test_trial_called_like_a_fact(toy, reportgen, name):
    toy.write(toy_net={"sweep": [EXPERIMENT["sweep"][0] | {"name": name}]})
    done = reportgen(toy, "build", "toy")
    assert done.code == 1
    assert f'got "{name}"' in done.err


# ── the network: 1 ──────────────────────────────────────────────────────────


def test_class_that_does_not_exist(toy, reportgen):
    toy.write(toy_net={"model": {"class": "ToyNett"}})
    done = reportgen(toy, "build", "toy")
    assert done.code == 1
    assert 'did you mean "ToyNet"?' in done.err


def test_forward_that_raises(toy, reportgen):
    toy.models("        return self.nothing(x)\n")
    done = reportgen(toy, "build", "toy")
    assert done.code == 1
    assert "experiments/toy/models.py:17" in done.err
    assert "nothing" in done.err
    assert not (toy.store / "train").exists()


def test_outputs_that_differ_from_the_classes(toy, reportgen):
    toy.write(toy_net={"model": {"class": "ToyNet", "args": {"n_classes": 7}}})
    done = reportgen(toy, "build", "toy")
    assert done.code == 1
    assert "7 output units, but the data set has 10 classes" in done.err


def test_tied_weights_work(toy, reportgen):
    tied = MODELS.replace(
        "self.drop =",
        "self.again = nn.Conv2d(1, width, 3)\n"
        "        self.again.weight = self.conv.weight\n        self.drop =",
    )
    toy.models_file.write_text(tied, encoding="utf-8")
    assert reportgen(toy, "run", "toy").code == 0


def test_layer_that_does_not_exist(toy, reportgen):
    toy.write(toy_net={"features": {"final": "heat"}})
    done = reportgen(toy, "build", "toy")
    assert done.code == 1
    assert 'did you mean "head"? Allowed: conv, drop, head' in done.err


def test_last_batch_of_one_with_batch_norm(toy, reportgen):
    normed = MODELS.replace("self.drop =", "self.norm = nn.BatchNorm2d(width)\n        self.drop =")
    normed = normed.replace("(self.conv(x))", "(self.norm(self.conv(x)))")
    toy.models_file.write_text(normed, encoding="utf-8")
    toy.train(batch_size=17)  # 120 = 7 × 17 + 1
    done = reportgen(toy, "build", "toy")
    assert done.code == 1
    assert "leaves a batch of one sample of the 120" in done.err


def test_perplexity_that_the_samples_do_not_allow(toy, reportgen):
    toy.write(toy_net={"embeddings": {"samples": 40, "perplexity": 40}})
    done = reportgen(toy, "build", "toy")
    assert done.code == 1
    assert "embeddings.perplexity is 40 with 40 samples" in done.err
    assert not (toy.store / "train").exists()


# ── the data: 1 ─────────────────────────────────────────────────────────────


def test_data_set_that_is_not_there(toy, reportgen, monkeypatch):
    (toy.data / "mnist.npz").unlink()
    monkeypatch.setenv("XDG_CACHE_HOME", str(toy.root / "cache"))
    # As on a machine without torchvision and without a network.
    monkeypatch.setitem(sys.modules, "torchvision", None)
    monkeypatch.setitem(sys.modules, "torchvision.datasets", None)
    done = reportgen(toy, "build", "toy")
    assert done.code == 1
    assert f"no file {toy.data}/mnist.npz" in done.err
    assert "Tried, in order:" in done.err
    assert "To get it:" in done.err
    # Without committed records to fall back on, the commands that run nothing say the same.
    assert reportgen(toy, "check", "toy").err == done.err


def test_truncated_data_file(toy, reportgen):
    file = toy.data / "mnist.npz"
    file.write_bytes(file.read_bytes()[:-2000])
    done = reportgen(toy, "build", "toy")
    assert done.code == 1
    assert f"{file} is damaged" in done.err
    assert not toy.pdf.exists()


def test_data_directory_that_does_not_exist(toy, reportgen):
    done = reportgen(toy, "build", "toy", "--data-dir", "nowhere")
    assert done.code == 1
    assert f"{toy.root}/nowhere is no folder" in done.err


def test_fewer_samples_than_neighbours_work(toy, reportgen):
    write_data(toy.data, n_train=40, n_validation=8)
    toy.write(toy_net={"embeddings": {"samples": 10, "perplexity": 3}})
    assert reportgen(toy, "run", "toy").code == 0


# ── the templates: 1 ────────────────────────────────────────────────────────


def test_a_question_without_a_template_is_told_before_anything_is_trained(toy, reportgen):
    answer = next((toy.root / "templates" / "toy" / "questions").glob("*.html.j2"))
    answer.unlink()
    done = reportgen(toy, "build", "toy")
    assert done.code == 1
    assert f"{answer.relative_to(toy.root).as_posix()}: question " in done.err
    assert "has no answer: create this file" in done.err
    assert not (toy.store / "train").exists()


def test_template_with_an_unknown_name(built, reportgen):
    built.template("scores").write_text(
        '{% set titulo = "x" %}\n<p>{{ toy_net.h2.bets.accuracy | pct }}</p>\n', encoding="utf-8"
    )
    done = reportgen(built, "build", "toy")
    assert done.code == 1
    assert "templates/toy/questions/scores.html.j2:2" in done.err
    assert 'did you mean "best"?' in done.err


# ── the command line: 2 ─────────────────────────────────────────────────────


def test_unknown_study(toy, reportgen):
    done = reportgen(toy, "build", "tony")
    assert done.code == 2
    assert 'there is no study "tony" in experiments/; did you mean "toy"?' in done.err


@pytest.mark.parametrize("name", ["..", "toy/..", "/etc", ""])
def test_study_that_is_no_name(toy, reportgen, name):
    assert reportgen(toy, "build", name).code == 2


def test_unknown_profile(toy, reportgen):
    done = reportgen(toy, "build", "toy", "--profile", "large")
    assert done.code == 2
    assert "large" in done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--nonsense"],
        ["build"],
        ["build", "toy", "--nonsense"],
        ["bild", "toy"],
        [],
        ["build", "toy", "--device", "tpu"],
        ["build", "toy", "--jobs", "0"],
    ],
)
def test_wrong_usage(toy, reportgen, arguments):
    assert reportgen(toy, *arguments).code == 2


def test_folder_without_a_project(tmp_path, reportgen):
    place = SimpleNamespace(root=tmp_path, data=tmp_path)
    done = reportgen(place, "build", "toy")
    assert done.code == 2
    assert 'no folder "experiments"' in done.err


def test_device_that_is_not_there(toy, reportgen):
    import torch

    if torch.backends.mps.is_available():
        pytest.skip("this machine has it")
    done = reportgen(toy, "run", "toy", "--device", "mps")
    assert done.code == 2
    assert "mps" in done.err


def test_unknown_experiment(built, reportgen):
    done = reportgen(built, "facts", "toy", "toy_nett")
    assert done.code == 2
    assert 'did you mean "toy_net"?' in done.err


# ── missing or stale: 3 ─────────────────────────────────────────────────────


def test_locked_without_records(toy, reportgen):
    done = reportgen(toy, "build", "toy", "--locked")
    assert done.code == 3
    assert "toy_net (seed 7): no committed record" in done.err
    assert "toy_net.narrow (seed 7): no committed record" in done.err
    assert "`reportgen run toy` and `reportgen freeze toy`" in done.err


def test_locked_with_stale_records(built, reportgen):
    assert reportgen(built, "freeze", "toy").code == 0
    built.train(batch_size=30)
    done = reportgen(built, "build", "toy", "--locked")
    assert done.code == 3
    assert "the key of train" in done.err
    assert "`reportgen freeze toy`" in done.err


@pytest.mark.parametrize(("part", "reason"), [("json", "altered"), ("safetensors", "arrays")])
def test_locked_with_an_altered_record(built, reportgen, part, reason):
    reportgen(built, "freeze", "toy")
    file = built.folder / "records" / "default" / "toy_net" / f"base-s7.{part}"
    if part == "json":
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace('"n_shared": 0', '"n_shared": 1'), encoding="utf-8")
    else:
        data = bytearray(file.read_bytes())
        data[-1] ^= 1
        file.write_bytes(data)
    done = reportgen(built, "build", "toy", "--locked")
    assert done.code == 3
    assert f"records/default/toy_net/base-s7.json: {'' if part == 'json' else 'its '}{reason}" in (
        done.err
    )
    assert "reportgen freeze" in done.err


def test_freeze_and_render_of_what_was_not_run(toy, reportgen):
    for command in ("freeze", "render", "check", "facts"):
        done = reportgen(toy, command, "toy")
        assert done.code == 3
        assert "`reportgen run toy`" in done.err


def test_the_mending_command_names_the_profile(toy, reportgen):
    profile = toy.folder / "profiles" / "small.yaml"
    profile.parent.mkdir()
    profile.write_text("experiments: {toy_net: {training: {batch_size: 40}}}\n", encoding="utf-8")
    for command in ("freeze", "build"):
        locked = ["--locked"] if command == "build" else []
        done = reportgen(toy, command, "toy", "--profile", "small", *locked)
        assert done.code == 3
        assert "`reportgen run toy --profile small`" in done.err


def test_check_of_an_answer_that_lacks_an_artefact(built, reportgen):
    assert reportgen(built, "check", "toy").code == 0
    built.template("scores").write_text(
        '{% set titulo = "x" %}\n<p>Hay {{ toy_net.data.n | integer }} imágenes.</p>\n',
        encoding="utf-8",
    )
    done = reportgen(built, "check", "toy")
    assert done.code == 3
    assert 'the answer to "scores" lacks best_accuracy' in done.err


# ── the rest ────────────────────────────────────────────────────────────────


def test_several_faults_are_a_line_each(toy, reportgen):
    toy.write(report={"authors": [], "date": "soon"})
    done = reportgen(toy, "build", "toy")
    head, *faults = done.err.strip().splitlines()
    assert head == "errors:"
    assert len(faults) == 2
    assert all(fault.startswith("experiments/toy/report.yaml:") for fault in faults)


def test_debug_shows_the_traceback(toy, monkeypatch, capsys):
    monkeypatch.chdir(toy.root)
    monkeypatch.setattr(sys, "argv", ["reportgen", "build", "tony", "--debug"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_fault_of_our_own_is_told_in_a_line(toy, monkeypatch, capsys):
    monkeypatch.chdir(toy.root)
    monkeypatch.setattr(sys, "argv", ["reportgen", "build", "toy"])
    monkeypatch.setattr("reportgen.pipeline.build", lambda *_: 1 / 0)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    err = capsys.readouterr().err
    assert "ZeroDivisionError: division by zero" in err
    assert "--debug" in err


def test_interrupted(toy, reportgen, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("reportgen.pipeline.build", interrupt)
    done = reportgen(toy, "build", "toy")
    assert done.code == 130
    assert "interrupted; what was finished is kept" in done.err


def test_home_is_expanded(toy, reportgen, monkeypatch):
    monkeypatch.setenv("HOME", str(toy.root.parent))
    done = reportgen(toy, "run", "toy", "--data-dir=~/data", "--store=~/kept")
    assert done.code == 0
    assert (toy.root.parent / "kept" / "record").is_dir()


@pytest.mark.parametrize("command", ["build", "run"])
@pytest.mark.parametrize(("options", "jobs"), [((), None), (("--jobs", "3"), 3)])
def test_jobs_are_handed_on(toy, reportgen, monkeypatch, command, options, jobs):
    orders = []
    monkeypatch.setattr("reportgen.pipeline.load", lambda order: orders.append(order) or 1 / 0)
    with pytest.raises(AssertionError, match="a fault of reportgen itself"):  # as 1 / 0 is
        reportgen(toy, command, "toy", *options)
    assert [order.jobs for order in orders] == [jobs]


@pytest.mark.parametrize("command", ["build", "run"])
def test_a_cluster_is_handed_on(toy, reportgen, monkeypatch, command):
    asked = []
    monkeypatch.setattr(
        "reportgen.cluster.elsewhere.make_records",
        lambda _, plans, address, jobs: asked.append((len(plans), address, jobs)) or 1 / 0,
    )
    with pytest.raises(AssertionError, match="a fault of reportgen itself"):  # as 1 / 0 is
        reportgen(toy, command, "toy", "--cluster", "10.0.0.1:6379", "--jobs", "3")
    assert asked == [(2, "10.0.0.1:6379", 3)]


def test_a_cluster_without_the_extra(toy, reportgen, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    done = reportgen(toy, "run", "toy", "--cluster", "auto")
    assert done.code == 1
    assert done.err.startswith("error: --cluster needs Ray, which cannot be imported")
    assert done.err.endswith("install it with: pip install 'reportgen-lab[train,ray]'\n")


def test_a_cluster_is_not_asked_for_what_is_there(built, reportgen, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    assert reportgen(built, "run", "toy", "--cluster", "auto").code == 0


def test_a_cluster_for_committed_records(toy, reportgen):
    done = reportgen(toy, "build", "toy", "--locked", "--cluster", "auto")
    assert done.code == 2
    assert "--locked runs nothing, so that there is nothing for --cluster" in done.err


def test_from_a_folder_below_the_root(built, reportgen):
    below = SimpleNamespace(root=built.folder, data=built.data)
    done = reportgen(below, "render", "toy")
    assert done.code == 0
    assert f"PDF: {built.pdf}" in done.out


def test_clean_keeps_the_store(built, reportgen):
    assert "build/toy" in reportgen(built, "clean", "toy").out
    assert not built.build_folder.exists()
    assert (built.store / "record").is_dir()
    assert "nothing was there" in reportgen(built, "clean", "toy").out
    assert "build/runs" in reportgen(built, "clean", "toy", "--all").out
    assert not built.store.exists()


def test_clean_refuses_a_folder_that_is_no_store(built, reportgen):
    treasure = built.root / "treasure"
    treasure.mkdir()
    (treasure / "thesis.tex").write_text("years", encoding="utf-8")
    done = reportgen(built, "clean", "toy", "--all", "--store", "treasure")
    assert done.code == 2
    assert "is no store of reportgen" in done.err
    assert (treasure / "thesis.tex").exists()
    assert built.build_folder.exists()


def test_facts_are_listed_with_value_unit_and_meaning(built, reportgen):
    lines = reportgen(built, "facts", "toy", "toy_net").out.splitlines()
    (line,) = [line for line in lines if line.startswith("toy_net.data.n ")]
    assert "180" in line
    assert "count" in line
    assert line.endswith("Samples of all splits together.")
    assert all(line.startswith("toy_net.") for line in lines)


def test_render_says_that_the_zip_is_older(built, reportgen):
    done = reportgen(built, "render", "toy")
    assert done.code == 0
    assert "RIOS_PENA_ALBA.zip is still the last build's" in done.out


def test_one_notebook_is_counted(built, reportgen):
    book = built.folder / "extra.ipynb"
    book.write_text(
        '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', encoding="utf-8"
    )
    built.write(report=REPORT | {"notebooks": ["extra.ipynb"]})
    done = reportgen(built, "build", "toy")
    assert done.code == 0, done.err
    assert "the zip holds the PDF and 1 notebook\n" in done.out


def test_the_toy_can_be_learnt(built):
    data = np.load(built.data / "mnist.npz")
    assert sorted(set(data["y_test"])) == list(range(10))

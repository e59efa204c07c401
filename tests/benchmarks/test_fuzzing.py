"""A sample of the fuzzing, and that its judge and its mutations can find anything."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from benchmarks.fuzz import chosen_cases
from benchmarks.fuzzing.forgeries import FORGERIES, forged, forging
from benchmarks.fuzzing.judge import LONGEST, STORE_CODES, judge_error, judge_exit
from benchmarks.fuzzing.kinds import KINDS
from benchmarks.fuzzing.mutations import BYTES, TEXT, YAML, mutated
from reportgen.errors import DataError, RunError

TEXT_FILE = b"title: Red\nlist: [1, 2]\nmap: {a: b}\n"


def test_the_judge_lets_a_located_message_pass() -> None:
    assert judge_exit(0, "done\n", "").fault == ""
    assert judge_exit(1, "", "error: experiments/toy/net.yaml:3:1: no\n").outcome == "refused"
    assert judge_exit(3, "", "error: x.json is stale\n").fault == ""
    assert judge_exit(3, "", "error: not in the store: net (seed 7)\n").fault == ""
    assert judge_error(DataError("data/x.npz is damaged")).fault == ""
    assert judge_exit(4, "", "error: store.json: no marker\n", STORE_CODES).fault == ""


@pytest.mark.parametrize(
    ("code", "err", "fault"),
    [
        (4, "error: x.yaml\n", "exit code 4"),
        (None, "", "exit code None"),
        (1, "Traceback (most recent call last):\nx.yaml", "a traceback"),
        (1, "error: a fault of reportgen itself (x.yaml)", "an error that nobody caught"),
        (1, "\n", "no message"),
        (1, "error: wrong\n", "a message that names no place"),
        (1, "x.yaml" * LONGEST, f"a message of {6 * LONGEST} characters"),
    ],
)
def test_the_judge_finds_what_may_not_be(code: int | None, err: str, fault: str) -> None:
    assert judge_exit(code, "", err).fault == fault


def test_the_judge_finds_errors_that_are_not_ours() -> None:
    assert judge_error(IndexError("x.yaml")).fault == "IndexError that nobody caught"
    assert judge_error(RunError("x.yaml")).fault == "exit code 4"


@pytest.mark.parametrize("mutation", {*BYTES, *TEXT, *YAML}, ids=lambda one: one.__name__)
@pytest.mark.parametrize("data", [TEXT_FILE, b"", b"\xff\xfe\x00x"])
def test_a_mutation_is_the_same_for_the_same_chance(mutation, data) -> None:
    first = [mutation(Random(n), data) for n in range(30)]
    assert first == [mutation(Random(n), data) for n in range(30)]
    assert len(set(first)) > 1 or mutation.__name__ == "nothing" or len(data) < 5


def test_mutated_files_are_nearly_all_others() -> None:
    changed = [mutated(Random(n), TEXT_FILE, YAML) != TEXT_FILE for n in range(200)]
    assert sum(changed) > 180


@pytest.mark.parametrize("kind", FORGERIES)
def test_made_up_files_are_the_same_each_time_and_no_two_alike(kind: str) -> None:
    """Of those that hold a bomb only the first few are made twice: that takes a while."""
    made = [make() for make in FORGERIES[kind][:5]]
    assert made == [forged(kind, number) for number in range(5)]
    assert len(set(made)) == 5
    mutation = forging(kind)
    assert mutation.__name__ == "forge"
    assert mutation(Random(1), b"x") == mutation(Random(1), b"y")


def test_every_kind_has_its_sound_case_and_its_share() -> None:
    cases = chosen_cases(1_000, 7)
    names = [case.name for case in cases]
    assert len(names) == len(set(names))
    assert {case.kind for case in cases if case.name.endswith("/sound")} == set(KINDS)
    assert 1_000 <= len(cases) <= 1_000 + 2 * len(KINDS)


def test_a_sample_works_or_ends_in_messages(project: Path) -> None:
    """What takes a whole layout, PyTorch or a training is left to the long run."""
    n, left_out = 48, {"page", "style", "notebook", "network", "store"}
    only = [word for kind in KINDS if kind not in left_out for word in ("--only", kind)]
    done = subprocess.run(
        [sys.executable, "benchmarks/fuzz.py", "--cases", str(n), "--seed", "3", *only],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        timeout=1_200,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    tried = re.search(r"\*\*all\*\* \| (\d+)", done.stdout)
    assert tried is not None
    assert int(tried[1]) >= n

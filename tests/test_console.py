"""What a build looks like, without a terminal and on one."""

import io
import sys

import pytest
from rich.console import Console
from rich.progress import Progress as Bars

from reportgen.console import (
    Clock,
    LiveDisplay,
    PlainLines,
    duration,
    open_progress,
    write_line,
)
from reportgen.plan.decision import Decision
from reportgen.records import EpochRow, RunId

RUN = RunId("net", "narrow", 7)
ROW = EpochRow(2, 1, 0.5, 0.8, 0.4321, 0.85, 0.56789, 0.98765)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 00 s"),
        (83, "1 min 23 s"),
        (3599.7, "1 h 00 min"),
        (3900, "1 h 05 min"),
    ],
)
def test_duration(seconds, text):
    assert duration(seconds) == text


def test_time_left_is_the_mean_epoch_times_those_that_are_left():
    clock = Clock()
    assert clock.left(RUN, 1, 10, 4.0) == 36.0
    assert clock.left(RUN, 2, 10, 2.0) == 24.0  # mean 3 s, 8 left
    assert clock.left(RunId("other", "", 0), 9, 10, 5.0) == 5.0


def test_plain_lines(capsys):
    lines = PlainLines()
    lines.stage(RUN, Decision("train", "resume", "1 of 3 epochs are in the store"))
    lines.batches(RUN, 2, 0.5)
    lines.epoch(RUN, ROW, 3, 2.0)
    lines.note("a note")
    assert capsys.readouterr().out.splitlines() == [
        "net.narrow (seed 7): train: resuming (1 of 3 epochs are in the store)",
        (
            "net.narrow (seed 7): epoch 2/3: loss 0.4321, validation loss 0.5679, accuracy 98.77%, "
            "2.0 s, 2.0 s left"
        ),
        "a note",
    ]


@pytest.fixture
def screen():
    """A live display on a terminal that keeps what is written."""
    console = Console(file=io.StringIO(), force_terminal=True, width=120, color_system=None)
    bars = Bars(console=console, auto_refresh=False)
    return LiveDisplay(bars), bars, console.file


def test_live_display_has_one_bar_until_the_last_epoch(screen):
    display, bars, _ = screen
    display.batches(RUN, 1, 0.25)
    display.batches(RUN, 1, 1.0)
    (task,) = bars.tasks
    assert task.completed == 1.0
    assert task.description == "net.narrow (seed 7) epoch 1"
    display.epoch(RUN, ROW, 3, 2.0)
    assert len(bars.tasks) == 1
    display.epoch(RUN, EpochRow(3, 1, *[0.5] * 6), 3, 2.0)
    assert bars.tasks == []


def test_live_display_has_a_bar_for_each_run_under_way(screen):
    display, bars, _ = screen
    other = RunId("other", "", 8)
    display.batches(RUN, 1, 0.25)
    display.batches(other, 4, 0.75)  # at once: each run's bar has its own tenths of a second
    assert [(task.description, task.completed) for task in bars.tasks] == [
        ("net.narrow (seed 7) epoch 1", 0.25),
        ("other (seed 8) epoch 4", 0.75),
    ]
    display.stage(other, Decision("evaluate.h4", "run", "it stopped early"))
    assert [task.description for task in bars.tasks] == ["net.narrow (seed 7) epoch 1"]


def test_live_display_is_drawn_ten_times_a_second_at_most(screen, monkeypatch):
    display, bars, _ = screen
    now = 100.0
    monkeypatch.setattr("reportgen.console.time.monotonic", lambda: now)
    seen = []
    for fraction in (0.1, 0.2, 0.3):
        display.batches(RUN, 1, fraction)
        seen.append(bars.tasks[0].completed)
    assert seen == [0.1, 0.1, 0.1]
    now += 0.2
    display.batches(RUN, 1, 0.4)
    assert bars.tasks[0].completed == 0.4


def test_live_display_writes_brackets_as_they_are(screen):
    display, _, file = screen
    display.note("no file /data/[old]/mnist.npz")
    display.stage(RUN, Decision("train", "run", "[why]"))
    display.epoch(RUN, ROW, 3, 1.0)
    assert "/data/[old]/mnist.npz" in file.getvalue()
    assert "[why]" in file.getvalue()
    assert "accuracy 98.77%" in file.getvalue()


def test_the_display_suits_the_output(monkeypatch):
    with open_progress() as progress:
        assert isinstance(progress, PlainLines)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    with open_progress() as progress:
        assert isinstance(progress, LiveDisplay)


def test_write_line_to_another_stream(capsys):
    write_line("bad", sys.stderr)
    assert capsys.readouterr() == ("", "bad\n")

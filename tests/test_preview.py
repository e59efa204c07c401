"""`reportgen preview`: a process that makes the report again after each change of a file."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.toy_project import Toy

TEMPLATE = "templates/toy/questions/sizes.html.j2"
WAIT_S = 120


@contextmanager
def previewing(toy: Toy, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start a preview; give its process and its address."""
    command = [sys.executable, "-m", "reportgen", "preview", "toy", *options]
    environment = os.environ | {"REPORTGEN_DATA": str(toy.data), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, cwd=toy.root, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            url, _, rest = process.stdout.readline().partition(" ")
            assert rest.startswith("shows toy and each change")
            yield process, url
        finally:
            process.kill()


def states(url: str) -> Iterator[dict[str, Any]]:
    """Yield what a browser is told, but not that the report is being made."""
    with urllib.request.urlopen(url + "events", timeout=WAIT_S) as answer:
        for line in answer:
            if line.startswith(b"data: "):
                state = json.loads(line.removeprefix(b"data: "))
                if not state["busy"]:
                    yield state


def test_an_edit_shows_and_a_fault_tells(built: Toy) -> None:
    """The PDF, with an edit, with a fault, and as it was; Ctrl-C is how it ends."""
    template = built.root / TEMPLATE
    text = template.read_text(encoding="utf-8")
    with previewing(built) as (process, url):
        told = (state for state in states(url) if state["number"])
        first = next(told)
        assert first["pages"]
        assert not first["faults"]
        template.write_text(text + "<p>{% context %}Otra frase.{% endcontext %}</p>\n", "utf-8")
        second = next(told)
        assert second["changed"]
        template.write_text(text + "<p>Son 37 cosas.</p>\n", "utf-8")
        third = next(told)
        assert f"{TEMPLATE}:" in third["faults"]
        assert '"37" comes from nowhere' in third["faults"]
        assert third["pages"] == second["pages"]
        template.write_text(text, "utf-8")
        assert next(told)["pages"] == first["pages"]
        with urllib.request.urlopen(url + first["file"], timeout=WAIT_S) as answer:
            assert answer.read().startswith(b"%PDF")
        process.send_signal(signal.SIGINT)
        assert process.wait(WAIT_S) == 0
        assert process.stdout is not None
        assert process.stdout.read().endswith("the preview has ended\n")


def test_records_that_are_missing_and_come(built: Toy, tmp_path: Path) -> None:
    """An edit asks for other records; and those of the store are taken as they come and go."""
    file = built.root / "experiments" / "toy" / "toy_net.yaml"
    text = file.read_text(encoding="utf-8")
    assert "lr: 0.1" in text
    with previewing(built) as (_, url):
        told = (state for state in states(url) if state["number"])
        first = next(told)
        file.write_text(text.replace("lr: 0.1", "lr: 0.2"), "utf-8")
        assert "make them with `reportgen run toy`" in next(told)["faults"]
        file.write_text(text, "utf-8")
        assert next(told)["pages"] == first["pages"]
        record = next((built.store / "record").iterdir())
        aside = record.rename(tmp_path / record.name)
        assert "make them with `reportgen run toy`" in next(told)["faults"]
        aside.rename(record)
        assert next(told)["pages"] == first["pages"]


def test_what_no_file_mends(toy: Toy, reportgen: Callable[..., Any]) -> None:
    assert reportgen(toy, "preview", "tou").code == 2
    done = reportgen(toy, "preview", "toy")
    assert done.code == 3
    assert "reportgen run toy" in done.err
    assert reportgen(toy, "preview", "toy", "--port", "70000").code == 2


@pytest.mark.parametrize("package", ["watchfiles", "pypdfium2"])
def test_without_the_extra(
    built: Toy, reportgen: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    done = reportgen(built, "preview", "toy")
    assert done.code == 1
    assert "pip install 'reportgen-lab[preview]'" in done.err

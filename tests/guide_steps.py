"""A guide as steps: files to write, changes to make, commands to run; and who does them."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from reportgen.cli import main
from tests.toy_project import Outcome

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"^`([\w./-]+)`(?:, con este cambio)?:\n\n\Z", re.MULTILINE)
CODE = re.compile(r"código (\d)")
WRITTEN = {"yaml", "python", "jinja"}


@dataclass(frozen=True)
class Step:
    """One fenced block: a file's content or change, commands, or what these write.

    `file` is the path before the block, `code` how its commands end.
    """

    kind: str
    text: str
    file: str = ""
    code: int = 0


def read_steps(guide: str) -> Iterator[Step]:
    """Yield the blocks of a guide in their order.

    A path alone in a line, and a colon, say that the block below is that file, whole or, of
    the kind `diff`, the lines that change. The words before commands say the exit code, if
    it is not 0: «código 3».
    """
    end = 0
    for block in FENCE.finditer(guide):
        before = guide[end : block.start()]
        named, code = FILE.search(before), CODE.search(before)
        yield Step(block[1], block[2], named[1] if named else "", int(code[1]) if code else 0)
        end = block.end()


class Follower:
    """Does what a guide says, in a folder of its own."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.said = ""
        self.outcomes: dict[str, Outcome] = {}
        self._patch = patch

    def do(self, step: Step) -> None:
        """Do one step, and check what the guide says of it."""
        if step.kind == "console":
            self.said = ""
            for line in step.text.splitlines():
                assert line.startswith("$ "), line
                outcome = self.run(line.removeprefix("$ "))
                self.said += outcome.out + outcome.err
            assert outcome.code == step.code, (step.text, self.said)
        elif step.kind == "salida":
            for line in step.text.splitlines():
                assert line in self.said, (line, self.said)
        elif step.kind == "diff":
            self.change(self.folder / step.file, step.text)
        elif step.kind in WRITTEN:
            assert step.file, f"no file is named for {step.text}"
            (self.folder / step.file).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / step.file).write_text(step.text, encoding="utf-8")
        else:
            assert step.kind == "text", step.kind

    def run(self, command: str) -> Outcome:
        """Run a command; the program itself in this process."""
        name, *words = shlex.split(command)
        outcome = Outcome(0, "", "")
        if name == "reportgen":
            outcome = self.reportgen(*words)
        elif name == "cd":
            self.folder = (self.folder / words[0]).resolve()
        elif name == "export":
            variable, _, value = words[0].partition("=")
            self._patch.setenv(variable, value)
        else:
            subprocess.run([name, *words], cwd=self.folder, check=True)
        self.outcomes[command] = outcome
        return outcome

    def reportgen(self, *words: str) -> Outcome:
        """Run the command line."""
        out, err = io.StringIO(), io.StringIO()
        self._patch.setattr(sys, "argv", ["reportgen", *words])
        with (
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.raises(SystemExit) as ended,
        ):
            main()
        assert isinstance(ended.value.code, int)
        assert "Traceback" not in err.getvalue()
        return Outcome(ended.value.code, out.getvalue(), err.getvalue())

    def change(self, file: Path, diff: str) -> None:
        """Replace each line with a minus by that with a plus below it; it must stand there once."""
        lines = file.read_text(encoding="utf-8").splitlines()
        old = [line[1:] for line in diff.splitlines() if line.startswith("-")]
        new = [line[1:] for line in diff.splitlines() if line.startswith("+")]
        assert len(old) == len(new) > 0
        for before, after in zip(old, new, strict=True):
            assert lines.count(before) == 1, (file, before)
            lines[lines.index(before)] = after
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")

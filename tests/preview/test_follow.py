"""After each change the report is made again, and what is told of it."""

from __future__ import annotations

import itertools
import sys

import pytest

from reportgen.errors import StaleError, SystemLibraryError, TemplateError, UsageError
from reportgen.preview.board import Board
from reportgen.preview.follow import Watched, changes, follow


@pytest.fixture
def watched(tmp_path):
    for name in ("templates", "study"):
        (tmp_path / name).mkdir()
    return Watched(tmp_path / "templates", (tmp_path / "study", tmp_path / "none"))


class Maker:
    """Gives PDFs, or raises, in turn; keeps what it was told."""

    def __init__(self, *results):
        self.results = list(results)
        self.told = []

    def __call__(self, anew):
        self.told.append(anew)
        result = self.results.pop(0)
        if isinstance(result, Exception):
            raise result
        return result()


def run(watched, maker, *looks):
    """Follow some looks; return the board's states and the lines without their seconds."""
    board, lines = Board(), []
    follow(maker, watched, map(frozenset, looks), board, lines.append)
    return board.state, [line.partition(" in ")[0] + line.partition(" s")[2] for line in lines]


def test_a_change_of_a_template_and_one_of_the_study(draw, watched):
    template, spec = watched.templates / "a.j2", watched.others[0] / "net.yaml"
    template.touch()
    spec.touch()
    maker = Maker(lambda: draw(1, 2), lambda: draw(1, 3), lambda: draw(4, 5))
    state, lines = run(watched, maker, [], [], [template], [], [template, spec])
    assert maker.told == [False, False, True]
    assert lines == [
        "2 pages",
        "a.j2: 2 pages; other than before: page 2",
        "a.j2, net.yaml: 2 pages; other than before: pages 1, 2",
    ]
    assert state.changed == (1, 2)


def test_faults_are_shown_until_they_are_mended(draw, watched):
    template = watched.templates / "a.j2"
    template.touch()
    maker = Maker(TemplateError("a.j2:1: no"), TemplateError("a.j2:1: still not"), lambda: draw(1))
    board, lines, seen = Board(), [], []

    def looks():
        for files in ([], [template], [template]):
            yield frozenset(files)
            seen.append((board.state.faults, len(board.state.pages)))

    follow(maker, watched, looks(), board, lines.append)
    assert seen == [("a.j2:1: no", 0), ("a.j2:1: still not", 0), ("", 1)]
    assert lines[:2] == ["errors:\na.j2:1: no", "a.j2: errors:\na.j2:1: still not"]


@pytest.mark.parametrize("error", [UsageError("no such study"), StaleError("not in the store")])
def test_what_no_file_mends_ends_it_at_the_start_alone(draw, watched, error):
    with pytest.raises(type(error)):
        run(watched, Maker(error), [])
    state, _ = run(watched, Maker(lambda: draw(1), error), [], [watched.templates / "a.j2"])
    assert state.faults == str(error)


def test_scratch_files_of_editors_and_many_files_are_not_named(draw, watched):
    there = [watched.templates / name for name in "abcd"]
    for path in there:
        path.touch()
    gone = watched.templates / ".a.swp"
    maker = Maker(*itertools.repeat(lambda: draw(1), 4))
    _, lines = run(watched, maker, [], [there[0], gone], there, [gone])
    assert lines == ["1 page", "a: 1 page", "4 files: 1 page", ".a.swp: 1 page"]


def test_changes_are_seen_from_the_first_look_on(watched):
    looks = changes(watched)
    assert next(looks) == frozenset()
    (watched.templates / "a.j2").write_text("a")
    (watched.others[0] / "net.yaml").write_text("b")
    seen = set()
    for files in itertools.islice(looks, 50):
        seen |= {path.name for path in files}
        if len(seen) == 2:
            break
    assert seen == {"a.j2", "net.yaml"}


@pytest.mark.parametrize("package", ["watchfiles", "pypdfium2"])
def test_a_package_that_is_not_installed(watched, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(SystemLibraryError, match=r"reportgen-lab\[preview\]"):
        changes(watched)

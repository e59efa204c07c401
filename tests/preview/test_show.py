"""From the address to the end: what is told, and whether a browser opens."""

from __future__ import annotations

import pytest

from reportgen.order import Window
from reportgen.preview import show as module
from reportgen.preview.follow import Watched


@pytest.fixture
def lines(tmp_path, draw, monkeypatch):
    """Return what shows a report once, is interrupted, and gives the lines and addresses."""
    (tmp_path / "templates").mkdir()
    opened = []

    def looks(_watched):
        yield frozenset()
        raise KeyboardInterrupt

    def call(window, found):
        told = []
        monkeypatch.setattr(module, "changes", looks)
        monkeypatch.setattr(module.webbrowser, "open", lambda url: opened.append(url) or found)
        watched = Watched(tmp_path / "templates", ())
        module.show("toy", lambda _anew: draw(1), watched, window, told.append)
        return told, opened

    return call


def test_the_address_is_told_and_ctrl_c_ends_it(lines):
    told, opened = lines(Window(), found=True)
    url, _, rest = told[0].partition(" ")
    assert url.startswith("http://127.0.0.1:")
    assert rest == "shows toy and each change of its files; Ctrl-C ends it"
    assert told[1].startswith("1 page in ")
    assert len(told) == 2
    assert opened == []


def test_a_browser_opens_where_asked_for(lines):
    told, opened = lines(Window(opened=True), found=True)
    assert opened == [told[0].partition(" ")[0]]
    assert len(told) == 2


def test_no_browser_is_told(lines):
    told, _ = lines(Window(opened=True), found=False)
    assert told[1] == "no browser could be opened; open that address yourself"

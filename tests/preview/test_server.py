"""The server: what it answers, to whom, and what it does not."""

from __future__ import annotations

import http.client
import json
import socket

import pytest

from reportgen.errors import UsageError
from reportgen.preview.board import Board
from reportgen.preview.server import serving


@pytest.fixture
def board(draw):
    board = Board()
    board.show(draw(1, 2))
    return board


@pytest.fixture
def port(board):
    with serving(board, 0) as url:
        assert url.startswith("http://127.0.0.1:")
        yield int(url.rsplit(":", 1)[1].rstrip("/"))


def ask(port, path, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.getheader("Content-Type"), answer.read()


def test_the_page_its_pictures_and_the_pdf(port, board):
    status, kind, page = ask(port, "/")
    assert (status, kind) == (200, "text/html; charset=utf-8")
    assert b'new EventSource("/events")' in page
    key = board.state.pages[1].key
    assert ask(port, f"/pages/2-{key}.png") == (200, "image/png", board.picture(1, key))
    assert ask(port, "/RIOS_ANA.pdf?x=1") == (
        200,
        "application/pdf",
        board.pdf("RIOS_ANA.pdf"),
    )


ELSEWHERE = "/report.html /../RIOS_ANA.pdf /%2e%2e/RIOS_ANA.pdf /etc/passwd //etc/passwd"
STALE = "/pages/1-0000000000000000.png /pages/9-0000000000000000.png /pages/0-x.png"


@pytest.mark.parametrize("path", [*ELSEWHERE.split(), *STALE.split()])
def test_nothing_else_is_given(port, path):
    assert ask(port, path)[0] == 404


def test_another_name_of_the_server_gets_nothing(port):
    """A page from elsewhere may let its own name lead to this machine."""
    assert ask(port, "/", Host=f"reports.example:{port}")[0] == 403
    assert ask(port, "/", Host="127.0.0.1")[0] == 403
    assert ask(port, "/", Host=f"localhost:{port}")[0] == 200


def test_only_get_is_answered(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/", body=b"x")
    assert connection.getresponse().status == 501


def test_events_tell_each_state(port, board, draw):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/events")
    answer = connection.getresponse()
    assert answer.getheader("Content-Type") == "text/event-stream"

    def told():
        data, blank = answer.readline(), answer.readline()
        assert blank == b"\n"
        return json.loads(data.removeprefix(b"data: "))

    assert told()["pages"][0][1:] == [200, 100]
    board.fail("x.html.j2:3: no")
    assert told()["faults"] == "x.html.j2:3: no"
    board.show(draw(1, 5))
    assert told()["changed"] == [2]


def test_a_port_that_is_taken_or_none(board):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"--port {port} cannot be had"), serving(board, port):
            pass


def test_a_heartbeat_tells_nothing(port, monkeypatch):
    monkeypatch.setattr("reportgen.preview.server.HEARTBEAT_S", 0.01)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/events")
    answer = connection.getresponse()
    assert answer.readline().startswith(b"data: ")
    assert [answer.readline() for _ in range(3)] == [b"\n", b":\n", b"\n"]

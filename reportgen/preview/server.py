"""A server on this machine alone, for the pages of one report.

It answers GET for the page that shows the report, the pictures of its pages, the PDF,
and a stream of events that tells each new state. It reads no file by a name that a
browser sends, and answers only requests that name this machine, so that a page from
elsewhere whose name leads here gets nothing.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from urllib.parse import unquote

from reportgen.errors import UsageError
from reportgen.preview.board import Board

HOST = "127.0.0.1"
HEARTBEAT_S = 15.0
"""After it an event without content is sent: a browser that has gone is noticed then."""

_PICTURE = re.compile(r"/pages/(\d{1,5})-([0-9a-f]{16})\.png")
_HEADERS = {
    "Content-Security-Policy": "default-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Server(ThreadingHTTPServer):
    """Serves one board."""

    daemon_threads = True

    def __init__(self, board: Board, port: int) -> None:
        self.board = board
        super().__init__((HOST, port), Handler)

    @property
    def url(self) -> str:
        """Where the report is shown."""
        return f"http://{HOST}:{self.server_port}/"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a browser that goes away in the middle of an answer."""


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Server
    server_version = "reportgen"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer."""
        if self.headers.get("Host") not in {
            f"{name}:{self.server.server_port}" for name in (HOST, "localhost")
        }:
            self._answer(HTTPStatus.FORBIDDEN, "text/plain", b"not the name of this server\n")
            return
        path = unquote(self.path.partition("?")[0])
        picture = _PICTURE.fullmatch(path)
        if path == "/":
            page = resources.files("reportgen.preview").joinpath("page.html").read_bytes()
            self._answer(HTTPStatus.OK, "text/html; charset=utf-8", page)
        elif path == "/events":
            self._stream()
        elif picture is not None:
            image = self.server.board.picture(int(picture[1]) - 1, picture[2])
            self._found("image/png", image, "max-age=31536000, immutable")
        else:
            self._found("application/pdf", self.server.board.pdf(path.removeprefix("/")))

    def _found(self, kind: str, content: bytes | None, caching: str = "no-store") -> None:
        """Answer with what was looked for, or that it is not here."""
        if content is None:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"there is no such thing here\n")
        else:
            self._answer(HTTPStatus.OK, kind, content, caching)

    def _answer(
        self, status: HTTPStatus, kind: str, content: bytes, caching: str = "no-store"
    ) -> None:
        self._begin(status, kind, caching, {"Content-Length": str(len(content))})
        self.wfile.write(content)

    def _begin(
        self, status: HTTPStatus, kind: str, caching: str, more: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        headers = {"Content-Type": kind, "Cache-Control": caching, **_HEADERS, **(more or {})}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _stream(self) -> None:
        """Tell the state, and each new one, until the browser or the server has gone."""
        board = self.server.board
        self._begin(HTTPStatus.OK, "text/event-stream", "no-store")
        told = -1
        while not board.closed:
            state = board.wait(told, HEARTBEAT_S)
            if state.number == told:
                self.wfile.write(b":\n\n")
            else:
                self.wfile.write(b"data: " + state.encode() + b"\n\n")
            self.wfile.flush()
            told = state.number

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep the terminal for what matters."""


@contextmanager
def serving(board: Board, port: int) -> Iterator[str]:
    """Serve a board while the block runs, and give the address.

    Parameters
    ----------
    board : Board
    port : int
        0 for any that is free.

    Raises
    ------
    UsageError
        If the port cannot be had.
    """
    try:
        server = Server(board, port)
    except (OSError, OverflowError) as error:
        told = getattr(error, "strerror", None) or str(error)
        msg = f"--port {port} cannot be had ({told}); choose another, or 0 for any that is free"
        raise UsageError(msg) from error
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    try:
        yield server.url
    finally:
        board.close()
        server.shutdown()
        server.server_close()
        thread.join()

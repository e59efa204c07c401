"""The renderer asks the network for nothing and reads no file outside the page's folder."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pikepdf
import pytest

from reportgen.errors import TemplateError
from tests.report.test_pdf import write

SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
TITLED = f'{SVG} width="9" height="9"><title>x</title>'
BODIES = {
    "img": '<img alt="x" src="{at}">',
    "img, by source set": '<img alt="x" srcset="{at} 2x" src="{at}">',
    "picture": '<picture><source srcset="{at}"><img alt="x" src="{at}"></picture>',
    "background": '<div style="background: url({at})">x</div>',
    "list": '<ul style="list-style-image: url({at})"><li>x</li></ul>',
    "content": "<style>p::before {{ content: url({at}) }}</style><p>x</p>",
    "border": '<div style="border-image: url({at}) 1">x</div>',
    "cursor": '<p style="cursor: url({at}), auto">x</p>',
    "mask": '<p style="mask-image: url({at})">x</p>',
    "import": "<style>@import url({at});</style>",
    "import, in a layer": '<style>@import "{at}" layer(x) print;</style>',
    "font": "<style>@font-face {{ font-family: F; src: url({at}) }}</style><p>x</p>",
    "style sheet": '<link rel="stylesheet" href="{at}">',
    "other style sheet": '<link rel="alternate stylesheet" href="{at}">',
    "icon": '<link rel="icon" href="{at}">',
    "prefetch": '<link rel="preload prefetch dns-prefetch" href="{at}" as="image">',
    "attachment": '<link rel="attachment" href="{at}">',
    "attached link": '<a rel="attachment" href="{at}">x</a>',
    "object": '<object data="{at}">x</object>',
    "embed": '<embed src="{at}">',
    "frame": '<iframe src="{at}"></iframe>',
    "video": '<video src="{at}" poster="{at}"></video><audio src="{at}"></audio>',
    "script": '<script src="{at}"></script>',
    "refresh": '<meta http-equiv="refresh" content="0; url={at}">',
    "base": '<base href="{at}"><img alt="x" src="x.png">',
    "svg image": f'{TITLED}<image href="{{at}}" width="9" height="9"/></svg>',
    "svg image, old": f'{TITLED}<image xlink:href="{{at}}" width="9" height="9"/></svg>',
    "svg use": f'{TITLED}<use href="{{at}}#a"/></svg>',
    "svg pattern": f'{TITLED}<rect width="9" height="9" fill="url({{at}}#a)"/></svg>',
    "svg style": f"{TITLED}<style>@import url({{at}});</style></svg>",
    "svg in an address": "<img alt='x' src=\"data:image/svg+xml,"
    "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>"
    "<image href='{at}' width='9' height='9'/></svg>\">",
}


class Server(HTTPServer):
    """A server of this machine that notes what it is asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as found:
        thread = threading.Thread(target=found.serve_forever, daemon=True)
        thread.start()
        yield found
        found.shutdown()
        thread.join()


def test_the_server_of_these_tests_notes_what_is_asked_for(server: Server) -> None:
    from urllib.request import urlopen

    with urlopen(f"http://127.0.0.1:{server.server_port}/here") as answer:
        assert answer.status == 200
    assert server.asked == ["/here"]
    server.asked.clear()


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("scheme", ["http:", ""])
def test_the_network_is_asked_for_nothing(
    tmp_path: Path, server: Server, body: str, scheme: str
) -> None:
    at = f"{scheme}//127.0.0.1:{server.server_port}/x"
    with contextlib.suppress(TemplateError):
        write(tmp_path, body.format(at=at))
    assert server.asked == []


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_no_file_outside_the_folder_is_read(
    tmp_path: Path, body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever WeasyPrint reads for a page, it reads through `Path.read_bytes` of our fetcher."""
    folder = tmp_path / "page"
    folder.mkdir()
    secret = tmp_path / "secret.svg"
    secret.write_text(f"{SVG}><text>s3cr3t</text></svg>", encoding="utf-8")
    (folder / "link.svg").symlink_to(secret)
    read: list[Path] = []
    plain = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read.append(path) or plain(path))
    for at in (secret.as_uri(), str(secret), "../secret.svg", "link.svg", "x/../../secret.svg"):
        try:
            write(folder, body.format(at=at))
        except TemplateError:
            continue
        with pikepdf.open(folder / "out.pdf") as pdf:
            assert not pdf.attachments
            assert b"s3cr3t" not in b"".join(page.Contents.read_bytes() for page in pdf.pages)
    assert secret not in [path.resolve() for path in read]


@pytest.mark.parametrize("address", ["ftp://127.0.0.1/x", "gopher://x", "jar:file:///x", "C:\\x"])
def test_other_kinds_of_addresses_are_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(TemplateError):
        write(tmp_path, f'<img alt="x" src="{address}">')


def test_an_entity_of_an_svg_file_is_not_resolved(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("s3cr3t", encoding="utf-8")
    entity = f'<!DOCTYPE svg [<!ENTITY e SYSTEM "{(tmp_path / "secret.txt").as_uri()}">]>'
    folder = tmp_path / "page"
    folder.mkdir()
    (folder / "x.svg").write_text(f"{entity}{SVG}><text>&e;</text></svg>", encoding="utf-8")
    with pytest.raises(TemplateError) as caught:
        write(folder, '<img alt="x" src="x.svg">')
    assert "s3cr3t" not in caught.value.message


def test_entities_that_multiply_are_refused(tmp_path: Path) -> None:
    """Nine levels of ten times: a gigabyte of text, were they resolved."""
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "x" * 10}">' for n in range(10))
    text = f"<!DOCTYPE svg [{levels}]>{SVG}><text>&e9;</text></svg>"
    (tmp_path / "x.svg").write_text(text, encoding="utf-8")
    with pytest.raises(TemplateError):
        write(tmp_path, '<img alt="x" src="x.svg">')

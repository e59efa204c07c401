"""What is told where there is no cluster, within seconds; Ray itself tries for minutes."""

import socket
import sys
import threading

import pytest

from reportgen.cluster import connection as module
from reportgen.cluster.connection import connected
from reportgen.console import write_line
from reportgen.errors import SystemLibraryError, UsageError


def connect(address):
    with connected(address):
        pytest.fail("connected")


def test_without_the_extra_the_message_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(SystemLibraryError, match=r"pip install 'reportgen-lab\[train,ray\]'"):
        connect("auto")


@pytest.mark.parametrize("address", ["10.0.0.1", "head:", "head:port", ":6379"])
def test_what_is_no_address(address):
    with pytest.raises(UsageError, match="expected HOST:PORT, such as 10.0.0.1:6379, or auto"):
        module.require_cluster(address)


def test_rays_client_is_not_served():
    with pytest.raises(UsageError, match="--num-cpus 0` joins it, then use --cluster auto"):
        module.require_cluster("ray://10.0.0.1:10001")


@pytest.fixture
def port():
    """Return a port at which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def test_where_nothing_answers(port):
    with pytest.raises(UsageError, match="nothing answers there .*ray start --head"):
        module.require_cluster(f"127.0.0.1:{port}")


def test_what_answers_and_is_no_cluster(monkeypatch):
    monkeypatch.setattr(module, "CONNECT_S", 0.5)
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        with pytest.raises(UsageError, match="lets nobody in; the port must be that of"):
            module.require_cluster(f"127.0.0.1:{mute.getsockname()[1]}")


OTHER_RAY = """Traceback (most recent call last):
  File "x.py", line 1, in <module>
RuntimeError: Version mismatch: The cluster was started with:
    Ray: 2.50.0
    Python: 3.11.9
This process on node 10.0.0.2 was started with:
    Ray: 2.60.0
    Python: 3.12.1
"""


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (OTHER_RAY, r"Version mismatch: The cluster was started with: Ray: 2.50.0 Python: 3.11.9"),
        ("ConnectionError: Could not find any running Ray instance.", "belongs to no cluster"),
        ("a\nRuntimeError: no raylet", "Ray says: RuntimeError: no raylet; this machine must"),
    ],
)
def test_why_a_cluster_lets_nobody_in(said, told):
    error = module._refused("auto", said)
    assert told in str(error)
    assert "\n" not in str(error)


def test_only_rays_own_threads_are_hushed(capsys):
    with module._quiet_listeners():
        noisy = threading.Thread(target=print, args=("pages of a log",), name="ray_listen_errors")
        noisy.start()
        noisy.join()
        write_line("an epoch")
        assert sys.stdout.isatty() is False
    write_line("after")
    assert capsys.readouterr().out == "an epoch\nafter\n"

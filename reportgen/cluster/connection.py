"""The connection to a Ray cluster: the one module that imports Ray.

What it gives to others is its own: nodes with what they have, errands that tell, and
those that were lost. Ray moves this package to the nodes, so that they run the code of
whoever asked; what the package needs must be installed there.
"""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import reportgen
from reportgen.cluster.errand import Brief, Errand, Goods, Sent, perform
from reportgen.errors import RunError, SystemLibraryError, UsageError

ANSWER_S = 4.0
CONNECT_S = 10.0
"""Seconds that an address has to take a connection, and then to prove a cluster's head."""

CANCEL_S = 1.0
"""Seconds that errands which are cancelled have to tidy up, before their processes are killed."""

PROBE = "import ray, sys; ray.init(sys.argv[1], log_to_driver=False, logging_level='ERROR')"

INSTALL = "pip install 'reportgen-lab[train,ray]'"
JOIN = (
    "this machine must belong to the cluster, if only to give out work: "
    "`ray start --address HOST:6379 --num-cpus 0` joins it"
)
MISMATCH, NONE_HERE = "Version mismatch:", "Could not find any running Ray instance"
"""Words in what Ray says of a cluster that it does not join."""


@dataclass(frozen=True, slots=True)
class Node:
    """A machine of the cluster that is alive: its address, its CPUs and GPUs."""

    address: str
    cpus: float
    gpus: float


@dataclass(frozen=True, slots=True)
class Lost:
    """An errand whose machine or process is gone, and how that was told.

    `process` tells that it was the process alone, as for want of memory.
    """

    how: str
    process: bool


Heard = Sent | Lost


@dataclass(slots=True, eq=False)
class Connection:
    """A cluster that errands are given to, and what those under way tell."""

    ray: Any
    _under_way: dict[Any, str] = field(default_factory=dict)

    def nodes(self) -> tuple[Node, ...]:
        """Return the machines that are alive."""
        return tuple(
            Node(
                node["NodeManagerAddress"],
                node["Resources"].get("CPU", 0.0),
                node["Resources"].get("GPU", 0.0),
            )
            for node in self.ray.nodes()
            if node["Alive"]
        )

    def share(self, what: Brief | Goods) -> Any:
        """Put something where each machine takes it once, and return what stands for it.

        Raises
        ------
        RunError
            If there is no room for it.
        """
        try:
            return self.ray.put(what)
        except self.ray.exceptions.RayError as error:
            msg = (
                f"the cluster's object store has no room ({_first_line(error)}); start Ray on "
                "this machine with more: ray start --object-store-memory BYTES"
            )
            raise RunError(msg) from error

    def begin(self, errand: Errand, goods: Sequence[Any], cpus: float, gpus: float) -> Any:
        """Give an errand to the cluster, and return what stands for it.

        Parameters
        ----------
        errand : Errand
        goods : sequence
            What `share` returned for the brief and for what else the errand needs.
        cpus, gpus : float
            That it takes of its machine.
        """
        task = self.ray.remote(perform).options(
            num_cpus=cpus,
            num_gpus=gpus,
            num_returns="streaming",
            max_retries=0,  # it is given again with the epochs that came back, which Ray has not
            name=str(errand.plan.run.id),
        )
        under_way = task.remote(errand, *goods)
        self._under_way[under_way] = str(errand.plan.run.id)
        return under_way

    def listen(self, seconds: float) -> list[tuple[Any, Heard]]:
        """Return the next thing that each errand tells, of those that tell any within a time."""
        ready, _ = self.ray.wait(list(self._under_way), num_returns=1, timeout=seconds)
        if ready:
            waiting = list(self._under_way)
            ready, _ = self.ray.wait(waiting, num_returns=len(waiting), timeout=0)
        return [(one, self._hear(one)) for one in ready]

    def _hear(self, errand: Any) -> Heard:
        """Return the next thing that an errand tells.

        Raises
        ------
        RunError
            If it could not be begun on its machine.
        """
        errors = self.ray.exceptions
        try:
            message: Sent = self.ray.get(next(errand))
        except StopIteration:
            return Lost("it ended without a word", process=True)
        except (errors.RayTaskError, errors.RuntimeEnvSetupError) as error:
            msg = (
                f"{self._under_way[errand]}: a machine of the cluster cannot run this program; "
                f"on each there must be what this one has: {INSTALL}. It said: {_last_line(error)}"
            )
            raise RunError(msg) from error
        except errors.RayError as error:
            of_process = (errors.WorkerCrashedError, errors.OutOfMemoryError)
            return Lost(type(error).__name__, process=isinstance(error, of_process))
        return message

    def close(self, errand: Any) -> None:
        """Forget an errand that has ended."""
        del self._under_way[errand]

    def end(self) -> None:
        """Cancel what is under way and leave the cluster."""
        for errand in self._under_way:
            self.ray.cancel(errand)
        if self._under_way:
            threading.Event().wait(CANCEL_S)
        self._under_way.clear()
        self.ray.shutdown()


@contextmanager
def connected(address: str) -> Iterator[Connection]:
    """Give the connection to a cluster, and leave no errand and no thread behind.

    Raises
    ------
    SystemLibraryError
        If Ray is not installed.
    UsageError
        If the address is none, nothing answers there, or it is a cluster of other versions.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nobody is told unless the user says so
    try:
        import ray
        import ray.exceptions
    except ImportError as error:
        msg = f"--cluster needs Ray, which cannot be imported ({error}); install it with: {INSTALL}"
        raise SystemLibraryError(msg) from error
    require_cluster(address)
    with _quiet_listeners():
        try:
            ray.init(
                address,
                log_to_driver=False,
                logging_level=logging.CRITICAL,
                runtime_env={"py_modules": [str(Path(reportgen.__file__).parent)]},
            )
        except (RuntimeError, ConnectionError, ValueError) as error:
            raise _refused(address, str(error)) from error
        connection = Connection(ray)
        try:
            yield connection
        finally:
            connection.end()


def require_cluster(address: str) -> None:
    """Refuse an address at which no cluster answers within seconds: Ray itself tries for minutes.

    Raises
    ------
    UsageError
        If so, or if the cluster has other versions of Python or Ray.
    """
    if address.startswith("ray://"):
        msg = f"--cluster {address}: Ray's client does not serve; {JOIN}, then use --cluster auto"
        raise UsageError(msg)
    if address != "auto":
        _require_answer(address)
    try:
        done = subprocess.run(
            [sys.executable, "-c", PROBE, address],
            capture_output=True,
            text=True,
            check=False,
            timeout=CONNECT_S,
        )
    except subprocess.TimeoutExpired as error:
        msg = (
            f"--cluster {address}: what answers there lets nobody in; the port must be that of "
            f"`ray start --head`, 6379 unless that said otherwise, and {JOIN}"
        )
        raise UsageError(msg) from error
    if done.returncode:
        raise _refused(address, done.stderr)


def _require_answer(address: str) -> None:
    """Refuse an address that is none, or that takes no connection."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        msg = f"--cluster {address}: expected HOST:PORT, such as 10.0.0.1:6379, or auto"
        raise UsageError(msg)
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER_S).close()
    except (OSError, OverflowError) as error:
        msg = (
            f"--cluster {address}: nothing answers there ({error}); start a cluster with "
            "`ray start --head` and give the address that it prints"
        )
        raise UsageError(msg) from error


def _refused(address: str, said: str) -> UsageError:
    """Return the error for a cluster that does not take this machine's program, in Ray's words."""
    words = " ".join(said.split())
    if MISMATCH in words:
        reason = (
            f"{MISMATCH}{words.partition(MISMATCH)[2]} On all machines of a cluster Ray and Python "
            "must have the versions that this one has, or the other way round"
        )
    elif NONE_HERE in words:
        reason = (
            "this machine belongs to no cluster; run `ray start --head` on it, or join one with "
            "`ray start --address HOST:6379`"
        )
    else:
        reason = f"Ray says: {_last_line(said)}; {JOIN}"
    return UsageError(f"--cluster {address}: {reason}")


class _WithoutRay:
    """Standard output without what Ray's own threads print: pages of a dead machine's log."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write what comes from any other thread."""
        if threading.current_thread().name.startswith("ray_"):
            return len(text)
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def _quiet_listeners() -> Iterator[None]:
    """Let no thread of Ray's print within the block: what matters is told as progress."""
    before = sys.stdout
    sys.stdout = _WithoutRay(before)
    try:
        yield
    finally:
        sys.stdout = before


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _last_line(said: object) -> str:
    return str(said).strip().rpartition("\n")[2].strip()

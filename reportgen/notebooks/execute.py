"""Runs a notebook from top to bottom with a kernel of its own, in an empty folder.

The kernel is this very Python, whatever kernels are registered on the machine,
without the user's own IPython and Jupyter settings.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import re
import signal
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import reportgen
from reportgen.errors import RunError, SystemLibraryError

if TYPE_CHECKING:
    from nbclient import NotebookClient

NEEDED = ("nbformat", "nbclient", "jupyter_client", "ipykernel")
START_S = 60
CELL_S = 600
"""Seconds that a kernel may take to start, and a cell to end."""

LEFT_OUT = ("MPLBACKEND", "PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONHOME")
"""Variables of the caller that a kernel must not see."""

_COLORS = re.compile(r"\x1b\[[0-9;]*m")


def require_kernel(what: str) -> None:
    """Check that notebooks can be run here.

    Raises
    ------
    SystemLibraryError
        If a package is missing; `what` says who wants notebooks.
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        msg = (
            f"{what} wants generated notebooks, which needs {', '.join(missing)}; install with: "
            "pip install 'reportgen-lab[notebooks]'. Without, --locked takes the committed ones"
        )
        raise SystemLibraryError(msg)


def execute_notebook(
    name: str, notebook: Mapping[str, Any], variables: Mapping[str, str]
) -> dict[str, Any]:
    """Return a notebook with the outputs of all its cells, which count from 1.

    Parameters
    ----------
    name : str
        What messages call it.
    notebook : mapping
        As `blank_notebook` gives it.
    variables : mapping of str to str
        What the kernel's environment has beside the caller's.

    Raises
    ------
    RunError
        If a cell fails or takes too long, or the kernel dies; it names the cell.
    KeyboardInterrupt
        If the user interrupts; the kernel has ended then.
    """
    import nbformat

    stopped = threading.Event()
    with tempfile.TemporaryDirectory(prefix="reportgen-notebook-") as place:
        work, log = Path(place) / "work", Path(place) / "kernel.log"
        work.mkdir()
        client = _client_class(stopped)(
            nbformat.from_dict(notebook),  # type: ignore[no-untyped-call]
            km=_manager(),
            startup_timeout=START_S,
            timeout=CELL_S,
            record_timing=False,
            coalesce_streams=True,
            shutdown_kernel="immediate",
        )
        client.owns_km = True
        with log.open("wb") as stream:
            started = {
                "cwd": str(work),
                "env": kernel_environment(variables, Path(place)),
                "stdout": stream,
                "stderr": stream,
            }
            asyncio.run(_execute(client, name, started, log, stopped))
        return dict(client.nb)


async def _execute(
    client: NotebookClient,
    name: str,
    started: Mapping[str, Any],
    log: Path,
    stopped: threading.Event,
) -> None:
    """Run all cells; what goes wrong is told by notebook and cell."""
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    place = f"notebook {name}"
    try:
        async with client.async_setup_kernel(**started):
            for number, cell in enumerate(client.nb.cells):
                place = f"notebook {name}, cell {number + 1}"
                await client.async_execute_cell(cell, number)
    except CellExecutionError as error:
        reason = _COLORS.sub("", f"{error.ename}: {error.evalue}")
        msg = f"{place} fails: {reason}{_excerpt(client, place)}"
        raise RunError(msg) from error
    except CellTimeoutError as error:
        msg = f"{place} took more than {CELL_S} s; make it do less, or correct it"
        raise RunError(msg) from error
    except (DeadKernelError, RuntimeError, asyncio.CancelledError) as error:
        await _end(client)
        if stopped.is_set():
            raise KeyboardInterrupt from error
        said = log.read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2]
        msg = f"{place}: the kernel died ({said or error}); is memory short? Build again"
        raise RunError(msg) from error
    if stopped.is_set():
        raise KeyboardInterrupt


async def _end(client: NotebookClient) -> None:
    """End a kernel that was cut off while it started."""
    manager: Any = client.km
    if manager is not None and manager.has_kernel:
        await manager.shutdown_kernel(now=True)


def _client_class(stopped: threading.Event) -> type[NotebookClient]:
    """Return a client that the user can interrupt from the start of its kernel on."""
    from nbclient import NotebookClient

    class Client(NotebookClient):
        async def async_start_new_kernel(self, **kwargs: Any) -> None:
            _listen(stopped)  # `nbclient` has set its own handlers by now
            await super().async_start_new_kernel(**kwargs)

    return Client


def _listen(stopped: threading.Event) -> None:
    """Let an interruption end the cell that runs, and a termination end this process.

    `nbclient` answers both by ending the kernel alone, after which the caller would go on.
    """
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None

    def stop() -> None:
        stopped.set()
        task.cancel()

    with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
        loop.remove_signal_handler(signal.SIGTERM)
        loop.add_signal_handler(signal.SIGINT, stop)


def _excerpt(client: NotebookClient, place: str) -> str:
    """Return the first line of the cell at fault, for the message."""
    number = int(place.rpartition(" ")[2])
    lines = str(client.nb.cells[number - 1].source).splitlines()
    return f"\n    {lines[0]}" if lines else ""


def _manager() -> Any:
    """Return what starts this Python as a kernel, without a registered kernel."""
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager

    spec = KernelSpec(
        argv=[
            *(sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"),
            "--HistoryManager.enabled=False",
        ],
        display_name="Python 3",
        language="python",
    )

    class ThisPython(KernelSpecManager):
        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:  # noqa: ARG002
            return spec

    return AsyncKernelManager(kernel_name="python3", kernel_spec_manager=ThisPython())


def kernel_environment(variables: Mapping[str, str], place: Path) -> dict[str, str]:
    """Return a kernel's environment: the caller's, without settings that are not for it.

    Parameters
    ----------
    variables : mapping of str to str
        Put beside those of the caller.
    place : Path
        Folder for what IPython and Jupyter want to keep.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in LEFT_OUT and not name.startswith(("REPORTGEN_", "IPYTHON", "JUPYTER_"))
    }
    folders = ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    own = {name: str(place / name.lower()) for name in folders}
    package = Path(reportgen.__file__).parent.parent
    paths = [kept["PYTHONPATH"]] if kept.get("PYTHONPATH") else []
    if package.name not in {"site-packages", "dist-packages"}:  # a checkout: run its own code
        paths.insert(0, str(package))
    if paths:
        own["PYTHONPATH"] = os.pathsep.join(paths)
    return {**kept, **own, **variables}

"""A real kernel runs a notebook; what goes wrong is told by notebook and cell."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reportgen.errors import RunError, SystemLibraryError
from reportgen.notebooks import execute
from reportgen.notebooks.compose import Cell
from reportgen.notebooks.execute import execute_notebook, kernel_environment, require_kernel
from reportgen.notebooks.paper import blank_notebook
from tests.toy_project import REPOSITORY


def run(*sources, **variables):
    cells = [Cell("code", source) for source in sources]
    return execute_notebook("x.ipynb", blank_notebook(cells), variables)


LOOK = """
import os, sys
print(sys.executable)
print(os.environ["EXTRA"], os.environ.get("REPORTGEN_DATA"), os.environ["MPLBACKEND"] == "nonsense")
print(sorted(os.listdir()))
import reportgen
print(reportgen.__file__)
"""


@pytest.mark.slow
def test_the_kernel_is_this_python_in_an_empty_folder(monkeypatch):
    monkeypatch.setenv("REPORTGEN_DATA", "/of/the/caller")
    monkeypatch.setenv("MPLBACKEND", "nonsense")
    notebook = run(LOOK, "'zwei'\n", EXTRA="given")
    first, second = notebook["cells"]
    assert (first["execution_count"], second["execution_count"]) == (1, 2)
    (stream,) = first["outputs"]
    assert stream["text"].splitlines() == [
        sys.executable,
        "given None False",
        "[]",
        str(REPOSITORY / "reportgen" / "__init__.py"),
    ]
    assert second["outputs"][0]["data"]["text/plain"] == "'zwei'"


@pytest.mark.slow
def test_a_failing_cell_is_named_with_its_message():
    with pytest.raises(RunError) as caught:
        run("a = 1", "assert a == 2, 'no es dos'")
    assert str(caught.value).splitlines() == [
        "notebook x.ipynb, cell 2 fails: AssertionError: no es dos",
        "    assert a == 2, 'no es dos'",
    ]


@pytest.mark.slow
def test_a_cell_that_takes_too_long(monkeypatch):
    monkeypatch.setattr(execute, "CELL_S", 1)
    with pytest.raises(RunError, match="x.ipynb, cell 1 took more than 1 s"):
        run("import time; time.sleep(60)")


@pytest.mark.slow
def test_a_kernel_that_dies():
    with pytest.raises(RunError, match="x.ipynb, cell 1: the kernel died"):
        run("import os; os._exit(9)")


INTERRUPTED = """
from reportgen.notebooks.compose import Cell
from reportgen.notebooks.execute import execute_notebook
from reportgen.notebooks.paper import blank_notebook
source = "import os, time; open({sign!r}, 'w').write(str(os.getpid())); time.sleep(60)"
try:
    execute_notebook("x.ipynb", blank_notebook([Cell("code", source)]), {{}})
except KeyboardInterrupt:
    raise SystemExit(130)
"""


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()


def wait_for(condition, seconds=120.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_no_kernel_is_left_behind(tmp_path, sent, code):
    sign = tmp_path / "pid"
    script = INTERRUPTED.format(sign=str(sign))
    process = subprocess.Popen([sys.executable, "-c", script], cwd=REPOSITORY)
    try:
        wait_for(lambda: sign.exists() and sign.read_text())
        kernel = int(sign.read_text())
        process.send_signal(sent)
        assert process.wait(timeout=120) == code
        wait_for(lambda: not is_alive(kernel))
    finally:
        process.kill()
        process.wait()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
def test_interrupted_while_the_kernel_starts(tmp_path):
    script = INTERRUPTED.format(sign=str(tmp_path / "pid"))
    process = subprocess.Popen([sys.executable, "-c", script], cwd=REPOSITORY)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    try:
        wait_for(lambda: children.read_text().split())
        (kernel,) = map(int, children.read_text().split())
        time.sleep(0.1)  # the parent returns from starting it
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=120) == 130
        wait_for(lambda: not is_alive(kernel))
    finally:
        process.kill()
        process.wait()


def test_settings_of_the_caller_stay_outside(monkeypatch, tmp_path):
    for name in ("JUPYTER_PATH", "IPYTHONDIR", "REPORTGEN_STORE", "PYTHONHOME"):
        monkeypatch.setenv(name, "theirs")
    monkeypatch.setenv("PYTHONPATH", "theirs")
    made = kernel_environment({"REPORTGEN_STORE": "ours"}, tmp_path)
    assert made["REPORTGEN_STORE"] == "ours"
    assert made["IPYTHONDIR"] == str(tmp_path / "ipythondir")
    assert not {"JUPYTER_PATH", "PYTHONHOME"} & set(made)
    assert made["PYTHONPATH"].split(os.pathsep) == [str(REPOSITORY), "theirs"]


def test_a_missing_package_is_told_with_its_extra(monkeypatch):
    require_kernel("toy")
    monkeypatch.setattr(execute, "NEEDED", ("nbformat", "no_such_package"))
    with pytest.raises(SystemLibraryError) as caught:
        require_kernel("toy")
    assert "toy wants generated notebooks, which needs no_such_package" in str(caught.value)
    assert "pip install 'reportgen-lab[notebooks]'" in str(caught.value)

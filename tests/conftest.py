"""What every test gets: fixed seeds, the project's folder, the data if they are there."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from tests.toy_project import Outcome, Toy, make_toy, set_durations

ROOT = Path(__file__).resolve().parent.parent

# The same examples on each run: a test that fails sometimes teaches nothing.
settings.register_profile("reportgen", derandomize=True, deadline=None, database=None)
settings.load_profile("reportgen")

if "PYTEST_XDIST_WORKER" in os.environ:  # workers share the cores; two pools of threads fight
    os.environ.setdefault("OMP_NUM_THREADS", "1")


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Started in the background by a shell: what tests interrupt would never hear of it.
    with contextlib.suppress(ValueError):  # outside the main thread
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _seeds() -> None:
    """Start each test from the same random states, of torch only where a test uses it."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 (code under test may use the old generator)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(0)


@pytest.fixture(autouse=True)
def _no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the variables that steer the program, so that a test sets what it needs."""
    for name in [name for name in os.environ if name.startswith("REPORTGEN_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session", autouse=True)
def _code_of_templates() -> Iterator[None]:
    """Let Jinja make the code of each template once: that takes most of the time of a page."""
    from reportgen.report.readings import Readings

    shared = Readings()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reportgen.report.environment.Readings", lambda: shared)
        yield


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what is marked `gpu` where there is none."""
    if item.get_closest_marker("gpu") is not None:
        torch = pytest.importorskip("torch")
        if not torch.cuda.is_available():
            pytest.skip("needs a GPU")


@pytest.fixture(scope="session")
def project() -> Path:
    """Return the project's folder, for tests that read the files of the study practica1."""
    return ROOT


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Return the folder of the full data sets, or skip the test where it is not."""
    named = os.environ.get("REPORTGEN_DATA")
    folder = Path(named).expanduser() if named else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("needs the full data sets: set REPORTGEN_DATA to their folder")
    return folder


@pytest.fixture(scope="session")
def built_toy(tmp_path_factory: pytest.TempPathFactory) -> Toy:
    """Return a toy project that was built once; copy it before changing anything."""
    from reportgen.pipeline import Order, build
    from reportgen.progress import Silence

    toy = make_toy(tmp_path_factory.mktemp("toy"))
    build(Order(toy.root, "toy", data_dir=toy.data), Silence())
    return toy


@pytest.fixture
def toy(tmp_path: Path) -> Toy:
    """Return a toy project of which nothing was built."""
    return make_toy(tmp_path)


@pytest.fixture
def built(built_toy: Toy, tmp_path: Path) -> Toy:
    """Return a toy project whose store and build folder are full."""
    return built_toy.copy(tmp_path / "project", build=True)


@pytest.fixture
def same_durations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each epoch take half a second."""
    set_durations(monkeypatch)


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put decoded images beside the project."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def reportgen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Outcome]:
    """Return the command line, run in this process from a toy project's root."""
    from reportgen.cli import main

    def call(toy: Toy, *arguments: str) -> Outcome:
        monkeypatch.chdir(toy.root)
        monkeypatch.setenv("REPORTGEN_DATA", str(toy.data))
        monkeypatch.setattr(sys, "argv", ["reportgen", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        assert "a fault of reportgen itself" not in err
        assert isinstance(ended.value.code, int)
        return Outcome(ended.value.code, out, err)

    return call

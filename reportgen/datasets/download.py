"""torchvision's own download, for a data set that is nowhere on this machine."""

from __future__ import annotations

import contextlib
import http.client
import socket
import tempfile
import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.datasets.place import Base, Found, Miss, Request, cache_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reportgen.datasets.cifar_batches import CifarBatches
    from reportgen.datasets.idx import IdxFolder
    from reportgen.datasets.source import Split

_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class TorchvisionDownload:
    """A data set that torchvision knows how to download.

    The files go to the data directory, or to the user's cache folder where none
    was given, and are put there only when they are all whole.

    Parameters
    ----------
    class_name : str
        Class of torchvision.datasets.
    goal : IdxFolder or CifarBatches
        The folder that it makes, wherever that is.
    options : mapping of str to str
        What else the class is to be told.
    """

    class_name: str
    goal: IdxFolder | CifarBatches
    options: Mapping[str, str] = field(default_factory=dict)

    def find(self, request: Request) -> Found | Miss:
        """Download the files and return them."""
        if not request.download:
            return Miss("torchvision's download: not allowed here")
        base = Base.CACHE if request.data_dir is None else Base.DATA_DIR
        root = request.data_dir or cache_folder()
        try:
            self._download(root)
        except ImportError as error:
            return Miss("torchvision's download: torchvision is not installed", error)
        except (RuntimeError, OSError, EOFError, http.client.HTTPException) as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            return Miss(f"torchvision's download into {root}: {reason}", error)
        return replace(self.goal, base=base).find(request)

    def read(self, files: Mapping[str, Path]) -> Mapping[str, Split]:
        """Read both splits."""
        return self.goal.read(files)

    def _download(self, root: Path) -> None:
        """Download to a temporary folder beside the goal, then move the files over."""
        import torchvision.datasets

        dataset = getattr(torchvision.datasets, self.class_name)
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=root, prefix=".download-") as folder, _timeout():
            with warnings.catch_warnings():
                # Of how torchvision unpacks and reads what it fetched: nothing a user can mend.
                warnings.simplefilter("ignore")
                dataset(folder, train=False, download=True, **self.options)
            goal = root / self.goal.folder
            goal.mkdir(parents=True, exist_ok=True)
            for name in self.goal.file_names:
                Path(folder, self.goal.folder, name).replace(goal / name)


@contextlib.contextmanager
def _timeout() -> Iterator[None]:
    """Let no connection hang: torchvision sets no limit of its own."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_TIMEOUT_S)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)

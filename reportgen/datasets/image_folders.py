"""Data sets that lie as class folders of image files, in a folder or in a zip."""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from reportgen.datasets.class_folders import list_class_files
from reportgen.datasets.decoding import Manner
from reportgen.datasets.decoding_pass import decode_files
from reportgen.datasets.made_place import MadePlace
from reportgen.datasets.pixel_cache import CACHE_SCHEMA, IMAGES, write_index
from reportgen.datasets.place import NO_DATA_DIR, Found, Miss, Request
from reportgen.datasets.trees import FolderTree, Tree, open_zip
from reportgen.hashing import sha256_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

ZIP = "zip"
"""Role of the file where the class folders lie in a zip."""


@dataclass(frozen=True, slots=True)
class ImageFolders(MadePlace):
    """Class folders of images below a path of the data directory.

    Parameters
    ----------
    path : str
        A zip or a folder, relative to the data directory, with `/`.
    zipped : bool
        Whether it is a zip.
    splits : mapping of str to str
        Split to its folder of class folders inside the zip or folder.
    classes : tuple of str
        Names that the class folders must have, and the order of the classes;
        without them the sorted names found.
    manner : Manner
        How the images are read.
    """

    path: str
    zipped: bool
    splits: Mapping[str, str]
    classes: tuple[str, ...] = ()
    manner: Manner = field(default_factory=Manner)

    @property
    def manner_mark(self) -> str:
        """Digest of what, beside the files, decides the pixels that are read."""
        import PIL

        decides = {
            "schema": CACHE_SCHEMA,
            "pillow": PIL.__version__,
            "splits": dict(self.splits),
            "classes": list(self.classes),
            "manner": asdict(self.manner),
        }
        return sha256_json(decides)

    def find(self, request: Request) -> Found | Miss:
        """Return the zip, or the folder of each split."""
        if request.data_dir is None:
            return NO_DATA_DIR
        path = request.data_dir / self.path
        if self.zipped:
            return (
                Found("data directory", {ZIP: path})
                if path.is_file()
                else Miss(f"data directory: no file {path}")
            )
        folders = {split: path / folder for split, folder in self.splits.items()}
        missing = [folder for folder in folders.values() if not folder.is_dir()]
        if missing:
            return Miss(f"data directory: no folder {path if not path.is_dir() else missing[0]}")
        return Found("data directory", folders)

    def make(self, files: Mapping[str, Path], staging: Path) -> None:
        """Decode the images; see `MadePlace`.

        Raises
        ------
        DataError
            If the folders, the zip or an image is not as it must be.
        """
        with self._open(files) as tree:
            listed = list_class_files(tree, list(self.splits), self.classes)
            done = decode_files(tree, listed, self.manner, staging / IMAGES)
            write_index(staging, listed.classes, done.labels, done.shape, len(done.corrupt))

    @contextlib.contextmanager
    def _open(self, files: Mapping[str, Path]) -> Iterator[Tree]:
        """Open the zip or the folders."""
        if not self.zipped:
            yield FolderTree(files)
            return
        with open_zip(files[ZIP], self.splits) as tree:
            yield tree

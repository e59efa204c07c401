"""Small image files made for the tests, in folders and zips."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from reportgen.datasets.registry import load_source, locate
from reportgen.datasets.source import Source
from reportgen.spec.images import ImageSource

SPLITS = {"train": "train", "validation": "val"}
CLASSES = ("cat", "dog")


def image_bytes(
    seed: int = 0, size: tuple[int, int] = (4, 6), mode: str = "RGB", kind: str = "PNG"
) -> bytes:
    """The bytes of an image file, (height, width), of random pixels."""
    rng = np.random.default_rng(seed)
    n = len(Image.new(mode, (1, 1)).getbands())
    pixels = rng.integers(0, 256, (*size, n), dtype=np.uint8)
    return encoded(Image.fromarray(pixels if n > 1 else pixels[..., 0], mode), kind)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """The bytes of an image file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def made_files(**options: Any) -> dict[str, bytes]:
    """Three images of a cat and two of a dog to train, one and two to validate, by path."""
    counts = {"train/cat": 3, "train/dog": 2, "val/cat": 1, "val/dog": 2}
    names = [f"{folder}/{i}.png" for folder, n in counts.items() for i in range(n)]
    return {name: image_bytes(seed, **options) for seed, name in enumerate(names)}


def write_folder(folder: Path, files: dict[str, bytes]) -> Path:
    """Write files below a folder; a name that ends with `/` is a folder."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            path.mkdir(exist_ok=True)
        else:
            path.write_bytes(data)
    return folder


def write_zip(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    """Write files into a zip."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def spec_of(kind: str, path: str, **keys: Any) -> ImageSource:
    """What an experiment file says of class folders at this path."""
    return ImageSource.from_plain({kind: path, "splits": SPLITS} | keys)


def load_folder(folder: Path, files: dict[str, bytes], **keys: Any) -> Source:
    """Write files as a folder and load them as the data set `pets`."""
    write_folder(folder / "pets", files)
    return load_source(locate("pets", folder, source=spec_of("folder", "pets", **keys)))


def load_zip(folder: Path, files: dict[str, bytes], **keys: Any) -> Source:
    """Write files as a zip and load them as the data set `pets`."""
    write_zip(folder / "pets.zip", files)
    return load_source(locate("pets", folder, source=spec_of("zip", "pets.zip", **keys)))

"""Files of weights that libraries publish: where they lie, their download, their reading.

A published file has the start of its SHA-256 in its name, `resnet50-0676ba61.pth`,
and is held to it. It is read without running code (`weights_only`).
"""

from __future__ import annotations

import contextlib
import http.client
import pickle
import re
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from reportgen.errors import DataError
from reportgen.hashing import sha256_file

FOLDER = "weights"
"""Folder of the data directory that may hold published files of weights."""

TIMEOUT_S = 30.0
HASHED_NAME = re.compile(r"-([0-9a-f]{8,64})\.")


def published_file(url: str, weights: str, data_dir: Path | None) -> Path:
    """Return the local copy of a published file, downloaded where there is none.

    It is looked for in the folder `weights` of the data directory, then where
    torch keeps its downloads, and goes there if it must be downloaded.

    Parameters
    ----------
    url : str
        Where it is published.
    weights : str
        How the experiment names it.
    data_dir : Path, optional

    Raises
    ------
    DataError
        If it is not on this machine and cannot be downloaded, or a copy is
        damaged. Says what was tried, and where to put it.
    """
    name = url.rsplit("/", 1)[-1]
    cached = Path(torch.hub.get_dir(), "checkpoints", name)
    places = [cached] if data_dir is None else [data_dir / FOLDER / name, cached]
    for place in places:
        if place.is_file():
            check_hash(place, weights)
            return place
    try:
        _download(url, cached)
    except (OSError, RuntimeError, http.client.HTTPException) as error:
        tried = [f"there is no file {place}" for place in places]
        tried.append(f"download of {url}: {' '.join(str(error).split()) or type(error).__name__}")
        lines = "".join(f"\n  - {line}" for line in tried)
        wanted = f"{FOLDER}/{name} in the data directory (--data-dir), or as {cached}"
        msg = (
            f"weights: {weights} is not on this machine and cannot be downloaded; tried:{lines}\n"
            f"Download {url} elsewhere and put it as {wanted}"
        )
        raise DataError(msg) from error
    return cached


def check_hash(file: Path, weights: str) -> None:
    """Refuse a published file whose content is not what its name says.

    Raises
    ------
    DataError
        If the start of its SHA-256 differs from that in its name.
    """
    named = HASHED_NAME.search(file.name)
    digest = sha256_file(file)
    if named is not None and not digest.startswith(named[1]):
        msg = (
            f"weights: {weights}: {file} is damaged: its SHA-256 begins with "
            f"{digest[: len(named[1])]}, not with {named[1]} as its name says; delete the file"
        )
        raise DataError(msg)


def read_published(file: Path, weights: str) -> dict[str, Tensor]:
    """Return the tensors of a published file.

    Raises
    ------
    DataError
        If it is not a file of tensors.
    """
    try:
        found = torch.load(file, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        msg = f"weights: {weights}: {file} cannot be read: {error}"
        raise DataError(msg) from error
    if isinstance(found, Mapping) and all(isinstance(value, Tensor) for value in found.values()):
        return found  # type: ignore[return-value]
    msg = f"weights: {weights}: {file} holds no tensors by name"
    raise DataError(msg)


def read_safetensors(file: Path, weights: str) -> dict[str, Tensor]:
    """Return the tensors of a safetensors file.

    Raises
    ------
    DataError
        If it is none.
    """
    try:
        return safetensors.torch.load_file(file)
    except (OSError, safetensors.SafetensorError) as error:
        msg = (
            f"weights: {weights}: {file} is not a sound safetensors file: {error}; "
            "safetensors.torch.save_file(model.state_dict(), …) writes one"
        )
        raise DataError(msg) from error


def _download(url: str, file: Path) -> None:
    """Download a file; it takes its place only when it is whole and its hash is right."""
    named = HASHED_NAME.search(file.name)
    file.parent.mkdir(parents=True, exist_ok=True)
    with _timeout():
        torch.hub.download_url_to_file(
            url, str(file), hash_prefix=named[1] if named else None, progress=False
        )


@contextlib.contextmanager
def _timeout() -> Iterator[None]:
    """Let no connection hang: torch sets no limit of its own."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT_S)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)

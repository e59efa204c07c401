"""The submission: one zip of the listed files and nothing else, the same bytes each time.

The zip is written to a temporary name, flushed to the disk, opened again and
compared with its sources; only then it takes its name. A zip that has its name
is a good one.
"""

from __future__ import annotations

import errno
import json
import os
import zipfile
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from reportgen.errors import Fault, RunError, SpecError
from reportgen.hashing import sha256_bytes, sha256_file
from reportgen.interrupts import held_interrupts
from reportgen.spec.report import GENERATED
from reportgen.staging import staging_path

TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold: contents decide the bytes, not when they were packed."""

PERMISSIONS = 0o100644
UNIX = 3
LEVEL = 9
METHODS = {".pdf": zipfile.ZIP_STORED, ".ipynb": zipfile.ZIP_DEFLATED}
"""What may go into a submission, and how. A PDF is compressed already, and stored as it is it
makes the same zip under every version of zlib."""

FORBIDDEN = frozenset('/\\:*?"<>|')
"""Characters that some file system does not take, or takes for a folder."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a zip: its name there, its size in bytes, its SHA-256."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Submission:
    """A zip that was written and verified; entries stand in its order."""

    path: Path
    size_bytes: int
    sha256: str
    entries: tuple[Entry, ...]


def list_files(
    pdf: Path,
    notebooks: Sequence[str],
    study_folder: Path,
    *,
    listed_in: str,
    generated: Sequence[Path] = (),
) -> tuple[tuple[str, Path], ...]:
    """Return name and path of each file of a submission: the PDF, then the notebooks as listed.

    Parameters
    ----------
    pdf : Path
        The report; it keeps its name.
    notebooks : sequence of str
        Paths relative to `study_folder`; in the zip they have no folder. `GENERATED`
        stands for all of `generated`.
    study_folder : Path
        The study's folder, `experiments/<study>`.
    listed_in : str
        The file that lists the notebooks, as the user knows it; for messages.
    generated : sequence of Path, optional
        Notebooks that were made from the experiments.

    Raises
    ------
    SpecError
        If notebooks are missing, lie outside the study's folder, or are not
        `.ipynb` files; all of them at once.
    """
    faults = []
    folder = study_folder.resolve()
    files = [(pdf.name, pdf)]
    for i, listed in enumerate(notebooks):
        if listed == GENERATED:
            files += [(path.name, path) for path in generated]
            continue
        path = (folder / listed).resolve()
        if not path.is_relative_to(folder):
            problem = f"lies outside {study_folder.name}/; put it there"
        elif path.suffix != ".ipynb":
            problem = "is no .ipynb file; only notebooks go beside the report"
        elif not path.is_file():
            problem = f"is not in {study_folder.name}/; add the file, or take it off the list"
        else:
            files.append((path.name, path))
            continue
        faults.append(Fault(listed_in, 0, 0, f"notebooks[{i}]: {listed} {problem}"))
    if faults:
        raise SpecError(faults=faults)
    return tuple(files)


def write_zip(zip_path: Path, files: Sequence[tuple[str, Path]]) -> Submission:
    """Write files into a zip, verify it, and put it in its place.

    Parameters
    ----------
    zip_path : Path
        Where it goes; what stood there stays until the new one is verified.
    files : sequence of (str, Path)
        Name in the zip and source of each file, in the zip's order.

    Raises
    ------
    SpecError
        If a name is not plain, of no kind that may go in, or stands twice; if a
        file is not what its name says.
    RunError
        If the zip cannot be written, or does not hold what was put into it.
    """
    check_names([name for name, _ in files])
    temporary = staging_path(zip_path)
    try:
        entries = tuple(_read_entry(name, source) for name, source in files)
        with held_interrupts():  # an archive that is cut at its begin or end says so unasked
            _pack(temporary, files)
        verify_zip(temporary, entries)
        submission = Submission(zip_path, temporary.stat().st_size, sha256_file(temporary), entries)
        temporary.replace(zip_path)
        _flush_folder(zip_path.parent)
    except OSError as error:
        raise RunError(_explain(error, zip_path)) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    return submission


def check_names(names: Sequence[str]) -> None:
    """Refuse names that do not unpack, under every system, to one plain file each.

    Raises
    ------
    SpecError
        Naming all of them at once.
    """
    faults = []
    seen: dict[str, str] = {}
    for name in names:
        if not _is_plain(name):
            faults.append(f'"{name}" is no plain file name; it would not unpack everywhere')
        elif Path(name).suffix not in METHODS:
            faults.append(f'"{name}" may not go into a submission; only {", ".join(METHODS)} may')
        elif name.casefold() in seen:
            faults.append(f'"{name}" and "{seen[name.casefold()]}" are one name to some systems')
        seen.setdefault(name.casefold(), name)
    if faults:
        raise SpecError(faults=[Fault("", 0, 0, f"submission: {text}") for text in faults])


def verify_zip(path: Path, entries: Sequence[Entry]) -> None:
    """Open a zip and compare it with what it ought to hold, in order and byte by byte.

    Raises
    ------
    RunError
        If it is damaged, or holds anything else.
    """
    wanted = [entry.name for entry in entries]
    try:
        with zipfile.ZipFile(path) as archive:
            found = archive.namelist()
            if found != wanted:
                msg = f"{path.name} holds {found}, not {wanted}; build again"
                raise RunError(msg)
            for entry in entries:
                data = archive.read(entry.name)  # checks the CRC
                if len(data) != entry.size_bytes or sha256_bytes(data) != entry.sha256:
                    msg = f"{path.name}: {entry.name} is not its source; build again"
                    raise RunError(msg)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        msg = f"{path.name} is damaged ({error}); check the disk and build again"
        raise RunError(msg) from error


def _is_plain(name: str) -> bool:
    """Tell whether a name is a file's name on Linux, macOS and Windows."""
    ends_well = name.strip() == name and not name.startswith(".") and not name.endswith(".")
    return bool(name) and ends_well and name.isprintable() and not FORBIDDEN & set(name)


def _read_entry(name: str, source: Path) -> Entry:
    """Return an entry's size and hash, once its content is what its name says."""
    data = source.read_bytes()
    problem = _problem_of_pdf(data) if name.endswith(".pdf") else _problem_of_notebook(data)
    if problem:
        raise SpecError(faults=[Fault(str(source), 0, 0, problem)])
    return Entry(name, len(data), sha256_bytes(data))


def _problem_of_pdf(data: bytes) -> str:
    if not data.startswith(b"%PDF-"):
        return "is no PDF: it does not start with %PDF-; build the report again"
    if not data.rstrip().endswith(b"%%EOF"):
        return "is a cut PDF: it does not end with %%EOF; build the report again"
    return ""


def _problem_of_notebook(data: bytes) -> str:
    try:
        content = json.loads(data)
    except ValueError as error:
        return f"is no notebook: its JSON cannot be read ({error})"
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        return "is no notebook: it has no list of cells"
    if content.get("nbformat") != 4:
        return f"is a notebook of format {content.get('nbformat')}; save it as format 4"
    return ""


def _pack(path: Path, files: Sequence[tuple[str, Path]]) -> None:
    """Write the zip, and wait until the disk has it."""
    with path.open("wb") as file:
        with zipfile.ZipFile(file, "w") as archive:
            for name, source in files:
                info = zipfile.ZipInfo(name, TIME)
                info.create_system = UNIX
                info.external_attr = PERMISSIONS << 16
                method = METHODS[Path(name).suffix]
                archive.writestr(info, source.read_bytes(), method, LEVEL)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    """Have the disk keep a new name; systems that cannot open a folder need not be asked."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _explain(error: OSError, zip_path: Path) -> str:
    """Return what went wrong on the disk, and what to do."""
    place = error.filename or zip_path
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return (
            f"{zip_path}: no space left for the submission; free some and build again, "
            "what was trained is kept"
        )
    return f"{place}: {error.strerror or error}; the submission was not written"

"""The system libraries that set the page, and how each system installs them."""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from reportgen.errors import SystemLibraryError

LIBRARIES = (
    "gobject-2.0-0",
    "pango-1.0-0",
    "harfbuzz-0",
    "harfbuzz-subset-0",
    "fontconfig-1",
    "pangoft2-1.0-0",
)
"""Name and ABI number of each library that WeasyPrint loads.

It can do without harfbuzz-subset, but warns, and subsets fonts into other bytes.
"""

WINDOWS_FOLDERS = (r"C:\msys64\ucrt64\bin", r"C:\msys64\mingw64\bin")
"""Where MSYS2 puts its libraries; WEASYPRINT_DLL_DIRECTORIES names others."""

PACKAGES = (
    ("debian", "apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"),
    ("fedora", "dnf install pango"),
    ("rhel", "dnf install pango"),
    ("suse", "zypper install libpango-1_0-0 libharfbuzz-subset0"),
    ("arch", "pacman -S pango"),
)
"""What installs Pango, by a word of ID or ID_LIKE in /etc/os-release."""


def require_pango() -> None:
    """Check that the libraries which set the page can be loaded; takes a few milliseconds.

    Raises
    ------
    SystemLibraryError
        If one cannot; the message is one line and names the package that has it.
    """
    if sys.platform == "win32":
        _add_windows_folders()
    missing = [name for name in LIBRARIES if not _can_load(file_names(name, sys.platform))]
    if missing:
        libraries = ", ".join(name.rpartition("-")[0] for name in missing)
        msg = f"the page needs Pango, and this system lacks {libraries}; {install_hint()}"
        raise SystemLibraryError(msg)


@contextlib.contextmanager
def loading_by_file_name() -> Iterator[None]:
    """Within the block, let Linux load libraries by their file names alone.

    WeasyPrint asks for each of its libraries by the names of several systems. For
    one that no file has, ctypes asks ldconfig, gcc and ld, more than fifty processes
    in all, though the right name comes next.
    """
    find = ctypes.util.find_library
    if sys.platform == "linux":
        ctypes.util.find_library = _find_nothing
    try:
        yield
    finally:
        ctypes.util.find_library = find


def _find_nothing(name: str) -> str | None:  # noqa: ARG001
    return None


def share_cores() -> None:
    """Let threads that wait for each other sleep instead of spinning.

    To be called before torch is first imported, whose OpenMP reads this once. With
    another program on the machine an epoch on two cores then takes a half to a third
    of the time; alone it takes the same within 5 %. The user's own setting is kept.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def file_names(library: str, platform: str) -> tuple[str, ...]:
    """Return the file names under which a system may hold a library.

    Parameters
    ----------
    library : str
        Its name and ABI number, as in `LIBRARIES`.
    platform : str
        As `sys.platform` says it.

    Examples
    --------
    >>> file_names("pango-1.0-0", "linux")
    ('libpango-1.0.so.0',)
    >>> file_names("harfbuzz-0", "darwin")
    ('libharfbuzz.0.dylib', 'libharfbuzz.dylib')
    >>> file_names("harfbuzz-0", "win32")
    ('libharfbuzz-0.dll', 'harfbuzz-0.dll')
    """
    name, _, abi = library.rpartition("-")
    if platform == "win32":
        return (f"lib{library}.dll", f"{library}.dll")
    if platform == "darwin":
        return (f"lib{name}.{abi}.dylib", f"lib{name}.dylib")
    return (f"lib{name}.so.{abi}",)


def install_hint(platform: str | None = None, os_release: str | None = None) -> str:
    """Return the clause that says how this system, or the one described, installs Pango.

    Parameters
    ----------
    platform : str, optional
        As `sys.platform` says it; by default this system's.
    os_release : str, optional
        The text of /etc/os-release; by default this system's.

    Examples
    --------
    >>> install_hint("darwin")
    'install it with: brew install pango'
    >>> install_hint("linux", 'ID=fedora')
    'install it with: dnf install pango'
    """
    platform = platform or sys.platform
    if platform == "darwin":
        return "install it with: brew install pango"
    if platform == "win32":
        return "install it in MSYS2 with: pacman -S mingw-w64-x86_64-pango"
    if os_release is None:
        os_release = _read_os_release()
    ids = _distribution(os_release)
    commands = [command for name, command in PACKAGES if any(name in word for word in ids)]
    if commands:
        return f"install it with: {commands[0]}"
    return f"install the packages that hold it (Debian and Ubuntu: {PACKAGES[0][1]})"


def _can_load(names: Sequence[str]) -> bool:
    """Tell whether one of these files can be loaded, from where the system looks for it."""
    for name in names:
        with contextlib.suppress(OSError):
            ctypes.CDLL(name)
            return True
    if sys.platform == "darwin":  # the linker's own variables, Homebrew's folder
        stems = [name.removeprefix("lib").removesuffix(".dylib") for name in names]
        return any(ctypes.util.find_library(stem) for stem in stems)
    return False


def _add_windows_folders() -> None:
    """Let the loader look where MSYS2 puts libraries, as WeasyPrint does."""
    listed = os.environ.get("WEASYPRINT_DLL_DIRECTORIES")
    for folder in listed.split(";") if listed else WINDOWS_FOLDERS:
        with contextlib.suppress(OSError):
            os.add_dll_directory(folder)  # type: ignore[attr-defined,unused-ignore]


def _read_os_release() -> str:
    for path in (Path("/etc/os-release"), Path("/usr/lib/os-release")):
        with contextlib.suppress(OSError):
            return path.read_text(encoding="utf-8", errors="replace")
    return ""


def _distribution(os_release: str) -> list[str]:
    """Return the words of ID and ID_LIKE; Ubuntu counts as Debian."""
    fields = dict(line.split("=", 1) for line in os_release.splitlines() if "=" in line)
    value = f"{fields.get('ID', '')} {fields.get('ID_LIKE', '')}"
    words = value.replace('"', " ").replace("'", " ").split()
    return ["debian" if word == "ubuntu" else word for word in words]

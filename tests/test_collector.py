"""The garbage collector stays out of a block, and what the block leaves is freed later."""

import gc
import signal
import weakref

import pytest

from reportgen.collector import collect, without_collector


class Circle:
    """Refers to itself, so that only the collector frees it."""

    def __init__(self):
        self.itself = self


@pytest.fixture(autouse=True)
def _nothing_left():
    """Begin and end as other tests are used to."""
    collect()
    yield
    collect()
    assert gc.isenabled()


def test_what_a_block_leaves_is_freed_when_asked_for():
    with without_collector():
        assert not gc.isenabled()
        left = weakref.ref(Circle())
    assert gc.isenabled()
    gc.collect()
    assert left() is not None
    collect()
    assert left() is None


def test_what_a_block_leaves_is_freed_when_the_next_begins():
    with without_collector():
        left = weakref.ref(Circle())
    with without_collector():
        assert left() is None


def test_nothing_is_collected_where_nothing_was_left():
    left = weakref.ref(Circle())
    collect()
    assert left() is not None
    gc.collect()
    assert left() is None


def test_after_an_error_the_collector_works_as_before():
    with pytest.raises(ZeroDivisionError), without_collector():
        _ = 1 / 0
    assert gc.isenabled()
    gc.disable()
    with without_collector():
        pass
    assert not gc.isenabled()
    gc.enable()


def test_an_interrupt_while_it_works_is_heard_after_it():
    """What is raised in `__del__` is told and forgotten."""

    class Interrupting(Circle):
        def __del__(self):
            signal.raise_signal(signal.SIGINT)

    with without_collector():
        left = weakref.ref(Interrupting())
    with pytest.raises(KeyboardInterrupt):
        collect()
    assert left() is None

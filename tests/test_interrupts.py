"""When Ctrl-C is heard, and when a process is told to end."""

import signal
import threading

import pytest

from reportgen.interrupts import deaf_children, held_interrupts


class ToldError(Exception):
    """What a handler of these tests raises."""


@pytest.fixture
def handler():
    """Return a function that sets what a signal does until the test ends."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield signal.signal
    for number, handler in before.items():
        signal.signal(number, handler)


def raising(number, _frame):
    raise ToldError(signal.Signals(number).name)


def interrupted(number, done):
    with held_interrupts():
        signal.raise_signal(number)
        done.append("the rest")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_is_heard_after_the_block(handler, number):
    handler(number, raising)
    done = []
    with pytest.raises(ToldError, match=number.name):
        interrupted(number, done)
    assert done == ["the rest"]
    assert signal.getsignal(number) is raising


def test_an_error_of_the_block_comes_first(handler):
    handler(signal.SIGINT, raising)
    with pytest.raises(ZeroDivisionError):
        interrupted(signal.SIGINT, DividesByZero())
    assert signal.getsignal(signal.SIGINT) is raising


class DividesByZero:
    """A list that cannot be added to."""

    def append(self, _):
        return 1 / 0


def test_what_is_ignored_stays_ignored(handler):
    handler(signal.SIGINT, signal.SIG_IGN)
    done = []
    interrupted(signal.SIGINT, done)
    assert done == ["the rest"]
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_a_thread_beside_may_hold_too():
    done = []

    def run():
        with held_interrupts():
            done.append("held")

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert done == ["held"]


def test_without_a_signal_nothing_is_raised(handler):
    handler(signal.SIGINT, raising)
    with held_interrupts():
        pass


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="no masks of signals")
def test_children_are_started_deaf():
    with deaf_children():
        inherited = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    assert signal.SIGINT in inherited
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())

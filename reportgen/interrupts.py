"""When Ctrl-C, or being told to end, is heard: not where it would be lost or break what runs."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

HELD = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def held_interrupts() -> Iterator[None]:
    """Let what would interrupt the block be heard after it.

    For compiled code, which loses an interruption or crashes by it, and for moments too
    short to be cut. Where a signal is ignored, or ends the process at once, it still does;
    threads beside the main one are never interrupted.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    found = {number: signal.getsignal(number) for number in HELD}
    handlers = {number: handler for number, handler in found.items() if callable(handler)}
    heard: list[tuple[int, FrameType | None]] = []
    for number in handlers:
        signal.signal(number, lambda *told: heard.append(told))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if heard:
        first, frame = heard[0]
        handlers[signal.Signals(first)](first, frame)


@contextmanager
def deaf_children() -> Iterator[None]:
    """Let processes that are started within the block never hear of Ctrl-C.

    It is for the parent to hear, which does so after the block.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

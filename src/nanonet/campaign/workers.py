"""Worker processes on this machine that end with the campaign, however it ends, and whose LAMMPS ends with them."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import ParamSpec, TypeVar

_GRACE = 10.0  # seconds in which a worker that is to end may stop its LAMMPS

P = ParamSpec("P")
T = TypeVar("T")


class LocalPool(ProcessPoolExecutor):
    """A pool of processes that watch a pipe of which we hold the other end: when it closes, they end.

    It closes when `stop` is called and when this process is gone, killed or not. Ctrl-C reaches this process alone.

    Parameters
    ----------
    cores:
        Processes at most.
    """

    def __init__(self, cores: int) -> None:
        context = get_context("spawn")
        watched, self._held = context.Pipe(duplex=False)
        super().__init__(cores, mp_context=context, initializer=_begin, initargs=(watched,))

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """As of every executor."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # which a process that is born now inherits
        try:
            return super().submit(_run, fn, *args, **kwargs)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def stop(self) -> None:
        """End the workers and their LAMMPS now; what they ran resumes next time."""
        self._held.close()
        self.shutdown(wait=True, cancel_futures=True)


def _begin(watched: Connection) -> None:
    """What a worker does first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end)
    threading.Thread(target=_watch, args=(watched,), daemon=True).start()


def _run(fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return fn(*args, **kwargs)
    except SystemExit:  # the pool would take it for a result and continue
        os._exit(1)


def _end(number: int, frame: object) -> None:
    """Leave the run, which stops its LAMMPS on the way."""
    sys.exit(128 + number)


def _watch(watched: Connection) -> None:
    with contextlib.suppress(EOFError, OSError):
        watched.recv_bytes()  # nobody ever writes
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
    time.sleep(_GRACE)
    os._exit(1)

"""How much runs at once, and for how long: threads that compute, some requests at a time, others waiting for a turn."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from starlette.requests import Request

from nanonet.web.bodies import RefusedError

_T = TypeVar("_T")


@dataclass(frozen=True)
class Limits:
    """What a service takes on."""

    body: int = 2_000_000
    """Bytes of a body."""
    body_seconds: float = 10.0
    """Until a body has to be there."""
    threads: int = 1
    """Requests that are computed at once, of those that take more than some ms."""
    waiting: int = 256
    """Requests that may wait for that."""
    waiting_seconds: float = 10.0
    """How long one may wait."""
    seconds: float = 60.0
    """How long one may be computed."""


class Turn:
    """A request that is computed; what computes calls it now and then, with any numbers.

    Parameters
    ----------
    seconds:
        From its start on, after which a call raises `RefusedError` (503); so does one (499) when nobody waits any more.

    Attributes
    ----------
    gone:
        Whether the client closed its connection.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds, self._end = seconds, math.inf
        self.gone = False

    def start(self) -> None:
        """Time counts from now on."""
        self._end = time.monotonic() + self.seconds
        self()

    def __call__(self, *done: int) -> None:
        """End the computation where it is to end."""
        if self.gone:
            raise RefusedError(499, "the connection was closed before the answer was there")
        if time.monotonic() > self._end:
            raise RefusedError(503, f"not computed within {self.seconds:g} s; ask for less, or try again later")


@dataclass
class Workers:
    """Threads that compute, some at once; others wait, up to a limit.

    Parameters
    ----------
    limits:
        How many wait, and how long they wait and are computed.
    threads:
        How many are computed at once.
    """

    limits: Limits
    threads: int
    waiting: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._turns = asyncio.Semaphore(self.threads)
        self._threads = ThreadPoolExecutor(self.threads, "nanonet")

    async def run(self, request: Request, work: Callable[[Turn], _T]) -> _T:
        """What a function returns, computed in a thread for a request whose body was read.

        `RefusedError` (503) where too many wait, or for too long, or it takes too long. The function calls the `Turn`
        that it is given, so that what nobody waits for any more ends.
        """
        if self.waiting >= self.limits.waiting:
            raise RefusedError(503, f"{self.waiting} requests are waiting; try again later")
        turn = Turn(self.limits.seconds)
        watching = asyncio.create_task(_watch(request, turn))
        try:
            await self._acquire()
            try:
                return await asyncio.get_running_loop().run_in_executor(self._threads, _computed, work, turn)
            finally:
                self._turns.release()
        finally:
            turn.gone = True  # when the service stops, so does the thread
            watching.cancel()

    async def _acquire(self) -> None:
        self.waiting += 1
        try:
            async with asyncio.timeout(self.limits.waiting_seconds):
                await self._turns.acquire()
        except TimeoutError:
            raise RefusedError(503, f"no turn within {self.limits.waiting_seconds:g} s; try again later") from None
        finally:
            self.waiting -= 1

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(cancel_futures=True)


def _computed(work: Callable[[Turn], _T], turn: Turn) -> _T:
    turn.start()
    return work(turn)


async def _watch(request: Request, turn: Turn) -> None:
    """Tell a turn when its client goes."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    turn.gone = True

"""Room: how many messages may be unanswered at once. On the event loop.

Who waits for it gets it in the order of the calls; nobody overtakes.
"""

import asyncio
from collections import deque


class Room:
    """A bounded count. What is taken is freed once."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._woken = 0  # have room, and have not run yet
        self._open = True
        self.empty = asyncio.Event()
        """Set while nothing is taken."""
        self.empty.set()

    def close(self) -> None:
        """Nobody is given room any more."""
        self._open = False
        self._wake()

    async def take(self) -> None:
        """Waits for room, and takes it. RuntimeError after close."""
        if self._waiting or self._woken or self._taken >= self._bound:
            await self._wait()
        if not self._open:
            raise RuntimeError("the publisher is closed")
        self._taken += 1
        self.empty.clear()

    def free(self) -> None:
        self._taken -= 1
        self._wake()
        if self._taken == 0:
            self.empty.set()

    async def _wait(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        self._wake()
        try:
            await waiter
            self._woken -= 1
        except asyncio.CancelledError:
            if not waiter.cancelled():  # it had room: for the next, then
                self._woken -= 1
                self._wake()
            raise

    def _wake(self) -> None:
        while self._waiting and (not self._open or self._taken + self._woken < self._bound):
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                self._woken += 1

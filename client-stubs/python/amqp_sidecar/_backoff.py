"""Backoff: how long to wait before the next try, exponential with full jitter. Pure."""

import random


class Backoff:
    """Delays in seconds: each anything up to a bound that doubles, from first to longest."""

    __slots__ = ("_bound", "_first", "_longest")

    def __init__(self, first: float, longest: float) -> None:
        self._first = first
        self._longest = longest
        self._bound = first

    def next(self) -> float:
        delay = random.uniform(0, self._bound)
        self._bound = min(self._bound * 2, self._longest)
        return delay

    def reset(self) -> None:
        """It went well: begin anew."""
        self._bound = self._first

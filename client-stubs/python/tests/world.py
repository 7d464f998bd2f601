"""World: sidecars on a real RabbitMQ, that break when told to; a child process of the tests."""

import asyncio
import itertools
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

_names = itertools.count(1)


def fresh(prefix: str) -> str:
    """A name that no other test has, nor another run on the same broker."""
    return f"{prefix}-{os.getpid()}-{next(_names)}"


async def eventually(
    predicate: Callable[[], bool | Awaitable[bool]], what: str, deadline: float = 15.0
) -> None:
    """Waits until it holds; fails the test where it does not in time."""
    end = time.monotonic() + deadline
    while True:
        held = predicate()
        if isinstance(held, bool):
            if held:
                return
        elif await held:
            return
        assert time.monotonic() < end, f"not within {deadline} s: {what}"
        await asyncio.sleep(0.01)


class World:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._lock = asyncio.Lock()

    @classmethod
    async def begin(cls) -> "World":
        script = os.environ["SIDECAR_STUB_WORLD"]
        pipe = asyncio.subprocess.PIPE
        return cls(
            await asyncio.create_subprocess_exec(
                sys.executable, script, stdin=pipe, stdout=pipe, limit=1 << 24
            )
        )

    async def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()

    async def do(self, command: str, name: str = "", **options: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        async with self._lock:
            line = json.dumps({"do": command, "name": name, **options})
            self._process.stdin.write(line.encode() + b"\n")
            answer = json.loads(await self._process.stdout.readline() or b'{"ok": false}')
        assert answer.get("ok"), f"the world did not {command} {name}: {answer}"
        result: dict[str, Any] = answer
        return result


class Sidecar:
    """One of the world's."""

    def __init__(self, world: World, name: str, started: dict[str, Any]) -> None:
        self._world = world
        self._name = name
        self.address: str = started["address"]
        self.tcp: str | None = started.get("tcp")
        self.amqp: str = started["amqp"]

    @classmethod
    async def start(cls, world: World, **options: Any) -> "Sidecar":
        name = fresh("s")
        return cls(world, name, await world.do("start", name, **options))

    async def do(self, command: str) -> dict[str, Any]:
        return await self._world.do(command, self._name)

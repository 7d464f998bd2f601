"""The world, one sidecar that nobody breaks, and a client of it, for all tests of a run."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio

import amqp_sidecar
from amqp_sidecar import Client, Queue
from tests.world import Sidecar, World, fresh

Start = Callable[..., Awaitable[Sidecar]]


@pytest_asyncio.fixture(scope="session")
async def world() -> AsyncIterator[World]:
    world = await World.begin()
    yield world
    await world.end()


@pytest_asyncio.fixture(scope="session")
async def sidecar(world: World) -> Sidecar:
    return await Sidecar.start(world, tcp=True)


@pytest_asyncio.fixture
async def client(sidecar: Sidecar) -> AsyncIterator[Client]:
    async with amqp_sidecar.connect(sidecar.address) as client:
        yield client


@pytest_asyncio.fixture
async def queue(client: Client) -> str:
    [name] = await client.declare(queues=[Queue(fresh("queue"))])
    return name


@pytest_asyncio.fixture
async def start(world: World) -> AsyncIterator[Start]:
    """Starts a sidecar of this test's own."""
    started: list[Sidecar] = []

    async def start(**options: Any) -> Sidecar:
        started.append(await Sidecar.start(world, **options))
        return started[-1]

    yield start
    for one in started:
        await one.do("kill")


@pytest.fixture(autouse=True)
def asyncio_is_quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No task or future of the stub may end with an error that nobody takes."""
    yield
    lost = [
        record.getMessage()
        for record in caplog.get_records("call") + caplog.records
        if record.name == "asyncio" and record.levelno >= logging.ERROR
    ]
    # gRPC's own, where two event loops race for one wake-up: one finds nothing to read.
    assert [text for text in lost if "PollerCompletionQueue" not in text] == []

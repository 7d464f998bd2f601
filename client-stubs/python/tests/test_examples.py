"""The examples, which are the README's code, as a user runs them."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from amqp_sidecar import Client
from tests.test_publish import holds, take
from tests.world import Sidecar, eventually

EXAMPLES = Path(__file__).parents[1] / "examples"
Process = asyncio.subprocess.Process


async def begin(sidecar: Sidecar, example: str) -> Process:
    environment = {**os.environ, "AMQP_SIDECAR_ADDR": sidecar.address}
    pipe = asyncio.subprocess.PIPE
    file = str(EXAMPLES / f"{example}.py")
    return await asyncio.create_subprocess_exec(
        sys.executable, file, env=environment, stdout=pipe, stderr=pipe
    )


async def run(sidecar: Sidecar, example: str) -> tuple[int | None, str]:
    process = await begin(sidecar, example)
    async with asyncio.timeout(30):
        out, err = await process.communicate()
    return process.returncode, (out + err).decode()


@pytest_asyncio.fixture
async def orders(sidecar: Sidecar, client: Client) -> AsyncIterator[None]:
    """What topology declares, and nothing of it afterwards."""
    assert await run(sidecar, "topology") == (0, "declared billing billing.dead\n")
    yield
    for queue in ("billing", "billing.dead"):
        await client.delete_queue(queue)
    for exchange in ("orders", "orders.dead"):
        await client.delete_exchange(exchange)


async def test_publish_sends_one_order(sidecar: Sidecar, client: Client, orders: None) -> None:
    code, text = await run(sidecar, "publish")
    assert code == 0
    [delivery] = await take(client, "billing")
    assert text == f"{delivery.message_id}\n"
    assert delivery.json() == {"order_id": 1, "total": 9.5}
    assert (delivery.exchange, delivery.routing_key) == ("orders", "order.created")


async def test_publish_says_why_where_it_fails(sidecar: Sidecar, client: Client) -> None:
    await client.delete_exchange("orders")
    code, text = await run(sidecar, "publish")
    assert code == 1
    assert text.startswith("not published: EXCHANGE_NOT_FOUND (NOT_FOUND): ")
    assert text.endswith("; persisted: NO\n")


async def test_bulk_publish_sends_a_thousand(
    sidecar: Sidecar, client: Client, orders: None
) -> None:
    assert await run(sidecar, "bulk_publish") == (0, "1000 confirmed\n")
    assert await holds(client, "billing", 1000)


async def test_worker_handles_rejects_and_stops_on_sigterm(
    sidecar: Sidecar, client: Client, orders: None
) -> None:
    worker = await begin(sidecar, "worker")
    await client.publish("orders", "order.created", {"total": 1})
    await client.publish("orders", "order.created", {"order_id": 1})
    assert worker.stdout is not None
    async with asyncio.timeout(20):
        assert await worker.stdout.readline() == b"order 1\n"
    await eventually(lambda: holds(client, "billing.dead", 1), "the bad order is dead-lettered")
    worker.send_signal(signal.SIGTERM)
    async with asyncio.timeout(20):
        _, err = await worker.communicate()
    assert worker.returncode == 0
    assert b"no order_id" in err  # a handler's error goes to the log
    [dead] = await take(client, "billing.dead")
    assert json.loads(dead.body) == {"total": 1}
    assert dead.headers["x-sidecar-reason"] == "no order_id"
    assert await holds(client, "billing", 0)

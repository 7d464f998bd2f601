"""How fast this stub publishes and consumes, and how fast aio-pika does; prints one JSON line.

Publish: confirmed, persistent, mandatory, window messages unconfirmed at once. Consume: prefetch
256, each delivery acknowledged by itself. Both ways publish a body that is serialized beforehand,
and take what they consume as bytes.
"""

import argparse
import asyncio
import json
import time
from dataclasses import dataclass

import aio_pika

import amqp_sidecar
from amqp_sidecar import Delivery

_PREFETCH = 256


@dataclass(slots=True)
class Task:
    queue: str
    messages: int
    body: bytes
    window: int
    amqp: str


class Clock:
    """Wall and processor time, from its making."""

    def __init__(self) -> None:
        self._wall = time.perf_counter()
        self._cpu = time.process_time()

    def tell(self, messages: int) -> None:
        print(
            json.dumps(
                {
                    "messages": messages,
                    "seconds": time.perf_counter() - self._wall,
                    "cpu_seconds": time.process_time() - self._cpu,
                }
            )
        )


async def publish_stub(task: Task) -> None:
    async with (
        amqp_sidecar.connect() as client,
        client.publisher(max_in_flight=task.window) as publisher,
    ):

        async def publish(count: int) -> None:
            futures = [await publisher.send("", task.queue, task.body) for _ in range(count)]
            for future in futures:
                future_result = await future
                assert future_result.routed

        await publish(task.messages // 10)
        clock = Clock()
        await publish(task.messages)
        clock.tell(task.messages)


async def publish_direct(task: Task) -> None:
    connection = await aio_pika.connect(task.amqp)
    async with connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        exchange = channel.default_exchange
        message = aio_pika.Message(
            task.body,
            content_type="application/json",
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )

        async def publish(count: int) -> None:
            left = iter(range(count))

            async def one_after_the_other() -> None:
                for _ in left:
                    await exchange.publish(message, routing_key=task.queue, mandatory=True)

            await asyncio.gather(*(one_after_the_other() for _ in range(task.window)))

        await publish(task.messages // 10)
        clock = Clock()
        await publish(task.messages)
        clock.tell(task.messages)


async def consume_stub(task: Task) -> None:
    seen = 0
    done = asyncio.Event()

    async def handle(_: Delivery) -> None:
        nonlocal seen
        seen += 1
        if seen == task.messages:
            done.set()

    async with amqp_sidecar.connect() as client:
        clock = Clock()
        async with client.subscribe(task.queue, handle, prefetch=_PREFETCH):
            await done.wait()
        clock.tell(seen)  # the stop has ended: every acknowledgement was taken


async def consume_direct(task: Task) -> None:
    seen = 0
    done = asyncio.Event()

    async def handle(message: aio_pika.abc.AbstractIncomingMessage) -> None:
        nonlocal seen
        await message.ack()
        seen += 1
        if seen == task.messages:
            done.set()

    connection = await aio_pika.connect(task.amqp)
    async with connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=_PREFETCH)
        queue = await channel.get_queue(task.queue, ensure=False)
        clock = Clock()
        tag = await queue.consume(handle)
        await done.wait()
        await queue.cancel(tag)  # answered after the acknowledgements were read
        clock.tell(seen)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("verb", choices=["publish", "consume"])
    parser.add_argument("way", choices=["direct", "stub"])
    parser.add_argument("--queue", required=True)
    parser.add_argument("--messages", type=int, required=True)
    parser.add_argument("--body", type=int, required=True)
    parser.add_argument("--window", type=int, required=True)
    parser.add_argument("--amqp", required=True)
    options = parser.parse_args()
    empty = len(json.dumps({"text": ""}))
    body = json.dumps({"text": "x" * max(0, options.body - empty)}).encode()
    task = Task(options.queue, options.messages, body, options.window, options.amqp)
    ways = {
        ("publish", "stub"): publish_stub,
        ("publish", "direct"): publish_direct,
        ("consume", "stub"): consume_stub,
        ("consume", "direct"): consume_direct,
    }
    asyncio.run(ways[options.verb, options.way](task))


main()

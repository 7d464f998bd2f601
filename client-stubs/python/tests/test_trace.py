"""The trace context, with OpenTelemetry and without."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from amqp_sidecar import Client, Delivery
from tests.test_publish import take
from tests.world import Sidecar, eventually

tracer = TracerProvider().get_tracer("tests")

WITHOUT = """
import asyncio, sys
sys.modules["opentelemetry"] = None  # as if it were not installed
import amqp_sidecar

async def main():
    async with amqp_sidecar.connect() as client:
        [queue] = await client.declare(queues=[amqp_sidecar.Queue(exclusive=True)])
        await client.publish("", queue, {})
        taken = asyncio.Queue()
        async with client.subscribe(queue, taken.put):
            print(dict((await taken.get()).headers))

asyncio.run(main())
"""


def traceparent(context: trace.SpanContext) -> str:
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


async def test_the_current_span_goes_along_with_a_message(client: Client, queue: str) -> None:
    seen: list[tuple[object, trace.SpanContext]] = []

    async def handle(delivery: Delivery) -> None:
        await asyncio.sleep(0)
        current = trace.get_current_span().get_span_context()
        seen.append((delivery.headers.get("traceparent"), current))

    with tracer.start_as_current_span("subscribing"):
        subscription = client.subscribe(queue, handle)
    with tracer.start_as_current_span("publishing") as span:
        await client.publish("", queue, {})
        async with client.publisher() as publisher:
            await publisher.publish("", queue, {})
    await client.publish("", queue, {})
    await eventually(lambda: len(seen) == 3, "three deliveries")
    await subscription.stop()
    own = span.get_span_context()
    for header, current in seen[:2]:
        assert header == traceparent(own)
        assert (current.trace_id, current.span_id) == (own.trace_id, own.span_id)
        assert current.is_remote
    assert seen[2][0] is None
    assert not seen[2][1].is_valid


async def test_a_message_keeps_a_context_of_its_own(client: Client, queue: str) -> None:
    mine = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with tracer.start_as_current_span("publishing"):
        await client.publish(
            "", queue, {}, headers={"traceparent": mine, "tracestate": "a=b", "x": 1}
        )
    [delivery] = await take(client, queue)
    assert delivery.headers == {"traceparent": mine, "tracestate": "a=b", "x": 1}


async def test_without_opentelemetry_there_is_no_context(sidecar: Sidecar) -> None:
    environment = {**os.environ, "AMQP_SIDECAR_ADDR": sidecar.address}
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", WITHOUT],
        env=environment,
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "{}\n", "")

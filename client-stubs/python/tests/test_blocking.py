"""The facade without asyncio, from the threads that use it."""

import asyncio
import queue
import threading
from collections.abc import Callable

import pytest
from opentelemetry import trace

from amqp_sidecar import (
    Binding,
    Delivery,
    Exchange,
    Persisted,
    Queue,
    QueueInfo,
    Reason,
    Reject,
    RetryPolicy,
    SidecarError,
    blocking,
)
from tests.test_trace import tracer
from tests.world import Sidecar, fresh


async def in_thread(sidecar: Sidecar, use: Callable[[blocking.Client], None]) -> None:
    def run() -> None:
        with blocking.connect(sidecar.address) as client:
            use(client)

    async with asyncio.timeout(30):
        await asyncio.to_thread(run)


async def test_publish_publisher_and_topology(sidecar: Sidecar) -> None:
    def use(client: blocking.Client) -> None:
        name, exchange = fresh("q"), fresh("x")
        binding = Binding(exchange, "k", name)
        assert client.declare([Exchange(exchange)], [Queue(name)], [binding]) == [name]
        assert client.publish(exchange, "k", {"a": 1}, message_id="m") == ("m", True)
        client.unbind(binding)
        with pytest.raises(SidecarError) as failed:
            client.publish(exchange, "k", {})
        assert (failed.value.reason, failed.value.persisted) == (Reason.UNROUTABLE, Persisted.NO)
        with client.publisher(max_in_flight=10) as publisher:
            futures = [publisher.send("", name, {"n": n}) for n in range(100)]
            bad = publisher.send(exchange, "k", {})
            assert publisher.publish("", name, {}).routed
            publisher.flush()
        assert all(future.result(0).routed for future in futures)
        assert isinstance(bad.exception(0), SidecarError)
        assert client.get_queue(name) == QueueInfo(name, 102, 0)
        assert client.purge_queue(name) == 102
        assert client.delete_queue(name) == 0
        client.delete_exchange(exchange)

    await in_thread(sidecar, use)


async def test_handlers_run_in_threads_concurrency_at_once(sidecar: Sidecar) -> None:
    def use(client: blocking.Client) -> None:
        [name] = client.declare(queues=[Queue(fresh("q"))])
        together = threading.Barrier(3)
        seen: queue.Queue[tuple[str, trace.SpanContext]] = queue.Queue()

        def handle(delivery: Delivery) -> None:
            together.wait(10)
            context = trace.get_current_span().get_span_context()
            seen.put((threading.current_thread().name, context))

        with tracer.start_as_current_span("publishing") as span:
            for _ in range(6):
                client.publish("", name, {})
        with client.subscribe(name, handle, concurrency=3):
            taken = [seen.get(timeout=10) for _ in range(6)]
        assert len({thread for thread, _ in taken}) == 3
        assert {context.trace_id for _, context in taken} == {span.get_span_context().trace_id}
        assert client.get_queue(name).message_count == 0

    await in_thread(sidecar, use)


async def test_what_a_handler_raises_settles(sidecar: Sidecar) -> None:
    def use(client: blocking.Client) -> None:
        [name] = client.declare(queues=[Queue(fresh("q"))])
        seen: queue.Queue[Delivery] = queue.Queue()

        def handle(delivery: Delivery) -> None:
            seen.put(delivery)
            if delivery.attempt == 1:
                raise ValueError
            raise Reject("enough")

        policy = RetryPolicy(initial_backoff=0.05)
        with client.subscribe(name, handle, retry=policy) as subscription:
            client.publish("", name, {})
            assert [seen.get(timeout=10).attempt for _ in range(2)] == [1, 2]
            threading.Thread(target=subscription.stop).start()
            subscription.wait()
        assert seen.empty()

    await in_thread(sidecar, use)


async def test_errors_reach_the_thread_that_calls(sidecar: Sidecar) -> None:
    with pytest.raises(ValueError, match="accepted are"):
        blocking.connect("nowhere")

    def use(client: blocking.Client) -> None:
        subscription = client.subscribe(fresh("none"), print)
        with pytest.raises(SidecarError, match="QUEUE_NOT_FOUND"):
            subscription.wait()
        subscription.close()
        client.close()
        with pytest.raises(RuntimeError, match="the client is closed"):
            client.get_queue("q")

    await in_thread(sidecar, use)

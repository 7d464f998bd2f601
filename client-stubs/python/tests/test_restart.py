"""Subscriptions when the sidecar goes away, drains, or loses its link."""

import asyncio

import amqp_sidecar
from amqp_sidecar import Client, Delivery, Event, EventKind, Queue, QueueType, Reason
from tests.conftest import Start
from tests.test_publish import holds, take
from tests.test_subscription import Slow, publish
from tests.world import eventually, fresh


def kinds(events: list[Event]) -> list[EventKind]:
    """Without INTERRUPTED, which comes where a sidecar is faster than its link."""
    return [event.kind for event in events if event.kind is not EventKind.INTERRUPTED]


async def test_a_kill_in_mid_stream_loses_nothing_and_the_subscription_comes_back(
    start: Start, client: Client, queue: str
) -> None:
    sidecar = await start()
    events: list[Event] = []
    seen: list[str] = []

    async def handle(delivery: Delivery) -> None:
        await asyncio.sleep(0.001)
        seen.append(delivery.message_id)

    ids = await publish(client, queue, 500)
    async with amqp_sidecar.connect(sidecar.address) as own:
        async with own.subscribe(queue, handle, concurrency=4, on_event=events.append):
            await eventually(lambda: len(seen) > 100, "it is in mid-stream")
            await sidecar.do("kill")
            await sidecar.do("restart")
            await eventually(lambda: set(seen) == set(ids), "all are handled")
            assert kinds(events) == [
                EventKind.SUBSCRIBED,
                EventKind.DISCONNECTED,
                EventKind.SUBSCRIBED,
            ]
            assert events[1].detail != ""
    assert await holds(client, queue, 0)
    assert len(seen) < 500 + 200  # what was held, at most, comes twice


async def test_a_handler_that_outlives_the_stream_is_not_settled_and_counts_as_running(
    start: Start, client: Client, queue: str
) -> None:
    sidecar = await start()
    events: list[Event] = []
    slow = Slow()
    async with amqp_sidecar.connect(sidecar.address) as own:
        async with own.subscribe(queue, slow, on_event=events.append):
            ids = await publish(client, queue, 3)
            await slow.has_begun(1)
            await sidecar.do("kill")
            await sidecar.do("restart")
            await eventually(lambda: len(kinds(events)) == 3, "it is back")
            await eventually(lambda: holds(client, queue, 0), "all are out again")
            assert slow.begun == ids[:1]
            slow.go.set()
            await eventually(lambda: len(slow.done) == 4, "all are handled")
    assert sorted(slow.done) == sorted([ids[0], *ids])
    assert [event.kind for event in events if event.kind is EventKind.SETTLE_FAILED] == []
    assert await holds(client, queue, 0)


async def test_a_stop_without_a_sidecar_ends_when_the_handlers_are_done(
    start: Start, client: Client, queue: str
) -> None:
    sidecar = await start()
    events: list[Event] = []
    slow = Slow()
    async with amqp_sidecar.connect(sidecar.address) as own:
        subscription = own.subscribe(queue, slow, on_event=events.append)
        await publish(client, queue, 1)
        await slow.has_begun(1)
        await sidecar.do("kill")
        await eventually(lambda: len(events) == 2, "it is disconnected")
        stopping = asyncio.create_task(subscription.stop(timeout=10))
        slow.go.set()
        await stopping
    assert len(slow.done) == 1
    await eventually(lambda: holds(client, queue, 1), "it was not settled")


async def test_a_kill_during_a_stop_ends_the_stop(start: Start, client: Client, queue: str) -> None:
    sidecar = await start()
    events: list[Event] = []
    slow = Slow()
    async with amqp_sidecar.connect(sidecar.address) as own:
        subscription = own.subscribe(queue, slow, on_event=events.append)
        await publish(client, queue, 1)
        await slow.has_begun(1)
        stopping = asyncio.create_task(subscription.stop(timeout=10))
        await eventually(lambda: consumers(client, queue, 0), "it is half-closed")
        await sidecar.do("kill")
        await eventually(lambda: len(events) == 2, "it is disconnected")
        slow.go.set()
        await stopping
    assert events[1].kind is EventKind.DISCONNECTED


async def consumers(client: Client, queue: str, count: int) -> bool:
    return (await client.get_queue(queue)).consumer_count == count


async def test_a_lost_link_drops_what_was_not_begun_and_refuses_what_was(
    start: Start, client: Client, queue: str
) -> None:
    sidecar = await start(proxy=True)
    events: list[Event] = []
    slow = Slow()
    async with amqp_sidecar.connect(sidecar.address) as own:
        async with own.subscribe(queue, slow, on_event=events.append, ack_deadline=0.5):
            ids = await publish(client, queue, 10)
            await slow.has_begun(1)
            await sidecar.do("cut")
            await eventually(
                lambda: events[-1].kind is EventKind.RESUBSCRIBED, "the consumer is back"
            )
            slow.go.set()
            await eventually(lambda: len(slow.done) == 11, "all are handled")
    assert [event.kind for event in events] == [
        EventKind.SUBSCRIBED,
        EventKind.INTERRUPTED,
        EventKind.RESUBSCRIBED,
        EventKind.SETTLE_FAILED,
    ]
    assert events[3].reason == Reason.STALE_DELIVERY
    assert sorted(slow.done) == sorted([ids[0], *ids])
    assert await holds(client, queue, 0)


async def test_a_drain_gives_back_what_was_not_begun_and_settles_what_was(
    start: Start, client: Client
) -> None:
    [queue] = await client.declare(queues=[Queue(fresh("q"), QueueType.CLASSIC)])
    sidecar = await start(config={"drain_timeout": "10s"})
    events: list[Event] = []
    slow = Slow()
    async with amqp_sidecar.connect(sidecar.address) as own:
        subscription = own.subscribe(queue, slow, on_event=events.append)
        ids = await publish(client, queue, 10)
        await slow.has_begun(1)
        await sidecar.do("terminate")
        await eventually(lambda: holds(client, queue, 9), "nine are given back")
        assert events[-1].kind is EventKind.DRAINING
        slow.go.set()
        assert (await sidecar.do("ended"))["code"] == 0
        assert slow.done == ids[:1]
        await sidecar.do("restart")
        await eventually(lambda: len(slow.done) == 10, "the rest is handled")
        await subscription.stop()
    told = kinds(events)
    assert told[:3] == [EventKind.SUBSCRIBED, EventKind.DRAINING, EventKind.DISCONNECTED]
    assert told[-1] is EventKind.SUBSCRIBED
    assert EventKind.SETTLE_FAILED not in told
    assert sorted(slow.done) == sorted(ids)


async def test_what_a_drain_gives_back_is_not_counted_as_an_attempt(
    start: Start, client: Client
) -> None:
    [queue] = await client.declare(queues=[Queue(fresh("q"), QueueType.CLASSIC)])
    sidecar = await start()
    slow = Slow()
    policy = amqp_sidecar.RetryPolicy(max_attempts=3, initial_backoff=0.05)
    async with amqp_sidecar.connect(sidecar.address) as own:
        subscription = own.subscribe(queue, slow, retry=policy)
        await publish(client, queue, 5)
        await slow.has_begun(1)
        await sidecar.do("terminate")
        await eventually(lambda: holds(client, queue, 4), "four are given back")
        assert {one.attempt for one in await take(client, queue, 4)} == {1}
        slow.go.set()
        await subscription.stop()


async def test_more_subscriptions_than_the_sidecar_has_channels_for_wait_for_room(
    start: Start, client: Client, queue: str
) -> None:
    sidecar = await start(config={"amqp": {"max_channels": 8}})
    events: list[list[Event]] = [[] for _ in range(10)]
    async with amqp_sidecar.connect(sidecar.address) as own:
        subscriptions = [own.subscribe(queue, Slow(), on_event=told.append) for told in events]
        await eventually(lambda: all(events), "each is told")
        waiting = [n for n in range(10) if events[n][0].kind is EventKind.DISCONNECTED]
        assert 0 < len(waiting) < 10
        for n in waiting:
            assert "LIMIT_EXCEEDED (RESOURCE_EXHAUSTED)" in events[n][0].detail
        for n in set(range(10)) - set(waiting):
            await subscriptions[n].close()
        await eventually(
            lambda: any(events[n][-1].kind is EventKind.SUBSCRIBED for n in waiting),
            "there is room for one that waited",
        )


async def test_closing_the_client_ends_its_subscriptions(
    start: Start, client: Client, queue: str
) -> None:
    sidecar = await start()
    own = amqp_sidecar.connect(sidecar.address)
    slow = Slow()
    subscription = own.subscribe(queue, slow)
    await publish(client, queue, 2)
    await slow.has_begun(1)
    await own.close()
    await subscription.wait()
    await eventually(lambda: holds(client, queue, 2), "all are back")

"""Subscription: how handlers settle, bounds, deadlines, events, stopping."""

import asyncio
import contextvars
import functools
import logging
import time
from datetime import timedelta

import pytest
from grpc import StatusCode

import amqp_sidecar
from amqp_sidecar import (
    Binding,
    Client,
    Delivery,
    Event,
    EventKind,
    Exchange,
    NotJson,
    Queue,
    QueueType,
    Reason,
    Reject,
    Retry,
    RetryPolicy,
    SidecarError,
    Subscription,
    blocking,
)
from tests.conftest import Start
from tests.test_publish import failure, holds, take
from tests.world import Sidecar, eventually, fresh


class Seen:
    """A handler that keeps what it was given, and does as it is told."""

    def __init__(self, *outcomes: Exception | None) -> None:
        self.deliveries: list[Delivery] = []
        self.outcomes = list(outcomes)

    async def __call__(self, delivery: Delivery) -> None:
        self.deliveries.append(delivery)
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if outcome is not None:
            raise outcome

    async def has(self, count: int) -> None:
        await eventually(lambda: len(self.deliveries) >= count, f"{count} deliveries")
        assert len(self.deliveries) == count


class Slow:
    """A handler that waits until it is let go."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.done: list[str] = []
        self.go = asyncio.Event()

    async def __call__(self, delivery: Delivery) -> None:
        self.begun.append(delivery.message_id)
        await self.go.wait()
        self.done.append(delivery.message_id)

    async def has_begun(self, count: int) -> None:
        await eventually(lambda: len(self.begun) == count, f"{count} handlers begin")


async def publish(client: Client, queue: str, count: int) -> list[str]:
    async with client.publisher() as publisher:
        futures = [await publisher.send("", queue, {"n": n}) for n in range(count)]
    return [future.result().message_id for future in futures]


async def ends(subscription: Subscription) -> SidecarError:
    with pytest.raises(SidecarError) as failed:
        async with asyncio.timeout(10):
            await subscription.wait()
    return failed.value


async def test_a_handler_that_returns_acknowledges(client: Client, queue: str) -> None:
    seen = Seen()
    async with client.subscribe(queue, seen):
        await publish(client, queue, 3)
        await seen.has(3)
    assert await holds(client, queue, 0)
    assert (await client.get_queue(queue)).consumer_count == 0


async def test_a_handler_may_be_a_plain_function(client: Client, queue: str) -> None:
    seen: list[Delivery] = []
    async with client.subscribe(queue, seen.append):
        await publish(client, queue, 3)
        await eventually(lambda: len(seen) == 3, "three deliveries")
    assert await holds(client, queue, 0)


async def test_a_handler_that_raises_has_the_message_delivered_again(
    client: Client, queue: str, caplog: pytest.LogCaptureFixture
) -> None:
    seen = Seen(KeyError("secret"), asyncio.CancelledError())  # type: ignore[arg-type]
    async with client.subscribe(queue, seen):
        [message_id] = await publish(client, queue, 1)
        await seen.has(3)
    assert [one.redelivered for one in seen.deliveries] == [False, True, True]
    warnings = [one for one in caplog.records if "handler failed" in one.getMessage()]
    assert [one.levelno for one in warnings] == [logging.WARNING] * 2
    assert message_id in warnings[0].getMessage()
    assert "KeyError: 'secret'" in warnings[0].getMessage()
    assert "CancelledError" in warnings[1].getMessage()
    assert '"n"' not in caplog.text  # never a body


async def test_a_retry_policy_counts_attempts_and_dead_letters_the_last(
    client: Client, queue: str
) -> None:
    policy = RetryPolicy(max_attempts=2, initial_backoff=timedelta(milliseconds=20))
    seen = Seen(ValueError(), ValueError())
    async with client.subscribe(queue, seen, retry=policy):
        [message_id] = await publish(client, queue, 1)
        await eventually(lambda: len(seen.deliveries) == 2, "two attempts")
    assert [one.attempt for one in seen.deliveries] == [1, 2]
    [dead] = await take(client, f"{queue}.dead")
    assert dead.message_id == message_id
    assert dead.headers["x-sidecar-dead-by"] == "nack"


async def test_reject_dead_letters_with_its_cause(client: Client, queue: str) -> None:
    exchange, dead = fresh("dead"), fresh("dead")
    await client.declare(
        exchanges=[Exchange(exchange, "fanout")],
        queues=[Queue(dead)],
        bindings=[Binding(exchange, queue=dead)],
    )
    policy = RetryPolicy(dead_letter_exchange=exchange)
    async with client.subscribe(queue, Seen(Reject("no order_id" + "ä" * 1000)), retry=policy):
        await publish(client, queue, 1)
        [delivery] = await take(client, dead)
    cause = delivery.headers["x-sidecar-reason"]
    assert isinstance(cause, str)
    assert cause.startswith("no order_idää")
    assert len(cause.encode()) in (1023, 1024)
    assert delivery.headers["x-sidecar-dead-by"] == "reject"


async def test_a_body_that_is_no_json_rejects_itself(client: Client) -> None:
    dead = fresh("dead")
    [queue, _] = await client.declare(
        queues=[
            Queue(fresh("q"), arguments={"x-dead-letter-exchange": "",
                                         "x-dead-letter-routing-key": dead}),
            Queue(dead),
        ]
    )  # fmt: skip
    seen: list[object] = []

    async def handle(delivery: Delivery) -> None:
        try:
            seen.append(delivery.json())
        except NotJson as error:
            seen.append(error)
            raise

    bodies = [b"{1", b"\xff", b"[" * 100_000, b"9" * 10_000]
    async with client.subscribe(queue, handle):
        for body in bodies:
            await client.publish("", queue, body, content_type="text/plain")
        await client.publish("", queue, {"a": [1]})
        taken = await take(client, dead, len(bodies))
    assert [one.body for one in taken] == bodies
    assert [str(one) for one in seen] == [
        "the body is no JSON: Expecting property name enclosed in double quotes at offset 1",
        "the body is no JSON: it is not UTF-8",
        "the body is no JSON: it nests too deep",
        "the body is no JSON: a number is too long",
        "{'a': [1]}",
    ]


async def test_retry_delivers_again_after_its_delay(client: Client, queue: str) -> None:
    seen = Seen(Retry(0.3))
    async with client.subscribe(queue, seen):
        await publish(client, queue, 1)
        await seen.has(1)
        begin = time.monotonic()
        await seen.has(2)
        assert 0.25 < time.monotonic() - begin < 5
    assert seen.deliveries[1].attempt == 2
    for delay in (-1, 0.001, timedelta(hours=25)):
        with pytest.raises(ValueError, match="10 ms to 24 h"):
            Retry(delay)


async def test_no_more_handlers_run_at_once_than_concurrency_says(
    client: Client, queue: str
) -> None:
    running, most, done = 0, 0, 0

    async def handle(_: Delivery) -> None:
        nonlocal running, most, done
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.002)
        running -= 1
        done += 1

    async with client.subscribe(queue, handle, concurrency=7):
        await publish(client, queue, 300)
        await eventually(lambda: done == 300, "all are done")
    assert most == 7


async def test_concurrency_over_64_raises_the_prefetch(client: Client, queue: str) -> None:
    slow = Slow()
    await publish(client, queue, 150)
    async with client.subscribe(queue, slow, concurrency=100):
        await slow.has_begun(100)
        slow.go.set()
        await eventually(lambda: len(slow.done) == 150, "all are done")


async def test_prefetch_bounds_what_waits_in_the_stub(client: Client, queue: str) -> None:
    slow = Slow()
    await publish(client, queue, 20)
    async with client.subscribe(queue, slow, prefetch=5):
        await slow.has_begun(1)
        await eventually(lambda: holds(client, queue, 15), "five are out")
        slow.go.set()
        await eventually(lambda: len(slow.done) == 20, "all are done")


async def test_a_handler_may_work_longer_than_the_acknowledgement_deadline(
    client: Client, queue: str, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[str] = []

    async def handle(delivery: Delivery) -> None:
        seen.append(delivery.message_id)
        await asyncio.sleep(3)

    ids = await publish(client, queue, 2)
    async with client.subscribe(queue, handle, ack_deadline=1, concurrency=2):
        await eventually(lambda: len(seen) == 2, "both begin")
    assert sorted(seen) == sorted(ids)  # once each
    assert await holds(client, queue, 0)
    assert "SETTLE_FAILED" not in caplog.text


async def test_a_delivery_that_waits_for_a_handler_is_extended_as_well(
    client: Client, queue: str
) -> None:
    seen: list[str] = []

    async def handle(delivery: Delivery) -> None:
        seen.append(delivery.message_id)
        if len(seen) == 1:
            await asyncio.sleep(1.5)

    ids = await publish(client, queue, 3)
    async with client.subscribe(queue, handle, ack_deadline=0.5):
        await eventually(lambda: len(seen) == 3, "all are done")
    assert seen == ids


async def test_a_client_that_is_silent_loses_its_delivery_and_hears_of_it(
    client: Client, queue: str
) -> None:
    events: list[Event] = []
    seen = 0

    async def handle(_: Delivery) -> None:
        nonlocal seen
        seen += 1
        if seen == 1:
            time.sleep(0.8)  # noqa: ASYNC251  # blocks the event loop: nothing is extended

    async with client.subscribe(queue, handle, ack_deadline=0.4, on_event=events.append):
        await publish(client, queue, 1)
        await eventually(lambda: seen >= 2, "it comes again")
        await eventually(lambda: len(events) >= 2, "it is told")
    failed = [event for event in events if event.kind is EventKind.SETTLE_FAILED]
    assert {event.reason for event in failed} == {Reason.DEADLINE_EXPIRED}
    assert all(event.delivery_id and event.detail for event in failed)


async def test_more_time_than_the_sidecar_allows_is_told_once(start: Start, queue: str) -> None:
    sidecar = await start(config={"subscribe": {"broker_consumer_timeout": "2s"}})
    events: list[Event] = []
    slow = Slow()
    async with amqp_sidecar.connect(sidecar.address) as own:
        subscription = own.subscribe(
            queue, slow, ack_deadline=1, concurrency=2, on_event=events.append
        )
        await publish(own, queue, 1)

        def limits() -> list[Event]:
            return [event for event in events if event.reason == Reason.DEADLINE_LIMIT]

        # The first is taken back at its limit, and so is the second that it then is.
        await eventually(lambda: len(limits()) == 2, "the limit is told of both")
        await subscription.close()
    told = [event.delivery_id for event in events if event.kind is EventKind.SETTLE_FAILED]
    assert len(told) == len(set(told)) == 2


@pytest.mark.parametrize(
    ("options", "code", "reason"),
    [
        ({"prefetch": 65536}, StatusCode.INVALID_ARGUMENT, Reason.INVALID_SUBSCRIPTION),
        ({"ack_deadline": 24 * 3600}, StatusCode.INVALID_ARGUMENT, Reason.INVALID_SUBSCRIPTION),
    ],
)
async def test_what_cannot_be_ends_the_subscription(
    client: Client, queue: str, options: dict[str, int], code: StatusCode, reason: Reason
) -> None:
    subscription = client.subscribe(queue, Seen(), **options)  # type: ignore[arg-type]
    error = await ends(subscription)
    assert (error.code, error.reason) == (code, reason)
    assert not error.retryable


async def test_a_queue_that_is_not_there_or_is_deleted_ends_the_subscription(
    client: Client, queue: str, caplog: pytest.LogCaptureFixture
) -> None:
    error = await ends(client.subscribe(fresh("none"), Seen()))
    assert (error.code, error.reason) == (StatusCode.NOT_FOUND, Reason.QUEUE_NOT_FOUND)
    assert "subscription ended" in caplog.text
    events: list[Event] = []
    subscription = client.subscribe(queue, Seen(), on_event=events.append)
    await eventually(lambda: len(events) == 1, "it is subscribed")
    await client.delete_queue(queue)
    assert (await ends(subscription)).reason == Reason.QUEUE_NOT_FOUND
    assert EventKind.DISCONNECTED not in [event.kind for event in events]
    with pytest.raises(SidecarError, match="QUEUE_NOT_FOUND"):
        await subscription.stop()
    await subscription.close()


async def test_a_queue_that_another_has_for_itself_ends_the_subscription(
    client: Client, queue: str
) -> None:
    events: list[Event] = []
    async with client.subscribe(queue, Seen(), exclusive=True, on_event=events.append):
        await eventually(lambda: len(events) == 1, "it is subscribed")
        error = await ends(client.subscribe(queue, Seen(), exclusive=True))
    assert (error.code, error.reason) == (StatusCode.FAILED_PRECONDITION, Reason.QUEUE_EXCLUSIVE)


async def test_a_subscription_to_exchanges_has_a_queue_of_its_own(client: Client) -> None:
    exchange = fresh("exchange")
    await client.declare(exchanges=[Exchange(exchange, "topic")])
    seen = Seen()
    events: list[Event] = []
    async with client.subscribe(
        "", seen, bindings=[Binding(exchange, "a.*")], on_event=events.append
    ):
        await eventually(lambda: len(events) == 1, "it is subscribed")
        await client.publish(exchange, "a.b", {})
        await seen.has(1)
        error = await failure(client, exchange, "b.b", {})
        assert error.reason == Reason.UNROUTABLE
    assert (seen.deliveries[0].exchange, seen.deliveries[0].routing_key) == (exchange, "a.b")


async def test_priority_and_arguments_are_passed_on(client: Client, queue: str) -> None:
    low, high = Seen(), Seen()
    events: list[Event] = []
    async with (
        client.subscribe(queue, low, on_event=events.append, arguments={"x-priority": -1}),
        client.subscribe(queue, high, on_event=events.append, priority=5),
    ):
        await eventually(lambda: len(events) == 2, "both are subscribed")
        await publish(client, queue, 10)
        await high.has(10)
    assert low.deliveries == []


async def test_wrong_arguments_are_errors_at_once(client: Client) -> None:
    async def on_event(_: Event) -> None: ...

    with pytest.raises(TypeError, match="plain function"):
        client.subscribe("q", Seen(), on_event=on_event)
    with pytest.raises(ValueError, match="concurrency"):
        client.subscribe("q", Seen(), concurrency=0)


async def test_a_graceful_stop_lets_handlers_finish_and_gives_the_rest_back(
    client: Client,
) -> None:
    [queue] = await client.declare(queues=[Queue(fresh("q"), QueueType.CLASSIC)])
    ids = await publish(client, queue, 30)
    slow = Slow()
    policy = RetryPolicy(max_attempts=5, initial_backoff=0.02)
    subscription = client.subscribe(queue, slow, concurrency=3, prefetch=20, retry=policy)
    await slow.has_begun(3)
    await eventually(lambda: holds(client, queue, 10), "twenty are out")
    stopping = asyncio.create_task(subscription.stop())
    await eventually(lambda: holds(client, queue, 27), "the rest is given back")
    assert not stopping.done()
    slow.go.set()
    await stopping
    await subscription.wait()
    assert (slow.done, slow.begun) == (ids[:3], ids[:3])
    assert await holds(client, queue, 27)
    assert (await client.get_queue(queue)).consumer_count == 0
    rest = await take(client, queue, 27)
    assert sorted(one.message_id for one in rest) == sorted(ids[3:])
    assert {one.attempt for one in rest} == {1}  # not counted


@pytest.mark.parametrize("outcome", [ValueError("x"), Reject("x"), Retry(0.05)])
async def test_a_handler_that_fails_during_a_stop_is_settled_as_well(
    client: Client, queue: str, outcome: Exception
) -> None:
    dead = fresh("dead")
    await client.declare([Exchange(dead, "fanout")], [Queue(dead)], [Binding(dead, queue=dead)])
    policy = RetryPolicy(initial_backoff=0.05, dead_letter_exchange=dead)
    slow = Slow()

    async def handle(delivery: Delivery) -> None:
        await slow(delivery)
        raise outcome

    subscription = client.subscribe(queue, handle, retry=policy)
    await publish(client, queue, 1)
    await slow.has_begun(1)
    stopping = asyncio.create_task(subscription.stop())
    slow.go.set()
    await stopping
    where = dead if isinstance(outcome, Reject) else queue
    await eventually(lambda: holds(client, where, 1), "it is where it belongs")
    [delivery] = await take(client, where)
    if where == queue:
        assert delivery.attempt == 2


async def test_what_comes_when_it_is_stopping_is_given_back(
    sidecar: Sidecar, client: Client, queue: str
) -> None:
    ids = await publish(client, queue, 30)
    slow = Slow()
    events: list[Event] = []

    def on_event(event: Event) -> None:
        events.append(event)
        with blocking.connect(sidecar.address) as other:
            while other.get_queue(queue).message_count > 0:
                pass  # so long the event loop reads nothing
        subscription.stop_soon(timeout=10)  # the deliveries are on their way

    subscription = client.subscribe(queue, slow, on_event=on_event)
    await subscription.wait()
    assert [event.kind for event in events] == [EventKind.SUBSCRIBED]
    assert slow.begun == []
    assert sorted(one.message_id for one in await take(client, queue, 30)) == sorted(ids)


async def test_deadlines_are_extended_during_a_stop(client: Client, queue: str) -> None:
    begun: list[str] = []

    async def handle(delivery: Delivery) -> None:
        begun.append(delivery.message_id)
        await asyncio.sleep(1.5)

    subscription = client.subscribe(queue, handle, ack_deadline=0.5)
    await publish(client, queue, 1)
    await eventually(lambda: len(begun) == 1, "it begins")
    await subscription.stop()
    assert len(begun) == 1
    assert await holds(client, queue, 0)


async def test_a_stop_that_runs_out_of_time_says_so(client: Client, queue: str) -> None:
    slow = Slow()
    subscription = client.subscribe(queue, slow)
    await publish(client, queue, 1)
    await slow.has_begun(1)
    with pytest.raises(TimeoutError, match="1 handlers were cancelled"):
        await subscription.stop(timeout=0.2)
    await eventually(lambda: holds(client, queue, 1), "it is back")
    assert slow.done == []


async def test_close_cancels_handlers_and_everything_goes_back(client: Client, queue: str) -> None:
    slow = Slow()
    await publish(client, queue, 10)
    subscription = client.subscribe(queue, slow, concurrency=3)
    await slow.has_begun(3)
    await subscription.close()
    await subscription.wait()
    await eventually(lambda: holds(client, queue, 10), "all are back")
    assert slow.done == []


async def test_a_block_that_fails_closes_its_subscription(client: Client, queue: str) -> None:
    slow = Slow()
    await publish(client, queue, 1)
    with pytest.raises(KeyError):  # noqa: PT012
        async with client.subscribe(queue, slow):
            await slow.has_begun(1)
            raise KeyError
    await eventually(lambda: holds(client, queue, 1), "it is back")


async def test_cancelling_wait_leaves_the_subscription_alone(client: Client, queue: str) -> None:
    seen = Seen()
    async with client.subscribe(queue, seen) as subscription:
        waiting = asyncio.create_task(subscription.wait())
        await publish(client, queue, 1)
        await seen.has(1)
        waiting.cancel()
        await asyncio.wait({waiting})
        await publish(client, queue, 1)
        await seen.has(2)


async def test_a_stop_before_the_sidecar_is_there_ends_at_once(start: Start, queue: str) -> None:
    sidecar = await start()
    await sidecar.do("kill")
    async with amqp_sidecar.connect(sidecar.address) as own:
        subscription = own.subscribe(queue, Seen())
        await subscription.stop(timeout=5)


async def test_a_stop_while_the_broker_is_away_ends(start: Start, queue: str) -> None:
    sidecar = await start(broker=False)
    events: list[Event] = []
    async with amqp_sidecar.connect(sidecar.address) as own:
        subscription = own.subscribe(queue, Seen(), on_event=events.append)
        await eventually(lambda: len(events) == 1, "it waits for the broker")
        assert events[0].kind is EventKind.INTERRUPTED
        await subscription.stop(timeout=5)


async def test_a_stream_queue_is_read_and_stopped(client: Client) -> None:
    [queue] = await client.declare(queues=[Queue(fresh("stream"), QueueType.STREAM)])
    await publish(client, queue, 20)
    slow = Slow()
    events: list[Event] = []
    subscription = client.subscribe(
        queue,
        slow,
        arguments={"x-stream-offset": "first"},
        ack_deadline=0,
        on_event=events.append,
    )
    await slow.has_begun(1)
    stopping = asyncio.create_task(subscription.stop(timeout=10))
    await eventually(lambda: len(events) > 1, "the rest cannot be given back")
    assert not stopping.done()
    slow.go.set()
    await stopping
    assert len(slow.done) == 1
    assert {event.reason for event in events[1:]} == {Reason.NOT_REQUEUEABLE}


async def test_events_go_to_the_log_where_nobody_listens(
    start: Start, client: Client, queue: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "amqp_sidecar")
    sidecar = await start(proxy=True)
    slow = Slow()
    async with amqp_sidecar.connect(sidecar.address) as own:
        async with own.subscribe(queue, slow):
            await publish(client, queue, 1)
            await slow.has_begun(1)
            await sidecar.do("cut")
            await eventually(lambda: "RESUBSCRIBED" in caplog.text, "the link is back")
            slow.go.set()
            await eventually(lambda: "SETTLE_FAILED" in caplog.text, "the ack does not count")
    told = {(one.levelno, one.args[0]) for one in caplog.records if isinstance(one.args, tuple)
            and one.msg.startswith("subscription event")}  # fmt: skip
    assert told == {
        (logging.INFO, EventKind.SUBSCRIBED),
        (logging.WARNING, EventKind.INTERRUPTED),
        (logging.INFO, EventKind.RESUBSCRIBED),
        (logging.WARNING, EventKind.SETTLE_FAILED),
    }
    assert "STALE_DELIVERY" in caplog.text


async def test_an_on_event_that_raises_kills_nothing(
    client: Client, queue: str, caplog: pytest.LogCaptureFixture
) -> None:
    def on_event(_: Event) -> None:
        raise KeyError

    seen = Seen()
    async with client.subscribe(queue, seen, on_event=on_event):
        await publish(client, queue, 1)
        await seen.has(1)
    assert "on_event failed: SUBSCRIBED" in caplog.text


async def test_handlers_do_not_share_a_context(client: Client, queue: str) -> None:
    variable = contextvars.ContextVar("variable", default=0)
    seen: list[int] = []

    async def handle(_: Delivery) -> None:
        seen.append(variable.get())
        variable.set(1)

    async with client.subscribe(queue, functools.partial(handle)):
        await publish(client, queue, 3)
        await eventually(lambda: len(seen) == 3, "three are handled")
    assert seen == [0, 0, 0]

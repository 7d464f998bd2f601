"""Client.publish: bodies, properties, every reason, retries, cancellation."""

import asyncio
import dataclasses
import pickle
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from grpc import StatusCode

import amqp_sidecar
from amqp_sidecar import (
    Binding,
    Client,
    Delivery,
    DeliveryMode,
    Exchange,
    Persisted,
    Queue,
    Reason,
    SidecarError,
)
from tests.conftest import Start
from tests.world import eventually, fresh


async def take(client: Client, queue: str, count: int = 1) -> list[Delivery]:
    """The next messages of a queue, acknowledged."""
    taken: list[Delivery] = []
    done = asyncio.Event()

    async def handle(delivery: Delivery) -> None:
        taken.append(delivery)
        if len(taken) == count:
            done.set()

    async with client.subscribe(queue, handle), asyncio.timeout(10):
        await done.wait()
    return taken


async def holds(client: Client, queue: str, count: int) -> bool:
    return (await client.get_queue(queue)).message_count == count


async def failure(client: Client, *args: Any, **options: Any) -> SidecarError:
    with pytest.raises(SidecarError) as failed:
        await client.publish(*args, **options)
    return failed.value


def what(error: SidecarError) -> tuple[StatusCode, str, str, bool]:
    return error.code, error.reason, error.persisted, error.retryable


@dataclasses.dataclass
class Order:
    order_id: int
    name: str


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        (b'{"raw": 1}', b'{"raw": 1}'),
        (bytearray(b"[1]"), b"[1]"),
        (memoryview(b"[2]"), b"[2]"),
        ({"order_id": 1, "total": 9.5}, b'{"order_id":1,"total":9.5}'),
        ("text", b'"text"'),
        (["ä", None, True], '["ä",null,true]'.encode()),
        (Order(7, "x"), b'{"order_id":7,"name":"x"}'),
    ],
)
async def test_bytes_are_sent_as_they_are_and_anything_else_as_json(
    client: Client, queue: str, body: object, sent: bytes
) -> None:
    result = await client.publish("", queue, body)
    assert result.routed
    [delivery] = await take(client, queue)
    assert delivery.body == sent
    assert delivery.message_id == result.message_id
    assert delivery.properties.content_type == "application/json"


async def test_every_property_and_kind_of_header_goes_through(client: Client, queue: str) -> None:
    when = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    headers: dict[str, amqp_sidecar.Value] = {
        "string": "ä",
        "int": -(1 << 63),
        "double": 0.5,
        "bool": True,
        "bytes": b"\xff\x00",
        "time": when,
        "list": ["a", 1, [True], {"b": b"\xfe"}],
        "map": {"x": {"y": [1.5, when]}},
        "empty list": [],
        "empty map": {},
    }
    await client.publish(
        "", queue, b"raw", content_type="text/plain", content_encoding="identity", headers=headers,
        delivery_mode=DeliveryMode.TRANSIENT, priority=3, correlation_id="c", reply_to="r",
        expiration=timedelta(minutes=5), message_id="m", timestamp=when, type="t",
        user_id="guest", app_id="a",
    )  # fmt: skip
    [delivery] = await take(client, queue)
    assert delivery.headers == headers
    assert type(delivery.headers["bool"]) is bool
    assert type(delivery.headers["int"]) is int
    assert delivery.properties == (
        "text/plain", "identity", DeliveryMode.TRANSIENT, 3, "c", "r", timedelta(minutes=5), "m",
        when, "t", "guest", "a",
    )  # fmt: skip
    assert (delivery.queue, delivery.exchange, delivery.routing_key) == (queue, "", queue)
    assert (delivery.redelivered, delivery.attempt, delivery.invalid_reason) == (False, 1, "")
    assert delivery.raw.delivery_id != ""


async def test_what_a_publisher_did_not_send_is_empty_in_the_delivery(
    client: Client, queue: str
) -> None:
    await client.publish("", queue, {})
    [delivery] = await take(client, queue)
    assert delivery.headers == {}
    assert delivery.properties.expiration is None
    assert delivery.properties.timestamp is None
    assert delivery.properties.delivery_mode is DeliveryMode.PERSISTENT


async def test_a_message_id_is_a_uuid_of_the_stubs_where_none_is_given(
    client: Client, queue: str
) -> None:
    ids = [(await client.publish("", queue, {})).message_id for _ in range(2)]
    shape = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    assert all(re.fullmatch(shape, one) for one in ids)
    assert len(set(ids)) == 2
    stamp = int(ids[0].replace("-", "")[:12], 16) / 1000
    assert abs(stamp - time.time()) < 60


@pytest.mark.parametrize("body", [object(), {"a": {1, 2}}, float("nan"), "\ud800", b"".join])
async def test_what_is_no_json_fails_before_it_is_sent(client: Client, body: object) -> None:
    error = await failure(client, "", "nowhere", body)
    assert what(error) == (StatusCode.INVALID_ARGUMENT, Reason.INVALID_BODY, Persisted.NO, False)
    assert error.message_id != ""


@pytest.mark.parametrize(
    "options",
    [
        {"priority": -1},
        {"headers": {"a": object()}},
        {"headers": {"a": None}},
        {"headers": {"a": [1 << 64]}},
        {"timestamp": datetime(2024, 1, 1)},
        {"headers": {"a": "\ud800"}},
        {"expiration": float("inf")},
    ],
)
async def test_what_amqp_cannot_say_fails_before_it_is_sent(
    client: Client, options: dict[str, Any]
) -> None:
    error = await failure(client, "", "nowhere", {}, **options)
    assert what(error) == (
        StatusCode.INVALID_ARGUMENT,
        Reason.INVALID_MESSAGE,
        Persisted.NO,
        False,
    )


async def test_an_option_that_there_is_not_is_a_type_error(client: Client) -> None:
    with pytest.raises(TypeError, match="priorty"):
        await client.publish("", "q", {}, priorty=1)  # type: ignore[call-arg]


async def test_reasons_of_the_caller(client: Client, queue: str) -> None:
    internal, topic, free = fresh("internal"), fresh("topic"), fresh("free")
    full = fresh("full")
    await client.declare(
        exchanges=[Exchange(internal, internal=True), Exchange(topic, "topic"),
                   Exchange(free, "fanout")],
        queues=[Queue(full, arguments={"x-max-length": 1, "x-overflow": "reject-publish"})],
        bindings=[Binding(free, queue=full), Binding(free, queue=queue)],
    )  # fmt: skip
    await client.publish("", full, {})
    no, partial = Persisted.NO, Persisted.PARTIAL
    invalid = StatusCode.INVALID_ARGUMENT
    expected = [
        (("", "", {}), (invalid, Reason.INVALID_MESSAGE, no, False)),
        (("", queue, b"{"), (invalid, Reason.INVALID_BODY, no, False)),
        (("", queue, b"1" * (1 << 21)), (invalid, Reason.MESSAGE_TOO_LARGE, no, False)),
        ((fresh("none"), "k", {}), (StatusCode.NOT_FOUND, Reason.EXCHANGE_NOT_FOUND, no, False)),
        ((topic, "k", {}), (StatusCode.FAILED_PRECONDITION, Reason.UNROUTABLE, no, False)),
        ((internal, "k", {}), (StatusCode.PERMISSION_DENIED, Reason.ACCESS_REFUSED, no, False)),
        (("", full, {}), (StatusCode.RESOURCE_EXHAUSTED, Reason.REFUSED_BY_BROKER, no, True)),
        ((free, "", {}), (StatusCode.RESOURCE_EXHAUSTED, Reason.REFUSED_BY_BROKER, partial, False)),
    ]
    for arguments, wanted in expected:
        error = await failure(client, *arguments, message_id="mine")
        assert what(error) == wanted
        assert error.message_id == "mine"
        assert error.detail != ""
        assert str(error) == f"{error.reason} ({error.code.name}): {error.detail}"
    assert not (await client.publish(topic, "k", {}, allow_unroutable=True)).routed


def test_an_error_survives_pickling() -> None:
    error = SidecarError(StatusCode.UNAVAILABLE, "A_NEW_ONE", "d", Persisted.NO, "m")
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.persisted, again.message_id) == (str(error), Persisted.NO, "m")


async def test_without_a_broker_it_is_broker_unavailable(start: Start) -> None:
    sidecar = await start(broker=False)
    async with amqp_sidecar.connect(sidecar.address) as client:
        error = await failure(client, "", "q", {}, timeout=0.5)
    assert what(error) == (StatusCode.UNAVAILABLE, Reason.BROKER_UNAVAILABLE, Persisted.NO, True)


async def test_limits_and_an_unknown_outcome(start: Start, client: Client, queue: str) -> None:
    sidecar = await start(proxy=True, config={"limits": {"max_in_flight_messages": 1}})
    async with amqp_sidecar.connect(sidecar.address) as own:
        await own.publish("", queue, {})
        await sidecar.do("hold")
        pending = asyncio.create_task(failure(own, "", queue, {}, timeout=1, message_id="held"))
        await eventually(lambda: holds(client, queue, 2), "the broker has the second")
        refused = await failure(own, "", fresh("other"), {})
        assert what(refused) == (
            StatusCode.RESOURCE_EXHAUSTED,
            Reason.LIMIT_EXCEEDED,
            Persisted.NO,
            True,
        )
        error = await pending
        assert what(error) == (
            StatusCode.DEADLINE_EXCEEDED,
            Reason.OUTCOME_UNKNOWN,
            Persisted.UNKNOWN,
            False,
        )
        await sidecar.do("release")
    deliveries = await take(client, queue, 2)
    assert [one.message_id == "held" for one in deliveries] == [False, True]
    assert (await client.get_queue(queue)).message_count == 0  # it was not sent twice


async def test_an_outcome_that_is_unknown_is_not_tried_again_though_there_is_time(
    start: Start, client: Client, queue: str
) -> None:
    sidecar = await start(proxy=True, config={"drain_timeout": "0.5s"})
    async with amqp_sidecar.connect(sidecar.address) as own:
        await own.publish("", queue, {})
        await sidecar.do("hold")
        pending = asyncio.create_task(failure(own, "", queue, {}, timeout=30))
        await eventually(lambda: holds(client, queue, 2), "the message is in the queue")
        await sidecar.do("terminate")
        error = await pending
        assert what(error) == (
            StatusCode.UNAVAILABLE,
            Reason.OUTCOME_UNKNOWN,
            Persisted.UNKNOWN,
            False,
        )
        await sidecar.do("ended")
        await sidecar.do("release")
        await sidecar.do("restart")
    assert await holds(client, queue, 2)


async def test_an_alarm_blocks_and_the_end_of_it_does_not(
    world: Any, start: Start, queue: str
) -> None:
    sidecar = await start()
    async with amqp_sidecar.connect(sidecar.address) as own:
        await world.do("alarm", on=True)
        try:
            errors = [await failure(own, "", queue, {}, timeout=0.5) for _ in range(2)]
        finally:
            await world.do("alarm", on=False)
        assert errors[0].reason == Reason.OUTCOME_UNKNOWN
        assert what(errors[1]) == (
            StatusCode.UNAVAILABLE,
            Reason.BROKER_BLOCKED,
            Persisted.NO,
            True,
        )
        await own.publish("", queue, {})


async def test_a_sidecar_that_is_not_there_is_waited_for(start: Start, queue: str) -> None:
    sidecar = await start()
    await sidecar.do("kill")
    async with amqp_sidecar.connect(sidecar.address) as own:
        error = await failure(own, "", queue, {}, timeout=0.3)
        assert what(error) == (
            StatusCode.DEADLINE_EXCEEDED,
            Reason.SIDECAR_UNAVAILABLE,
            Persisted.UNKNOWN,
            False,
        )
        publish = asyncio.create_task(own.publish("", queue, {}))
        await sidecar.do("restart")
        assert (await publish).routed


async def test_a_sidecar_that_is_killed_in_mid_call_leaves_it_unknown(
    start: Start, client: Client, queue: str
) -> None:
    sidecar = await start(proxy=True)
    async with amqp_sidecar.connect(sidecar.address) as own:
        await own.publish("", queue, {})
        await sidecar.do("hold")
        pending = asyncio.create_task(failure(own, "", queue, {}))
        await eventually(lambda: holds(client, queue, 2), "the broker has the second")
        await sidecar.do("kill")
        error = await pending
    assert what(error) == (
        StatusCode.UNAVAILABLE,
        Reason.SIDECAR_UNAVAILABLE,
        Persisted.UNKNOWN,
        False,
    )


async def test_a_publish_outlives_a_drain_and_a_restart(start: Start, queue: str) -> None:
    sidecar = await start(config={"drain_timeout": "1s"})
    async with amqp_sidecar.connect(sidecar.address) as own:
        held = asyncio.Event()
        draining = asyncio.Event()

        async def hold(_: Delivery) -> None:
            held.set()
            await asyncio.Event().wait()

        def on_event(event: amqp_sidecar.Event) -> None:
            if event.kind is amqp_sidecar.EventKind.DRAINING:
                draining.set()

        subscription = own.subscribe(queue, hold, on_event=on_event)
        await own.publish("", queue, {})
        await held.wait()
        await sidecar.do("terminate")
        await draining.wait()
        error = await failure(own, "", queue, {}, timeout=0.4)
        assert what(error) == (StatusCode.UNAVAILABLE, Reason.DRAINING, Persisted.NO, True)

        async def until_known() -> amqp_sidecar.PublishResult:
            try:
                return await own.publish("", queue, {})
            except amqp_sidecar.SidecarError as error:
                if error.persisted is not Persisted.UNKNOWN:
                    raise
                # A try met the very end of the sidecar.
                return await own.publish("", queue, {}, message_id=error.message_id)

        publish = asyncio.create_task(until_known())
        await sidecar.do("ended")
        await sidecar.do("restart")
        assert (await publish).routed
        await subscription.close()


async def test_a_retry_without_an_answer_tells_the_reason_and_that_it_is_unknown(
    start: Start,
) -> None:
    sidecar = await start(config={"drain_timeout": "1s"})
    async with amqp_sidecar.connect(sidecar.address) as own:
        [queue] = await own.declare(queues=[Queue(fresh("q"))])
        held, draining = asyncio.Event(), asyncio.Event()

        async def hold(_: Delivery) -> None:
            held.set()
            await asyncio.Event().wait()

        def on_event(event: amqp_sidecar.Event) -> None:
            if event.kind is amqp_sidecar.EventKind.DRAINING:
                draining.set()

        subscription = own.subscribe(queue, hold, on_event=on_event)
        await own.publish("", queue, {})
        await held.wait()
        await sidecar.do("terminate")
        await draining.wait()
        error = await failure(own, "", queue, {}, timeout=3)  # it drains, and then it is gone
        await subscription.close()
    assert what(error) == (StatusCode.UNAVAILABLE, Reason.DRAINING, Persisted.UNKNOWN, False)


async def test_a_publish_that_is_cancelled_ends_at_once(start: Start, queue: str) -> None:
    sidecar = await start(proxy=True)
    async with amqp_sidecar.connect(sidecar.address) as own:
        await own.publish("", queue, {})
        await sidecar.do("hold")
        begin = time.monotonic()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await own.publish("", queue, {})
        assert time.monotonic() - begin < 2

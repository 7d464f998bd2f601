"""Publisher: batches, results, bounds, and what it does when the sidecar goes away."""

import asyncio
import time

import pytest
from grpc import StatusCode

import amqp_sidecar
from amqp_sidecar import (
    Client,
    Delivery,
    Exchange,
    Persisted,
    PublishResult,
    Queue,
    Reason,
    SidecarError,
)
from tests.conftest import Start
from tests.test_publish import holds, take
from tests.world import eventually, fresh


async def settle(future: "asyncio.Future[PublishResult]") -> PublishResult | SidecarError:
    try:
        return await future
    except SidecarError as error:
        return error


async def test_each_message_of_a_batch_gets_its_own_result(client: Client, queue: str) -> None:
    topic = fresh("topic")
    await client.declare(exchanges=[Exchange(topic, "topic")])
    async with client.publisher() as publisher:
        good, unroutable, allowed, invalid, missing = [], [], [], [], []
        for n in range(100):
            good.append(await publisher.send("", queue, {"n": n}, message_id=f"m{n}"))
            unroutable.append(await publisher.send(topic, "k", {"n": n}))
            allowed.append(await publisher.send(topic, "k", {"n": n}, allow_unroutable=True))
        for _ in range(3):
            invalid.append(await publisher.send("", queue, b"{"))
            missing.append(await publisher.send(fresh("none"), "k", {}))
        await publisher.flush()
        assert all(future.done() for future in good + unroutable + allowed + invalid + missing)
    assert [future.result() for future in good] == [(f"m{n}", True) for n in range(100)]
    assert {future.result().routed for future in allowed} == {False}
    for futures, code, reason in (
        (unroutable, StatusCode.FAILED_PRECONDITION, Reason.UNROUTABLE),
        (invalid, StatusCode.INVALID_ARGUMENT, Reason.INVALID_BODY),
        (missing, StatusCode.NOT_FOUND, Reason.EXCHANGE_NOT_FOUND),
    ):
        for future in futures:
            error = future.exception()
            assert isinstance(error, SidecarError)
            assert (error.code, error.reason, error.persisted) == (code, reason, Persisted.NO)
            assert error.message_id != ""
            assert error.detail != ""
    assert await holds(client, queue, 100)


async def test_publish_waits_for_its_result(client: Client, queue: str) -> None:
    async with client.publisher() as publisher:
        result = await publisher.publish("", queue, {}, message_id="a")
        assert result == PublishResult("a", True)
        with pytest.raises(SidecarError, match="INVALID_BODY"):
            await publisher.publish("", queue, object())
        with pytest.raises(SidecarError, match="UNROUTABLE"):
            await publisher.publish("", fresh("none"), {})


async def test_messages_keep_the_order_of_the_calls(client: Client, queue: str) -> None:
    async with client.publisher() as publisher:
        for n in range(500):
            await publisher.send("", queue, {"n": n})
    seen: list[int] = []

    async def handle(delivery: Delivery) -> None:
        seen.append(delivery.json()["n"])

    async with client.subscribe(queue, handle):
        await eventually(lambda: len(seen) == 500, "all are delivered")
    assert seen == list(range(500))


async def test_large_messages_go_in_batches_of_their_own(client: Client, queue: str) -> None:
    body = b'"' + b"x" * 900_000 + b'"'
    async with client.publisher() as publisher:
        futures = [await publisher.send("", queue, body) for _ in range(5)]
        futures.append(await publisher.send("", queue, {}))
    assert all(future.result().routed for future in futures)


async def test_no_more_than_max_in_flight_are_unanswered(
    start: Start, client: Client, queue: str
) -> None:
    sidecar = await start(proxy=True)
    async with amqp_sidecar.connect(sidecar.address) as own:
        async with own.publisher(max_in_flight=10) as publisher:
            await publisher.publish("", queue, {})
            await sidecar.do("hold")
            taken = [await publisher.send("", queue, {}) for _ in range(10)]
            waiting = [asyncio.create_task(publisher.send("", queue, {})) for _ in range(3)]
            await eventually(lambda: holds(client, queue, 11), "ten are in the broker")
            assert not any(task.done() for task in waiting)
            waiting[0].cancel()
            await sidecar.do("release")
            futures = [await task for task in waiting[1:]]
            assert all([(await future).routed for future in taken + futures])
        assert waiting[0].cancelled()
    assert await holds(client, queue, 13)


async def test_who_waits_for_room_keeps_the_order_of_the_calls(client: Client, queue: str) -> None:
    async with client.publisher(max_in_flight=3) as publisher:

        async def publish(n: int) -> None:
            await publisher.publish("", queue, {"n": n})

        tasks = []
        for n in range(300):
            tasks.append(asyncio.create_task(publish(n)))
            if n % 7 == 0:
                tasks[-1].cancel()
            if n % 5 == 0:
                await asyncio.sleep(0)
        await asyncio.wait(tasks)
    taken = [one.json()["n"] for one in await take(client, queue, 300 - 43)]
    assert taken == [n for n in range(300) if n % 7 != 0]


async def test_after_close_a_publish_is_an_error(client: Client, queue: str) -> None:
    publisher = client.publisher()
    future = await publisher.send("", queue, {})
    await publisher.close()
    assert future.done()
    with pytest.raises(RuntimeError, match="closed"):
        await publisher.send("", queue, {})
    await publisher.close()
    await publisher.flush()
    with pytest.raises(ValueError, match="max_in_flight"):
        client.publisher(max_in_flight=0)


async def test_closing_the_client_fails_what_has_no_result(start: Start, queue: str) -> None:
    sidecar = await start(proxy=True)
    own = amqp_sidecar.connect(sidecar.address)
    publisher = own.publisher()
    await publisher.publish("", queue, {})
    await sidecar.do("hold")
    future = await publisher.send("", queue, {})
    await own.close()
    error = await settle(future)
    assert isinstance(error, SidecarError)
    assert error.reason == Reason.SIDECAR_UNAVAILABLE


async def test_a_message_that_is_never_written_fails_with_no(start: Start, queue: str) -> None:
    sidecar = await start()
    await sidecar.do("kill")
    async with amqp_sidecar.connect(sidecar.address) as own, own.publisher() as publisher:
        error = await settle(await publisher.send("", queue, {}, timeout=0.3, message_id="m"))
    assert isinstance(error, SidecarError)
    assert error.args == (
        StatusCode.UNAVAILABLE,
        Reason.SIDECAR_UNAVAILABLE,
        "not sent within the timeout",
        Persisted.NO,
        "m",
    )
    assert error.retryable


async def test_a_message_without_an_answer_at_its_timeout_is_unknown(
    start: Start, queue: str
) -> None:
    sidecar = await start(proxy=True)
    async with amqp_sidecar.connect(sidecar.address) as own, own.publisher() as publisher:
        await publisher.publish("", queue, {})
        await sidecar.do("hold")
        error = await settle(await publisher.send("", queue, {}, timeout=0.3, message_id="m"))
        await sidecar.do("release")
        assert isinstance(error, SidecarError)
        assert error.args == (
            StatusCode.DEADLINE_EXCEEDED,
            Reason.SIDECAR_UNAVAILABLE,
            "no answer within the timeout",
            Persisted.UNKNOWN,
            "m",
        )
        assert (await publisher.publish("", queue, {})).routed


async def test_a_message_that_the_broker_does_not_have_is_tried_again_in_its_time(
    start: Start,
) -> None:
    sidecar = await start(broker=False)
    async with amqp_sidecar.connect(sidecar.address) as own, own.publisher() as publisher:
        begin = time.monotonic()
        error = await settle(await publisher.send("", "q", {}, timeout=5.5, message_id="m"))
    assert isinstance(error, SidecarError)
    assert (error.code, error.reason) == (StatusCode.UNAVAILABLE, Reason.BROKER_UNAVAILABLE)
    # The sidecar says NO after 5 s; the try after that has no answer at the end.
    assert error.persisted is Persisted.UNKNOWN
    assert "tried again" in error.detail
    assert time.monotonic() - begin > 5


async def test_a_drain_and_a_restart_lose_nothing(start: Start, client: Client, queue: str) -> None:
    sidecar = await start()
    async with amqp_sidecar.connect(sidecar.address) as own, own.publisher() as publisher:
        first = [await publisher.send("", queue, {"n": n}) for n in range(100)]
        await sidecar.do("terminate")
        second = [await publisher.send("", queue, {"n": n}) for n in range(100)]
        await sidecar.do("ended")
        third = [await publisher.send("", queue, {"n": n}) for n in range(100)]
        await sidecar.do("restart")
        results = [await settle(future) for future in first + second + third]
    assert [result for result in results if isinstance(result, SidecarError)] == []
    assert await holds(client, queue, 300)


async def test_a_kill_resolves_every_future_and_what_is_unknown_can_be_published_again(
    start: Start, client: Client, queue: str
) -> None:
    sidecar = await start()
    sent: dict[str, bool] = {}

    async def publish_all(publisher: amqp_sidecar.Publisher, ids: list[str]) -> list[str]:
        """Returns those that are unknown."""
        futures = [await publisher.send("", queue, {}, message_id=one) for one in ids]
        unknown = []
        for result in [await settle(future) for future in futures]:
            if isinstance(result, SidecarError):
                assert result.persisted is Persisted.UNKNOWN
                assert result.reason == Reason.SIDECAR_UNAVAILABLE
                assert result.code is StatusCode.UNAVAILABLE
                unknown.append(result.message_id)
            else:
                sent[result.message_id] = True
        return unknown

    async with amqp_sidecar.connect(sidecar.address) as own:
        async with own.publisher(max_in_flight=400) as publisher:
            ids = [f"m{n}" for n in range(5000)]
            publishing = asyncio.create_task(publish_all(publisher, ids))

            async def has_some() -> bool:
                return (await client.get_queue(queue)).message_count > 500

            await eventually(has_some, "some are published")
            await sidecar.do("kill")
            await sidecar.do("restart")
            unknown = await publishing
            assert len(unknown) > 0
            assert await publish_all(publisher, unknown) == []
    assert sorted(sent) == sorted(ids)

    seen: list[str] = []

    async def handle(delivery: Delivery) -> None:
        seen.append(delivery.message_id)

    async with client.subscribe(queue, handle):
        await eventually(lambda: set(seen) == set(ids), "all are there")
    assert len(seen) <= len(ids) + len(unknown)


async def test_a_cancelled_message_gives_its_room_to_another(start: Start, queue: str) -> None:
    sidecar = await start()
    await sidecar.do("kill")
    async with amqp_sidecar.connect(sidecar.address) as own:
        async with own.publisher(max_in_flight=1) as publisher:
            first = await publisher.send("", queue, {}, timeout=20)
            second = asyncio.create_task(publisher.publish("", queue, {}, timeout=20))
            first.cancel()
            await sidecar.do("restart")
            assert (await second).routed
    assert first.cancelled()


async def test_10000_messages_go_through_publisher_and_subscriber_once_each(
    client: Client,
) -> None:
    [queue] = await client.declare(queues=[Queue(fresh("many"))])
    seen: list[int] = []

    async def handle(delivery: Delivery) -> None:
        seen.append(delivery.json()["n"])

    async with client.subscribe(queue, handle, concurrency=8, prefetch=256):
        async with client.publisher() as publisher:
            futures = [await publisher.send("", queue, {"n": n}) for n in range(10_000)]
        assert all(future.result().routed for future in futures)
        await eventually(lambda: len(seen) >= 10_000, "all are delivered", 30)
    assert sorted(seen) == list(range(10_000))
    assert await holds(client, queue, 0)

"""Declaring and deleting, and what can go wrong with it."""

import pytest
from grpc import StatusCode

import amqp_sidecar
from amqp_sidecar import (
    Binding,
    Client,
    Exchange,
    Persisted,
    Queue,
    QueueInfo,
    QueueType,
    Reason,
    SidecarError,
)
from tests.conftest import Start
from tests.test_publish import failure, take
from tests.world import fresh


async def test_exchanges_queues_and_bindings_are_declared_and_deleted(client: Client) -> None:
    exchange, queue = fresh("exchange"), fresh("queue")
    for _ in range(2):  # idempotent
        names = await client.declare(
            exchanges=[Exchange(exchange, "headers", durable=False)],
            queues=[Queue(queue, QueueType.QUORUM, arguments={"x-max-length": 10}),
                    Queue(exclusive=True)],
            bindings=[Binding(exchange, queue=queue, arguments={"x-match": "any", "a": 1})],
        )  # fmt: skip
        assert names[0] == queue
        assert names[1] != ""
    assert (await client.publish(exchange, "", {}, headers={"a": 1})).routed
    assert await client.get_queue(queue) == QueueInfo(queue, 1, 0)
    await client.unbind(Binding(exchange, queue=queue, arguments={"x-match": "any", "a": 1}))
    error = await failure(client, exchange, "k", {}, headers={"a": 1})
    assert error.reason == Reason.UNROUTABLE
    assert await client.purge_queue(queue) == 1
    await client.publish("", queue, {})
    assert await client.delete_queue(queue) == 1
    assert await client.delete_queue(queue) == 0
    await client.delete_exchange(exchange)
    await client.delete_exchange(exchange)


async def test_a_dead_letter_exchange_by_arguments_gets_what_expires(client: Client) -> None:
    dead = fresh("dead")
    [queue, _] = await client.declare(
        queues=[
            Queue(fresh("q"), arguments={"x-dead-letter-exchange": "", "x-message-ttl": 10,
                                         "x-dead-letter-routing-key": dead}),
            Queue(dead),
        ]
    )  # fmt: skip
    await client.publish("", queue, {"a": 1})
    [delivery] = await take(client, dead)
    assert delivery.json() == {"a": 1}


async def test_each_reason_is_told(client: Client, queue: str) -> None:
    exchange, full = fresh("exchange"), fresh("full")
    await client.declare([Exchange(exchange)], [Queue(full)], [Binding(exchange, "k", queue)])
    await client.publish("", full, {})
    precondition = StatusCode.FAILED_PRECONDITION
    expected = [
        (client.declare(queues=[Queue(queue, arguments={"x-message-ttl": 1})]),
         precondition, Reason.TOPOLOGY_CONFLICT),
        (client.declare([Exchange("")]),
         StatusCode.INVALID_ARGUMENT, Reason.INVALID_TOPOLOGY),
        (client.declare(bindings=[Binding(fresh("none"), "k", queue)]),
         StatusCode.NOT_FOUND, Reason.EXCHANGE_NOT_FOUND),
        (client.declare([Exchange("amq.mine")]),
         StatusCode.PERMISSION_DENIED, Reason.ACCESS_REFUSED),
        (client.delete_exchange(exchange, if_unused=True), precondition, Reason.QUEUE_IN_USE),
        (client.delete_queue(full, if_empty=True), precondition, Reason.QUEUE_NOT_EMPTY),
        (client.get_queue(fresh("none")), StatusCode.NOT_FOUND, Reason.QUEUE_NOT_FOUND),
    ]  # fmt: skip
    for call, code, reason in expected:
        with pytest.raises(SidecarError) as failed:
            await call
        error = failed.value
        assert (error.code, error.reason) == (code, reason)
        assert error.persisted is Persisted.UNSPECIFIED
        assert not error.retryable
        assert str(error).startswith(f"{reason} ({code.name}): ")


async def test_without_a_broker_and_without_a_sidecar_it_can_be_tried_again(start: Start) -> None:
    sidecar = await start(broker=False)
    async with amqp_sidecar.connect(sidecar.address) as own:
        with pytest.raises(SidecarError) as failed:
            await own.get_queue("q", timeout=0.3)
        assert (failed.value.reason, failed.value.retryable) == (Reason.BROKER_UNAVAILABLE, True)
        await sidecar.do("kill")
        with pytest.raises(SidecarError) as failed:
            await own.declare(timeout=0.3)
        assert failed.value.reason == Reason.SIDECAR_UNAVAILABLE
        assert failed.value.persisted is Persisted.UNSPECIFIED

"""Exchanges, queues and bindings in Python's types, and as protobuf. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from amqp_sidecar import _values
from amqp_sidecar._values import Value
from amqp_sidecar.v1 import topology_pb2


class QueueType(IntEnum):
    """The kinds of queue that RabbitMQ has."""

    UNSPECIFIED = 0
    """The broker's default for the virtual host."""
    CLASSIC = 1
    """On one node."""
    QUORUM = 2
    """Replicated, and counts redeliveries. Durable, never exclusive."""
    STREAM = 3
    """A log that consumers read without emptying it."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """Where messages are published to."""

    name: str
    type: str = "direct"
    """direct, fanout, topic, headers, or one that a broker plugin brings."""
    durable: bool = True
    auto_delete: bool = False
    internal: bool = False
    """Takes messages from other exchanges only."""
    arguments: Mapping[str, Value] = field(default_factory=dict)
    """Such as alternate-exchange."""


@dataclass(frozen=True, slots=True)
class Queue:
    """Where messages wait for consumers."""

    name: str = ""
    """Empty lets the sidecar choose; declare returns it."""
    type: QueueType = QueueType.UNSPECIFIED
    durable: bool = True
    exclusive: bool = False
    """For this sidecar's connection alone, and deleted with it."""
    auto_delete: bool = False
    arguments: Mapping[str, Value] = field(default_factory=dict)
    """Such as x-message-ttl, x-dead-letter-exchange."""


@dataclass(frozen=True, slots=True)
class Binding:
    """Routes an exchange's messages to a queue."""

    exchange: str
    routing_key: str = ""
    """What the exchange matches; a fanout exchange reads none."""
    queue: str = ""
    """Empty in subscribe: there it is the subscription's own."""
    arguments: Mapping[str, Value] = field(default_factory=dict)
    """What a headers exchange matches."""


class QueueInfo(NamedTuple):
    """A queue that exists."""

    queue: str
    message_count: int
    """Those that wait; unsettled ones are not among them."""
    consumer_count: int
    """Of all connections."""


def exchange_of(exchange: Exchange) -> topology_pb2.Exchange:
    result = topology_pb2.Exchange(
        name=exchange.name,
        type=exchange.type,
        durable=exchange.durable,
        auto_delete=exchange.auto_delete,
        internal=exchange.internal,
    )
    _values.set_values(exchange.arguments, result.arguments)
    return result


def queue_of(queue: Queue) -> topology_pb2.Queue:
    result = topology_pb2.Queue(
        name=queue.name,
        type=topology_pb2.QueueType.ValueType(queue.type),
        durable=queue.durable,
        exclusive=queue.exclusive,
        auto_delete=queue.auto_delete,
    )
    _values.set_values(queue.arguments, result.arguments)
    return result


def binding_of(binding: Binding) -> topology_pb2.Binding:
    result = topology_pb2.Binding(
        queue=binding.queue, exchange=binding.exchange, routing_key=binding.routing_key
    )
    _values.set_values(binding.arguments, result.arguments)
    return result

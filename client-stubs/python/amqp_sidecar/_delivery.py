"""Delivery: a message from a queue, in Python's types; and what a handler can raise about it."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple

from amqp_sidecar import _values
from amqp_sidecar._message import DeliveryMode
from amqp_sidecar._values import Duration, Value
from amqp_sidecar.v1 import subscriber_pb2

_SHORTEST_DELAY = 0.01
_LONGEST_DELAY = 24 * 3600.0
_MAX_CAUSE_BYTES = 1024


class Reject(Exception):
    """Raised by a handler: the message can never be processed. It is dead-lettered, or dropped
    where the queue has no dead-letter exchange."""

    def __init__(self, cause: str = "") -> None:
        super().__init__(cause)
        text = cause.encode(errors="replace")[:_MAX_CAUSE_BYTES]
        self.cause = text.decode(errors="ignore")
        """For the x-sidecar-reason header; cut to 1024 bytes."""


class NotJson(Reject):
    """Raised by Delivery.json: the body is none, and never will be."""


class Retry(Exception):
    """Raised by a handler: deliver the message again after delay, 10 ms to 24 h; 0 means the retry
    policy's, or at once where there is none. ValueError for another."""

    def __init__(self, delay: Duration = 0) -> None:
        super().__init__(delay)
        self.delay = _values.seconds(delay)
        if self.delay != 0 and not _SHORTEST_DELAY <= self.delay <= _LONGEST_DELAY:
            raise ValueError(f"a delay is 0, or 10 ms to 24 h: {delay}")


class Properties(NamedTuple):
    """AMQP's basic properties of a delivery; what is empty or None, the publisher did not send.

    Headers are Delivery.headers.
    """

    content_type: str
    content_encoding: str
    delivery_mode: DeliveryMode
    priority: int
    correlation_id: str
    reply_to: str
    expiration: timedelta | None
    message_id: str
    timestamp: datetime | None
    """In UTC; datetime.max for one beyond the year 9999."""
    type: str
    user_id: str
    app_id: str


class Delivery:
    """What a handler is called with. It is settled by how the handler ends."""

    def __init__(self, raw: subscriber_pb2.Delivery) -> None:
        self.raw = raw
        """As it came."""

    @property
    def body(self) -> bytes:
        """Byte for byte as published."""
        return self.raw.body

    def json(self) -> Any:
        """The body, decoded. Raises NotJson, which rejects it unless the handler catches it."""
        try:
            return json.loads(self.raw.body)
        except (ValueError, RecursionError) as error:
            raise NotJson(f"the body is no JSON: {_where(error)}") from None

    @property
    def queue(self) -> str:
        """The subscription's."""
        return self.raw.queue

    @property
    def exchange(self) -> str:
        """Where it was published; empty is the default exchange."""
        return self.raw.exchange

    @property
    def routing_key(self) -> str:
        """What it was published with."""
        return self.raw.routing_key

    @property
    def message_id(self) -> str:
        """By which a second copy is known."""
        return self.raw.properties.message_id

    @property
    def redelivered(self) -> bool:
        """True where the broker may have delivered it before."""
        return self.raw.redelivered

    @property
    def attempt(self) -> int:
        """1 for the first; counts redeliveries where the broker or a retry policy counts them."""
        return self.raw.attempt

    @property
    def invalid_reason(self) -> str:
        """Not empty where the sidecar found the body at fault, and delivered it all the same."""
        return self.raw.invalid_reason

    @cached_property
    def headers(self) -> Mapping[str, Value]:
        """With lists and dicts for AMQP's arrays and tables."""
        return _values.from_values(self.raw.properties.headers)

    @cached_property
    def properties(self) -> Properties:
        """All but the headers."""
        raw = self.raw.properties
        return Properties(
            content_type=raw.content_type,
            content_encoding=raw.content_encoding,
            delivery_mode=DeliveryMode(raw.delivery_mode),
            priority=raw.priority,
            correlation_id=raw.correlation_id,
            reply_to=raw.reply_to,
            expiration=raw.expiration.ToTimedelta() if raw.HasField("expiration") else None,
            message_id=raw.message_id,
            timestamp=(
                _values.from_timestamp(raw.timestamp) if raw.HasField("timestamp") else None
            ),
            type=raw.type,
            user_id=raw.user_id,
            app_id=raw.app_id,
        )


def _where(error: Exception) -> str:
    """What is wrong with it, without the body, which UnicodeDecodeError carries."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at offset {error.pos}"
    if isinstance(error, UnicodeError):
        return "it is not UTF-8"
    return "it nests too deep" if isinstance(error, RecursionError) else "a number is too long"

"""A message going out: the body, and the options of a publish, as protobuf.

Pure, but for the trace context, the clock and random bytes of a message_id.
"""

import dataclasses
import json
import os
import time
from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum
from typing import Any, NamedTuple, TypedDict

from amqp_sidecar import _errors, _trace, _values
from amqp_sidecar._errors import Reason
from amqp_sidecar._values import Duration, Value
from amqp_sidecar.v1 import message_pb2

DEFAULT_TIMEOUT = 10.0


class DeliveryMode(IntEnum):
    """Whether a durable queue keeps the message through a restart of the broker."""

    UNSPECIFIED = 0
    """In a delivery: the publisher did not say."""
    TRANSIENT = 1
    """May be lost with the broker."""
    PERSISTENT = 2
    """Written to disk: the default of a publish."""


class PublishOptions(TypedDict, total=False):
    """What a publish can be told by keywords; all can be left out. Texts have 255 bytes at most."""

    content_type: str
    """Left out: application/json, and then the body must be JSON."""
    content_encoding: str
    """Such as "gzip". Nobody packs or unpacks on the way."""
    headers: Mapping[str, Value]
    delivery_mode: DeliveryMode
    """Left out: persistent."""
    priority: int
    """0 to 255; of use to a queue that is declared with x-max-priority."""
    correlation_id: str
    reply_to: str
    expiration: Duration
    """Time to live in the queue, to the millisecond, up to 4294967295 ms."""
    message_id: str
    """Left out: a UUID of the stub's, the same for each try."""
    timestamp: datetime
    """With a timezone, from 1970; whole seconds count."""
    type: str
    """The kind of message, in the application's words."""
    user_id: str
    """The broker refuses one other than the sidecar's login."""
    app_id: str
    allow_unroutable: bool
    """True: a message that no binding routes is no failure; the result says routed=False."""
    timeout: Duration
    """For the whole, tries included. Left out: 10 s."""


_KNOWN = frozenset(PublishOptions.__annotations__)
_PLAIN = (
    "content_type",
    "content_encoding",
    "delivery_mode",
    "priority",
    "correlation_id",
    "reply_to",
    "type",
    "user_id",
    "app_id",
)


class Outgoing(NamedTuple):
    """A message that is ready to be sent."""

    message: message_pb2.Message
    allow_unroutable: bool
    timeout: float  # seconds


def outgoing(exchange: str, routing_key: str, body: object, options: PublishOptions) -> Outgoing:
    """Raises SidecarError INVALID_BODY or INVALID_MESSAGE, NO, for what cannot be sent, and
    TypeError for an option that there is not."""
    if not options.keys() <= _KNOWN:
        unknown = ", ".join(sorted(options.keys() - _KNOWN))
        raise TypeError(f"publish has no option {unknown}")
    message_id = options.get("message_id") or _uuid7()
    encoded = _encode(body, message_id)
    try:
        properties = message_pb2.Properties(message_id=message_id)
        if len(options) > 0:
            _set(properties, options)
        _trace.inject(properties)
        message = message_pb2.Message(
            exchange=exchange, routing_key=routing_key, body=encoded, properties=properties
        )
    except (TypeError, ValueError, OverflowError) as error:
        raise _errors.invalid(Reason.INVALID_MESSAGE, str(error), message_id) from error
    timeout = _values.seconds(options.get("timeout", DEFAULT_TIMEOUT))
    return Outgoing(message, options.get("allow_unroutable", False), timeout)


def _set(properties: message_pb2.Properties, options: PublishOptions) -> None:
    given: Mapping[str, Any] = options
    for name in _PLAIN:
        if name in given:
            setattr(properties, name, given[name])
    if "headers" in options:
        _values.set_values(options["headers"], properties.headers)
    if "expiration" in options:
        properties.expiration.CopyFrom(_values.to_duration(options["expiration"]))
    if "timestamp" in options:
        properties.timestamp.CopyFrom(_values.to_timestamp(options["timestamp"]))


def _encode(body: object, message_id: str) -> bytes:
    if isinstance(body, bytes):
        return body
    if isinstance(body, bytearray | memoryview):
        return bytes(body)
    try:
        return _json.encode(body).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise _errors.invalid(Reason.INVALID_BODY, f"no JSON: {error}", message_id) from error


def _to_json(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    raise TypeError(f"{type(value).__name__} cannot be serialized")


_json = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_to_json
)


def _uuid7() -> str:
    """As the sidecar makes them: their order is that of time."""
    millis = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    bits = millis << 80 | random
    bits = bits & ~(0xF << 76 | 0x3 << 62) | 0x7 << 76 | 0x2 << 62
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

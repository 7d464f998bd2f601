"""AMQP's field values, durations and times, and Python's for them.

Pure. What cannot be said in AMQP is a ValueError or TypeError, with where it is.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from google.protobuf.duration_pb2 import Duration as ProtoDuration
from google.protobuf.timestamp_pb2 import Timestamp

from amqp_sidecar.v1 import message_pb2

Value: TypeAlias = (
    "str | int | float | bool | bytes | datetime | Sequence[Value] | Mapping[str, Value] | None"
)
"""A header or argument. datetime has a timezone, and whole seconds count; int has 64 bits. None is
AMQP's void: it comes in deliveries, and cannot be sent. Deliveries have lists and dicts."""

Duration: TypeAlias = timedelta | float
"""A timedelta, or seconds."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime.max.replace(tzinfo=UTC)


def seconds(duration: Duration) -> float:
    return duration.total_seconds() if isinstance(duration, timedelta) else float(duration)


def to_duration(duration: Duration) -> ProtoDuration:
    """To the nanosecond. Raises ValueError or OverflowError for what is no duration."""
    result = ProtoDuration()
    result.FromNanoseconds(round(seconds(duration) * 1e9))
    return result


def to_timestamp(time: datetime) -> Timestamp:
    if time.tzinfo is None:
        raise ValueError("a datetime needs a timezone, such as datetime.now(UTC)")
    return Timestamp(seconds=(time - _EPOCH) // timedelta(seconds=1))


def from_timestamp(time: Timestamp) -> datetime:
    """In UTC; datetime.max (UTC) for one beyond the year 9999."""
    try:
        return _EPOCH + timedelta(seconds=time.seconds)
    except OverflowError:
        return _LATEST


def to_value(value: Value) -> message_pb2.FieldValue:
    result = message_pb2.FieldValue()
    _set(result, value)
    return result


def set_values(values: Mapping[str, Value], fields: Mapping[str, message_pb2.FieldValue]) -> None:
    """Puts them into the map of a protobuf message."""
    for name, value in values.items():
        try:
            _set(fields[name], value)
        except (TypeError, ValueError) as error:
            raise type(error)(f'"{name}": {error}') from error


def from_values(fields: Mapping[str, message_pb2.FieldValue]) -> dict[str, Value]:
    return {name: from_value(field) for name, field in fields.items()}


def from_value(field: message_pb2.FieldValue) -> Value:
    kind = field.WhichOneof("kind")
    if kind is None:
        return None
    if kind == "timestamp_value":
        return from_timestamp(field.timestamp_value)
    if kind == "array_value":
        return [from_value(one) for one in field.array_value.values]
    if kind == "table_value":
        return from_values(field.table_value.fields)
    value: Value = getattr(field, kind)
    return value


def _set(field: message_pb2.FieldValue, value: Value) -> None:
    match value:
        case str():
            field.string_value = value
        case bool():  # before int, which it is as well
            field.bool_value = value
        case int():
            field.int_value = value
        case float():
            field.double_value = value
        case bytes() | bytearray() | memoryview():
            field.bytes_value = bytes(value)
        case datetime():
            field.timestamp_value.CopyFrom(to_timestamp(value))
        case Mapping():
            field.table_value.SetInParent()
            set_values(value, field.table_value.fields)
        case Sequence():
            field.array_value.SetInParent()
            for one in value:
                _set(field.array_value.values.add(), one)
        case _:
            raise TypeError(f"AMQP has no {type(value).__name__}")

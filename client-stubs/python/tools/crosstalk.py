"""Publishes and consumes messages in the canonical JSON form that the stubs of all languages share.

crosstalk publish FILE EXCHANGE KEY | crosstalk consume QUEUE COUNT
"""

import asyncio
import base64
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import amqp_sidecar
from amqp_sidecar import Delivery, DeliveryMode, PublishOptions, Value

_TIMEOUT = 60
_PLAIN = ("content_type", "content_encoding", "priority", "correlation_id", "reply_to",
          "message_id", "type", "user_id", "app_id")  # fmt: skip


def value_of(typed: dict[str, Any]) -> Value:
    [(kind, value)] = typed.items()
    match kind:
        case "int":
            return int(value)
        case "double":
            return float(value)
        case "bytes":
            return base64.b64decode(value)
        case "timestamp":
            return datetime.fromtimestamp(value, UTC)
        case "array":
            return [value_of(one) for one in value]
        case "table":
            return {name: value_of(one) for name, one in value.items()}
    result: Value = value
    return result


def typed_of(value: Value) -> dict[str, Any]:
    match value:
        case str():
            return {"string": value}
        case bool():
            return {"bool": value}
        case int():
            return {"int": str(value)}
        case float():
            return {"double": value}
        case bytes():
            return {"bytes": base64.b64encode(value).decode()}
        case datetime():
            return {"timestamp": int(value.timestamp())}
        case list():
            return {"array": [typed_of(one) for one in value]}
        case dict():
            return {"table": {name: typed_of(one) for name, one in value.items()}}
    raise TypeError(f"no header: {value!r}")


def options_of(properties: dict[str, Any], headers: dict[str, Any]) -> PublishOptions:
    options: Any = {name: properties[name] for name in _PLAIN if name in properties}
    options["headers"] = {name: value_of(one) for name, one in headers.items()}
    if "delivery_mode" in properties:
        options["delivery_mode"] = DeliveryMode(properties["delivery_mode"])
    if "expiration_ms" in properties:
        options["expiration"] = timedelta(milliseconds=properties["expiration_ms"])
    if "timestamp" in properties:
        options["timestamp"] = datetime.fromtimestamp(properties["timestamp"], UTC)
    result: PublishOptions = options
    return result


def canonical(delivery: Delivery) -> dict[str, Any]:
    own = delivery.properties
    properties = {name: getattr(own, name) for name in _PLAIN if getattr(own, name)}
    if own.delivery_mode is not DeliveryMode.UNSPECIFIED:
        properties["delivery_mode"] = int(own.delivery_mode)
    if own.expiration is not None:
        properties["expiration_ms"] = own.expiration // timedelta(milliseconds=1)
    if own.timestamp is not None:
        properties["timestamp"] = int(own.timestamp.timestamp())
    return {
        "body": base64.b64encode(delivery.body).decode(),
        "properties": properties,
        "headers": {name: typed_of(one) for name, one in delivery.headers.items()},
    }


async def publish(file: str, exchange: str, key: str) -> None:
    messages = json.loads(await asyncio.to_thread(Path(file).read_bytes))
    async with amqp_sidecar.connect() as client:
        for message in messages:
            options = options_of(message["properties"], message["headers"])
            await client.publish(exchange, key, base64.b64decode(message["body"]), **options)


async def consume(queue: str, count: int) -> None:
    messages: list[dict[str, Any]] = []
    all_there = asyncio.Event()

    async def handle(delivery: Delivery) -> None:
        messages.append(canonical(delivery))
        if len(messages) == count:
            all_there.set()

    async with amqp_sidecar.connect() as client, asyncio.timeout(_TIMEOUT):
        async with client.subscribe(queue, handle):
            await all_there.wait()
    print(json.dumps(messages[:count]))


def main() -> None:
    match sys.argv[1:]:
        case ["publish", file, exchange, key]:
            asyncio.run(publish(file, exchange, key))
        case ["consume", queue, count]:
            asyncio.run(consume(queue, int(count)))
        case _:
            sys.exit(__doc__)


main()

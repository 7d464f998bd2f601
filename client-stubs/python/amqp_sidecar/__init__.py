"""amqp-sidecar from Python: publish and subscribe to RabbitMQ through the sidecar, by asyncio.

    async with amqp_sidecar.connect() as client:
        await client.publish("orders", "order.created", {"order_id": 1})

amqp_sidecar.blocking is the same for code without asyncio; amqp_sidecar.v1 the API on the wire.
"""

from amqp_sidecar._client import Client, RetryPolicy, connect
from amqp_sidecar._delivery import Delivery, NotJson, Properties, Reject, Retry
from amqp_sidecar._errors import Persisted, Reason, SidecarError
from amqp_sidecar._events import Event, EventKind
from amqp_sidecar._item import PublishResult
from amqp_sidecar._message import DeliveryMode, PublishOptions
from amqp_sidecar._publisher import Publisher
from amqp_sidecar._subscription import Handler, OnEvent, Subscription
from amqp_sidecar._topology import Binding, Exchange, Queue, QueueInfo, QueueType
from amqp_sidecar._values import Duration, Value

__all__ = [
    "Binding",
    "Client",
    "Delivery",
    "DeliveryMode",
    "Duration",
    "Event",
    "EventKind",
    "Exchange",
    "Handler",
    "NotJson",
    "OnEvent",
    "Persisted",
    "Properties",
    "PublishOptions",
    "PublishResult",
    "Publisher",
    "Queue",
    "QueueInfo",
    "QueueType",
    "Reason",
    "Reject",
    "Retry",
    "RetryPolicy",
    "SidecarError",
    "Subscription",
    "Value",
    "connect",
]

"""Event: what happened to a subscription, and where it is told when nobody listens."""

import logging
from enum import StrEnum
from typing import NamedTuple

from amqp_sidecar._log import log
from amqp_sidecar.v1 import subscriber_pb2


class EventKind(StrEnum):
    """What can happen to a subscription."""

    SUBSCRIBED = "SUBSCRIBED"
    """The broker accepted the consumer: on each stream that the stub begins."""
    INTERRUPTED = "INTERRUPTED"
    """The sidecar lost the link, or the queue's channel: what it delivered comes again."""
    RESUBSCRIBED = "RESUBSCRIBED"
    """The consumer is back."""
    DRAINING = "DRAINING"
    """The sidecar is shutting down. What was not begun is given back."""
    DISCONNECTED = "DISCONNECTED"
    """The stream to the sidecar ended; the stub comes back by itself. What was not settled is
    delivered again."""
    SETTLE_FAILED = "SETTLE_FAILED"
    """A settlement, or more time for a delivery, did not take: reason and detail say why."""
    UNKNOWN = "UNKNOWN"
    """Of a later sidecar; detail tells."""


class Event(NamedTuple):
    """What on_event is called with."""

    kind: EventKind
    detail: str
    """Why, for a person. May be empty."""
    delivery_id: str = ""
    """With SETTLE_FAILED."""
    reason: str = ""
    """With SETTLE_FAILED: one of Reason."""


_QUIET = (EventKind.SUBSCRIBED, EventKind.RESUBSCRIBED)


def of_event(event: subscriber_pb2.SubscriptionEvent) -> Event:
    try:
        name = subscriber_pb2.SubscriptionEventKind.Name(event.kind)
        return Event(EventKind(name.removeprefix("SUBSCRIPTION_EVENT_KIND_")), event.detail)
    except ValueError:
        return Event(EventKind.UNKNOWN, f"kind {event.kind}: {event.detail}")


def of_failure(failure: subscriber_pb2.SettleFailure) -> Event:
    return Event(
        EventKind.SETTLE_FAILED, failure.detail, failure.delivery_id, reason=failure.reason
    )


def to_log(queue: str, event: Event) -> None:
    """What is done with an event when there is no on_event."""
    level = logging.INFO if event.kind in _QUIET else logging.WARNING
    more = f" delivery_id={event.delivery_id} reason={event.reason}" if event.delivery_id else ""
    log.log(level, 'subscription event: %s queue="%s"%s: %s', event.kind, queue, more, event.detail)

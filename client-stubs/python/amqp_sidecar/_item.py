"""Item: a message in a Publisher, from when publish took it until its future is done.

Pure data, and the errors that it may end with. Knows no stream.
"""

import asyncio
from typing import NamedTuple

from grpc import StatusCode

from amqp_sidecar import _errors
from amqp_sidecar._backoff import Backoff
from amqp_sidecar._errors import Persisted, Reason, SidecarError
from amqp_sidecar._message import Outgoing


class PublishResult(NamedTuple):
    """The broker has the message."""

    message_id: str
    """As sent."""
    routed: bool
    """Whether it reached a queue. False only with allow_unroutable."""


class Item:
    __slots__ = ("backoff", "deadline", "future", "last", "outgoing", "tag", "timer")

    def __init__(
        self, out: Outgoing, future: asyncio.Future[PublishResult], deadline: float
    ) -> None:
        self.outgoing = out
        self.future = future
        self.deadline = deadline
        self.timer: asyncio.TimerHandle
        self.tag = 0  # on the present stream; 0 while it is not written
        self.backoff: Backoff | None = None
        self.last: SidecarError | None = None  # why it is tried again

    @property
    def message_id(self) -> str:
        return self.outgoing.message.properties.message_id


def not_sent(item: Item, end: SidecarError) -> SidecarError:
    return SidecarError(end.code, end.reason, end.detail, Persisted.NO, item.message_id)


def without_result(item: Item, code: StatusCode, detail: str) -> SidecarError:
    """Of an item that the sidecar may have, or never saw, or answered before."""
    if item.last is not None:
        return _errors.without_answer(item.last) if item.tag else item.last
    if item.tag:
        persisted = Persisted.UNKNOWN
    else:
        code, persisted = StatusCode.UNAVAILABLE, Persisted.NO
    return SidecarError(code, Reason.SIDECAR_UNAVAILABLE, detail, persisted, item.message_id)

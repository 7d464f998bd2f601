"""Settler: what is to be said about deliveries of one SubscribeStream, gathered and written.

On the event loop. While a write is under way what comes is gathered, so that it goes as one request
of each kind: on the stream, and by calls once the stream is half-closed. Runs no handlers.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import grpc

from amqp_sidecar import _errors, _values
from amqp_sidecar._errors import Reason
from amqp_sidecar._events import Event, EventKind, of_failure
from amqp_sidecar.v1 import subscriber_pb2
from amqp_sidecar.v1.subscriber_pb2 import (
    AckRequest,
    ExtendAckDeadlineRequest,
    NackRequest,
    RejectRequest,
    SubscribeStreamRequest,
)

if TYPE_CHECKING:
    from amqp_sidecar.v1.subscriber_pb2_grpc import SubscriberServiceAsyncStub

    Call = grpc.aio.StreamStreamCall[SubscribeStreamRequest, subscriber_pb2.SubscribeStreamResponse]

_CALL_TIMEOUT = 10.0


class Settler:
    """Of one stream. on_event is told what did not take; on_written when all there was is told."""

    def __init__(
        self,
        stub: "SubscriberServiceAsyncStub",
        call: "Call",
        ack_deadline: float,
        on_event: Callable[[Event], None],
        on_written: Callable[[], None],
    ) -> None:
        self._stub = stub
        self._call = call
        self._ack_deadline = ack_deadline
        self._on_event = on_event
        self._on_written = on_written
        self._wake = asyncio.Event()
        self._held: set[str] = set()  # to be extended
        self._acks: list[str] = []
        self._nacks: dict[tuple[float, bool], list[str]] = {}  # by delay and not_attempted
        self._rejects: dict[str, list[str]] = {}  # by cause
        self._extend = False
        self._half_closing = False
        self._half_closed = False
        self.settling = 0
        """How many are not told to the sidecar yet."""
        self.not_requeueable = False
        """The queue is a stream: what was nacked is unsettled still."""

    def hold(self, delivery_ids: Iterable[str]) -> None:
        """They are worked on, or will be: their deadline is extended until they are settled."""
        self._held.update(delivery_ids)

    def drop(self, delivery_ids: Iterable[str]) -> None:
        """They need no settlement any more."""
        self._held.difference_update(delivery_ids)

    def drop_all(self) -> None:
        self._held.clear()

    def ack(self, delivery_id: str) -> None:
        self._held.discard(delivery_id)
        self._acks.append(delivery_id)
        self._settle(1)

    def nack(
        self, delivery_ids: list[str], delay: float = 0, *, not_attempted: bool = False
    ) -> None:
        self._held.difference_update(delivery_ids)
        self._nacks.setdefault((delay, not_attempted), []).extend(delivery_ids)
        self._settle(len(delivery_ids))

    def reject(self, delivery_id: str, cause: str) -> None:
        self._held.discard(delivery_id)
        self._rejects.setdefault(cause, []).append(delivery_id)
        self._settle(1)

    def half_close(self) -> None:
        """No new deliveries: what is to be said after this goes by calls."""
        self._half_closing = True
        self._wake.set()

    def failed(self, failures: Iterable[subscriber_pb2.SettleFailure]) -> None:
        """The sidecar says so, on the stream or in answer to a call."""
        for failure in failures:
            self._held.discard(failure.delivery_id)
            if failure.reason == Reason.NOT_REQUEUEABLE:
                self.not_requeueable = True
                self._wake.set()
            self._on_event(of_failure(failure))

    async def run(self) -> None:
        """Until it is cancelled, or the stream ends."""
        timer = self._arm()
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                await self._write_all()
                if self._half_closing and not self._half_closed:
                    await self._call.done_writing()
                    self._half_closed = True
                    await self._write_all()
                self._on_written()
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
            pass  # the reader says why
        finally:
            if timer is not None:
                timer.cancel()

    def _arm(self) -> asyncio.Task[None] | None:
        if self._ack_deadline <= 0:
            return None
        return asyncio.get_running_loop().create_task(self._tick())

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self._ack_deadline / 2)
            self._extend = True
            self._wake.set()

    def _settle(self, count: int) -> None:
        self.settling += count
        self._wake.set()

    async def _write_all(self) -> None:
        if self._extend:
            self._extend = False
            if self._held:  # what is settled meanwhile is settled after this
                deadline = _values.to_duration(self._ack_deadline)
                await self._write(
                    ExtendAckDeadlineRequest(delivery_ids=self._held, ack_deadline=deadline), 0
                )
        if self._acks:
            acks, self._acks = self._acks, []
            await self._write(AckRequest(delivery_ids=acks), len(acks))
        if self._nacks:
            nacks, self._nacks = self._nacks, {}
            for (delay, not_attempted), ids in nacks.items():
                if not_attempted and self._half_closing and not self._half_closed:
                    # Not while there is a consumer, which would get them again.
                    self._nacks.setdefault((delay, not_attempted), []).extend(ids)
                    continue
                nack = NackRequest(
                    delivery_ids=ids,
                    delay=_values.to_duration(delay) if delay else None,
                    not_attempted=not_attempted,
                )
                await self._write(nack, len(ids))
        if self._rejects:
            rejects, self._rejects = self._rejects, {}
            for cause, ids in rejects.items():
                await self._write(RejectRequest(delivery_ids=ids, cause=cause), len(ids))

    async def _write(
        self,
        request: AckRequest | NackRequest | RejectRequest | ExtendAckDeadlineRequest,
        count: int,
    ) -> None:
        if self._half_closed:
            await self._tell(request)
        else:
            match request:
                case AckRequest():
                    on_stream = SubscribeStreamRequest(ack=request)
                case NackRequest():
                    on_stream = SubscribeStreamRequest(nack=request)
                case RejectRequest():
                    on_stream = SubscribeStreamRequest(reject=request)
                case ExtendAckDeadlineRequest():
                    on_stream = SubscribeStreamRequest(extend_ack_deadline=request)
            await self._call.write(on_stream)
        self.settling -= count

    async def _tell(
        self, request: AckRequest | NackRequest | RejectRequest | ExtendAckDeadlineRequest
    ) -> None:
        """By a call."""
        stub = self._stub
        try:
            match request:
                case AckRequest():
                    ack = await stub.Ack(request, timeout=_CALL_TIMEOUT)
                    self.failed(ack.failures)
                case NackRequest():
                    nack = await stub.Nack(request, timeout=_CALL_TIMEOUT)
                    self.failed(nack.failures)
                case RejectRequest():
                    reject = await stub.Reject(request, timeout=_CALL_TIMEOUT)
                    self.failed(reject.failures)
                case ExtendAckDeadlineRequest():
                    extend = await stub.ExtendAckDeadline(request, timeout=_CALL_TIMEOUT)
                    self.failed(extend.failures)
        except grpc.aio.AioRpcError as failure:
            error = _errors.of_call(failure)
            for delivery_id in request.delivery_ids:
                self._on_event(
                    Event(EventKind.SETTLE_FAILED, error.detail, delivery_id, error.reason)
                )

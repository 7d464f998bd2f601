"""Publisher: many messages over one PublishStream, batched. On the event loop, as all of it.

Knows no connection: gRPC's channel reconnects. Sends nothing again that may have arrived.
"""

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Self, Unpack

import grpc
from grpc import StatusCode

from amqp_sidecar import _errors
from amqp_sidecar._backoff import Backoff
from amqp_sidecar._errors import Persisted, Reason, SidecarError
from amqp_sidecar._item import Item, PublishResult, not_sent, without_result
from amqp_sidecar._log import log
from amqp_sidecar._message import Outgoing, PublishOptions, outgoing
from amqp_sidecar._room import Room
from amqp_sidecar._stream_end import StreamEnd
from amqp_sidecar.v1 import publisher_pb2

if TYPE_CHECKING:
    from amqp_sidecar.v1.publisher_pb2_grpc import PublisherServiceAsyncStub

    _Call = grpc.aio.StreamStreamCall[
        publisher_pb2.PublishStreamRequest, publisher_pb2.PublishStreamResponse
    ]

RETRY_BACKOFF = (0.05, 1.0)
# A try with less time than this left would turn what is known into a guess.
LEAST_TRY = 0.05
_STREAM_BACKOFF = (0.1, 2.0)
_MAX_ITEMS = 128
_MAX_BYTES = 1 << 20
_END_TIMEOUT = 1.0


class Publisher:
    """Publishes as Client.publish does, faster: batches, on one stream. Made by Client.publisher.

    Messages of one exchange and routing key keep the order of the calls, as long as nothing is
    tried again. Not for threads: use it on the event loop that it was made on.
    """

    def __init__(self, stub: "PublisherServiceAsyncStub", max_in_flight: int) -> None:
        if max_in_flight < 1:
            raise ValueError("max_in_flight is at least 1")
        self._stub = stub
        self._loop = asyncio.get_running_loop()
        self._unwritten: deque[Item] = deque()
        self._written: dict[int, Item] = {}
        self._items: set[Item] = set()  # these, and those that wait for their next try
        self._next_tag = 1
        self._room = Room(max_in_flight)
        self._wake = asyncio.Event()
        self._closing = False
        self._connected = False
        self._stream_backoff = Backoff(*_STREAM_BACKOFF)
        self._task = self._loop.create_task(self._run(), name="amqp_sidecar.Publisher")
        self._task.add_done_callback(self._ended)

    async def publish(
        self, exchange: str, routing_key: str, body: object, **options: Unpack[PublishOptions]
    ) -> PublishResult:
        """Publishes one message and waits for its result, as Client.publish does.

        Many of these at once share a batch. Cancelling it takes back a message that is not
        written yet; one that is may arrive.
        """
        return await (await self.send(exchange, routing_key, body, **options))

    async def send(
        self, exchange: str, routing_key: str, body: object, **options: Unpack[PublishOptions]
    ) -> asyncio.Future[PublishResult]:
        """Takes one message and gives its result as a future, which fails with SidecarError.

        Waits only while max_in_flight messages are unanswered; the message's timeout begins when
        it is taken. Raises at once what cannot be sent, and RuntimeError after close.
        """
        out = outgoing(exchange, routing_key, body, options)
        await self._room.take()
        return self._take(out)

    async def flush(self) -> None:
        """Waits until all messages that were taken have their results; their futures tell them."""
        await self._room.empty.wait()

    async def close(self) -> None:
        """Takes no more messages, waits for the results of those taken, and ends the stream."""
        self._closing = True
        self._room.close()
        await self._room.empty.wait()
        self._wake.set()
        if self._connected:
            await asyncio.wait({self._task}, timeout=_END_TIMEOUT)
        self.abort()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def abort(self) -> None:
        """Ends it at once: what has no result fails with SIDECAR_UNAVAILABLE."""
        self._closing = True
        self._task.cancel()
        self._room.close()
        for item in [*self._items]:
            self._fail(item, without_result(item, StatusCode.CANCELLED, "the publisher was closed"))
        self._unwritten.clear()
        self._written.clear()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            log.error("the publisher ended by a bug", exc_info=task.exception())
            self.abort()

    def _take(self, out: Outgoing) -> asyncio.Future[PublishResult]:
        deadline = self._loop.time() + out.timeout
        item = Item(out, self._loop.create_future(), deadline)
        item.timer = self._loop.call_at(deadline, self._expire, item)
        self._items.add(item)
        self._unwritten.append(item)
        self._wake.set()
        return item.future

    def _expire(self, item: Item) -> None:
        detail = "no answer within the timeout" if item.tag else "not sent within the timeout"
        self._fail(item, without_result(item, StatusCode.DEADLINE_EXCEEDED, detail))

    def _fail(self, item: Item, error: SidecarError) -> None:
        if not item.future.done():
            item.future.set_exception(error)
        self._forget(item)

    def _forget(self, item: Item) -> None:
        """Its future is done, and it is in flight no more."""
        if item not in self._items:
            return
        item.timer.cancel()
        self._items.remove(item)
        self._written.pop(item.tag, None)
        self._room.free()
        if not self._items:
            self._wake.set()

    def _retry(self, item: Item, error: SidecarError) -> None:
        """Of an item that the broker does not have."""
        item.tag = 0
        if item.backoff is None:
            item.backoff = Backoff(*RETRY_BACKOFF)
        at = self._loop.time() + item.backoff.next()
        if at + LEAST_TRY >= item.deadline:
            self._fail(item, error)
            return
        item.last = error
        self._loop.call_at(at, self._take_again, item)

    def _take_again(self, item: Item) -> None:
        if item not in self._items:
            return  # it expired meanwhile
        self._unwritten.append(item)
        self._wake.set()

    async def _run(self) -> None:
        """One stream after the other, for as long as there is something to send."""
        while await self._has_work():
            self._end_written(await self._stream())
            if self._items:
                await asyncio.sleep(self._stream_backoff.next())

    async def _has_work(self) -> bool:
        while not self._unwritten:
            if self._closing and not self._items:
                return False
            self._wake.clear()
            await self._wake.wait()
        return True

    async def _stream(self) -> SidecarError:
        """The life of one stream; returns why it ended."""
        call = self._stub.PublishStream(wait_for_ready=True)
        end = StreamEnd(call)
        self._connected = False
        try:
            await call.wait_for_connection()
        except grpc.aio.AioRpcError as error:
            return _errors.of_call(error)
        self._connected = True
        reader = self._loop.create_task(self._read(call, end))
        reader.add_done_callback(lambda _: self._wake.set())
        try:
            await self._write(call, reader)
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
            pass  # the reader says why
        except asyncio.CancelledError:
            call.cancel()
            raise
        return await reader

    async def _write(self, call: "_Call", reader: asyncio.Task[SidecarError]) -> None:
        """Until the stream ends, or it is closed and all is answered."""
        while not reader.done():
            request = self._batch()
            if request is not None:
                await call.write(request)
            elif self._closing and not self._items:
                await call.done_writing()
                return
            else:
                self._wake.clear()
                await self._wake.wait()

    def _batch(self) -> publisher_pb2.PublishStreamRequest | None:
        """What waits to be written and fits; from here on it counts as written."""
        items: list[publisher_pb2.PublishItem] = []
        size = 0
        while self._unwritten and len(items) < _MAX_ITEMS:
            item = self._unwritten[0]
            out = item.outgoing
            size += out.message.ByteSize() + 16
            if items and size > _MAX_BYTES:
                break
            self._unwritten.popleft()
            if item.future.done():  # expired or cancelled
                self._forget(item)
                continue
            item.tag = self._next_tag
            self._next_tag += 1
            self._written[item.tag] = item
            items.append(
                publisher_pb2.PublishItem(
                    tag=item.tag, message=out.message, allow_unroutable=out.allow_unroutable
                )
            )
        return publisher_pb2.PublishStreamRequest(items=items) if items else None

    async def _read(self, call: "_Call", end: StreamEnd) -> SidecarError:
        """Takes results until the stream ends; returns why it did."""
        try:
            async for response in call:  # unlike read(), goes on when a write failed
                self._stream_backoff.reset()
                for result in response.results:
                    self._answer(result)
        except grpc.aio.AioRpcError:
            pass  # end knows better
        return await end.reason() or _gone("the sidecar ended the stream")

    def _answer(self, result: publisher_pb2.PublishResult) -> None:
        item = self._written.pop(result.tag, None)
        if item is None:
            return  # it has expired
        if result.code == 0:
            if not item.future.done():
                item.future.set_result(PublishResult(result.message_id, result.routed))
            self._forget(item)
            return
        error = _errors.of_result(result)
        if error.code is StatusCode.UNAVAILABLE and error.persisted is Persisted.NO:
            self._retry(item, error)
        else:
            self._fail(item, error)

    def _end_written(self, end: SidecarError) -> None:
        """The stream is over: of what was written on it and has no result."""
        written = [*self._written.values()]
        self._written.clear()
        for item in written:
            if end.reason == Reason.DRAINING:  # then it was not sent, as after INVALID_ARGUMENT
                self._retry(item, not_sent(item, end))
            elif end.code is StatusCode.INVALID_ARGUMENT:
                self._fail(item, not_sent(item, end))
            else:
                self._fail(item, without_result(item, StatusCode.UNAVAILABLE, end.detail))


def _gone(detail: str) -> SidecarError:
    return SidecarError(StatusCode.UNAVAILABLE, Reason.SIDECAR_UNAVAILABLE, detail)

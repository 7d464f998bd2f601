"""Subscription: deliveries of one queue to a handler, by one SubscribeStream after the other.

On the event loop. Each handler runs in an asyncio task of its own. Settles by how handlers end.
"""

import asyncio
import contextvars
import inspect
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import grpc
from grpc import StatusCode

from amqp_sidecar import _events, _trace
from amqp_sidecar._backoff import Backoff
from amqp_sidecar._delivery import Delivery, Reject, Retry
from amqp_sidecar._errors import Reason, SidecarError
from amqp_sidecar._events import Event, EventKind
from amqp_sidecar._log import log, warn
from amqp_sidecar._settler import Settler
from amqp_sidecar._stream_end import StreamEnd
from amqp_sidecar.v1 import subscriber_pb2

if TYPE_CHECKING:
    from amqp_sidecar.v1.subscriber_pb2_grpc import SubscriberServiceAsyncStub

Handler = Callable[[Delivery], Awaitable[object] | None]
OnEvent = Callable[[Event], object]

_BACKOFF = (0.1, 2.0)


@dataclass(slots=True)
class Work:
    """What a subscription is asked to do. Constant."""

    request: subscriber_pb2.SubscribeRequest
    handler: Handler
    concurrency: int
    ack_deadline: float  # seconds; 0 is none
    on_event: OnEvent | None


class Subscription:
    """Made by Client.subscribe; runs until stop, close, or an error that will not pass.

    As a context manager it is stopped at the end of the block, and closed where the block fails.
    """

    def __init__(self, stub: "SubscriberServiceAsyncStub", work: Work) -> None:
        self._stub = stub
        self._work = work
        self._waiting: deque[subscriber_pb2.Delivery] = deque()  # of the stream that is there
        self._running: set[asyncio.Task[None]] = set()
        self._settler: Settler | None = None  # of the stream that is there, once it is open
        self._draining = False
        self._stopping = False
        self._stop: asyncio.Task[None] | None = None
        self._backoff = Backoff(*_BACKOFF)
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.copy_context()
        name = f"amqp_sidecar.Subscription {work.request.queue}"
        self._task = self._loop.create_task(self._run(), name=name)
        self._task.add_done_callback(self._ended)

    @property
    def queue(self) -> str:
        """As asked for; empty where the sidecar names it."""
        return self._work.request.queue

    async def wait(self) -> None:
        """Until it ends. Raises SidecarError where an error ended it: QUEUE_NOT_FOUND,
        QUEUE_EXCLUSIVE, INVALID_SUBSCRIPTION, ACCESS_REFUSED. Cancelling it ends nothing."""
        await asyncio.wait({self._task})
        if self._stop is not None:
            await asyncio.wait({self._stop})
            self._stop.result()
        self._result()

    def stop_soon(self, timeout: float = 30.0) -> None:
        """Begins what stop does, for a signal handler; wait returns, or raises, when it is done."""
        if self._stop is None:
            self._stop = self._loop.create_task(self.stop(timeout))

    async def stop(self, timeout: float = 30.0) -> None:
        """Ends it gracefully: begins no handler any more, gives back what was not begun, without
        an attempt counted, and waits until the handlers that run are done and settled.

        Raises TimeoutError where they are not within timeout seconds: they are cancelled then, and
        their messages go back to the queue. Raises what wait raises.
        """
        self._begin_stop()
        try:
            async with asyncio.timeout(timeout):
                while self._running:
                    await asyncio.wait(set(self._running))
                if self._settler is None:
                    self._task.cancel()  # there is no stream that could end
                await asyncio.wait({self._task})
        except TimeoutError:
            count = len(self._running)
            await self.close()
            raise TimeoutError(
                f'the subscription to "{self.queue}" was not done in {timeout} s: '
                f"{count} handlers were cancelled, what they held goes back to the queue"
            ) from None
        self._result()

    async def close(self) -> None:
        """Ends it at once: handlers are cancelled, and what is unsettled goes back."""
        self._stopping = True
        self._task.cancel()
        tasks = {self._task, *self._running}
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        self._running.clear()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            await self.stop()
        else:
            await self.close()

    def _begin_stop(self) -> None:
        if self._stopping:
            return
        self._stopping = True
        if self._settler is not None:
            self._settler.half_close()
            self._give_back(self._settler)

    def _result(self) -> None:
        if not self._task.cancelled():
            self._task.result()

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error('subscription ended: queue="%s": %s', self.queue, error)

    async def _run(self) -> None:
        """One stream after the other."""
        while not self._stopping:
            ended_by = await self._stream()
            self._settler = None
            self._waiting.clear()
            if ended_by is None and self._stopping:
                return
            if ended_by is not None and not _passes(ended_by):
                raise ended_by
            detail = "the sidecar ended the stream" if ended_by is None else str(ended_by)
            self._tell(Event(EventKind.DISCONNECTED, detail))
            if not self._stopping:
                await asyncio.sleep(self._backoff.next())

    async def _stream(self) -> SidecarError | None:
        """The life of one stream; returns why it ended, None for OK."""
        call = self._stub.SubscribeStream(wait_for_ready=True)
        end = StreamEnd(call)
        writer: asyncio.Task[None] | None = None
        try:
            await call.write(subscriber_pb2.SubscribeStreamRequest(subscribe=self._work.request))
            settler = Settler(self._stub, call, self._work.ack_deadline, self._tell, self._settled)
            self._settler = settler
            self._draining = False
            if self._stopping:
                settler.half_close()
            writer = self._loop.create_task(settler.run())
            async for response in call:  # unlike read(), goes on when a write failed
                self._take(settler, response)
            return await end.reason()
        except grpc.aio.AioRpcError:
            return await end.reason()
        except asyncio.CancelledError:
            if not self._task.cancelling():
                return SidecarError(StatusCode.CANCELLED, "", "the channel was closed")
            raise
        finally:
            if writer is not None:
                writer.cancel()
            call.cancel()

    def _take(self, settler: Settler, response: subscriber_pb2.SubscribeStreamResponse) -> None:
        if response.deliveries:
            settler.hold([delivery.delivery_id for delivery in response.deliveries])
            self._waiting.extend(response.deliveries)
            if self._stopping or self._draining:
                self._give_back(settler)
            else:
                self._begin()
        if response.HasField("event"):
            self._happened(settler, _events.of_event(response.event))
        if response.failures:
            settler.failed(response.failures)

    def _happened(self, settler: Settler, event: Event) -> None:
        if event.kind is EventKind.INTERRUPTED:
            self._waiting.clear()  # stale: they come again
            settler.drop_all()
        elif event.kind is EventKind.DRAINING:
            self._draining = True
            self._give_back(settler)
        elif event.kind is EventKind.SUBSCRIBED:
            self._backoff.reset()
        self._tell(event)

    def _give_back(self, settler: Settler) -> None:
        """What was not begun."""
        if self._waiting:
            settler.nack([one.delivery_id for one in self._waiting], not_attempted=True)
            self._waiting.clear()

    def _begin(self) -> None:
        """Handlers, as many as may run at once."""
        settler = self._settler
        while self._waiting and settler is not None and not self._stopping:
            if len(self._running) >= self._work.concurrency:
                return
            delivery = self._waiting.popleft()
            handling = self._handle(settler, delivery)
            # Not in the context of the handler before it, which may be what runs here.
            task = self._loop.create_task(handling, context=self._context.copy())
            self._running.add(task)

    async def _handle(self, settler: Settler, raw: subscriber_pb2.Delivery) -> None:
        task = asyncio.current_task()
        assert task is not None
        _trace.attach(raw.properties.headers)
        try:
            result = self._work.handler(Delivery(raw))
            if inspect.isawaitable(result):
                await result
        except Reject as error:
            warn("message rejected", raw, error)
            settler.reject(raw.delivery_id, error.cause)
        except Retry as error:
            warn("message to be tried again", raw, error)
            settler.nack([raw.delivery_id], error.delay)
        except asyncio.CancelledError as error:
            if task.cancelling():
                raise  # by close: unsettled
            warn("handler failed", raw, error)  # something that it awaited was cancelled
            settler.nack([raw.delivery_id])
        except Exception as error:
            warn("handler failed", raw, error, trace=True)
            settler.nack([raw.delivery_id])
        else:
            settler.ack(raw.delivery_id)
        finally:
            self._running.discard(task)
            self._begin()

    def _settled(self) -> None:
        """The settler has written what there was."""
        settler = self._settler
        if (
            self._stopping
            and not self._running
            and settler is not None
            and settler.not_requeueable
            and settler.settling == 0
        ):
            self._task.cancel()  # what a stream queue does not take back stays unsettled

    def _tell(self, event: Event) -> None:
        if self._work.on_event is None:
            _events.to_log(self.queue, event)
            return
        try:
            self._work.on_event(event)
        except Exception:
            log.warning("on_event failed: %s", event.kind, exc_info=True)


def _passes(error: SidecarError) -> bool:
    """Whether another stream may fare better."""
    return (
        error.code is StatusCode.UNAVAILABLE
        or error.reason == Reason.SIDECAR_UNAVAILABLE
        or (error.code is StatusCode.RESOURCE_EXHAUSTED and error.reason == Reason.LIMIT_EXCEEDED)
    )

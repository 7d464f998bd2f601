"""Client: the door to one sidecar. Every method on the event loop that it was made on."""

import asyncio
import inspect
import weakref
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TypeVar, Unpack, cast

import grpc

from amqp_sidecar import _address, _errors, _topology, _values
from amqp_sidecar._backoff import Backoff
from amqp_sidecar._errors import Persisted, Reason, SidecarError
from amqp_sidecar._item import PublishResult
from amqp_sidecar._message import DEFAULT_TIMEOUT, Outgoing, PublishOptions, outgoing
from amqp_sidecar._publisher import LEAST_TRY, RETRY_BACKOFF, Publisher
from amqp_sidecar._subscription import Handler, OnEvent, Subscription, Work
from amqp_sidecar._topology import Binding, Exchange, Queue, QueueInfo
from amqp_sidecar._values import Duration, Value
from amqp_sidecar.v1 import publisher_pb2, subscriber_pb2, topology_pb2
from amqp_sidecar.v1.publisher_pb2_grpc import PublisherServiceStub
from amqp_sidecar.v1.subscriber_pb2_grpc import SubscriberServiceStub
from amqp_sidecar.v1.topology_pb2_grpc import TopologyServiceStub

if TYPE_CHECKING:
    from amqp_sidecar.v1.publisher_pb2_grpc import PublisherServiceAsyncStub
    from amqp_sidecar.v1.subscriber_pb2_grpc import SubscriberServiceAsyncStub
    from amqp_sidecar.v1.topology_pb2_grpc import TopologyServiceAsyncStub

_OPTIONS = (
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 2000),  # is how long one attempt may take
    ("grpc.max_reconnect_backoff_ms", 2000),
    ("grpc.max_receive_message_length", 129 << 20),
    ("grpc.max_send_message_length", -1),  # the sidecar says itself what is too large
    ("grpc.enable_http_proxy", 0),
)
_DEFAULT_PREFETCH = 64

_Response = TypeVar("_Response")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """What a handler's failure and an expired acknowledgement deadline lead to."""

    max_attempts: int = 0
    """Deliveries of one message at most, then it is dead-lettered. 0 means no limit."""
    initial_backoff: Duration | None = None
    """Before the second delivery; doubles with each. 10 ms to 24 h; None means 1 s."""
    max_backoff: Duration | None = None
    """None means 1 min, or initial_backoff where that is longer."""
    dead_letter_exchange: str = ""
    """Where a message goes after its last attempt, and when it is rejected. Empty means the
    queue's own, else, after the last attempt, the queue "<queue>.dead"."""
    dead_letter_routing_key: str = ""
    """Empty keeps the message's own."""


def connect(
    address: str | None = None,
    *,
    credentials: grpc.ChannelCredentials | None = None,
    channel: grpc.aio.Channel | None = None,
) -> "Client":
    """A client of the sidecar at address: "unix:///path", "/path" or "host:port". None means the
    environment's AMQP_SIDECAR_ADDR, else unix:///run/amqp-sidecar/sidecar.sock.

    Call it in a coroutine. Returns at once: it connects with the first call, which waits for the
    sidecar within its timeout. With credentials the channel is a secure one; channel is used as it
    is, and is not closed. Raises ValueError for an address that is none.
    """
    if channel is not None:
        if address is not None or credentials is not None:
            raise ValueError("a channel has its address and credentials already")
        return Client(channel)
    target = _address.target(address)
    if credentials is None:
        own = grpc.aio.insecure_channel(target, options=_OPTIONS)
    else:
        own = grpc.aio.secure_channel(target, credentials, options=_OPTIONS)
    return Client(own, close_channel=True)


class Client:
    """Made by connect. Any number of calls at once. A failed call raises SidecarError."""

    def __init__(self, channel: grpc.aio.Channel, *, close_channel: bool = False) -> None:
        self._loop = asyncio.get_running_loop()
        self._channel = channel
        self._close_channel = close_channel
        self._publisher = cast("PublisherServiceAsyncStub", PublisherServiceStub(channel))
        self._subscriber = cast("SubscriberServiceAsyncStub", SubscriberServiceStub(channel))
        self._topology = cast("TopologyServiceAsyncStub", TopologyServiceStub(channel))
        self._publishers: weakref.WeakSet[Publisher] = weakref.WeakSet()
        self._subscriptions: weakref.WeakSet[Subscription] = weakref.WeakSet()

    async def publish(
        self, exchange: str, routing_key: str, body: object, **options: Unpack[PublishOptions]
    ) -> PublishResult:
        """Publishes one message. It returns when the broker has it.

        bytes are sent as they are; anything else as JSON, dataclasses too. A failure that left
        nothing behind and can pass is tried again within the timeout.
        """
        out = outgoing(exchange, routing_key, body, options)
        deadline = self._loop.time() + out.timeout
        backoff = Backoff(*RETRY_BACKOFF)
        last: SidecarError | None = None
        while True:
            try:
                return await self._try(out, deadline - self._loop.time())
            except SidecarError as error:
                if last is not None and error.reason == Reason.SIDECAR_UNAVAILABLE:
                    raise _errors.without_answer(last) from error
                if (
                    error.code is not grpc.StatusCode.UNAVAILABLE
                    or error.persisted is not Persisted.NO
                ):
                    raise
                delay = backoff.next()
                if self._loop.time() + delay + LEAST_TRY >= deadline:
                    raise
                last = error
            await asyncio.sleep(delay)

    def publisher(self, *, max_in_flight: int = 1000) -> Publisher:
        """For many messages: batches on one stream. At most max_in_flight are unanswered.

        Close it when done, or use it as a context manager.
        """
        publisher = Publisher(self._publisher, max_in_flight)
        self._publishers.add(publisher)
        return publisher

    def subscribe(
        self,
        queue: str,
        handler: Handler,
        *,
        concurrency: int = 1,
        prefetch: int = 0,
        ack_deadline: Duration = 30.0,
        retry: RetryPolicy | None = None,
        exclusive: bool = False,
        priority: int = 0,
        arguments: Mapping[str, Value] | None = None,
        bindings: Iterable[Binding] = (),
        on_event: OnEvent | None = None,
    ) -> Subscription:
        """Calls handler with each Delivery from queue, on the event loop, each in its own task.

        It returns: acknowledged. It raises: delivered again, by the retry policy, else at once.
        Reject: dead-lettered. Retry: delivered again after its delay. What a handler raises is
        logged as a warning of the logger "amqp_sidecar".

        concurrency: handlers that run at once. prefetch: unsettled deliveries at most, up to
        65535; 0 means the sidecar's default, or concurrency where that is over 64. ack_deadline: a
        delivery is taken back from a client that is silent for so long; the stub extends it while
        a handler works; 0 means none. exclusive, priority, arguments: of basic.consume. bindings:
        instead of an existing queue. on_event: a plain function, called with each Event; without
        it they go to the logger.

        Returns at once; the subscription outlives every loss of the sidecar, until it is stopped
        or an error that will not pass ends it: see Subscription.wait.
        """
        if inspect.iscoroutinefunction(on_event):
            raise TypeError("on_event is a plain function")
        if concurrency < 1:
            raise ValueError("concurrency is at least 1")
        if prefetch == 0 and concurrency > _DEFAULT_PREFETCH:
            prefetch = concurrency
        request = subscriber_pb2.SubscribeRequest(
            queue=queue,
            bindings=map(_topology.binding_of, bindings),
            prefetch=prefetch,
            ack_deadline=_values.to_duration(ack_deadline),
            retry=None if retry is None else _retry_of(retry),
            exclusive=exclusive,
            priority=priority,
        )
        _values.set_values(arguments or {}, request.arguments)
        work = Work(request, handler, concurrency, _values.seconds(ack_deadline), on_event)
        subscription = Subscription(self._subscriber, work)
        self._subscriptions.add(subscription)
        return subscription

    async def declare(
        self,
        exchanges: Iterable[Exchange] = (),
        queues: Iterable[Queue] = (),
        bindings: Iterable[Binding] = (),
        *,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> list[str]:
        """Declares all of it, in order; idempotent. Returns the names of the queues.

        TOPOLOGY_CONFLICT: one exists with other properties; the detail names the difference.
        """
        request = topology_pb2.DeclareTopologyRequest(
            exchanges=map(_topology.exchange_of, exchanges),
            queues=map(_topology.queue_of, queues),
            bindings=map(_topology.binding_of, bindings),
        )
        call = self._topology.DeclareTopology(request, timeout=timeout, wait_for_ready=True)
        return list((await _answer(call)).queue_names)

    async def delete_queue(
        self,
        queue: str,
        *,
        if_unused: bool = False,
        if_empty: bool = False,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> int:
        """Returns how many messages went with it; 0 where it does not exist.

        QUEUE_IN_USE, QUEUE_NOT_EMPTY: the condition does not hold.
        """
        request = topology_pb2.DeleteQueueRequest(
            queue=queue, if_unused=if_unused, if_empty=if_empty
        )
        call = self._topology.DeleteQueue(request, timeout=timeout, wait_for_ready=True)
        return (await _answer(call)).message_count

    async def delete_exchange(
        self, exchange: str, *, if_unused: bool = False, timeout: float = DEFAULT_TIMEOUT
    ) -> None:
        """One that does not exist is no failure. QUEUE_IN_USE: the condition does not hold."""
        request = topology_pb2.DeleteExchangeRequest(exchange=exchange, if_unused=if_unused)
        call = self._topology.DeleteExchange(request, timeout=timeout, wait_for_ready=True)
        await _answer(call)

    async def unbind(self, binding: Binding, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Removes one binding, which is known by its key and arguments, too."""
        request = topology_pb2.UnbindQueueRequest(binding=_topology.binding_of(binding))
        call = self._topology.UnbindQueue(request, timeout=timeout, wait_for_ready=True)
        await _answer(call)

    async def purge_queue(self, queue: str, *, timeout: float = DEFAULT_TIMEOUT) -> int:
        """Drops what waits in it; returns how many."""
        request = topology_pb2.PurgeQueueRequest(queue=queue)
        call = self._topology.PurgeQueue(request, timeout=timeout, wait_for_ready=True)
        return (await _answer(call)).message_count

    async def get_queue(self, queue: str, *, timeout: float = DEFAULT_TIMEOUT) -> QueueInfo:
        """What it holds. QUEUE_NOT_FOUND where it does not exist."""
        request = topology_pb2.GetQueueRequest(queue=queue)
        call = self._topology.GetQueue(request, timeout=timeout, wait_for_ready=True)
        answer = await _answer(call)
        return QueueInfo(answer.queue, answer.message_count, answer.consumer_count)

    async def close(self) -> None:
        """Ends what is open, at once: subscriptions as by close; messages of a publisher that have
        no result fail. Stop and close those before, to have them finish."""
        for publisher in self._publishers:
            publisher.abort()
        for subscription in [*self._subscriptions]:
            await subscription.close()
        if self._close_channel:
            await self._channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _try(self, out: Outgoing, timeout: float) -> PublishResult:
        request = publisher_pb2.PublishRequest(
            message=out.message, allow_unroutable=out.allow_unroutable
        )
        try:
            response = await self._publisher.Publish(request, timeout=timeout, wait_for_ready=True)
        except grpc.aio.AioRpcError as error:
            raise _errors.of_call(error, out.message.properties.message_id) from None
        return PublishResult(response.message_id, response.routed)


async def _answer(call: Awaitable[_Response]) -> _Response:
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise _errors.of_call(error) from None


def _retry_of(policy: RetryPolicy) -> subscriber_pb2.RetryPolicy:
    initial, longest = policy.initial_backoff, policy.max_backoff
    return subscriber_pb2.RetryPolicy(
        max_attempts=policy.max_attempts,
        initial_backoff=None if initial is None else _values.to_duration(initial),
        max_backoff=None if longest is None else _values.to_duration(longest),
        dead_letter_exchange=policy.dead_letter_exchange,
        dead_letter_routing_key=policy.dead_letter_routing_key,
    )

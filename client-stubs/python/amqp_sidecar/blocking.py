"""The same for code without asyncio: every call blocks, and may come from any thread.

    with blocking.connect() as client:
        client.publish("orders", "order.created", {"order_id": 1})

An event loop runs in a thread for each client; handlers run in threads of their subscription. What
each method does, takes and raises is documented at its namesake in amqp_sidecar.
"""

import asyncio
import concurrent.futures
import contextvars
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any, Self, TypeVar, Unpack

import grpc

import amqp_sidecar
from amqp_sidecar import (
    Binding,
    Delivery,
    Duration,
    Exchange,
    OnEvent,
    PublishOptions,
    PublishResult,
    Queue,
    QueueInfo,
    RetryPolicy,
    Value,
)
from amqp_sidecar._message import DEFAULT_TIMEOUT

_T = TypeVar("_T")


class _Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="amqp_sidecar", daemon=True
        )
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        """What it returns or raises. An interrupt of this thread cancels it."""
        try:
            future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        except RuntimeError:
            coroutine.close()
            raise RuntimeError("the client is closed") from None
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    @property
    def closed(self) -> bool:
        return self._loop.is_closed()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def connect(
    address: str | None = None, *, credentials: grpc.ChannelCredentials | None = None
) -> "Client":
    return Client(address, credentials)


class Client:
    """Made by connect. Close it, or use it as a context manager."""

    def __init__(self, address: str | None, credentials: grpc.ChannelCredentials | None) -> None:
        self._loop = _Loop()

        async def begin() -> amqp_sidecar.Client:
            return amqp_sidecar.connect(address, credentials=credentials)

        try:
            self._client = self._loop.run(begin())
        except BaseException:
            self._loop.close()
            raise

    def publish(
        self, exchange: str, routing_key: str, body: object, **options: Unpack[PublishOptions]
    ) -> PublishResult:
        return self._loop.run(self._client.publish(exchange, routing_key, body, **options))

    def publisher(self, *, max_in_flight: int = 1000) -> "Publisher":
        async def begin() -> amqp_sidecar.Publisher:
            return self._client.publisher(max_in_flight=max_in_flight)

        return Publisher(self._loop, self._loop.run(begin()))

    def subscribe(
        self,
        queue: str,
        handler: Callable[[Delivery], object],
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
    ) -> "Subscription":
        """handler runs in one of concurrency threads; on_event in the event loop's, so it must not
        block. Each holds what its context holds: a trace, where there is one."""
        threads = concurrent.futures.ThreadPoolExecutor(
            max(1, concurrency), thread_name_prefix=f"amqp_sidecar {queue}"
        )

        async def handle(delivery: Delivery) -> None:
            run = contextvars.copy_context().run
            await asyncio.get_running_loop().run_in_executor(threads, run, handler, delivery)

        async def begin() -> amqp_sidecar.Subscription:
            return self._client.subscribe(
                queue,
                handle,
                concurrency=concurrency,
                prefetch=prefetch,
                ack_deadline=ack_deadline,
                retry=retry,
                exclusive=exclusive,
                priority=priority,
                arguments=arguments,
                bindings=bindings,
                on_event=on_event,
            )

        return Subscription(self._loop, self._loop.run(begin()), threads)

    def declare(
        self,
        exchanges: Iterable[Exchange] = (),
        queues: Iterable[Queue] = (),
        bindings: Iterable[Binding] = (),
        *,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> list[str]:
        return self._loop.run(self._client.declare(exchanges, queues, bindings, timeout=timeout))

    def delete_queue(
        self,
        queue: str,
        *,
        if_unused: bool = False,
        if_empty: bool = False,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> int:
        deleting = self._client.delete_queue(
            queue, if_unused=if_unused, if_empty=if_empty, timeout=timeout
        )
        return self._loop.run(deleting)

    def delete_exchange(
        self, exchange: str, *, if_unused: bool = False, timeout: float = DEFAULT_TIMEOUT
    ) -> None:
        self._loop.run(self._client.delete_exchange(exchange, if_unused=if_unused, timeout=timeout))

    def unbind(self, binding: Binding, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        self._loop.run(self._client.unbind(binding, timeout=timeout))

    def purge_queue(self, queue: str, *, timeout: float = DEFAULT_TIMEOUT) -> int:
        return self._loop.run(self._client.purge_queue(queue, timeout=timeout))

    def get_queue(self, queue: str, *, timeout: float = DEFAULT_TIMEOUT) -> QueueInfo:
        return self._loop.run(self._client.get_queue(queue, timeout=timeout))

    def close(self) -> None:
        if self._loop.closed:
            return
        try:
            self._loop.run(self._client.close())
        finally:
            self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Publisher:
    """Made by Client.publisher. Any number of threads may publish by it at once."""

    def __init__(self, loop: _Loop, publisher: amqp_sidecar.Publisher) -> None:
        self._loop = loop
        self._publisher = publisher

    def publish(
        self, exchange: str, routing_key: str, body: object, **options: Unpack[PublishOptions]
    ) -> PublishResult:
        return self._loop.run(self._publisher.publish(exchange, routing_key, body, **options))

    def send(
        self, exchange: str, routing_key: str, body: object, **options: Unpack[PublishOptions]
    ) -> concurrent.futures.Future[PublishResult]:
        """Its future cannot be cancelled."""
        result: concurrent.futures.Future[PublishResult] = concurrent.futures.Future()
        result.set_running_or_notify_cancel()

        def done(future: asyncio.Future[PublishResult]) -> None:
            error = future.exception()
            if error is not None:
                result.set_exception(error)
            else:
                result.set_result(future.result())

        async def send() -> None:
            future = await self._publisher.send(exchange, routing_key, body, **options)
            future.add_done_callback(done)

        self._loop.run(send())
        return result

    def flush(self) -> None:
        self._loop.run(self._publisher.flush())

    def close(self) -> None:
        self._loop.run(self._publisher.close())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Subscription:
    """Made by Client.subscribe. close cannot end a handler that runs: its thread goes on, and its
    message is delivered again."""

    def __init__(
        self,
        loop: _Loop,
        subscription: amqp_sidecar.Subscription,
        threads: concurrent.futures.ThreadPoolExecutor,
    ) -> None:
        self._loop = loop
        self._subscription = subscription
        self._threads = threads

    def wait(self) -> None:
        self._loop.run(self._subscription.wait())

    def stop(self, timeout: float = 30.0) -> None:
        """Not for a signal handler: there set an event that another thread waits for."""
        try:
            self._loop.run(self._subscription.stop(timeout))
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        self._loop.run(self._subscription.close())
        self._threads.shutdown(wait=False, cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.stop()
        else:
            self.close()

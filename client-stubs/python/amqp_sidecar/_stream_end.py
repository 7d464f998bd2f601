"""StreamEnd: how a stream to the sidecar ended, in spite of what gRPC's asyncio makes of it.

A write that meets a stream that has ended makes gRPC replace the status that the sidecar sent by a
placeholder, before or after it has come. So the first one that is none is kept.
"""

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

import grpc

from amqp_sidecar import _errors
from amqp_sidecar._errors import SidecarError

if TYPE_CHECKING:
    StreamCall = grpc.aio.StreamStreamCall[Any, Any]

_PLACEHOLDER = "Internal error from Core"
_STATUS_DEADLINE = 1.0

_T = TypeVar("_T")


class StreamEnd:
    """Of one call. Make it before the call can have ended."""

    def __init__(self, call: "StreamCall") -> None:
        self._call = call
        self._known = asyncio.Event()
        self._status: grpc.aio.AioRpcError | None = None
        call.add_done_callback(self._done)

    async def reason(self) -> SidecarError | None:
        """Of a stream that was read to its end, or failed to begin; None is OK."""
        try:
            async with asyncio.timeout(_STATUS_DEADLINE):
                await self._known.wait()
        except TimeoutError:
            self._status = _status_of(self._call)  # gRPC's own words
        status = self._status
        if status is None or status.code() is grpc.StatusCode.OK:
            return None
        return _errors.of_call(status)

    def _done(self, _: object) -> None:
        """Called at every change of the call's status."""
        status = _status_of(self._call)
        if status.details() != _PLACEHOLDER and not self._known.is_set():
            self._status = status
            self._known.set()


def _status_of(call: "StreamCall") -> grpc.aio.AioRpcError:
    return grpc.aio.AioRpcError(
        _now(call.code()), grpc.aio.Metadata(), _now(call.trailing_metadata()), _now(call.details())
    )


def _now(coroutine: Coroutine[Any, Any, _T]) -> _T:
    """What it returns: it does not wait, since the call has its status."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: _T = stop.value
        return result
    coroutine.close()
    raise RuntimeError("the call has no status")

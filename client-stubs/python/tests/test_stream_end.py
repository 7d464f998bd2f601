"""StreamEnd: what the sidecar said counts, whenever gRPC's placeholder comes."""

from collections.abc import Callable
from typing import Any, cast

import grpc
import pytest
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc import StatusCode

from amqp_sidecar._stream_end import StreamEnd


class Call:
    """A call as gRPC's asyncio has it, whose status may change."""

    def __init__(self) -> None:
        self._callbacks: list[Callable[[Any], None]] = []
        self._status: tuple[StatusCode, str, grpc.aio.Metadata]

    def add_done_callback(self, callback: Callable[[Any], None]) -> None:
        self._callbacks.append(callback)

    def set_status(self, code: StatusCode, details: str, reason: str = "") -> None:
        metadata = grpc.aio.Metadata()
        if reason:
            info = any_pb2.Any()
            info.Pack(error_details_pb2.ErrorInfo(reason=reason, domain="amqp-sidecar"))
            status = status_pb2.Status(details=[info])
            metadata.add("grpc-status-details-bin", status.SerializeToString())
        self._status = (code, details, metadata)
        for callback in self._callbacks:
            callback(self)

    async def code(self) -> StatusCode:
        return self._status[0]

    async def details(self) -> str:
        return self._status[1]

    async def trailing_metadata(self) -> grpc.aio.Metadata:
        return self._status[2]


DRAINING = (StatusCode.UNAVAILABLE, "it drains", "DRAINING")
PLACEHOLDER = (StatusCode.INTERNAL, "Internal error from Core")


@pytest.mark.parametrize(
    "order", [[DRAINING], [DRAINING, PLACEHOLDER], [PLACEHOLDER, DRAINING, PLACEHOLDER]]
)
async def test_the_sidecars_word_counts(order: list[tuple[Any, ...]]) -> None:
    call = Call()
    end = StreamEnd(cast(Any, call))
    for status in order:
        call.set_status(*status)
    error = await end.reason()
    assert error is not None
    assert (error.code, error.reason, error.detail) == (
        StatusCode.UNAVAILABLE,
        "DRAINING",
        "it drains",
    )


async def test_an_end_that_is_ok_is_no_error() -> None:
    call = Call()
    end = StreamEnd(cast(Any, call))
    call.set_status(StatusCode.OK, "")
    call.set_status(*PLACEHOLDER)
    assert await end.reason() is None


async def test_where_the_sidecar_says_nothing_the_placeholder_stays() -> None:
    call = Call()
    end = StreamEnd(cast(Any, call))
    call.set_status(*PLACEHOLDER)
    error = await end.reason()
    assert error is not None
    assert (error.code, error.reason) == (StatusCode.INTERNAL, "SIDECAR_UNAVAILABLE")

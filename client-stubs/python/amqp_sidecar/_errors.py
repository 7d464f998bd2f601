"""The one error of the package, and what the sidecar says about a failure.

Pure: translates what gRPC and PublishResult carry. Decides no retries.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import cast

import grpc
from google.rpc import error_details_pb2, status_pb2
from grpc import StatusCode

from amqp_sidecar.v1 import publisher_pb2

_DOMAIN = "amqp-sidecar"
_DETAILS = "grpc-status-details-bin"
_CODES: dict[int, StatusCode] = {code.value[0]: code for code in StatusCode}
# With no word of the sidecar's, these mean that it was not there, died, or did not answer.
_NOT_THERE = frozenset(
    {
        StatusCode.UNAVAILABLE,
        StatusCode.DEADLINE_EXCEEDED,
        StatusCode.INTERNAL,
        StatusCode.UNKNOWN,
        StatusCode.CANCELLED,
    }
)


class Persisted(StrEnum):
    """What a failed publish left behind."""

    UNSPECIFIED = ""
    """Not of a publish, or from elsewhere than the sidecar."""
    NO = "NO"
    """The broker does not have it: publishing it again makes no duplicate."""
    UNKNOWN = "UNKNOWN"
    """It may have it: publish again with the same message_id; consumers drop the second."""
    PARTIAL = "PARTIAL"
    """Some of the queues have it, others refused."""


_PERSISTED: dict[int, Persisted] = {
    publisher_pb2.PERSISTED_NO: Persisted.NO,
    publisher_pb2.PERSISTED_UNKNOWN: Persisted.UNKNOWN,
    publisher_pb2.PERSISTED_PARTIAL: Persisted.PARTIAL,
}


class Reason(StrEnum):
    """The reasons of the sidecar's docs/errors.md, and the stub's own SIDECAR_UNAVAILABLE.

    SidecarError.reason is a plain str, since a later sidecar may have more; it compares equal.
    """

    SIDECAR_UNAVAILABLE = "SIDECAR_UNAVAILABLE"
    """The stub's own: the sidecar is not there, or went away before it answered."""
    INVALID_MESSAGE = "INVALID_MESSAGE"
    INVALID_BODY = "INVALID_BODY"
    MESSAGE_TOO_LARGE = "MESSAGE_TOO_LARGE"
    EXCHANGE_NOT_FOUND = "EXCHANGE_NOT_FOUND"
    UNROUTABLE = "UNROUTABLE"
    ACCESS_REFUSED = "ACCESS_REFUSED"
    REFUSED_BY_BROKER = "REFUSED_BY_BROKER"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    BROKER_UNAVAILABLE = "BROKER_UNAVAILABLE"
    BROKER_BLOCKED = "BROKER_BLOCKED"
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"
    DRAINING = "DRAINING"
    INVALID_SUBSCRIPTION = "INVALID_SUBSCRIPTION"
    QUEUE_NOT_FOUND = "QUEUE_NOT_FOUND"
    QUEUE_EXCLUSIVE = "QUEUE_EXCLUSIVE"
    INVALID_TOPOLOGY = "INVALID_TOPOLOGY"
    TOPOLOGY_CONFLICT = "TOPOLOGY_CONFLICT"
    QUEUE_IN_USE = "QUEUE_IN_USE"
    QUEUE_NOT_EMPTY = "QUEUE_NOT_EMPTY"
    # Of settlements, in an Event of the kind SETTLE_FAILED.
    UNKNOWN_DELIVERY = "UNKNOWN_DELIVERY"
    ALREADY_SETTLED = "ALREADY_SETTLED"
    DEADLINE_EXPIRED = "DEADLINE_EXPIRED"
    STALE_DELIVERY = "STALE_DELIVERY"
    NOT_MOVED = "NOT_MOVED"
    NOT_REQUEUEABLE = "NOT_REQUEUEABLE"
    DEADLINE_LIMIT = "DEADLINE_LIMIT"


class SidecarError(Exception):
    """A call that failed: what every function of the package raises for it."""

    def __init__(
        self,
        code: StatusCode,
        reason: str,
        detail: str,
        persisted: Persisted = Persisted.UNSPECIFIED,
        message_id: str = "",
    ) -> None:
        super().__init__(code, reason, detail, persisted, message_id)
        self.code = code
        """gRPC's."""
        self.reason = reason
        """One of Reason, or a later sidecar's; empty where the failure is not the sidecar's."""
        self.detail = detail
        """For a person."""
        self.persisted = persisted
        """Of a publish."""
        self.message_id = message_id
        """Of a publish: publish with it again, and consumers can drop a second copy."""

    @property
    def retryable(self) -> bool:
        """The same call, later, can succeed; a publish makes no duplicate by it."""
        if self.persisted is Persisted.NO:
            return self.code in (StatusCode.UNAVAILABLE, StatusCode.RESOURCE_EXHAUSTED)
        return self.persisted is Persisted.UNSPECIFIED and self.code is StatusCode.UNAVAILABLE

    def __str__(self) -> str:
        return f"{self.reason or 'ERROR'} ({self.code.name}): {self.detail}"


def code_of(number: int) -> StatusCode:
    """Of a google.rpc.Code value; UNKNOWN for one that gRPC does not have."""
    return _CODES.get(number, StatusCode.UNKNOWN)


def persisted_of(name: str) -> Persisted:
    """By its name on the wire; UNSPECIFIED for one that a later sidecar may have."""
    try:
        return Persisted(name)
    except ValueError:
        return Persisted.UNSPECIFIED


def of_call(error: grpc.aio.AioRpcError, message_id: str | None = None) -> SidecarError:
    """Of a call that failed; message_id is given where it was a publish, even if empty."""
    code = error.code()
    detail = error.details() or ""
    info = _error_info(error)
    if info is not None:
        persisted = persisted_of(info.metadata.get("persisted", ""))
        return SidecarError(code, info.reason, detail, persisted, message_id or "")
    if code not in _NOT_THERE:
        return SidecarError(code, "", detail, Persisted.UNSPECIFIED, message_id or "")
    persisted = Persisted.UNSPECIFIED if message_id is None else Persisted.UNKNOWN
    return SidecarError(code, Reason.SIDECAR_UNAVAILABLE, detail, persisted, message_id or "")


def of_result(result: publisher_pb2.PublishResult) -> SidecarError:
    """Of a message of a stream that failed."""
    return SidecarError(
        code_of(result.code),
        result.reason,
        result.detail,
        _PERSISTED.get(result.persisted, Persisted.UNSPECIFIED),
        result.message_id,
    )


def without_answer(last: SidecarError) -> SidecarError:
    """Of a message that failed as last says, was tried again, and then got no answer: the reason
    is the one that is known, and the second try may have arrived."""
    detail = f"{last.detail}; tried again, with no answer in time"
    return SidecarError(last.code, last.reason, detail, Persisted.UNKNOWN, last.message_id)


def invalid(reason: Reason, detail: str, message_id: str = "") -> SidecarError:
    """Of a message that the stub does not send."""
    return SidecarError(StatusCode.INVALID_ARGUMENT, reason, detail, Persisted.NO, message_id)


def _error_info(error: grpc.aio.AioRpcError) -> error_details_pb2.ErrorInfo | None:
    metadata = cast("Iterable[tuple[str, str | bytes]]", error.trailing_metadata() or ())
    for key, value in metadata:
        if key != _DETAILS or not isinstance(value, bytes):
            continue
        for detail in status_pb2.Status.FromString(value).details:
            info = error_details_pb2.ErrorInfo()
            if detail.Unpack(info) and info.domain == _DOMAIN:
                return info
    return None

"""The package's logger: "amqp_sidecar". No line has a body or a credential."""

import logging

from amqp_sidecar.v1 import subscriber_pb2

log = logging.getLogger("amqp_sidecar")


def warn(
    what: str, delivery: subscriber_pb2.Delivery, error: BaseException, *, trace: bool = False
) -> None:
    """Of a handler that raised; with trace, where it did."""
    log.warning(
        '%s: queue="%s" message_id="%s" attempt=%d: %s: %s',
        what,
        delivery.queue,
        delivery.properties.message_id,
        delivery.attempt,
        type(error).__name__,
        error,
        exc_info=error if trace else None,
    )

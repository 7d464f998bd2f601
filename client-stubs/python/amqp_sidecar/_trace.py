"""The W3C trace context of a message, where OpenTelemetry's API is installed; else nothing.

The package does not depend on it. Makes no spans.
"""

from collections.abc import Mapping

from amqp_sidecar.v1 import message_pb2

_FIELDS = ("traceparent", "tracestate")

try:
    from opentelemetry import context as _context
    from opentelemetry.trace.propagation import tracecontext as _tracecontext

    _propagator: "_tracecontext.TraceContextTextMapPropagator | None" = (
        _tracecontext.TraceContextTextMapPropagator()
    )
except ImportError:
    _propagator = None


def inject(properties: message_pb2.Properties) -> None:
    """Adds the current context to the headers, unless the message has its own."""
    if _propagator is None:
        return
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    if not carrier or any(field in properties.headers for field in _FIELDS):
        return
    for name, value in carrier.items():
        properties.headers[name].string_value = value


def attach(headers: Mapping[str, message_pb2.FieldValue]) -> None:
    """Makes a delivery's context the current one, for the rest of the asyncio task: a message
    without one begins a new trace."""
    if _propagator is None:
        return
    carrier = {name: headers[name].string_value for name in _FIELDS if name in headers}
    _context.attach(_propagator.extract(carrier, _context.Context()))

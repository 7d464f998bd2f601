"""Where the sidecar listens: what users write, and the target that gRPC takes for it.

Pure but for reading AMQP_SIDECAR_ADDR. Opens nothing.
"""

import os
import re

ENVIRONMENT = "AMQP_SIDECAR_ADDR"
DEFAULT = "unix:///run/amqp-sidecar/sidecar.sock"

_ACCEPTED = 'accepted are "unix:///path", "/path" and "host:port"'
_HOST_AND_PORT = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^\s/:\[\]]+):([0-9]{1,5})")
_MAX_PATH_BYTES = 107  # of a Unix socket's address on Linux


def target(address: str | None) -> str:
    """The gRPC target of an address; None means the environment's, else the default.

    Raises ValueError, which says what is accepted.
    """
    if address is None:
        address = os.environ.get(ENVIRONMENT) or DEFAULT
    if address.startswith("/"):
        return _socket(address, address)
    if address.startswith("unix:///"):
        return _socket(address, address.removeprefix("unix://"))
    match = _HOST_AND_PORT.fullmatch(address)
    if match is None or not 1 <= int(match[1]) <= 65535:
        raise ValueError(f'the sidecar\'s address "{address}" is none: {_ACCEPTED}')
    return f"dns:///{address}"


def _socket(address: str, path: str) -> str:
    if not path.strip("/") or "\0" in path or len(os.fsencode(path)) > _MAX_PATH_BYTES:
        raise ValueError(
            f'the sidecar\'s address "{address}" is none: '
            f"a socket's path has 2 to {_MAX_PATH_BYTES} bytes; {_ACCEPTED}"
        )
    return f"unix://{path}"

"""The package's logger: "amqp_sidecar". No line has a body or a credential."""

import logging

log = logging.getLogger("amqp_sidecar")

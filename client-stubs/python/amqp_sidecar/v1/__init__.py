"""Generated from proto/amqp_sidecar/v1 by generate.sh: the API as it is on the wire."""

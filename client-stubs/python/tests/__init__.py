"""Against the real sidecar and RabbitMQ, through the world (tests/stubs/world.py)."""

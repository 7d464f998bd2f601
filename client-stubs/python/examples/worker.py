"""Handles orders until SIGTERM: up to 8 at once, each tried 5 times at most."""

import asyncio
import signal

import amqp_sidecar
from amqp_sidecar import Delivery, Reject, RetryPolicy


async def handle(delivery: Delivery) -> None:
    order = delivery.json()
    if "order_id" not in order:
        raise Reject("no order_id")  # dead-lettered; any other exception: tried again
    print(f"order {order['order_id']}", flush=True)


async def main() -> None:
    async with amqp_sidecar.connect() as client:
        policy = RetryPolicy(
            max_attempts=5, initial_backoff=1.0, dead_letter_exchange="orders.dead"
        )
        subscription = client.subscribe("billing", handle, concurrency=8, retry=policy)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, subscription.stop_soon)
        await subscription.wait()


asyncio.run(main())

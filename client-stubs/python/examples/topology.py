"""Declares the exchange, the queue and what the other examples need of both."""

import asyncio

import amqp_sidecar
from amqp_sidecar import Binding, Exchange, Queue


async def main() -> None:
    async with amqp_sidecar.connect() as client:
        queues = await client.declare(
            exchanges=[Exchange("orders", "topic"), Exchange("orders.dead", "fanout")],
            queues=[
                Queue("billing", arguments={"x-dead-letter-exchange": "orders.dead"}),
                Queue("billing.dead"),
            ],
            bindings=[
                Binding("orders", "order.*", queue="billing"),
                Binding("orders.dead", queue="billing.dead"),
            ],
        )
        print("declared", *queues)


asyncio.run(main())

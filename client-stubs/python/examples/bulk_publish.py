"""Publishes 1,000 orders over one stream, and asks of each what became of it."""

import asyncio

import amqp_sidecar


async def main() -> None:
    async with amqp_sidecar.connect() as client:
        async with client.publisher() as publisher:
            futures = []
            for order_id in range(1, 1001):
                order = {"order_id": order_id, "total": 9.5}
                futures.append(await publisher.send("orders", "order.created", order))

        confirmed = 0
        for future in futures:
            try:
                await future
                confirmed += 1
            except amqp_sidecar.SidecarError as error:
                print(f"{error.message_id}: {error}; persisted: {error.persisted}")
        print(f"{confirmed} confirmed")


asyncio.run(main())

"""Publishes one order. When it prints the id, the broker has the message."""

import asyncio

import amqp_sidecar


async def main() -> None:
    async with amqp_sidecar.connect() as client:
        order = {"order_id": 1, "total": 9.5}
        try:
            result = await client.publish("orders", "order.created", order)
        except amqp_sidecar.SidecarError as error:
            raise SystemExit(f"not published: {error}; persisted: {error.persisted}") from error
        print(result.message_id)


asyncio.run(main())

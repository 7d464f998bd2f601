// Publishes 1,000 orders over one stream, and knows of each whether it is in a queue.
import { connect, type SidecarError } from "amqp-sidecar";

async function main(): Promise<void> {
  const client = connect();
  const publisher = client.publisher();
  let confirmed = 0;
  for (let id = 1; id <= 1000; ++id) {
    await publisher.ready(); // while more than maxInFlight are unanswered
    const order = { order_id: id, total: 9.5 };
    publisher.publish("orders", "order.created", order).then(
      () => ++confirmed,
      (error: unknown) => {
        console.error(`order ${id}: ${(error as SidecarError).message}`);
      });
  }
  await publisher.close();
  console.log(`${confirmed} confirmed`);
  client.close();
}

void main();

// Handles the orders of a queue, four at a time, until SIGTERM.
import { connect, Reject, type Delivery } from "amqp-sidecar";

function handle(delivery: Delivery): void {
  const order = delivery.json() as { order_id?: number };
  if (order.order_id === undefined) {
    throw new Reject("an order without order_id"); // to the dead letters
  }
  console.log(`order ${order.order_id}`); // returning acks, another error is tried again
}

async function main(): Promise<void> {
  const client = connect();
  const subscription = client.subscribe("billing", handle, {
    concurrency: 4,
    retry: { maxAttempts: 5, initialBackoffMs: 1000, deadLetterExchange: "orders.dead" },
  });
  process.once("SIGTERM", () => {
    void subscription.stop(); // lets handlers finish, gives the rest back
  });
  await subscription.wait(); // throws where the queue is not there
  client.close();
}

void main();

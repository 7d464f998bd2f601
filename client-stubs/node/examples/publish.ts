// Publishes one order, and knows that it is in a queue.
import { connect, SidecarError } from "amqp-sidecar";

async function main(): Promise<void> {
  const client = connect();
  try {
    const order = { order_id: 1, total: 9.5 };
    const { messageId } = await client.publish("orders", "order.created", order);
    console.log(messageId);
  } catch (error) {
    if (!(error instanceof SidecarError)) {
      throw error;
    }
    console.error(`${error.message}; persisted: ${error.persisted}, retryable: ${error.retryable}`);
    process.exitCode = 1;
  } finally {
    client.close();
  }
}

void main();

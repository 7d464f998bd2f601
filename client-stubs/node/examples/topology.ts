// Declares what the other examples use: a topic exchange, a queue, and where its dead letters go.
import { connect } from "amqp-sidecar";

async function main(): Promise<void> {
  const client = connect();
  await client.declare({
    exchanges: [{ name: "orders", type: "topic" }, { name: "orders.dead", type: "fanout" }],
    queues: [
      { name: "billing", arguments: { "x-dead-letter-exchange": "orders.dead" } },
      { name: "billing.dead" },
    ],
    bindings: [
      { queue: "billing", exchange: "orders", routingKey: "order.*" },
      { queue: "billing.dead", exchange: "orders.dead" },
    ],
  });
  const { name, messageCount } = await client.getQueue("billing");
  console.log(`${name} holds ${messageCount} messages`);
  client.close();
}

void main();

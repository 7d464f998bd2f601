import { strict as assert } from "node:assert";
import { after, before, test } from "node:test";
import { status } from "@grpc/grpc-js";
import { connect, Reason, type Client } from "amqp-sidecar";
import { eventually, failureOf, fresh, freshQueue, World } from "./support/world";

const world = new World();
let client: Client;

before(async () => {
  client = await world.clientOf("a");
});
after(() => world.end());

test("exchanges, queues and bindings are declared, looked at, emptied and removed", async () => {
  const exchange = fresh("exchange");
  const queue = fresh("queue");
  const names = await client.declare({
    exchanges: [{ name: exchange, type: "headers" }],
    queues: [
      { name: queue, type: "classic", arguments: { "x-message-ttl": 60_000 } },
      { exclusive: true, durable: false },
      { name: `${queue}.q`, type: "quorum" },
    ],
    bindings: [{ queue, exchange, arguments: { "x-match": "all", kind: "a" } }],
  });
  assert.equal(names.length, 3);
  assert.equal(names[0], queue);
  assert.notEqual(names[1], "");
  await client.publish(exchange, "", 1, { headers: { kind: "a" } });
  await client.publish(exchange, "", 2, { headers: { kind: "a" } });
  assert.deepEqual(await client.getQueue(queue), {
    name: queue, messageCount: 2, consumerCount: 0,
  });
  assert.equal(await client.purgeQueue(queue), 2);
  await client.publish(exchange, "", 3, { headers: { kind: "a" } });
  await client.unbind({ queue, exchange, arguments: { "x-match": "all", kind: "a" } });
  const lost = await failureOf(client.publish(exchange, "", 4, { headers: { kind: "a" } }));
  assert.equal(lost.reason, Reason.UNROUTABLE);
  assert.equal(await client.deleteQueue(queue), 1);
  assert.equal(await client.deleteQueue(queue), 0);
  await client.deleteExchange(exchange);
  await client.deleteExchange(exchange);
});

test("every reason of a refusal is told", async () => {
  const queue = await freshQueue(client);
  const exchange = fresh("exchange");
  await client.declare({ exchanges: [{ name: exchange }], bindings: [{ queue, exchange }] });
  await client.publish("", queue, 1);
  const holder = client.subscribe(queue, () => new Promise(() => undefined), {
    onEvent: () => undefined, prefetch: 1,
  });
  await eventually("a consumer", async () => (await client.getQueue(queue)).consumerCount === 1);
  await client.publish("", queue, 2);
  const { FAILED_PRECONDITION, INVALID_ARGUMENT, NOT_FOUND, PERMISSION_DENIED } = status;
  const cases: [() => Promise<unknown>, status, Reason][] = [
    [() => client.declare({ queues: [{ name: queue, arguments: { "x-max-length": 1 } }] }),
      FAILED_PRECONDITION, Reason.TOPOLOGY_CONFLICT],
    [() => client.deleteQueue(queue, { ifUnused: true }), FAILED_PRECONDITION, Reason.QUEUE_IN_USE],
    [() => client.deleteQueue(queue, { ifEmpty: true }),
      FAILED_PRECONDITION, Reason.QUEUE_NOT_EMPTY],
    [() => client.deleteExchange(exchange, { ifUnused: true }),
      FAILED_PRECONDITION, Reason.QUEUE_IN_USE],
    [() => client.getQueue(fresh("none")), NOT_FOUND, Reason.QUEUE_NOT_FOUND],
    [() => client.purgeQueue(fresh("none")), NOT_FOUND, Reason.QUEUE_NOT_FOUND],
    [() => client.declare({ bindings: [{ queue, exchange: fresh("none") }] }),
      NOT_FOUND, Reason.EXCHANGE_NOT_FOUND],
    [() => client.declare({ queues: [{ name: "x".repeat(256) }] }),
      INVALID_ARGUMENT, Reason.INVALID_TOPOLOGY],
    [() => client.declare({ queues: [{ name: "q", arguments: { a: null } }] }),
      INVALID_ARGUMENT, Reason.INVALID_TOPOLOGY],
    [() => client.declare({ queues: [{ name: "q", type: "heap" as "quorum" }] }),
      INVALID_ARGUMENT, Reason.INVALID_TOPOLOGY],
    [() => client.declare({ exchanges: [{ name: "amq.mine" }] }),
      PERMISSION_DENIED, Reason.ACCESS_REFUSED],
  ];
  for (const [work, code, reason] of cases) {
    const error = await failureOf(work());
    assert.equal(error.reason, reason, error.message);
    assert.equal(error.code, code);
    assert.equal(error.persisted, undefined);
    assert.equal(error.messageId, undefined);
    assert.equal(error.retryable, false);
  }
  holder.close();
});

test("a call ends at its timeout, or by its signal", async () => {
  const nowhere = connect("/nowhere/s.sock");
  const error = await failureOf(nowhere.getQueue("q", { timeoutMs: 200 }));
  assert.equal(error.code, status.DEADLINE_EXCEEDED);
  assert.equal(error.reason, Reason.SIDECAR_UNAVAILABLE);
  const aborted = AbortSignal.timeout(100);
  await assert.rejects(nowhere.getQueue("q", { signal: aborted }), { name: "TimeoutError" });
  await assert.rejects(nowhere.getQueue("q", { timeoutMs: 0 }), RangeError);
  nowhere.close();
  assert.equal((await failureOf(nowhere.getQueue("q"))).code, status.FAILED_PRECONDITION);
});

test("a topology call in a drain, or without a broker, is one to try again", async () => {
  const lonely = await world.clientOf("lonely", { broker: false });
  const error = await failureOf(lonely.getQueue("q", { timeoutMs: 500 }));
  assert.equal(error.code, status.UNAVAILABLE);
  assert.equal(error.reason, Reason.BROKER_UNAVAILABLE);
  assert.equal(error.retryable, true);
  await world.to("lonely", "kill");
});

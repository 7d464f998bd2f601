import { strict as assert } from "node:assert";
import { after, before, describe, test } from "node:test";
import { status } from "@grpc/grpc-js";
import {
  InvalidJson, Reason, Reject, Retry, type Client, type Delivery, type SubscriptionEvent,
} from "amqp-sidecar";
import {
  captureWarnings, eventually, failureOf, fresh, freshQueue, receive, World,
} from "./support/world";

const world = new World();
let client: Client;
const quiet = { onEvent: () => undefined };

before(async () => {
  client = await world.clientOf("a");
});
after(() => world.end());

async function messagesIn(queue: string): Promise<number> {
  return (await client.getQueue(queue)).messageCount;
}

async function publishMany(queue: string, count: number): Promise<void> {
  const publisher = client.publisher();
  for (let id = 0; id < count; ++id) {
    await publisher.ready();
    void publisher.publish("", queue, id);
  }
  await publisher.close();
}

/** A handler that ends when it is told to. */
class Gate {
  readonly seen: Delivery[] = [];
  readonly #open: (() => void)[] = [];
  running = 0;
  most = 0;
  readonly handler = async (delivery: Delivery): Promise<void> => {
    this.seen.push(delivery);
    this.most = Math.max(this.most, ++this.running);
    await new Promise<void>((resolve) => this.#open.push(resolve));
    --this.running;
  };
  openOne(): void {
    this.#open.shift()?.();
  }
  openAll(): void {
    for (const open of this.#open.splice(0)) {
      open();
    }
  }
}

describe("a handler", () => {
  test("that returns acks: the message is gone", async () => {
    const queue = await freshQueue(client);
    await client.publish("", queue, 1);
    await receive(client, queue, 1);
    assert.equal(await messagesIn(queue), 0);
    assert.equal((await client.getQueue(queue)).consumerCount, 0);
  });

  test("that fails nacks: the message comes again, and the failure is logged without the body",
    async () => {
      const queue = await freshQueue(client);
      await client.publish("", queue, "a secret", { messageId: "m-1" });
      const warnings = captureWarnings();
      const seen: Delivery[] = [];
      const subscription = client.subscribe(queue, async (delivery) => {
        seen.push(delivery);
        await Promise.resolve();
        if (seen.length === 1) {
          throw new Error("not today");
        }
      }, quiet);
      await eventually("the second delivery", () => seen.length === 2);
      await subscription.stop();
      warnings.restore();
      assert.deepEqual(seen.map((delivery) => delivery.redelivered), [false, true]);
      assert.equal(await messagesIn(queue), 0);
      assert.equal(warnings.lines.length, 1);
      assert.match(warnings.lines[0] ?? "", /m-1.*not today/);
      assert.doesNotMatch(warnings.lines[0] ?? "", /secret/);
    });

  test("that fails under a retry policy gets attempt 2, and the dead letters the last",
    async () => {
      const queue = await freshQueue(client);
      const warnings = captureWarnings();
      await client.publish("", queue, "again");
      const attempts: number[] = [];
      const subscription = client.subscribe(queue, (delivery) => {
        attempts.push(delivery.attempt);
        throw new Error("never");
      }, { ...quiet, retry: { maxAttempts: 2, initialBackoffMs: 20, maxBackoffMs: 50 } });
      await eventually("two attempts", () => attempts.length === 2);
      const [dead] = await receive(client, `${queue}.dead`, 1);
      await subscription.stop();
      warnings.restore();
      assert.deepEqual(attempts, [1, 2]);
      assert.equal(dead?.headers["x-sidecar-dead-by"], "nack");
    });

  test("that rejects sends to the dead letters, with the cause", async () => {
    const queue = await freshQueue(client);
    const dead = await freshQueue(client);
    const exchange = fresh("dead");
    await client.declare({
      exchanges: [{ name: exchange, type: "fanout" }], bindings: [{ queue: dead, exchange }],
    });
    const warnings = captureWarnings();
    const long = "ä".repeat(600);
    for (const text of ["bad order", long]) {
      await client.publish("", queue, text);
    }
    await client.publish("", queue, Buffer.from("no json"), { contentType: "text/plain" });
    const subscription = client.subscribe(queue, (delivery) => {
      throw new Reject(delivery.json() as string);
    }, { ...quiet, retry: { deadLetterExchange: exchange } });
    const letters = await receive(client, dead, 3);
    await subscription.stop();
    warnings.restore();
    const causes = letters.map((letter) => letter.headers["x-sidecar-reason"] as string);
    assert(causes.includes("bad order"));
    assert(causes.includes("ä".repeat(512)), "a cause is cut at 1024 bytes");
    assert(causes.some((cause) => cause.startsWith("the body is no JSON")));
    assert(warnings.lines.every((line) => !line.includes("no json")));
  });

  test("that throws Retry gets the message again after the delay", async () => {
    const queue = await freshQueue(client);
    const warnings = captureWarnings();
    await client.publish("", queue, 1);
    const times: number[] = [];
    const subscription = client.subscribe(queue, () => {
      times.push(Date.now());
      if (times.length === 1) {
        throw new Retry(300);
      }
    }, quiet);
    await eventually("the second delivery", () => times.length === 2);
    await subscription.stop();
    warnings.restore();
    assert((times[1] ?? 0) - (times[0] ?? 0) >= 290);
    assert.throws(() => new Retry(5), RangeError);
    assert.throws(() => new Retry(NaN), RangeError);
  });

  test("may have a body that is no JSON, and catch that", async () => {
    const queue = await freshQueue(client);
    await client.publish("", queue, Buffer.from("plain"), { contentType: "text/plain" });
    const [delivery] = await receive(client, queue, 1);
    assert.throws(() => delivery?.json(), (error) =>
      error instanceof InvalidJson && error instanceof Reject && !error.message.includes("plain"));
  });

  test("is never one of more at once than concurrency allows", async () => {
    const queue = await freshQueue(client);
    await publishMany(queue, 40);
    const gate = new Gate();
    const subscription = client.subscribe(queue, gate.handler, { ...quiet, concurrency: 5 });
    while (gate.seen.length < 40) {
      await eventually("five at once, or the last", () =>
        gate.running === 5 || gate.seen.length === 40);
      gate.openOne();
    }
    gate.openAll();
    await subscription.stop();
    assert.equal(gate.most, 5);
    assert.equal(gate.seen.length, 40);
    assert.equal(await messagesIn(queue), 0);
  });

  test("may work longer than the acknowledgement deadline, which is extended", async () => {
    const queue = await freshQueue(client);
    await publishMany(queue, 2);
    const events: SubscriptionEvent[] = [];
    const seen: string[] = [];
    const subscription = client.subscribe(queue, async (delivery) => {
      seen.push(delivery.messageId);
      await new Promise((resolve) => setTimeout(resolve, 1600)); // the work
    }, { ackDeadlineMs: 1000, onEvent: (event) => events.push(event) });
    await eventually("the second began", () => seen.length === 2);
    await subscription.stop();
    assert.equal(seen.length, 2, "each delivered once");
    assert.equal(new Set(seen).size, 2);
    assert.deepEqual(events.map((event) => event.kind), ["SUBSCRIBED"]);
    assert.equal(await messagesIn(queue), 0);
  });
});

describe("a subscription", () => {
  test("that stops lets handlers finish and gives back the rest", async () => {
    const queue = await freshQueue(client, { "x-queue-type": "quorum" });
    await publishMany(queue, 30);
    const gate = new Gate();
    const events: SubscriptionEvent[] = [];
    const subscription = client.subscribe(queue, gate.handler, {
      concurrency: 3, retry: { maxAttempts: 1 }, onEvent: (event) => events.push(event),
    });
    await eventually("three at once", () => gate.running === 3);
    const stopped = subscription.stop();
    await eventually("the rest is back", async () => (await messagesIn(queue)) === 27);
    assert.equal(gate.seen.length, 3);
    gate.openAll();
    await stopped;
    await subscription.wait();
    assert.deepEqual(events.map((event) => event.kind), ["SUBSCRIBED"]);
    assert.equal(gate.seen.length, 3);
    assert.equal(await messagesIn(queue), 27);
    const rest = await receive(client, queue, 27);
    assert.equal(rest.length, 27);
    await failureOf(client.getQueue(`${queue}.dead`)); // nothing counted as failed
  });

  test("that does not stop in time says so, and its handlers' messages go back", async () => {
    const queue = await freshQueue(client);
    await publishMany(queue, 3);
    const gate = new Gate();
    const subscription = client.subscribe(queue, gate.handler, quiet);
    await eventually("one at work", () => gate.running === 1);
    const error = await failureOf(subscription.stop(200));
    assert.equal(error.code, status.DEADLINE_EXCEEDED);
    assert.match(error.detail, /1 handlers? still run/);
    await eventually("all are back", async () => (await messagesIn(queue)) === 3);
    gate.openAll();
  });

  test("that is closed, or aborted, gives back at once", async () => {
    const queue = await freshQueue(client);
    await publishMany(queue, 3);
    const controller = new AbortController();
    for (const end of ["close", "abort"]) {
      const gate = new Gate();
      const subscription = client.subscribe(queue, gate.handler, {
        ...quiet, ...(end === "abort" ? { signal: controller.signal } : {}),
      });
      await eventually("one at work", () => gate.running === 1);
      if (end === "abort") {
        controller.abort();
      } else {
        subscription.close();
      }
      await subscription.wait();
      await eventually("all are back", async () => (await messagesIn(queue)) === 3);
      gate.openAll();
    }
    await client.subscribe(queue, () => undefined, { signal: controller.signal }).wait();
    assert.equal((await client.getQueue(queue)).consumerCount, 0);
  });

  test("to no queue ends with the error, which is logged where nobody waits", async () => {
    const none = fresh("none");
    const error = await failureOf(client.subscribe(none, () => undefined, quiet).wait());
    assert.equal(error.code, status.NOT_FOUND);
    assert.equal(error.reason, Reason.QUEUE_NOT_FOUND);
    assert.equal(error.persisted, undefined);
    assert.equal(error.retryable, false);
    const warnings = captureWarnings();
    client.subscribe(none, () => undefined, quiet);
    await eventually("a line", () => warnings.lines.length > 0);
    warnings.restore();
    assert.match(warnings.lines[0] ?? "", /the subscription ended: SidecarError: QUEUE_NOT_FOUND/);
  });

  test("ends when its queue is deleted", async () => {
    const queue = await freshQueue(client);
    const subscription = client.subscribe(queue, () => undefined, quiet);
    const end = failureOf(subscription.wait());
    await eventually("a consumer", async () => (await client.getQueue(queue)).consumerCount === 1);
    await client.deleteQueue(queue);
    assert.equal((await end).reason, Reason.QUEUE_NOT_FOUND);
  });

  test("to another's exclusive queue ends with QUEUE_EXCLUSIVE", async () => {
    const queue = await freshQueue(client);
    const first = client.subscribe(queue, () => undefined, { ...quiet, exclusive: true });
    await eventually("a consumer", async () => (await client.getQueue(queue)).consumerCount === 1);
    const error = await failureOf(client.subscribe(queue, () => undefined, quiet).wait());
    assert.equal(error.code, status.FAILED_PRECONDITION);
    assert.equal(error.reason, Reason.QUEUE_EXCLUSIVE);
    await first.stop();
  });

  test("that cannot be ends with INVALID_SUBSCRIPTION, or does not begin", async () => {
    const error = await failureOf(client.subscribe("", () => undefined, quiet).wait());
    assert.equal(error.code, status.INVALID_ARGUMENT);
    assert.equal(error.reason, Reason.INVALID_SUBSCRIPTION);
    const bad = [{ concurrency: 0 }, { prefetch: 65536 }, { ackDeadlineMs: -1 }, { priority: 0.5 },
      { retry: { maxAttempts: -1 } }, { arguments: { a: null } }];
    for (const options of bad) {
      assert.throws(() => client.subscribe("q", () => undefined, options), {
        name: "SidecarError", reason: Reason.INVALID_SUBSCRIPTION,
      });
    }
  });

  test("to exchanges has a queue of its own", async () => {
    const exchange = fresh("topic");
    await client.declare({ exchanges: [{ name: exchange, type: "topic" }] });
    const seen: unknown[] = [];
    const events: SubscriptionEvent[] = [];
    const subscription = client.subscribe("", (delivery) => {
      seen.push(delivery.json());
    }, {
      bindings: [{ exchange, routingKey: "a.*" }], onEvent: (event) => events.push(event),
    });
    await eventually("the consumer", () => events.length === 1);
    await client.publish(exchange, "a.b", 1);
    await client.publish(exchange, "b.a", 2, { allowUnroutable: true });
    await client.publish(exchange, "a.c", 3);
    await eventually("two messages", () => seen.length === 2);
    await subscription.stop();
    assert.deepEqual(seen, [1, 3]);
  });

  test("to a stream queue gives nothing back, says so, and stops all the same", async () => {
    const queue = fresh("stream");
    await client.declare({ queues: [{ name: queue, type: "stream" }] });
    await publishMany(queue, 5);
    const warnings = captureWarnings();
    const gate = new Gate();
    const events: SubscriptionEvent[] = [];
    let failed = false;
    const subscription = client.subscribe(queue, (delivery) => {
      if (!failed) {
        failed = true;
        throw new Error("no");
      }
      return gate.handler(delivery);
    }, {
      arguments: { "x-stream-offset": "first" }, prefetch: 10, ackDeadlineMs: 0,
      onEvent: (event) => events.push(event),
    });
    await eventually("the failed nack", () =>
      events.some((event) => event.kind === "SETTLE_FAILED"
        && event.reason === Reason.NOT_REQUEUEABLE && event.deliveryId !== ""));
    await eventually("one at work", () => gate.running === 1);
    const stopped = subscription.stop(10_000);
    gate.openAll();
    await stopped;
    warnings.restore();
    assert.equal(gate.seen.length, 1);
  });

  test("survives an onEvent that throws, and tells the log without one", async () => {
    const queue = await freshQueue(client);
    const warnings = captureWarnings();
    const seen: Delivery[] = [];
    const throwing = client.subscribe(queue, (delivery) => {
      seen.push(delivery);
    }, {
      onEvent: () => {
        throw new Error("broken listener");
      },
    });
    await client.publish("", queue, 1);
    await eventually("a message", () => seen.length === 1);
    await throwing.stop();
    const plain = client.subscribe(queue, () => undefined);
    await eventually("two lines", () => warnings.lines.length === 2);
    await plain.stop();
    warnings.restore();
    assert.match(warnings.lines[0] ?? "", /onEvent failed at SUBSCRIBED.*broken listener/);
    assert.equal(warnings.lines[1], `amqp-sidecar: ${queue}: SUBSCRIBED`);
  });
});

import { strict as assert } from "node:assert";
import { after, describe, test } from "node:test";
import { status } from "@grpc/grpc-js";
import { Reason, type SidecarError, type SubscriptionEvent } from "amqp-sidecar";
import { captureWarnings, eventually, freshQueue, receive, World } from "./support/world";

const world = new World();
after(() => world.end());

describe("a sidecar that is killed and comes back", () => {
  test("costs a subscription no message, and it says what happened", async () => {
    const client = await world.clientOf("sub");
    const queue = await freshQueue(client);
    const publisher = client.publisher();
    for (let id = 0; id < 500; ++id) {
      void publisher.publish("", queue, id);
    }
    await publisher.close();
    const handled = new Set<unknown>();
    const events: SubscriptionEvent[] = [];
    const subscription = client.subscribe(queue, async (delivery) => {
      await new Promise((resolve) => setImmediate(resolve));
      handled.add(delivery.json());
    }, { concurrency: 4, prefetch: 50, onEvent: (event) => events.push(event) });
    await eventually("a hundred", () => handled.size >= 100);
    await world.to("sub", "kill");
    await eventually("DISCONNECTED", () => events.some((event) => event.kind === "DISCONNECTED"));
    await world.to("sub", "restart");
    await eventually("all 500", () => handled.size === 500);
    await eventually("the queue is empty", async () => {
      return (await client.getQueue(queue)).messageCount === 0;
    });
    await subscription.stop();
    // INTERRUPTED comes before SUBSCRIBED where the sidecar is sooner than its link.
    const kinds = events.map((event) => event.kind).filter((kind) =>
      kind !== "SETTLE_FAILED" && kind !== "INTERRUPTED");
    assert.deepEqual(kinds, ["SUBSCRIBED", "DISCONNECTED", "SUBSCRIBED"]);
    const lost = events.find((event) => event.kind === "DISCONNECTED");
    assert.match(lost?.detail ?? "", /UNAVAILABLE/);
    assert.equal((await client.getQueue(queue)).messageCount, 0);
    await world.to("sub", "kill");
  });

  test("leaves a publisher's messages answered, in doubt, or sent on the next stream", async () => {
    const client = await world.clientOf("pub");
    const queue = await freshQueue(client);
    const publisher = client.publisher({ maxInFlight: 200, timeoutMs: 30_000 });
    let confirmed = 0;
    const answers = Array.from({ length: 5000 }, (_, id) =>
      publisher.publish("", queue, id, { messageId: `m-${id}` }).then(() => {
        ++confirmed;
        return undefined;
      }, (error: unknown) => ({ id, error: error as SidecarError })));
    await eventually("some confirmed", () => confirmed >= 300);
    await world.to("pub", "kill");
    await world.to("pub", "restart");
    const failures = (await Promise.all(answers)).filter((one) => one !== undefined);
    assert(failures.length <= 200, `${failures.length} in doubt`);
    for (const { id, error } of failures) {
      assert.equal(error.reason, Reason.SIDECAR_UNAVAILABLE);
      assert.equal(error.code, status.UNAVAILABLE);
      assert.equal(error.persisted, "UNKNOWN");
      assert.equal(error.retryable, false);
      assert.equal(error.messageId, `m-${id}`);
      await publisher.publish("", queue, id, { messageId: `m-${id}` });
    }
    await publisher.close();
    const { messageCount } = await client.getQueue(queue);
    const deliveries = await receive(client, queue, messageCount, { prefetch: 500 });
    const ids = new Set(deliveries.map((delivery) => delivery.messageId));
    assert.equal(ids.size, 5000);
    assert(deliveries.length - 5000 <= failures.length, "only what was in doubt is there twice");
    await world.to("pub", "kill");
  });

  test("fails a call in its middle with UNKNOWN, and is waited for by the next", async () => {
    const client = await world.clientOf("mid", { proxy: true });
    const queue = await freshQueue(client);
    await client.publish("", queue, 0);
    await world.to("mid", "hold");
    let error: SidecarError | undefined;
    const publish = client.publish("", queue, 1, { messageId: "m", timeoutMs: 60_000 }).catch(
      (failure: unknown) => (error = failure as SidecarError));
    await new Promise((resolve) => setTimeout(resolve, 100)); // for the call to arrive
    await world.to("mid", "kill");
    await eventually("the failure: it is not tried again", () => error !== undefined);
    assert(error !== undefined);
    await publish;
    assert.equal(error.reason, Reason.SIDECAR_UNAVAILABLE);
    assert.equal(error.code, status.UNAVAILABLE);
    assert.equal(error.persisted, "UNKNOWN");
    const next = client.publish("", queue, 2, { timeoutMs: 20_000 });
    await world.to("mid", "release");
    await world.to("mid", "restart");
    assert((await next).routed);
    await world.to("mid", "kill");
  });
});

describe("a sidecar that drains", () => {
  test("has what was not begun given back, what runs settled, and is come back to", async () => {
    const client = await world.clientOf("drain");
    const queue = await freshQueue(client);
    for (let id = 0; id < 5; ++id) {
      await client.publish("", queue, id);
    }
    const events: SubscriptionEvent[] = [];
    const seen: unknown[] = [];
    let finish: () => void = () => undefined;
    const first = new Promise<void>((resolve) => (finish = resolve));
    const subscription = client.subscribe(queue, async (delivery) => {
      seen.push(delivery.json());
      await first;
    }, { onEvent: (event) => events.push(event) });
    await eventually("one at work", () => seen.length === 1);
    await world.to("drain", "terminate");
    await eventually("DRAINING", () => events.some((event) => event.kind === "DRAINING"));
    finish();
    assert.equal((await world.to("drain", "ended")).code, 0);
    await world.to("drain", "restart");
    await eventually("all five", () => seen.length === 5);
    await subscription.stop();
    assert.deepEqual(seen, [0, 1, 2, 3, 4]);
    // Once for each cause: it drains, and may then be found gone.
    const told = events.map((event) => `${event.kind} ${event.detail}`.split(" (")[0]?.trim());
    assert.deepEqual(told.filter((line) =>
      line !== "DISCONNECTED SIDECAR_UNAVAILABLE" && !line?.startsWith("INTERRUPTED")),
      ["SUBSCRIBED", told[1], "DISCONNECTED DRAINING", "SUBSCRIBED"]);
    assert(told[1]?.startsWith("DRAINING") && told.length <= 6, told.join("\n"));
    assert.equal((await client.getQueue(queue)).messageCount, 0);
    await world.to("drain", "kill");
  });
});

describe("a link to the broker that is cut", () => {
  test("interrupts a subscription, whose late settlements are told as failed", async () => {
    const client = await world.clientOf("cut", { proxy: true });
    const queue = await freshQueue(client);
    for (let id = 0; id < 5; ++id) {
      await client.publish("", queue, id);
    }
    const warnings = captureWarnings();
    const events: SubscriptionEvent[] = [];
    const seen: unknown[] = [];
    let finish: () => void = () => undefined;
    const interrupted = new Promise<void>((resolve) => (finish = resolve));
    const subscription = client.subscribe(queue, async (delivery) => {
      seen.push(delivery.json());
      await interrupted;
    }, { onEvent: (event) => events.push(event) });
    await eventually("one at work", () => seen.length === 1);
    await world.to("cut", "cut");
    await eventually("RESUBSCRIBED", () => events.some((event) => event.kind === "RESUBSCRIBED"));
    finish();
    await eventually("all once more", () => new Set(seen).size === 5 && seen.length === 6);
    await eventually("SETTLE_FAILED", () => events.some((event) => event.kind === "SETTLE_FAILED"));
    await subscription.stop();
    warnings.restore();
    assert.deepEqual([...seen].sort(), [0, 0, 1, 2, 3, 4]);
    const failure = events.find((event) => event.kind === "SETTLE_FAILED");
    assert(failure?.kind === "SETTLE_FAILED");
    assert.equal(failure.reason, Reason.STALE_DELIVERY);
    assert.deepEqual(events.map((event) => event.kind),
      ["SUBSCRIBED", "INTERRUPTED", "RESUBSCRIBED", "SETTLE_FAILED"]);
    assert.equal((await client.getQueue(queue)).messageCount, 0);
    await world.to("cut", "kill");
  });
});

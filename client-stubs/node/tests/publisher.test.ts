import { strict as assert } from "node:assert";
import { after, before, describe, test } from "node:test";
import { status } from "@grpc/grpc-js";
import { connect, Reason, type Client, type Published, SidecarError } from "amqp-sidecar";
import { eventually, failureOf, fresh, freshQueue, receive, World } from "./support/world";

const world = new World();
let client: Client;

before(async () => {
  client = await world.clientOf("a");
});
after(() => world.end());

/** Of each promise: "ok", or the reason. */
async function outcomes(promises: Promise<Published>[]): Promise<string[]> {
  return (await Promise.allSettled(promises)).map((result) =>
    result.status === "fulfilled" ? "ok" : (result.reason as SidecarError).reason);
}

describe("a publisher", () => {
  test("passes 10,000 messages on, each once and in order", async () => {
    const queue = await freshQueue(client);
    const publisher = client.publisher();
    const promises: Promise<Published>[] = [];
    let most = 0;
    for (let id = 0; id < 10_000; ++id) {
      await publisher.ready();
      promises.push(publisher.publish("", queue, { id }));
      most = Math.max(most, publisher.unanswered);
    }
    const ids = (await Promise.all(promises)).map((published) => published.messageId);
    await publisher.close();
    assert.equal(new Set(ids).size, 10_000);
    assert(most <= 1000, `${most} unanswered`);
    const deliveries = await receive(client, queue, 10_000, { prefetch: 500 });
    assert.equal(deliveries.length, 10_000);
    deliveries.forEach((delivery, index) => {
      assert.deepEqual(delivery.json(), { id: index });
      assert.equal(delivery.messageId, ids[index]);
    });
    assert.equal((await client.getQueue(queue)).messageCount, 0);
  });

  test("takes what is too much at once, and sends it as there is room", async () => {
    const queue = await freshQueue(client);
    const publisher = client.publisher({ maxInFlight: 10 });
    const promises = Array.from({ length: 500 }, (_, id) => publisher.publish("", queue, id));
    assert.equal(publisher.unanswered, 500);
    let ready = false;
    const room = publisher.ready().then(() => (ready = true));
    await Promise.resolve();
    assert.equal(ready, false);
    await Promise.all(promises);
    await room;
    await publisher.close();
    assert.equal((await client.getQueue(queue)).messageCount, 500);
  });

  test("gives each of mixed messages its own answer", async () => {
    const queue = await freshQueue(client);
    const publisher = client.publisher();
    const none = fresh("none");
    const promises: Promise<Published>[] = [];
    for (let round = 0; round < 30; ++round) {
      promises.push(publisher.publish("", queue, { round }));
      promises.push(publisher.publish("", none, { round }));
      promises.push(publisher.publish("", none, { round }, { allowUnroutable: true }));
      promises.push(publisher.publish(none, "k", { round }));
      promises.push(publisher.publish("", queue, Buffer.from("{")));
      promises.push(publisher.publish("", queue, undefined));
      promises.push(publisher.publish("", queue, "x".repeat(1 << 20)));
    }
    const expected = [
      "ok", Reason.UNROUTABLE, "ok", Reason.EXCHANGE_NOT_FOUND, Reason.INVALID_BODY,
      Reason.INVALID_BODY, Reason.MESSAGE_TOO_LARGE,
    ];
    const seen = await outcomes(promises);
    seen.forEach((outcome, index) => {
      assert.equal(outcome, expected[index % expected.length], `message ${index}`);
    });
    const unroutable = await failureOf(publisher.publish("", none, 1, { messageId: "mine" }));
    assert.equal(unroutable.code, status.FAILED_PRECONDITION);
    assert.equal(unroutable.persisted, "NO");
    assert.equal(unroutable.messageId, "mine");
    assert.equal((await promises[2])?.routed, false);
    await publisher.close();
    assert.equal((await client.getQueue(queue)).messageCount, 30);
  });

  test("sends large messages as well as small ones", async () => {
    const queue = await freshQueue(client);
    const publisher = client.publisher();
    const large = "x".repeat(1_000_000);
    const promises = Array.from({ length: 40 }, (_, id) =>
      publisher.publish("", queue, id % 2 === 0 ? large : id));
    assert.deepEqual(new Set(await outcomes(promises)), new Set(["ok"]));
    await publisher.close();
  });

  test("flushes: all have their answers then", async () => {
    const queue = await freshQueue(client);
    const publisher = client.publisher();
    let answers = 0;
    for (let id = 0; id < 300; ++id) {
      void publisher.publish("", queue, id).then(() => ++answers);
    }
    await publisher.flush();
    assert.equal(answers, 300);
    assert.equal(publisher.unanswered, 0);
    await publisher.flush();
    await publisher.close();
    await publisher.close();
    const error = await failureOf(publisher.publish("", queue, 1));
    assert.equal(error.code, status.FAILED_PRECONDITION);
    assert.equal(error.persisted, "NO");
  });

  test("gives a message up when its signal says so", async () => {
    const lonely = await world.clientOf("lonely", { broker: false });
    const publisher = lonely.publisher();
    const controller = new AbortController();
    const reason = new Error("enough");
    const given = publisher.publish("", "q", 1, { signal: controller.signal });
    const other = failureOf(publisher.publish("", "q", 2, { timeoutMs: 600 }));
    setTimeout(() => {
      controller.abort(reason);
    }, 50);
    await assert.rejects(given, reason);
    await assert.rejects(publisher.publish("", "q", 3, { signal: controller.signal }), reason);
    assert.equal(publisher.unanswered, 1);
    assert((await other).detail.length > 0);
    await publisher.close();
    await world.to("lonely", "kill");
  });

  test("fails what was never sent with NO, and tells that there is no sidecar", async () => {
    const nowhere = connect("/nowhere/s.sock");
    const publisher = nowhere.publisher({ timeoutMs: 300 });
    const error = await failureOf(publisher.publish("", "q", 1));
    assert.equal(error.reason, Reason.SIDECAR_UNAVAILABLE);
    assert.equal(error.persisted, "NO");
    assert.equal(error.retryable, true);
    const later = failureOf(publisher.publish("", "q", 2, { timeoutMs: 60_000 }));
    nowhere.close();
    assert.equal((await later).persisted, "NO");
  });

  test("fails a message without an answer in its time with UNKNOWN", async () => {
    const held = await world.clientOf("held", { proxy: true });
    const queue = await freshQueue(held);
    const publisher = held.publisher();
    await publisher.publish("", queue, 0);
    await world.to("held", "hold");
    const error = await failureOf(publisher.publish("", queue, 1, { timeoutMs: 500 }));
    assert.equal(error.reason, Reason.SIDECAR_UNAVAILABLE);
    assert.equal(error.code, status.DEADLINE_EXCEEDED);
    assert.equal(error.persisted, "UNKNOWN");
    assert.equal(error.retryable, false);
    await world.to("held", "release");
    await publisher.close();
    const bodies = (await receive(held, queue, 2)).map((delivery) => delivery.json());
    assert.deepEqual(bodies, [0, 1]);
    await world.to("held", "kill");
  });

  test("tries again what is UNAVAILABLE and left nothing, within its time", async () => {
    const config = { limits: { max_in_flight_messages: 10_000 } };
    const draining = await world.clientOf("draining", { config });
    const queue = await freshQueue(draining);
    const publisher = draining.publisher();
    await publisher.publish("", queue, 0);
    // An unsettled delivery keeps the drain up: publishes are told DRAINING meanwhile.
    const holder = draining.subscribe(queue, () => new Promise(() => undefined), {
      onEvent: () => undefined,
    });
    await eventually("a delivery", async () => (await draining.getQueue(queue)).messageCount === 0);
    await world.to("draining", "terminate");
    await eventually("DRAINING", async () => {
      const probe = draining.publish("", queue, 1, { timeoutMs: 150 });
      const outcome = await probe.then(() => "ok", (error: unknown) =>
        (error as SidecarError).reason);
      return outcome === Reason.DRAINING;
    });
    const short = await failureOf(publisher.publish("", queue, 2, { timeoutMs: 400 }));
    assert.equal(short.persisted, "NO");
    // A try that meets the very end of the sidecar is cut off: nobody can say whether it counted.
    const untilKnown = (by: Client | typeof publisher, body: string) =>
      by.publish("", queue, body, { timeoutMs: 30_000 }).catch((error: unknown) => {
        assert(error instanceof SidecarError && error.persisted === "UNKNOWN", String(error));
        return by.publish("", queue, body, { timeoutMs: 30_000, messageId: error.messageId });
      });
    const unary = untilKnown(draining, "unary");
    const streamed = untilKnown(publisher, "streamed");
    holder.close();
    await world.to("draining", "ended");
    await world.to("draining", "restart");
    assert((await unary).routed);
    assert((await streamed).routed);
    await publisher.close();
    await world.to("draining", "kill");
  });
});

import { strict as assert } from "node:assert";
import { after, before, describe, test } from "node:test";
import { status } from "@grpc/grpc-js";
import {
  connect, Double, Reason, type Client, type MessageOptions, type SidecarError,
} from "amqp-sidecar";
import { eventually, failureOf, fresh, freshQueue, receive, World } from "./support/world";

const world = new World();
let client: Client;

before(async () => {
  client = await world.clientOf("a", { tcp: true });
});
after(() => world.end());

interface Expected {
  code: status;
  reason: Reason;
  persisted: "NO" | "UNKNOWN" | "PARTIAL" | undefined;
  retryable: boolean;
}

function assertFailure(error: SidecarError, expected: Expected): void {
  const { code, reason, persisted, retryable } = error;
  assert.deepEqual({ code, reason, persisted, retryable }, expected, error.message);
  assert.notEqual(error.detail, "");
  assert.equal(error.message, `${reason} (${status[code]}): ${error.detail}`);
  assert.equal(error.name, "SidecarError");
}

function no(code: status, reason: Reason, retryable = false): Expected {
  return { code, reason, persisted: "NO", retryable };
}

describe("a publish", () => {
  test("of an object is JSON, and comes as it was", async () => {
    const queue = await freshQueue(client);
    const { messageId, routed } = await client.publish("", queue, { order_id: 1, total: 9.5 });
    assert(routed);
    const [delivery] = await receive(client, queue, 1);
    assert.deepEqual(delivery?.json(), { order_id: 1, total: 9.5 });
    assert.equal(delivery.messageId, messageId);
    assert.match(messageId, /^[0-9a-f-]{36}$/);
    assert.equal(delivery.properties.contentType, "application/json");
    assert.equal(delivery.properties.deliveryMode, "persistent");
    assert.equal(delivery.routingKey, queue);
    assert.equal(delivery.exchange, "");
    assert.equal(delivery.queue, queue);
    assert.equal(delivery.redelivered, false);
    assert.equal(delivery.attempt, 1);
    assert.equal(delivery.invalidReason, "");
    assert.equal(delivery.raw.deliveryId, delivery.deliveryId);
  });

  test("of bytes is sent as they are, and of a string as a JSON string", async () => {
    const queue = await freshQueue(client);
    const bytes = Buffer.from([0, 1, 0xfe, 0xff]);
    const contentType = "application/octet-stream";
    await client.publish("", queue, bytes, { contentType });
    await client.publish("", queue, new Uint8Array(bytes), { contentType });
    await client.publish("", queue, bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + 4),
      { contentType });
    await client.publish("", queue, "text");
    const bodies = (await receive(client, queue, 4)).map((delivery) => delivery.body);
    assert.deepEqual(bodies, [bytes, bytes, bytes, Buffer.from('"text"')]);
  });

  test("carries every property and headers of every kind", async () => {
    const queue = await freshQueue(client);
    const options: MessageOptions = {
      contentType: "text/plain", contentEncoding: "identity", deliveryMode: "transient",
      priority: 7, correlationId: "c", replyTo: "r", expirationMs: 3_600_000, messageId: "m",
      timestamp: new Date(1_700_000_000_000), type: "t", userId: "guest", appId: "app",
      headers: {
        text: "Grüße", int: -7, big: 2n ** 62n, half: 0.5, whole: new Double(3), yes: true,
        bytes: Buffer.from([0, 255]), when: new Date(1_600_000_000_000), list: [1, "b", [false]],
        table: { deep: { er: 1.5 } },
      },
    };
    const published = await client.publish("", queue, Buffer.from("x"), options);
    assert.deepEqual(published, { messageId: "m", routed: true });
    const [delivery] = await receive(client, queue, 1);
    assert.deepEqual(delivery?.properties, options);
    assert.deepEqual(delivery.headers, options.headers);
  });

  test("goes by TCP as well, and from the address in the environment", async () => {
    const { tcp } = await world.start("tcp", { tcp: true });
    process.env["AMQP_SIDECAR_ADDR"] = tcp;
    const other = connect();
    delete process.env["AMQP_SIDECAR_ADDR"];
    const queue = await freshQueue(other);
    assert((await other.publish("", queue, 1)).routed);
    other.close();
    await world.to("tcp", "kill");
  });

  test("that no binding routes is OK and not routed where that is allowed", async () => {
    const options = { allowUnroutable: true };
    assert.equal((await client.publish("amq.direct", fresh("no"), 1, options)).routed, false);
  });
});

describe("a publish fails with", () => {
  const cyclic: unknown[] = [];
  cyclic.push(cyclic);
  for (const [what, body] of [["undefined", undefined], ["a bigint", 1n], ["a cycle", cyclic]]) {
    test(`INVALID_BODY for ${String(what)}, before anything is sent`, async () => {
      const nowhere = connect("/nowhere/s.sock");
      const error = await failureOf(nowhere.publish("", "q", body));
      assertFailure(error, no(status.INVALID_ARGUMENT, Reason.INVALID_BODY));
      nowhere.close();
    });
  }

  test("INVALID_BODY for what claims to be JSON and is not", async () => {
    const error = await failureOf(client.publish("", "q", Buffer.from("{")));
    assertFailure(error, no(status.INVALID_ARGUMENT, Reason.INVALID_BODY));
    assert.match(error.messageId ?? "", /^[0-9a-f-]{36}$/);
  });

  test("INVALID_MESSAGE for what the sidecar refuses, and what the stub does", async () => {
    const expected = no(status.INVALID_ARGUMENT, Reason.INVALID_MESSAGE);
    assertFailure(await failureOf(client.publish("", "", 1)), expected);
    const bad: MessageOptions[] = [
      { headers: { a: null } }, { priority: 256 }, { priority: 0.5 }, { expirationMs: -1 },
      { expirationMs: NaN }, { timestamp: new Date(NaN) }, { type: 1 as unknown as string },
      { deliveryMode: "both" as unknown as "transient" },
    ];
    for (const options of bad) {
      assertFailure(await failureOf(client.publish("", "q", 1, options)), expected);
    }
    assertFailure(await failureOf(client.publish("", 1 as unknown as string, 1)), expected);
  });

  test("MESSAGE_TOO_LARGE", async () => {
    const error = await failureOf(client.publish("", "q", "x".repeat(1 << 20)));
    assertFailure(error, no(status.INVALID_ARGUMENT, Reason.MESSAGE_TOO_LARGE));
  });

  test("EXCHANGE_NOT_FOUND", async () => {
    const error = await failureOf(client.publish(fresh("none"), "k", 1, { messageId: "mine" }));
    assertFailure(error, no(status.NOT_FOUND, Reason.EXCHANGE_NOT_FOUND));
    assert.equal(error.messageId, "mine");
  });

  test("UNROUTABLE", async () => {
    const error = await failureOf(client.publish("", fresh("none"), 1));
    assertFailure(error, no(status.FAILED_PRECONDITION, Reason.UNROUTABLE));
  });

  test("ACCESS_REFUSED", async () => {
    const name = fresh("internal");
    await client.declare({ exchanges: [{ name, type: "fanout", internal: true }] });
    const error = await failureOf(client.publish(name, "", 1));
    assertFailure(error, no(status.PERMISSION_DENIED, Reason.ACCESS_REFUSED));
  });

  test("REFUSED_BY_BROKER, with nothing left behind or a part", async () => {
    const full = await freshQueue(client, { "x-max-length": 1, "x-overflow": "reject-publish" });
    const exchange = fresh("fanout");
    const free = await freshQueue(client);
    await client.declare({
      exchanges: [{ name: exchange, type: "fanout" }],
      bindings: [{ queue: full, exchange }, { queue: free, exchange }],
    });
    await client.publish("", full, 1);
    assertFailure(await failureOf(client.publish("", full, 2)),
      no(status.RESOURCE_EXHAUSTED, Reason.REFUSED_BY_BROKER, true));
    assertFailure(await failureOf(client.publish(exchange, "", 2)), {
      code: status.RESOURCE_EXHAUSTED, reason: Reason.REFUSED_BY_BROKER, persisted: "PARTIAL",
      retryable: false,
    });
  });

  test("LIMIT_EXCEEDED, and OUTCOME_UNKNOWN for what was sent and is unanswered", async () => {
    const config = { limits: { max_in_flight_messages: 1 } };
    const held = await world.clientOf("held", { proxy: true, config });
    const queue = await freshQueue(held);
    await held.publish("", queue, 0);
    await world.to("held", "hold");
    const first = failureOf(held.publish("", queue, 1, { timeoutMs: 2000 }));
    let limited: SidecarError | undefined;
    await eventually("a publish over the limit", async () => {
      limited = await failureOf(held.publish("", queue, 2, { timeoutMs: 300 }));
      return limited.reason === Reason.LIMIT_EXCEEDED;
    });
    assert(limited !== undefined);
    assertFailure(limited, no(status.RESOURCE_EXHAUSTED, Reason.LIMIT_EXCEEDED, true));
    assertFailure(await first, {
      code: status.DEADLINE_EXCEEDED, reason: Reason.OUTCOME_UNKNOWN, persisted: "UNKNOWN",
      retryable: false,
    });
    await world.to("held", "release");
    await eventually("the queue", async () => {
      return (await held.getQueue(queue)).messageCount >= 2;
    });
    // Not tried again, the message in doubt is there once.
    const bodies = (await receive(held, queue, 2)).map((delivery) => delivery.json());
    assert.equal(bodies.filter((body) => body === 1).length, 1);
    await world.to("held", "kill");
  });

  test("BROKER_UNAVAILABLE when its time is over, tried again until then", async () => {
    const lonely = await world.clientOf("lonely", { broker: false });
    const begin = Date.now();
    const error = await failureOf(lonely.publish("", "q", 1, { timeoutMs: 800 }));
    assertFailure(error, no(status.UNAVAILABLE, Reason.BROKER_UNAVAILABLE, true));
    assert(Date.now() - begin < 2000);
    await world.to("lonely", "kill");
  });

  test("SIDECAR_UNAVAILABLE and NO where there is none within its time", async () => {
    const nowhere = connect("/nowhere/s.sock");
    const error = await failureOf(nowhere.publish("", "q", 1, { timeoutMs: 300 }));
    assertFailure(error, no(status.UNAVAILABLE, Reason.SIDECAR_UNAVAILABLE, true));
    nowhere.close();
  });

  test("BROKER_BLOCKED during an alarm", async () => {
    const blocked = await world.clientOf("blocked");
    const queue = await freshQueue(blocked);
    await world.alarm(true);
    try {
      // The broker tells of its alarm only when it is published to.
      const first = await failureOf(blocked.publish("", queue, 1, { timeoutMs: 500 }));
      assert.equal(first.reason, Reason.OUTCOME_UNKNOWN);
      const error = await failureOf(blocked.publish("", queue, 2, { timeoutMs: 500 }));
      assertFailure(error, no(status.UNAVAILABLE, Reason.BROKER_BLOCKED, true));
    } finally {
      await world.alarm(false);
    }
    await world.to("blocked", "kill");
  });

  test("the reason of the signal that gives it up", async () => {
    const lonely = await world.clientOf("lonely2", { broker: false });
    const controller = new AbortController();
    const reason = new Error("enough");
    const result = lonely.publish("", "q", 1, { signal: controller.signal });
    setImmediate(() => {
      controller.abort(reason);
    });
    await assert.rejects(result, reason);
    await assert.rejects(lonely.publish("", "q", 1, { signal: controller.signal }), reason);
    const nowhere = connect("/nowhere/s.sock");
    const waiting = nowhere.publish("", "q", 1, { signal: AbortSignal.timeout(100) });
    await assert.rejects(waiting, { name: "TimeoutError" });
    nowhere.close();
    await world.to("lonely2", "kill");
  });

  test("an error once the client is closed", async () => {
    const closed = connect("/nowhere/s.sock");
    closed.close();
    const error = await failureOf(closed.publish("", "q", 1));
    assert.equal(error.code, status.FAILED_PRECONDITION);
    assert.equal(error.persisted, "NO");
  });
});

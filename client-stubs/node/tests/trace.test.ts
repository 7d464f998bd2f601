import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { context, propagation, ROOT_CONTEXT, trace, TraceFlags } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import type { Client } from "amqp-sidecar";
import { eventually, freshQueue, receive, World } from "./support/world";

const world = new World();
let client: Client;

before(async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  client = await world.clientOf("a");
});
after(() => world.end());

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const PARENT = `00-${TRACE}-${SPAN}-01`;

const traced = trace.setSpanContext(ROOT_CONTEXT, {
  traceId: TRACE, spanId: SPAN, traceFlags: TraceFlags.SAMPLED,
});

test("the current context goes with a message, and is current in its handler", async () => {
  const queue = await freshQueue(client);
  const publisher = client.publisher();
  await context.with(traced, async () => {
    await client.publish("", queue, 1);
    await publisher.publish("", queue, 2);
  });
  await client.publish("", queue, 3);
  await publisher.close();
  const seen: (string | undefined)[] = [];
  const headers: unknown[] = [];
  const subscription = client.subscribe(queue, async (delivery) => {
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(trace.getSpanContext(context.active())?.traceId);
    headers.push(delivery.headers["traceparent"]);
  }, { onEvent: () => undefined });
  await eventually("three messages", () => seen.length === 3);
  await subscription.stop();
  assert.deepEqual(seen, [TRACE, TRACE, undefined]);
  assert.deepEqual(headers, [PARENT, PARENT, undefined]);
});

test("a message that has a context of its own keeps it", async () => {
  const queue = await freshQueue(client);
  const own = PARENT.replace("0af", "1af");
  await context.with(traced, () =>
    client.publish("", queue, 1, { headers: { traceparent: own } }));
  const [delivery] = await receive(client, queue, 1);
  assert.deepEqual(delivery?.headers, { traceparent: own });
});

test("without OpenTelemetry's API, publishing and handling work the same", async () => {
  const queue = await freshQueue(client);
  const { address } = await world.start("plain");
  const { status, stdout, stderr } = spawnSync(
    process.execPath, [join(__dirname, "support", "without-otel.js"), queue],
    { env: { ...process.env, AMQP_SIDECAR_ADDR: address }, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), { body: { a: 1 }, headers: { x: "y" } });
  await world.to("plain", "kill");
});

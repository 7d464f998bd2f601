import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { freshQueue, World } from "./support/world";

const world = new World();
after(() => world.end());

const MESSAGES = [
  { body: Buffer.from("{}").toString("base64"), properties: { message_id: "1" }, headers: {} },
  {
    body: Buffer.from([0, 255]).toString("base64"),
    properties: {
      content_type: "text/plain", content_encoding: "x", delivery_mode: 1, priority: 3,
      correlation_id: "c", reply_to: "r", expiration_ms: 3_600_000, message_id: "2",
      timestamp: 1_700_000_000, type: "t", user_id: "guest", app_id: "a",
    },
    headers: {
      s: { string: "Grüße" }, i: { int: "-9223372036854775808" }, d: { double: 3 },
      e: { double: 0.5 }, b: { bool: false }, y: { bytes: "AP8=" }, t: { timestamp: 1_600_000_000 },
      a: { array: [{ int: "1" }, { array: [] }] }, u: { table: { x: { string: "" } } },
    },
  },
];

test("crosstalk consumes what it published, field by field", async () => {
  const { address } = await world.start("a");
  const queue = await freshQueue(world.client(address));
  const folder = mkdtempSync(join(tmpdir(), "crosstalk."));
  const file = join(folder, "messages.json");
  writeFileSync(file, JSON.stringify(MESSAGES));
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath, [join(__dirname, "..", "dev", "crosstalk.js"), ...args],
      { env: { ...process.env, AMQP_SIDECAR_ADDR: address }, encoding: "utf8" });
    assert.equal(status, 0, stderr);
    return stdout;
  };
  run("publish", file, "", queue);
  const [plain, full] = JSON.parse(run("consume", queue, "2")) as typeof MESSAGES;
  rmSync(folder, { recursive: true });
  assert.deepEqual(full, MESSAGES[1]);
  assert.deepEqual(plain?.properties,
    { message_id: "1", content_type: "application/json", delivery_mode: 2 });
});

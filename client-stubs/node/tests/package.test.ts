import { strict as assert } from "node:assert";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { connect, type Client } from "amqp-sidecar";
import { eventually, World } from "./support/world";

const PACKAGE = join(__dirname, "..", "..");
const world = new World();
let client: Client;
let address: string;

before(async () => {
  ({ address } = await world.start("a"));
  client = world.client(address);
});
after(() => world.end());

function run(args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: PACKAGE, encoding: "utf8", env: { ...process.env, AMQP_SIDECAR_ADDR: address },
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

function example(name: string): string {
  return join(PACKAGE, "build", "examples", `${name}.js`);
}

test("the examples do what they say", async () => {
  assert.equal(run([example("topology")]), "billing holds 0 messages\n");
  assert.match(run([example("publish")]), /^[0-9a-f-]{36}\n$/);
  assert.equal(run([example("bulk_publish")]), "1000 confirmed\n");
  await client.publish("orders", "order.created", { total: 1 }); // no order_id
  const worker = spawn(process.execPath, [example("worker")], {
    env: { ...process.env, AMQP_SIDECAR_ADDR: address }, stdio: ["ignore", "pipe", "ignore"],
  });
  const lines: string[] = [];
  createInterface(worker.stdout).on("line", (line) => lines.push(line));
  await eventually("1,001 orders", () => lines.length === 1001);
  assert.equal(lines[0], "order 1");
  await eventually("the bad one is dead", async () => {
    return (await client.getQueue("billing.dead")).messageCount === 1;
  });
  const ended = new Promise((resolve) => worker.once("exit", resolve));
  worker.kill("SIGTERM");
  assert.equal(await ended, 0);
  const { messageCount, consumerCount } = await client.getQueue("billing");
  assert.deepEqual({ messageCount, consumerCount }, { messageCount: 0, consumerCount: 0 });
  for (const queue of ["billing", "billing.dead"]) {
    await client.deleteQueue(queue);
  }
});

test("the package is there for import and for require, with the same names", () => {
  const use = "const c = connect('/s'); c.close(); console.log(new Reject('x') instanceof Error);";
  const required = run(["-e", `const { connect, Reject } = require("amqp-sidecar"); ${use}`]);
  const imported = run(
    ["--input-type=module", "-e", `import { connect, Reject } from "amqp-sidecar"; ${use}`]);
  assert.equal(required, "true\n");
  assert.equal(imported, "true\n");
});

test("the package holds what is compiled, its types, the page and the license", () => {
  const folder = mkdtempSync(join(tmpdir(), "pack."));
  const { status, stdout, stderr } = spawnSync("npm",
    ["pack", "--json", "--ignore-scripts", "--pack-destination", folder],
    { cwd: PACKAGE, encoding: "utf8" });
  rmSync(folder, { recursive: true });
  assert.equal(status, 0, stderr);
  const [pack] = JSON.parse(stdout) as { files: { path: string }[] }[];
  const paths = pack?.files.map((file) => file.path) ?? [];
  for (const wanted of ["dist/index.js", "dist/index.d.ts", "LICENSE", "README.md"]) {
    assert(paths.includes(wanted), wanted);
  }
  assert(paths.every((path) => !/^(src|tests|build|node_modules)/.test(path)), paths.join("\n"));
});

test("a process with nothing left to do ends by itself", () => {
  const script = "const { connect } = require('amqp-sidecar'); const c = connect();"
    + " c.publish('', 'none', 1, { allowUnroutable: true }).then(() => c.close());";
  run(["-e", script]);
});

test("an address that is none is told at once", () => {
  assert.throws(() => connect("x"), TypeError);
});

// A process in which @opentelemetry/api cannot be found: publishes, receives, and prints it.

import { strict as assert } from "node:assert";
import Module from "node:module";

interface Resolver {
  _resolveFilename: (request: string, ...rest: unknown[]) => string;
}

const resolver = Module as unknown as Resolver;
const resolve = resolver._resolveFilename.bind(Module);
let asked = 0;
resolver._resolveFilename = (request, ...rest) => {
  if (request.startsWith("@opentelemetry/")) {
    ++asked;
    throw Object.assign(new Error(`no ${request}`), { code: "MODULE_NOT_FOUND" });
  }
  return resolve(request, ...rest);
};

async function main(): Promise<void> {
  const { connect } = await import("amqp-sidecar");
  const queue = process.argv[2] ?? "";
  const client = connect();
  await client.publish("", queue, { a: 1 }, { headers: { x: "y" } });
  const done = new Promise<void>((resolveDone) => {
    const subscription = client.subscribe(queue, (delivery) => {
      console.log(JSON.stringify({ body: delivery.json(), headers: delivery.headers }));
      setImmediate(() => {
        void subscription.stop().then(resolveDone);
      });
    }, { onEvent: () => undefined });
  });
  await done;
  client.close();
  assert.equal(asked, 1, "it was looked for, once");
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

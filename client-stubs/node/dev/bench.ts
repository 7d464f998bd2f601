// Bench: one way of publishing or consuming, timed, as one line of JSON. See dev.sh.
//
//   bench {publish,consume} {direct,stub} --queue Q --messages N --body BYTES --window W --amqp URI

import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { connect as connectDirect } from "amqplib";
import { connect, type SidecarError } from "amqp-sidecar";

interface Plan {
  queue: string;
  messages: number;
  body: Buffer;
  window: number;
  amqp: string;
}

const PREFETCH = 256;

function bodyOf(bytes: number): Buffer {
  const frame = JSON.stringify({ fill: "" }).length;
  return Buffer.from(JSON.stringify({ fill: "x".repeat(Math.max(0, bytes - frame)) }));
}

async function timed(messages: number, work: () => Promise<void>): Promise<void> {
  const cpu = process.cpuUsage();
  const begin = process.hrtime.bigint();
  await work();
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
  const { user, system } = process.cpuUsage(cpu);
  console.log(JSON.stringify({ messages, seconds, cpu_seconds: (user + system) / 1e6 }));
}

async function publishDirect(plan: Plan): Promise<void> {
  const connection = await connectDirect(plan.amqp, { noDelay: true });
  const channel = await connection.createConfirmChannel();
  const returned = new Set<unknown>();
  channel.on("return", (message: { properties: { messageId: unknown } }) => {
    returned.add(message.properties.messageId);
  });
  const publish = (count: number) => new Promise<void>((resolve, reject) => {
    let sent = 0;
    let confirmed = 0;
    const pump = () => {
      while (sent < count && sent - confirmed < plan.window) {
        ++sent;
        const messageId = randomUUID();
        channel.publish("", plan.queue, plan.body, {
          persistent: true, mandatory: true, contentType: "application/json", messageId,
        }, (error: unknown) => {
          if (error !== null && error !== undefined || returned.has(messageId)) {
            reject(new Error("not confirmed", { cause: error }));
          } else if (++confirmed === count) {
            resolve();
          } else {
            pump();
          }
        });
      }
    };
    pump();
  });
  await publish(Math.ceil(plan.messages / 10));
  await timed(plan.messages, () => publish(plan.messages));
  await connection.close();
}

async function publishStub(plan: Plan): Promise<void> {
  const client = connect();
  const publisher = client.publisher({ maxInFlight: plan.window });
  const publish = async (count: number) => {
    let failure: SidecarError | undefined;
    const failed = (error: unknown) => {
      failure = error as SidecarError;
    };
    for (let sent = 0; sent < count; ++sent) {
      await publisher.ready();
      publisher.publish("", plan.queue, plan.body).catch(failed);
    }
    await publisher.flush();
    if (failure !== undefined) {
      throw failure;
    }
  };
  await publish(Math.ceil(plan.messages / 10));
  await timed(plan.messages, () => publish(plan.messages));
  await publisher.close();
  client.close();
}

async function consumeDirect(plan: Plan): Promise<void> {
  const connection = await connectDirect(plan.amqp, { noDelay: true });
  const channel = await connection.createChannel();
  await channel.prefetch(PREFETCH);
  await timed(plan.messages, async () => {
    await new Promise<void>((resolve, reject) => {
      let received = 0;
      channel.consume(plan.queue, (message) => {
        if (message !== null) {
          channel.ack(message);
          if (++received === plan.messages) {
            resolve();
          }
        }
      }).catch(reject);
    });
    await channel.close(); // its answer comes behind the last ack
  });
  await connection.close();
}

async function consumeStub(plan: Plan): Promise<void> {
  const client = connect();
  await timed(plan.messages, async () => {
    let received = 0;
    let done: () => void = () => undefined;
    const all = new Promise<void>((resolve) => (done = resolve));
    const subscription = client.subscribe(plan.queue, () => {
      if (++received === plan.messages) {
        done();
      }
    }, { prefetch: PREFETCH, concurrency: PREFETCH, onEvent: () => undefined });
    await Promise.race([all, subscription.wait()]);
    await subscription.stop(); // ends with OK behind the last ack
  });
  client.close();
}

const WAYS: Record<string, (plan: Plan) => Promise<void>> = {
  "publish direct": publishDirect,
  "publish stub": publishStub,
  "consume direct": consumeDirect,
  "consume stub": consumeStub,
};

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      queue: { type: "string" }, messages: { type: "string" }, body: { type: "string" },
      window: { type: "string" }, amqp: { type: "string" },
    },
  });
  const way = WAYS[positionals.join(" ")];
  if (way === undefined || values.queue === undefined || values.messages === undefined) {
    throw new Error("usage: bench {publish,consume} {direct,stub} --queue Q --messages N "
      + "--body BYTES --window W --amqp URI");
  }
  await way({
    queue: values.queue,
    messages: Number(values.messages),
    body: bodyOf(Number(values.body ?? 256)),
    window: Number(values.window ?? 1000),
    amqp: values.amqp ?? "amqp://localhost",
  });
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

// World: sidecars on a real RabbitMQ node, in a child that breaks them when told to; and what the
// tests have in common.

import { strict as assert } from "node:assert";
import { randomUUID } from "node:crypto";
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import {
  connect, SidecarError, type Client, type Delivery, type SubscribeOptions,
} from "amqp-sidecar";

/** How to start a sidecar: see tests/stubs/world.py. */
export interface StartOptions {
  config?: object;
  proxy?: boolean;
  broker?: boolean;
  tcp?: boolean;
}

interface Answer {
  ok: boolean;
  error?: string;
  address: string;
  amqp: string;
  tcp: string;
  code: number;
  log: string;
}

type Verb = "kill" | "terminate" | "ended" | "restart" | "hold" | "release" | "cut" | "log";

/** The child. */
export class World {
  readonly #child: ChildProcess;
  readonly #answers: ((answer: Answer) => void)[] = [];
  readonly #clients: Client[] = [];

  constructor() {
    const script = process.env["SIDECAR_STUB_WORLD"];
    assert(script !== undefined, "SIDECAR_STUB_WORLD is not set");
    this.#child = spawn("python3", [script], { stdio: ["pipe", "pipe", "inherit"] });
    assert(this.#child.stdout !== null);
    createInterface(this.#child.stdout).on("line", (line) => {
      this.#answers.shift()?.(JSON.parse(line) as Answer);
    });
    this.#child.on("exit", (code) => {
      for (const answer of this.#answers.splice(0)) {
        answer({ ok: false, error: `the world ended: ${code}` } as Answer);
      }
    });
  }

  async #ask(command: object): Promise<Answer> {
    const answer = await new Promise<Answer>((resolve) => {
      this.#answers.push(resolve);
      this.#child.stdin?.write(`${JSON.stringify(command)}\n`);
    });
    assert(answer.ok, answer.error);
    return answer;
  }

  /** Starts a sidecar. */
  start(name: string, options: StartOptions = {}): Promise<Answer> {
    return this.#ask({ do: "start", name, ...options });
  }

  /** Does something to a sidecar. */
  to(name: string, verb: Verb): Promise<Answer> {
    return this.#ask({ do: verb, name });
  }

  async alarm(on: boolean): Promise<void> {
    await this.#ask({ do: "alarm", on });
  }

  /** A client of a sidecar, closed with the world. */
  client(address: string): Client {
    const client = connect(address);
    this.#clients.push(client);
    return client;
  }

  /** Starts a sidecar, and connects to it. */
  async clientOf(name: string, options: StartOptions = {}): Promise<Client> {
    return this.client((await this.start(name, options)).address);
  }

  /** Ends all of it. */
  async end(): Promise<void> {
    for (const client of this.#clients) {
      client.close();
    }
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin?.end();
    await ended;
  }
}

/** Waits until it holds. */
export async function eventually(
  what: string, predicate: () => boolean | Promise<boolean>, ms = 15_000,
): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await predicate())) {
    assert(Date.now() < deadline, `not in ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A name that no other test has. */
export function fresh(what: string): string {
  return `${what}.${randomUUID()}`;
}

/** A fresh queue. */
export async function freshQueue(client: Client, args = {}): Promise<string> {
  const name = fresh("queue");
  await client.declare({ queues: [{ name, arguments: args }] });
  return name;
}

/** The error of what must fail. */
export async function failureOf(work: Promise<unknown>): Promise<SidecarError> {
  let value: unknown;
  try {
    value = await work;
  } catch (error) {
    assert(error instanceof SidecarError, `no SidecarError: ${String(error)}`);
    return error;
  }
  return assert.fail(`did not fail: ${JSON.stringify(value)}`);
}

/** Receives, and acks, `count` messages. */
export async function receive(
  client: Client, queue: string, count: number, options: SubscribeOptions = {},
): Promise<Delivery[]> {
  const deliveries: Delivery[] = [];
  const subscription = client.subscribe(queue, (delivery) => {
    deliveries.push(delivery);
  }, { onEvent: () => undefined, ...options });
  await eventually(`${count} messages from ${queue}`, () => deliveries.length >= count);
  await subscription.stop();
  return deliveries;
}

/** What console.warn says until `restore` is called. */
export function captureWarnings(): { lines: string[]; restore: () => void } {
  const original = console.warn;
  const lines: string[] = [];
  console.warn = (...values: unknown[]) => {
    lines.push(values.map(String).join(" "));
  };
  return {
    lines,
    restore: () => {
      console.warn = original;
    },
  };
}

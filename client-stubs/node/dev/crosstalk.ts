// Crosstalk: publishes the messages of a file, or prints those of a queue, in the form that the
// stubs of all languages have in common.
//
//   crosstalk publish FILE EXCHANGE KEY
//   crosstalk consume QUEUE COUNT

import { readFileSync } from "node:fs";
import {
  connect, Double, type Client, type Delivery, type Fields, type FieldType, type MessageOptions,
} from "amqp-sidecar";

type Typed =
  | { string: string } | { int: string } | { double: number } | { bool: boolean }
  | { bytes: string } | { timestamp: number } | { array: Typed[] } | { table: TypedTable };
// eslint-disable-next-line @typescript-eslint/consistent-indexed-object-style -- it is recursive
interface TypedTable { [name: string]: Typed }

interface Canonical {
  body: string;
  properties: {
    content_type?: string;
    content_encoding?: string;
    delivery_mode?: number;
    priority?: number;
    correlation_id?: string;
    reply_to?: string;
    expiration_ms?: number;
    message_id?: string;
    timestamp?: number;
    type?: string;
    user_id?: string;
    app_id?: string;
  };
  headers: TypedTable;
}

function fieldOf(typed: Typed): FieldType {
  if ("string" in typed) {
    return typed.string;
  }
  if ("int" in typed) {
    return BigInt(typed.int);
  }
  if ("double" in typed) {
    return new Double(typed.double);
  }
  if ("bool" in typed) {
    return typed.bool;
  }
  if ("bytes" in typed) {
    return Buffer.from(typed.bytes, "base64");
  }
  if ("timestamp" in typed) {
    return new Date(typed.timestamp * 1000);
  }
  return "array" in typed ? typed.array.map(fieldOf) : fieldsOf(typed.table);
}

function fieldsOf(table: TypedTable): Fields {
  return Object.fromEntries(
    Object.entries(table).map(([name, typed]) => [name, fieldOf(typed)]));
}

function typedOf(field: FieldType): Typed {
  switch (typeof field) {
    case "string":
      return { string: field };
    case "bigint":
      return { int: field.toString() };
    case "number":
      return Number.isInteger(field) ? { int: String(field) } : { double: field };
    case "boolean":
      return { bool: field };
    default:
  }
  if (field === null) {
    throw new Error("a void header");
  }
  if (field instanceof Double) {
    return { double: field.value };
  }
  if (field instanceof Uint8Array) {
    return { bytes: Buffer.from(field).toString("base64") };
  }
  if (field instanceof Date) {
    return { timestamp: field.getTime() / 1000 };
  }
  return Array.isArray(field) ? { array: field.map(typedOf) } : { table: typedTableOf(field) };
}

function typedTableOf(fields: Fields): TypedTable {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, typedOf(field)]));
}

function optionsOf({ properties, headers }: Canonical): MessageOptions {
  return {
    contentType: properties.content_type,
    contentEncoding: properties.content_encoding,
    deliveryMode: properties.delivery_mode === undefined ? undefined
      : properties.delivery_mode === 1 ? "transient" : "persistent",
    priority: properties.priority,
    correlationId: properties.correlation_id,
    replyTo: properties.reply_to,
    expirationMs: properties.expiration_ms,
    messageId: properties.message_id,
    timestamp: properties.timestamp === undefined ? undefined
      : new Date(properties.timestamp * 1000),
    type: properties.type,
    userId: properties.user_id,
    appId: properties.app_id,
    headers: fieldsOf(headers),
  };
}

function canonicalOf(delivery: Delivery): Canonical {
  const { properties } = delivery;
  const set = {
    content_type: properties.contentType,
    content_encoding: properties.contentEncoding,
    delivery_mode: properties.deliveryMode === undefined ? undefined
      : properties.deliveryMode === "transient" ? 1 : 2,
    priority: properties.priority,
    correlation_id: properties.correlationId,
    reply_to: properties.replyTo,
    expiration_ms: properties.expirationMs,
    message_id: properties.messageId,
    timestamp: properties.timestamp === undefined ? undefined
      : properties.timestamp.getTime() / 1000,
    type: properties.type,
    user_id: properties.userId,
    app_id: properties.appId,
  };
  return {
    body: delivery.body.toString("base64"),
    properties: Object.fromEntries(
      Object.entries(set).filter(([, value]) => value !== undefined)) as Canonical["properties"],
    headers: typedTableOf(delivery.headers),
  };
}

async function publish(client: Client, file: string, exchange: string, key: string) {
  for (const message of JSON.parse(readFileSync(file, "utf8")) as Canonical[]) {
    await client.publish(
      exchange, key, Buffer.from(message.body, "base64"), optionsOf(message));
  }
}

async function consume(client: Client, queue: string, count: number) {
  const messages: Canonical[] = [];
  let done: () => void = () => undefined;
  const all = new Promise<void>((resolve) => (done = resolve));
  const subscription = client.subscribe(queue, (delivery) => {
    messages.push(canonicalOf(delivery));
    if (messages.length === count) {
      done();
    }
  });
  await Promise.race([all, subscription.wait()]);
  await subscription.stop();
  console.log(JSON.stringify(messages.slice(0, count)));
}

async function main(): Promise<void> {
  const [verb, first = "", second = "", third = ""] = process.argv.slice(2);
  const client = connect();
  try {
    if (verb === "publish") {
      await publish(client, first, second, third);
    } else if (verb === "consume") {
      await consume(client, first, Number(second));
    } else {
      throw new Error("usage: crosstalk {publish FILE EXCHANGE KEY | consume QUEUE COUNT}");
    }
  } finally {
    client.close();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

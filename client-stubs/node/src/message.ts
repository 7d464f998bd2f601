// Messages: a publish in JavaScript's types to the sidecar's, and a delivery's properties back.

import { randomUUID } from "node:crypto";
import { status } from "@grpc/grpc-js";
import { DeliveryMode, type Message, type Properties as PropertiesMessage }
  from "./gen/amqp_sidecar/v1/message";
import { Reason, SidecarError, invalidMessage } from "./error";
import { dateOf, durationOf, millisecondsOf, timestampOf } from "./time";
import { inject } from "./trace";
import { asBuffer, fromFields, toFields, type Fields } from "./value";

/** AMQP's basic properties. Texts are at most 255 bytes each. */
export interface Properties {
  /** Without one: "application/json", and the sidecar checks that the body is it. */
  contentType?: string | undefined;
  /** Such as "gzip". The body is sent as it is. */
  contentEncoding?: string | undefined;
  /** By name. */
  headers?: Fields | undefined;
  /** Without one, a publish is persistent; on a delivery, the publisher did not say. */
  deliveryMode?: "transient" | "persistent" | undefined;
  /** 0 to 255, for a queue with x-max-priority. */
  priority?: number | undefined;
  /** Which request a reply belongs to. */
  correlationId?: string | undefined;
  /** Where a reply is wanted: usually the name of a queue. */
  replyTo?: string | undefined;
  /** Time to live in the queue, in milliseconds from 0; rounded up to whole ones. */
  expirationMs?: number | undefined;
  /** Without one, a publish gets a UUID, the same in every try. */
  messageId?: string | undefined;
  /** Sent in whole seconds. */
  timestamp?: Date | undefined;
  /** The kind of message, in the application's words. */
  type?: string | undefined;
  /** The broker refuses one other than the sidecar's login. */
  userId?: string | undefined;
  /** The application that published it. */
  appId?: string | undefined;
}

/** How to publish one message. */
export interface MessageOptions extends Properties {
  /** Accept a message that no binding routes: it is dropped, and `routed` is false. */
  allowUnroutable?: boolean | undefined;
  /** The whole time, tries again included; 10 s without one. */
  timeoutMs?: number | undefined;
  /** Gives it up: the promise rejects with the signal's reason. The message may be there. */
  signal?: AbortSignal | undefined;
}

/** The broker has the message. */
export interface Published {
  /** The message's own, or the stub's. */
  readonly messageId: string;
  /** Whether it reached a queue; false only with `allowUnroutable`. */
  readonly routed: boolean;
}

/** How long a publish may take where the caller does not say. */
export const PUBLISH_TIMEOUT_MS = 10_000;

const TEXTS = [
  "contentType", "contentEncoding", "correlationId", "replyTo", "messageId", "type", "userId",
  "appId",
] as const;

function invalidBody(detail: string, messageId: string): SidecarError {
  return new SidecarError({
    code: status.INVALID_ARGUMENT, reason: Reason.INVALID_BODY, detail, persisted: "NO", messageId,
  });
}

/** Bytes as they are, anything else as JSON. */
function bodyOf(body: unknown, messageId: string): Buffer {
  if (body instanceof Uint8Array) {
    return asBuffer(body);
  }
  if (ArrayBuffer.isView(body)) {
    return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  }
  if (body instanceof ArrayBuffer) {
    return Buffer.from(body);
  }
  let text: string | undefined;
  try {
    text = JSON.stringify(body) as string | undefined;
  } catch (error) {
    throw invalidBody(`the body is no JSON: ${(error as Error).message}`, messageId);
  }
  if (text === undefined) {
    throw invalidBody(`the body is no JSON: ${typeof body}`, messageId);
  }
  return Buffer.from(text);
}

function checkTexts(exchange: unknown, routingKey: unknown, options: Properties): void {
  if (typeof exchange !== "string" || typeof routingKey !== "string") {
    throw invalidMessage("exchange and routingKey are strings");
  }
  for (const name of TEXTS) {
    const text: unknown = options[name];
    if (text !== undefined && typeof text !== "string") {
      throw invalidMessage(`${name} is a string`);
    }
  }
}

function priorityOf(priority: number): number {
  if (!Number.isInteger(priority) || priority < 0 || priority > 255) {
    throw invalidMessage(`priority is an integer from 0 to 255: ${priority}`);
  }
  return priority;
}

function expirationOf(ms: number): PropertiesMessage["expiration"] {
  if (!Number.isFinite(ms) || ms < 0) {
    throw invalidMessage(`expirationMs is a number from 0: ${ms}`);
  }
  return durationOf(ms);
}

function deliveryModeOf(mode: Properties["deliveryMode"]): DeliveryMode {
  switch (mode) {
    case "transient":
      return DeliveryMode.DELIVERY_MODE_TRANSIENT;
    case "persistent":
      return DeliveryMode.DELIVERY_MODE_PERSISTENT;
    case undefined:
      return DeliveryMode.DELIVERY_MODE_UNSPECIFIED;
    default:
      throw invalidMessage(`deliveryMode is transient or persistent: ${String(mode)}`);
  }
}

function propertiesOf(options: Properties, messageId: string): PropertiesMessage {
  const headers = options.headers === undefined ? {} : toFields(options.headers, "headers");
  inject(headers);
  return {
    contentType: options.contentType ?? "",
    contentEncoding: options.contentEncoding ?? "",
    headers,
    deliveryMode: deliveryModeOf(options.deliveryMode),
    priority: options.priority === undefined ? 0 : priorityOf(options.priority),
    correlationId: options.correlationId ?? "",
    replyTo: options.replyTo ?? "",
    expiration: options.expirationMs === undefined ? undefined : expirationOf(options.expirationMs),
    messageId,
    timestamp: options.timestamp && timestampOf(options.timestamp, "timestamp", invalidMessage),
    type: options.type ?? "",
    userId: options.userId ?? "",
    appId: options.appId ?? "",
  };
}

/**
 * The message as the sidecar takes it, with an id. Throws a SidecarError (INVALID_MESSAGE or
 * INVALID_BODY, NO) where it cannot be sent. The bytes of the body are not copied.
 */
export function messageOf(
  exchange: string, routingKey: string, body: unknown, options: Properties,
): Message {
  checkTexts(exchange, routingKey, options);
  const messageId = options.messageId === undefined || options.messageId === ""
    ? randomUUID()
    : options.messageId;
  return {
    exchange,
    routingKey,
    body: bodyOf(body, messageId),
    properties: propertiesOf(options, messageId),
  };
}

/** The properties of a delivery, without those that the publisher did not set. */
export function propertiesFrom(from: PropertiesMessage): Properties {
  const properties: Properties = {};
  for (const name of TEXTS) {
    if (from[name] !== "") {
      properties[name] = from[name];
    }
  }
  if (from.deliveryMode === DeliveryMode.DELIVERY_MODE_TRANSIENT) {
    properties.deliveryMode = "transient";
  } else if (from.deliveryMode === DeliveryMode.DELIVERY_MODE_PERSISTENT) {
    properties.deliveryMode = "persistent";
  }
  if (from.priority !== 0) {
    properties.priority = from.priority;
  }
  if (from.expiration !== undefined) {
    properties.expirationMs = millisecondsOf(from.expiration);
  }
  if (from.timestamp !== undefined) {
    properties.timestamp = dateOf(from.timestamp);
  }
  properties.headers = fromFields(from.headers);
  return properties;
}

// Delivery: a message from a queue as its handler sees it, and what a handler may throw.

import type { Delivery as DeliveryMessage } from "./gen/amqp_sidecar/v1/subscriber";
import { propertiesFrom, type Properties } from "./message";
import { asBuffer, type Fields } from "./value";

const MIN_DELAY_MS = 10;
const MAX_DELAY_MS = 24 * 60 * 60 * 1000;
const MAX_CAUSE_BYTES = 1024;

/**
 * Thrown by a handler: the message can never be processed. It is dead-lettered, or dropped. The
 * error's message says why, for a person; the sidecar keeps it, cut at 1024 bytes, with a message
 * that it moves itself.
 */
export class Reject extends Error {
  override readonly name: string = "Reject";

  /** What is sent. @internal */
  get sentCause(): string {
    const bytes = Buffer.from(this.message);
    if (bytes.length <= MAX_CAUSE_BYTES) {
      return this.message;
    }
    let end = MAX_CAUSE_BYTES;
    while (((bytes[end] ?? 0) & 0xc0) === 0x80) {
      --end; // not within a character
    }
    return bytes.toString("utf8", 0, end);
  }
}

/** Thrown by `Delivery.json()` for a body that is no JSON, and never will be. */
export class InvalidJson extends Reject {
  override readonly name = "InvalidJson";
}

/** Thrown by a handler: deliver the message again after a delay. */
export class Retry extends Error {
  override readonly name = "Retry";
  /** `delayMs` is 10 ms to 24 h, else a RangeError is thrown; 0 leaves it to the retry policy. */
  constructor(readonly delayMs: number, message = "to be tried again", options?: ErrorOptions) {
    super(message, options);
    if (delayMs !== 0 && !(delayMs >= MIN_DELAY_MS && delayMs <= MAX_DELAY_MS)) {
      throw new RangeError(`a delay is ${MIN_DELAY_MS} ms to 24 h: ${delayMs}`);
    }
  }
}

/** A message from the queue. */
export class Delivery {
  /** As the sidecar sent it. */
  readonly raw: DeliveryMessage;
  #properties: Properties | undefined;

  constructor(raw: DeliveryMessage) {
    this.raw = raw;
  }

  /** Opaque. */
  get deliveryId(): string {
    return this.raw.deliveryId;
  }

  /** The subscription's. */
  get queue(): string {
    return this.raw.queue;
  }

  /** Where it was published; empty is the default exchange. */
  get exchange(): string {
    return this.raw.exchange;
  }

  /** What it was published with. */
  get routingKey(): string {
    return this.raw.routingKey;
  }

  /** Byte for byte as published. */
  get body(): Buffer {
    return asBuffer(this.raw.body);
  }

  /** The body decoded. Throws InvalidJson, which rejects the message unless it is caught. */
  json(): unknown {
    try {
      return JSON.parse(this.body.toString());
    } catch (error) {
      // The error's own text quotes the body, which is nobody's business in a log.
      const position = /at position \d+/.exec((error as Error).message)?.[0];
      throw new InvalidJson(`the body is no JSON${position === undefined ? "" : `, ${position}`}`);
    }
  }

  /** What the publisher set. */
  get properties(): Properties {
    this.#properties ??= this.raw.properties === undefined
      ? { headers: {} }
      : propertiesFrom(this.raw.properties);
    return this.#properties;
  }

  /** By name; empty where there are none. */
  get headers(): Fields {
    return this.properties.headers ?? {};
  }

  /** Empty where the publisher gave none. */
  get messageId(): string {
    return this.raw.properties?.messageId ?? "";
  }

  /** The broker may have delivered it before. */
  get redelivered(): boolean {
    return this.raw.redelivered;
  }

  /** From 1; counts what the broker or a retry policy counts. */
  get attempt(): number {
    return this.raw.attempt;
  }

  /** What validation found wrong with the body; empty where nothing. */
  get invalidReason(): string {
    return this.raw.invalidReason;
  }
}

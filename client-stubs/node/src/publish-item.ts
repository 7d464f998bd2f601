// Item: one message of a publisher, on its way to its answer, as it is sent; how items make a
// batch, and when their time is over.

import Long from "long";
import type { status } from "@grpc/grpc-js";
import type { FieldValue, Message } from "./gen/amqp_sidecar/v1/message";
import type { PublishItem } from "./gen/amqp_sidecar/v1/publisher";
import { Reason, SidecarError } from "./error";
import type { Published } from "./message";
import { cutShort, neverSent } from "./publish";

/** What an item weighs besides its body, about. */
const ROOM_FOR_PROPERTIES = 512;

/** A batch has at most so many items, and bytes; one larger item goes alone. */
const BATCH_ITEMS = 128;
const BATCH_BYTES = 1 << 20;

function sizeOfValue(field: FieldValue): number {
  const kind = field.kind;
  switch (kind?.$case) {
    case "stringValue":
      return kind.stringValue.length * 3;
    case "bytesValue":
      return kind.bytesValue.length;
    case "arrayValue":
      return kind.arrayValue.values.reduce((sum, one) => sum + 16 + sizeOfValue(one), 0);
    case "tableValue":
      return sizeOf(kind.tableValue.fields);
    default:
      return 16;
  }
}

function sizeOf(fields: Record<string, FieldValue> | undefined): number {
  let size = 0;
  for (const name in fields) {
    const field = fields[name];
    size += name.length * 3 + 16 + (field === undefined ? 0 : sizeOfValue(field));
  }
  return size;
}

/** One message. */
export class Item implements PublishItem {
  readonly tag: Long;
  /** Sent on the open stream, and without a result there. */
  sent = false;
  /** It has its answer. */
  done = false;
  /** How often it failed. */
  attempts = 0;
  #last: SidecarError | undefined;
  #timer: NodeJS.Timeout | undefined;
  #unlisten: (() => void) | undefined;

  constructor(
    readonly key: number, readonly message: Message, readonly allowUnroutable: boolean,
    readonly deadline: number, readonly resolve: (published: Published) => void,
    readonly reject: (error: unknown) => void,
  ) {
    this.tag = Long.fromNumber(key, true);
  }

  get messageId(): string {
    return this.message.properties?.messageId ?? "";
  }

  /** In bytes, about. */
  get size(): number {
    const { exchange, routingKey, body, properties } = this.message;
    return ROOM_FOR_PROPERTIES + exchange.length + routingKey.length + body.length
      + sizeOf(properties?.headers);
  }

  /** Rejects with the signal's reason when it is aborted, and calls `aborted` then. */
  abortBy(signal: AbortSignal, aborted: () => void): void {
    const abort = () => {
      this.reject(signal.reason);
      aborted();
    };
    signal.addEventListener("abort", abort, { once: true });
    this.#unlisten = () => {
      signal.removeEventListener("abort", abort);
    };
  }

  /** It failed by `error`, and will be tried again after `delay` ms by `again`. */
  waitToRetry(error: SidecarError, delay: number, again: () => void): void {
    this.sent = false;
    this.#last = error;
    this.#timer = setTimeout(again, delay);
  }

  /** What to tell of it without a result: what is left behind depends on whether it was sent. */
  unanswered(code: status, detail: string): SidecarError {
    if (!this.sent) {
      return this.#last ?? neverSent(this.messageId, `${detail}: it was not sent`);
    }
    const cut = new SidecarError({
      code, reason: Reason.SIDECAR_UNAVAILABLE, persisted: "UNKNOWN", messageId: this.messageId,
      detail,
    });
    return this.#last === undefined ? cut : cutShort(this.#last, cut);
  }

  /** It needs nothing any more. */
  finish(): void {
    this.done = true;
    clearTimeout(this.#timer);
    this.#unlisten?.();
  }
}

/** Takes the next batch from the front of `waiting`, of `most` items; drops those that are done. */
export function takeBatch(waiting: Item[], most: number): Item[] {
  const batch: Item[] = [];
  const room = Math.min(BATCH_ITEMS, most);
  let bytes = 0;
  let taken = 0;
  for (const item of waiting) {
    if (!item.done) {
      if (batch.length === room || (batch.length > 0 && bytes + item.size > BATCH_BYTES)) {
        break;
      }
      bytes += item.size;
      batch.push(item);
    }
    ++taken;
  }
  waiting.splice(0, taken);
  return batch;
}

/** One timer for all items: it looks at each when the first deadline that it knew is over. */
export class Expiry {
  readonly #items: ReadonlySet<Item>;
  readonly #expired: (item: Item) => void;
  #timer: NodeJS.Timeout | undefined;
  #at = Infinity;

  constructor(items: ReadonlySet<Item>, expired: (item: Item) => void) {
    this.#items = items;
    this.#expired = expired;
  }

  /** There is an item with this deadline. */
  by(deadline: number): void {
    if (deadline < this.#at) {
      clearTimeout(this.#timer);
      this.#at = deadline;
      this.#timer = setTimeout(() => {
        this.#look();
      }, deadline - Date.now());
    }
  }

  /** There are no items. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#at = Infinity;
  }

  #look(): void {
    this.#at = Infinity;
    const now = Date.now();
    let next = Infinity;
    for (const item of this.#items) {
      if (item.deadline <= now) {
        this.#expired(item);
      } else {
        next = Math.min(next, item.deadline);
      }
    }
    if (next !== Infinity) {
      this.by(next);
    }
  }
}

// Work: the deliveries of one stream that a handler has, and those that wait for one. Starts at
// most so many handlers at once, and says how each ended.

import { Delivery, Reject, Retry } from "./delivery";
import type { Delivery as DeliveryMessage } from "./gen/amqp_sidecar/v1/subscriber";
import { warn } from "./log";
import type { Settlement, Settler } from "./settlement";
import { withTraceOf } from "./trace";

/** Does the work of one delivery. Returning acks it; throwing (or rejecting) does not. */
export type Handler = (delivery: Delivery) => unknown;

/** Handlers at once at most, over all streams of a subscription. */
export interface Slots {
  free: number;
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined | null)?.then === "function";
}

function settlementOf(delivery: Delivery, error: unknown): Settlement {
  const name = `a handler of ${delivery.queue} failed, message id "${delivery.messageId}"`;
  if (error instanceof Reject) {
    warn(`${name}: Reject: ${error.message}`);
    return { verb: "reject", cause: error.sentCause };
  }
  if (error instanceof Retry) {
    warn(`${name}: Retry in ${error.delayMs} ms: ${error.message}`);
    return { verb: "nack", delayMs: error.delayMs };
  }
  warn(name, error);
  return { verb: "nack", delayMs: 0 };
}

/** The deliveries of one stream. */
export class Work {
  readonly #handler: Handler;
  readonly #slots: Slots;
  readonly #settler: Settler;
  readonly #onSlot: () => void;
  #waiting: DeliveryMessage[] = [];
  #next = 0;
  readonly #running = new Set<Delivery>();
  /** Whose deadline is extended no more. */
  readonly #given = new Set<string>();

  /** `onSlot` is called when a handler has ended that did not end at once. */
  constructor(handler: Handler, slots: Slots, settler: Settler, onSlot: () => void) {
    this.#handler = handler;
    this.#slots = slots;
    this.#settler = settler;
    this.#onSlot = onSlot;
  }

  /** Handlers that have not ended. */
  get running(): number {
    return this.#running.size;
  }

  add(deliveries: DeliveryMessage[]): void {
    if (this.#next === this.#waiting.length) {
      this.#waiting = deliveries;
      this.#next = 0;
    } else {
      this.#waiting.push(...deliveries);
    }
  }

  /** Starts handlers while there are slots. */
  start(): void {
    while (this.#slots.free > 0) {
      const raw = this.#waiting[this.#next];
      if (raw === undefined) {
        return;
      }
      ++this.#next;
      this.#run(new Delivery(raw));
    }
  }

  /** Those that no handler has seen, which are forgotten here. */
  takeWaiting(): string[] {
    const ids = this.#waiting.slice(this.#next).map((raw) => raw.deliveryId);
    this.#waiting = [];
    this.#next = 0;
    return ids;
  }

  /** Those whose deadline is to be extended. */
  held(): string[] {
    const waiting = this.#waiting.slice(this.#next).map((raw) => raw.deliveryId);
    const running = [...this.#running].map((delivery) => delivery.deliveryId);
    const ids = running.concat(waiting);
    return this.#given.size === 0 ? ids : ids.filter((id) => !this.#given.has(id));
  }

  /** Its deadline is extended no more. */
  stopExtending(deliveryId: string): void {
    this.#given.add(deliveryId);
  }

  /** All that runs is stale: the broker delivers it again. */
  stopExtendingRunning(): void {
    for (const delivery of this.#running) {
      this.#given.add(delivery.deliveryId);
    }
  }

  #run(delivery: Delivery): void {
    --this.#slots.free;
    this.#running.add(delivery);
    let result: unknown;
    try {
      result = withTraceOf(delivery.raw.properties?.headers, () => this.#handler(delivery));
    } catch (error) {
      this.#ended(delivery, settlementOf(delivery, error));
      return;
    }
    if (!isPromise(result)) {
      this.#ended(delivery, ACK);
      return;
    }
    result.then(
      () => {
        this.#ended(delivery, ACK);
        this.#onSlot();
      },
      (error: unknown) => {
        this.#ended(delivery, settlementOf(delivery, error));
        this.#onSlot();
      });
  }

  #ended(delivery: Delivery, settlement: Settlement): void {
    ++this.#slots.free;
    this.#running.delete(delivery);
    this.#given.delete(delivery.deliveryId);
    this.#settler.settle(delivery.deliveryId, settlement);
  }
}

const ACK: Settlement = { verb: "ack" };

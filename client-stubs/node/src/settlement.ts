// Settlements: what handlers decided and nobody has sent yet, gathered into few requests.

import type { SubscribeStreamRequest } from "./gen/amqp_sidecar/v1/subscriber";
import { durationOf } from "./time";

/** What becomes of one delivery. */
export type Settlement =
  | { verb: "ack" }
  | { verb: "nack"; delayMs: number }
  | { verb: "giveBack" }
  | { verb: "reject"; cause: string };

/** A request on the stream, and the argument of a unary call: one has what the other needs. */
export type SettleRequest = Exclude<
  NonNullable<SubscribeStreamRequest["kind"]>, { $case: "subscribe" }>;

/** Who sends them. */
export interface Settler {
  settle(deliveryId: string, settlement: Settlement): void;
}

const MAX_IDS = 4096;

function idsOf<Key>(groups: Map<Key, string[]>, key: Key): string[] {
  let ids = groups.get(key);
  if (ids === undefined) {
    groups.set(key, ids = []);
  }
  return ids;
}

function* slices(ids: string[]): Generator<string[]> {
  for (let begin = 0; begin < ids.length; begin += MAX_IDS) {
    yield ids.slice(begin, begin + MAX_IDS);
  }
}

/** Settlements that wait to be sent. */
export class Settlements {
  #acks: string[] = [];
  #givenBack: string[] = [];
  readonly #nacks = new Map<number, string[]>();
  readonly #rejects = new Map<string, string[]>();

  add(deliveryId: string, settlement: Settlement): void {
    switch (settlement.verb) {
      case "ack":
        this.#acks.push(deliveryId);
        break;
      case "nack":
        idsOf(this.#nacks, settlement.delayMs).push(deliveryId);
        break;
      case "giveBack":
        this.#givenBack.push(deliveryId);
        break;
      case "reject":
        idsOf(this.#rejects, settlement.cause).push(deliveryId);
        break;
    }
  }

  /** All of them, as requests; nothing waits any more. */
  take(): SettleRequest[] {
    const requests: SettleRequest[] = [];
    for (const deliveryIds of slices(this.#acks)) {
      requests.push({ $case: "ack", ack: { deliveryIds } });
    }
    for (const deliveryIds of slices(this.#givenBack)) {
      requests.push({ $case: "nack", nack: { deliveryIds, delay: undefined, notAttempted: true } });
    }
    for (const [delayMs, ids] of this.#nacks) {
      const delay = delayMs === 0 ? undefined : durationOf(delayMs);
      for (const deliveryIds of slices(ids)) {
        requests.push({ $case: "nack", nack: { deliveryIds, delay, notAttempted: false } });
      }
    }
    for (const [cause, ids] of this.#rejects) {
      for (const deliveryIds of slices(ids)) {
        requests.push({ $case: "reject", reject: { deliveryIds, cause } });
      }
    }
    this.#acks = [];
    this.#givenBack = [];
    this.#nacks.clear();
    this.#rejects.clear();
    return requests;
  }
}

/** More time for these deliveries. */
export function extension(ids: string[], ackDeadlineMs: number): SettleRequest[] {
  return [...slices(ids)].map((deliveryIds) => ({
    $case: "extendAckDeadline",
    extendAckDeadline: { deliveryIds, ackDeadline: durationOf(ackDeadlineMs) },
  }));
}

// Options of a subscription, in JavaScript's types, and the request that they make.

import type { RetryPolicy as RetryPolicyMessage, SubscribeRequest }
  from "./gen/amqp_sidecar/v1/subscriber";
import { status } from "@grpc/grpc-js";
import { Reason, SidecarError } from "./error";
import { durationOf } from "./time";
import { bindingOf, type Binding } from "./topology-types";
import { toFields, type Fields } from "./value";

/** What a failed handler and an expired deadline lead to. */
export interface RetryPolicy {
  /** Deliveries of one message at most; then it is dead-lettered. 0, or none: no limit. */
  maxAttempts?: number | undefined;
  /** The wait before the second delivery; doubles. 10 ms to 24 h; 1 s without one. */
  initialBackoffMs?: number | undefined;
  /** The longest wait; a minute without one. */
  maxBackoffMs?: number | undefined;
  /** Where a message goes after its last attempt, and when it is rejected. */
  deadLetterExchange?: string | undefined;
  /** Without one it keeps its own. */
  deadLetterRoutingKey?: string | undefined;
}

/**
 * What happened to a subscription. Of the sidecar: SUBSCRIBED, INTERRUPTED (the link to the broker
 * is gone: what was delivered before comes again), RESUBSCRIBED, DRAINING (the sidecar is shutting
 * down). Of the stub: DISCONNECTED (the stream to the sidecar ended; it comes back by itself; told
 * once for each cause until it is back).
 */
export interface LifeEvent {
  kind: "SUBSCRIBED" | "INTERRUPTED" | "RESUBSCRIBED" | "DRAINING" | "DISCONNECTED";
  queue: string;
  /** Why, for a person. May be empty. */
  detail: string;
}

/** A settlement, or the extension of a deadline, did not take: the message may come again. */
export interface SettleFailedEvent {
  kind: "SETTLE_FAILED";
  queue: string;
  deliveryId: string;
  /** As in docs/errors.md: STALE_DELIVERY, DEADLINE_EXPIRED, NOT_MOVED, ... */
  reason: Reason;
  detail: string;
}

/** What `onEvent` is told. */
export type SubscriptionEvent = LifeEvent | SettleFailedEvent;

/** How to subscribe. */
export interface SubscribeOptions {
  /** Handlers at once at most; 1 without one. */
  concurrency?: number | undefined;
  /**
   * Deliveries held at most, 1 to 65535: worked on and waiting in this process. Without one, the
   * sidecar's default, or `concurrency` where that is more than 64.
   */
  prefetch?: number | undefined;
  /**
   * A delivery that this process does not settle within this time goes back; 30 s without one, 0:
   * never, as a queue of type stream needs it. The stub extends it while it holds the delivery: it
   * counts where the process hangs.
   */
  ackDeadlineMs?: number | undefined;
  /** Without one, what failed is delivered again at once. */
  retry?: RetryPolicy | undefined;
  /** Be the queue's only consumer. */
  exclusive?: boolean | undefined;
  /** Higher is served first. */
  priority?: number | undefined;
  /** Further basic.consume arguments, such as x-stream-offset. */
  arguments?: Fields | undefined;
  /** Instead of an existing queue, one that the sidecar declares and binds. */
  bindings?: Omit<Binding, "queue">[] | undefined;
  /** Is told what happens; without one, console.warn is. */
  onEvent?: ((event: SubscriptionEvent) => void) | undefined;
  /** Closes the subscription when it is aborted. */
  signal?: AbortSignal | undefined;
}

const DEFAULT_PREFETCH = 64;
const DEFAULT_ACK_DEADLINE_MS = 30_000;
const MAX_UINT32 = 2 ** 32 - 1;

function invalid(detail: string): SidecarError {
  return new SidecarError({
    code: status.INVALID_ARGUMENT, reason: Reason.INVALID_SUBSCRIPTION, detail,
  });
}

function integer(value: number, name: string, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw invalid(`${name} is an integer from ${least} to ${most}: ${value}`);
  }
  return value;
}

function milliseconds(value: number, name: string): number {
  if (!Number.isFinite(value) || value < 0) {
    throw invalid(`${name} is a number from 0: ${value}`);
  }
  return value;
}

/** Handlers at once at most. Throws INVALID_SUBSCRIPTION. */
export function concurrencyOf(options: SubscribeOptions): number {
  return integer(options.concurrency ?? 1, "concurrency", 1, 65535);
}

/** In milliseconds; 0 for none. Throws INVALID_SUBSCRIPTION. */
export function ackDeadlineOf(options: SubscribeOptions): number {
  return milliseconds(options.ackDeadlineMs ?? DEFAULT_ACK_DEADLINE_MS, "ackDeadlineMs");
}

function retryOf(policy: RetryPolicy): RetryPolicyMessage {
  const { initialBackoffMs: initial, maxBackoffMs: max } = policy;
  return {
    maxAttempts: integer(policy.maxAttempts ?? 0, "retry.maxAttempts", 0, MAX_UINT32),
    initialBackoff: initial === undefined ? undefined
      : durationOf(milliseconds(initial, "retry.initialBackoffMs")),
    maxBackoff: max === undefined ? undefined : durationOf(milliseconds(max, "retry.maxBackoffMs")),
    deadLetterExchange: policy.deadLetterExchange ?? "",
    deadLetterRoutingKey: policy.deadLetterRoutingKey ?? "",
  };
}

/** As the sidecar takes it. Throws INVALID_SUBSCRIPTION for what cannot be sent. */
export function subscribeRequestOf(queue: string, options: SubscribeOptions): SubscribeRequest {
  const concurrency = concurrencyOf(options);
  const prefetch = integer(options.prefetch ?? 0, "prefetch", 0, 65535);
  return {
    queue,
    bindings: (options.bindings ?? []).map((binding) => {
      return bindingOf({ ...binding, queue: "" }, invalid);
    }),
    prefetch: prefetch === 0 && concurrency > DEFAULT_PREFETCH ? concurrency : prefetch,
    ackDeadline: durationOf(ackDeadlineOf(options)),
    retry: options.retry === undefined ? undefined : retryOf(options.retry),
    exclusive: options.exclusive ?? false,
    priority: integer(options.priority ?? 0, "priority", -(2 ** 31), 2 ** 31 - 1),
    arguments: toFields(options.arguments ?? {}, "arguments", invalid),
  };
}

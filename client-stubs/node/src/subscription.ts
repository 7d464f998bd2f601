// Subscription: a queue's deliveries to a handler, for as long as it is wanted. Opens a session,
// and another when that ends; stops gracefully.

import { status, type Client, type StatusObject } from "@grpc/grpc-js";
import { errorInfoOf, errorOf, Reason, SidecarError } from "./error";
import { warn } from "./log";
import { Session, type SessionPlan } from "./session";
import {
  ackDeadlineOf, concurrencyOf, subscribeRequestOf, type SubscribeOptions, type SubscriptionEvent,
} from "./subscription-options";
import { backoff, deadlineAfter } from "./time";
import type { Handler } from "./work";

const REOPEN_FIRST_MS = 100;
const REOPEN_MAX_MS = 2000;
const STOP_TIMEOUT_MS = 30_000;

/** Whether a stream that ended so is to be opened again: what ended it passes by itself. */
function passes(end: StatusObject): boolean {
  switch (end.code) {
    case status.OK:
    case status.UNAVAILABLE:
      return true;
    case status.INTERNAL:
    case status.UNKNOWN:
    case status.CANCELLED:
    case status.DEADLINE_EXCEEDED:
      return errorInfoOf(end) === undefined;
    case status.RESOURCE_EXHAUSTED:
      return errorInfoOf(end)?.reason === Reason.LIMIT_EXCEEDED;
    default:
      return false;
  }
}

function log(event: SubscriptionEvent): void {
  warn(event.kind === "SETTLE_FAILED"
    ? `${event.queue}: SETTLE_FAILED: ${event.deliveryId}: ${event.reason}: ${event.detail}`
    : `${event.queue}: ${event.kind}${event.detail === "" ? "" : `: ${event.detail}`}`);
}

/** A subscription. Made by Client.subscribe. */
export class Subscription {
  /** What it consumes from; empty where the sidecar makes the queue. */
  readonly queue: string;
  readonly #plan: SessionPlan;
  readonly #tell: (event: SubscriptionEvent) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #end: Promise<void>;
  readonly #abort = () => {
    this.close();
  };
  #settleEnd: (error?: SidecarError) => void = () => undefined;
  #session: Session | undefined;
  /** Ended, but handlers of theirs run on. */
  readonly #former = new Set<Session>();
  #reopens = 0;
  #reopening: NodeJS.Timeout | undefined;
  /** The reason of the end that was told last, and no event since. */
  #lost: string | undefined;
  #stopping: Promise<void> | undefined;
  #onChange: () => void = () => undefined;
  #ended = false;
  #waited = false;

  /** @internal */
  constructor(client: Client, queue: string, handler: Handler, options: SubscribeOptions) {
    this.queue = queue;
    this.#tell = options.onEvent ?? log;
    this.#signal = options.signal;
    this.#plan = {
      client,
      request: subscribeRequestOf(queue, options),
      handler,
      slots: { free: concurrencyOf(options) },
      ackDeadlineMs: ackDeadlineOf(options),
    };
    this.#end = new Promise((resolve, reject) => {
      this.#settleEnd = (error) => {
        if (error === undefined) {
          resolve();
        } else {
          reject(error);
        }
      };
    });
    this.#end.catch(() => undefined); // told by wait(), or by the log
    if (this.#signal?.aborted === true) {
      this.#finish();
      return;
    }
    this.#signal?.addEventListener("abort", this.#abort, { once: true });
    this.#open();
  }

  /**
   * Resolves when the subscription was stopped or closed. Rejects with a SidecarError when it ended
   * for a reason that does not pass by itself, such as QUEUE_NOT_FOUND. Where nobody waits, that is
   * logged.
   */
  wait(): Promise<void> {
    this.#waited = true;
    return this.#end;
  }

  /** Resolves when it has ended, however. @internal */
  get closed(): Promise<void> {
    return this.#end.catch(() => undefined);
  }

  /**
   * Stops gracefully: begins no handler any more, gives back what no handler has seen, lets those
   * that run finish, and settles their deliveries. Rejects with a SidecarError (DEADLINE_EXCEEDED)
   * when that took more than `timeoutMs` (30 s): what is unsettled then went back to the queue.
   */
  stop(timeoutMs = STOP_TIMEOUT_MS): Promise<void> {
    this.#stopping ??= this.#stop(timeoutMs);
    return this.#stopping;
  }

  /** Ends it at once: what is unsettled goes back to the queue, what runs is not settled. */
  close(): void {
    this.#session?.cancel();
    this.#finish();
  }

  #open(): void {
    const session = new Session(this.#plan, {
      onEvent: (event) => {
        if (event.kind === "SUBSCRIBED") {
          this.#reopens = 0;
        }
        this.#lost = undefined;
        this.#event(event);
      },
      onSlot: () => {
        this.#session?.pump();
        this.#onChange();
      },
      onEnd: (end) => {
        this.#session = undefined;
        this.#former.add(session);
        this.#onEnd(end, session.cancelled);
        this.#onChange();
      },
    });
    this.#session = session;
  }

  #onEnd(end: StatusObject, cancelled: boolean): void {
    if (this.#ended || cancelled || (this.#stopping !== undefined && end.code === status.OK)) {
      return;
    }
    if (this.#stopping === undefined && !passes(end)) {
      this.#finish(errorOf(end));
      return;
    }
    const cause = end.code === status.OK ? "" : errorOf(end).reason;
    if (this.#lost !== cause) {
      this.#lost = cause;
      const detail = end.code === status.OK ? "the sidecar ended the stream" : errorOf(end).message;
      this.#event({ kind: "DISCONNECTED", queue: this.queue, detail });
    }
    if (this.#stopping === undefined) {
      this.#reopening = setTimeout(() => {
        this.#open();
      }, backoff(this.#reopens++, REOPEN_FIRST_MS, REOPEN_MAX_MS));
    }
  }

  async #stop(timeoutMs: number): Promise<void> {
    deadlineAfter(timeoutMs);
    clearTimeout(this.#reopening);
    this.#session?.stop();
    const inTime = await this.#stopped(timeoutMs);
    const running = this.#running();
    this.close();
    if (!inTime) {
      throw new SidecarError({
        code: status.DEADLINE_EXCEEDED, reason: "",
        detail: `${this.queue}: not stopped after ${timeoutMs} ms: ${running} handlers still run, `
          + "and their deliveries went back to the queue",
      });
    }
  }

  /** Whether it came to rest in time. */
  #stopped(timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        resolve(false);
      }, timeoutMs);
      this.#onChange = () => {
        if (this.#ended || (this.#session === undefined && this.#running() === 0)) {
          clearTimeout(timer);
          resolve(true);
        }
      };
      this.#onChange();
    });
  }

  #running(): number {
    let running = this.#session?.running ?? 0;
    for (const session of this.#former) {
      running += session.running;
      if (session.running === 0) {
        this.#former.delete(session);
      }
    }
    return running;
  }

  #finish(error?: SidecarError): void {
    if (this.#ended) {
      return;
    }
    this.#ended = true;
    clearTimeout(this.#reopening);
    this.#signal?.removeEventListener("abort", this.#abort);
    if (error !== undefined && !this.#waited) {
      warn(`${this.queue}: the subscription ended`, error);
    }
    this.#settleEnd(error);
    this.#onChange();
  }

  #event(event: SubscriptionEvent): void {
    if (this.#ended) {
      return;
    }
    try {
      this.#tell(event);
    } catch (error) {
      warn(`${this.queue}: onEvent failed at ${event.kind}`, error);
    }
  }
}

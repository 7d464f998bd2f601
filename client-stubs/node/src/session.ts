// Session: one stream of a subscription together with the work of its deliveries, whose deadlines
// it extends. Ends with its stream; what it holds then goes back to the queue.

import type { Client, StatusObject } from "@grpc/grpc-js";
import { DeliveryStream, type DeliveryStreamListener } from "./delivery-stream";
import { Reason } from "./error";
import {
  SubscriptionEventKind, type Delivery, type SettleFailure, type SubscribeRequest,
  type SubscriptionEvent as EventMessage,
} from "./gen/amqp_sidecar/v1/subscriber";
import type { SubscriptionEvent } from "./subscription-options";
import { LONGEST_TIMER_MS } from "./time";
import { Work, type Handler, type Slots } from "./work";

/** What a session needs to know. */
export interface SessionPlan {
  client: Client;
  request: SubscribeRequest;
  handler: Handler;
  /** Shared by all sessions of the subscription. */
  slots: Slots;
  /** 0: none. */
  ackDeadlineMs: number;
}

/** Who is told. */
export interface SessionListener {
  onEvent(event: SubscriptionEvent): void;
  /** A handler has ended. */
  onSlot(): void;
  /** Once. */
  onEnd(end: StatusObject): void;
}

const KINDS = {
  [SubscriptionEventKind.SUBSCRIPTION_EVENT_KIND_SUBSCRIBED]: "SUBSCRIBED",
  [SubscriptionEventKind.SUBSCRIPTION_EVENT_KIND_INTERRUPTED]: "INTERRUPTED",
  [SubscriptionEventKind.SUBSCRIPTION_EVENT_KIND_RESUBSCRIBED]: "RESUBSCRIBED",
  [SubscriptionEventKind.SUBSCRIPTION_EVENT_KIND_DRAINING]: "DRAINING",
  [SubscriptionEventKind.SUBSCRIPTION_EVENT_KIND_UNSPECIFIED]: undefined,
  [SubscriptionEventKind.UNRECOGNIZED]: undefined,
} as const;

/** One stream and its work. */
export class Session implements DeliveryStreamListener {
  readonly #queue: string;
  readonly #listener: SessionListener;
  readonly #stream: DeliveryStream;
  readonly #work: Work;
  readonly #ackDeadlineMs: number;
  readonly #extending: NodeJS.Timeout | undefined;
  #begun = false;
  /** No handler is begun any more: what comes is given back. */
  #givesBack = false;
  #stopping = false;
  #keepsMessages = false;
  #cancelled = false;

  constructor(plan: SessionPlan, listener: SessionListener) {
    this.#queue = plan.request.queue;
    this.#listener = listener;
    this.#ackDeadlineMs = plan.ackDeadlineMs;
    this.#stream = new DeliveryStream(plan.client, plan.request, this);
    this.#work = new Work(plan.handler, plan.slots, this.#stream, () => {
      this.#cancelWhenDone();
      listener.onSlot();
    });
    if (plan.ackDeadlineMs > 0) {
      this.#extending = setInterval(() => {
        this.#stream.extend(this.#work.held(), this.#ackDeadlineMs);
      }, Math.min(plan.ackDeadlineMs / 2, LONGEST_TIMER_MS));
    }
  }

  /** The sidecar has answered on it. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Handlers that have not ended; they may outlive the stream. */
  get running(): number {
    return this.#work.running;
  }

  /** Starts handlers for what waits, as far as there are slots. */
  pump(): void {
    if (!this.#givesBack && !this.#stream.over) {
      this.#work.start();
    }
  }

  /** Begins no handler any more, and takes no deliveries; ends when those that run are settled. */
  stop(): void {
    this.#stopping = true;
    if (!this.#begun) {
      this.cancel(); // the sidecar may not be there: nothing would end it
      return;
    }
    this.#stream.halfClose();
    this.#giveBack();
  }

  /** Its end is our doing. */
  get cancelled(): boolean {
    return this.#cancelled;
  }

  /** Ends it now. */
  cancel(): void {
    this.#cancelled = true;
    this.#stream.cancel();
  }

  onDeliveries(deliveries: Delivery[]): void {
    this.#work.add(deliveries);
    if (this.#givesBack) {
      this.#giveBack();
    } else {
      this.pump();
    }
  }

  onEvent(event: EventMessage): void {
    this.#begun = true;
    const kind = KINDS[event.kind];
    if (kind === "INTERRUPTED") {
      this.#work.takeWaiting();
      this.#work.stopExtendingRunning();
    } else if (kind === "DRAINING") {
      this.#giveBack();
    }
    if (kind !== undefined) {
      this.#listener.onEvent({ kind, queue: this.#queue, detail: event.detail });
    }
  }

  onFailures(failures: SettleFailure[]): void {
    for (const { deliveryId, reason, detail } of failures) {
      this.#work.stopExtending(deliveryId);
      this.#keepsMessages ||= reason === Reason.NOT_REQUEUEABLE;
      this.#listener.onEvent(
        { kind: "SETTLE_FAILED", queue: this.#queue, deliveryId, reason, detail });
    }
    this.#cancelWhenDone();
  }

  onIdle(): void {
    this.#cancelWhenDone();
  }

  onEnd(end: StatusObject): void {
    clearInterval(this.#extending);
    this.#work.takeWaiting();
    this.#listener.onEnd(end);
  }

  #giveBack(): void {
    this.#givesBack = true;
    for (const deliveryId of this.#work.takeWaiting()) {
      this.#stream.settle(deliveryId, { verb: "giveBack" });
    }
  }

  /** A queue that takes nothing back (a stream) would keep a half-closed call open for ever. */
  #cancelWhenDone(): void {
    if (this.#stopping && this.#keepsMessages && this.#work.running === 0 && this.#stream.idle) {
      this.cancel();
    }
  }
}

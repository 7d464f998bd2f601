// DeliveryStream: one call of SubscriberService.SubscribeStream. Hands on what comes, and sends
// settlements: on the stream, or by calls of their own once it is half-closed.

import type { Client, ClientDuplexStream, StatusObject } from "@grpc/grpc-js";
import {
  SubscriberServiceService, type Delivery, type SettleFailure, type SubscribeRequest,
  type SubscribeStreamRequest, type SubscribeStreamResponse, type SubscriptionEvent,
} from "./gen/amqp_sidecar/v1/subscriber";
import { duplex, unary } from "./call";
import { SidecarError } from "./error";
import {
  extension, Settlements, type Settlement, type Settler, type SettleRequest,
} from "./settlement";

/** Who is told. Nothing is told after onEnd. */
export interface DeliveryStreamListener {
  onDeliveries(deliveries: Delivery[]): void;
  onEvent(event: SubscriptionEvent): void;
  /** Settlements and extensions that did not take. */
  onFailures(failures: SettleFailure[]): void;
  /** No settlement is on its way. */
  onIdle(): void;
  /** Once, after everything else. */
  onEnd(end: StatusObject): void;
}

const CALL_TIMEOUT_MS = 10_000;

/** One stream. */
export class DeliveryStream implements Settler {
  readonly #client: Client;
  readonly #listener: DeliveryStreamListener;
  readonly #call: ClientDuplexStream<SubscribeStreamRequest, SubscribeStreamResponse>;
  readonly #settlements = new Settlements();
  #flushPlanned = false;
  #writes = 0;
  #calls = 0;
  #halfClosed = false;
  #over = false;

  constructor(client: Client, subscribe: SubscribeRequest, listener: DeliveryStreamListener) {
    this.#client = client;
    this.#listener = listener;
    this.#call = duplex(client, SubscriberServiceService.subscribeStream);
    this.#call.on("data", (response: SubscribeStreamResponse) => {
      this.#onResponse(response);
    });
    this.#call.on("error", () => {
      this.#over = true; // its status comes next
    });
    this.#call.on("status", (end: StatusObject) => {
      this.#over = true;
      setImmediate(() => {
        listener.onEnd(end); // behind what was read and is still on its way to "data"
      });
    });
    this.#write({ $case: "subscribe", subscribe });
  }

  /** It has ended, or is about to: what is settled now counts no more. */
  get over(): boolean {
    return this.#over;
  }

  /** No settlement waits or is on its way. */
  get idle(): boolean {
    return !this.#flushPlanned && this.#calls === 0;
  }

  /** To be sent together with all that is settled before the stream is free to write. */
  settle(deliveryId: string, settlement: Settlement): void {
    if (this.#over) {
      return;
    }
    this.#settlements.add(deliveryId, settlement);
    this.#planFlush();
  }

  extend(deliveryIds: string[], ackDeadlineMs: number): void {
    for (const request of extension(deliveryIds, ackDeadlineMs)) {
      this.#send(request);
    }
  }

  /** No new deliveries: what is held is settled by calls from now on, then the stream ends. */
  halfClose(): void {
    this.#flush();
    this.#halfClosed = true;
    this.#call.end();
  }

  /** Ends the stream now: what is unsettled goes back to the queue. */
  cancel(): void {
    this.#over = true;
    this.#call.cancel();
  }

  #onResponse(response: SubscribeStreamResponse): void {
    if (response.event !== undefined) {
      this.#listener.onEvent(response.event);
    }
    if (response.failures.length > 0) {
      this.#listener.onFailures(response.failures);
    }
    if (response.deliveries.length > 0) {
      this.#listener.onDeliveries(response.deliveries);
    }
  }

  /** While a write is under way nothing is planned: its end sends what has come together. */
  #planFlush(): void {
    if (!this.#flushPlanned) {
      this.#flushPlanned = true;
      if (this.#writes === 0) {
        setImmediate(() => {
          this.#flush();
        });
      }
    }
  }

  #flush(): void {
    this.#flushPlanned = false;
    if (this.#over) {
      return;
    }
    for (const request of this.#settlements.take()) {
      this.#send(request);
    }
  }

  #send(request: SettleRequest): void {
    if (this.#over) {
      return;
    }
    if (this.#halfClosed) {
      void this.#callFor(request);
    } else {
      this.#write(request);
    }
  }

  #write(kind: SubscribeStreamRequest["kind"]): void {
    ++this.#writes;
    this.#call.write({ kind }, () => {
      if (--this.#writes === 0 && this.#flushPlanned) {
        this.#flush();
      }
    });
  }

  async #callFor(request: SettleRequest): Promise<void> {
    ++this.#calls;
    let failures: SettleFailure[];
    try {
      failures = (await this.#unary(request)).failures;
    } catch (error) {
      failures = failuresOf(request, error);
    }
    --this.#calls;
    if (!this.#over && failures.length > 0) {
      this.#listener.onFailures(failures);
    }
    if (this.idle) {
      this.#listener.onIdle();
    }
  }

  #unary(request: SettleRequest): Promise<{ failures: SettleFailure[] }> {
    const limits = { deadline: Date.now() + CALL_TIMEOUT_MS };
    const service = SubscriberServiceService;
    switch (request.$case) {
      case "ack":
        return unary(this.#client, service.ack, request.ack, limits);
      case "nack":
        return unary(this.#client, service.nack, request.nack, limits);
      case "reject":
        return unary(this.#client, service.reject, request.reject, limits);
      case "extendAckDeadline":
        return unary(
          this.#client, service.extendAckDeadline, request.extendAckDeadline, limits);
    }
  }
}

/** A call that failed is a failure of each of its ids. */
function failuresOf(request: SettleRequest, error: unknown): SettleFailure[] {
  const { code, reason, detail } = error instanceof SidecarError
    ? error
    : { code: 2, reason: "", detail: String(error) };
  const ids = request.$case === "ack" ? request.ack.deliveryIds
    : request.$case === "nack" ? request.nack.deliveryIds
      : request.$case === "reject" ? request.reject.deliveryIds
        : request.extendAckDeadline.deliveryIds;
  return ids.map((deliveryId) => ({ deliveryId, code, reason, detail }));
}

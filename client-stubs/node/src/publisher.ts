// Publisher: many messages over one stream, batched, each with a promise of its own. Reopens the
// stream, tries again what was not sent, and never sends twice what may have been.

import { status, type Client, type StatusObject } from "@grpc/grpc-js";
import type { PublishResult } from "./gen/amqp_sidecar/v1/publisher";
import { connected } from "./call";
import {
  closedError, errorOf, persistedName, Reason, SidecarError,
} from "./error";
import { messageOf, PUBLISH_TIMEOUT_MS, type MessageOptions, type Published } from "./message";
import { isSafeToRetry, retryDelay } from "./publish";
import { Expiry, Item, takeBatch } from "./publish-item";
import { PublishStream } from "./publish-stream";
import { backoff, deadlineAfter, sleep } from "./time";

/** How a publisher publishes. */
export interface PublisherOptions {
  /** Messages at most that are sent and unanswered; 1000 without one. More wait unsent. */
  maxInFlight?: number | undefined;
  /** Of each message that names none: from publish() to its answer; 10 s without one. */
  timeoutMs?: number | undefined;
}

const REOPEN_FIRST_MS = 50;
const REOPEN_MAX_MS = 1000;
const CLOSE_TIMEOUT_MS = 5000;

const READY = Promise.resolve();

/** Messages over one stream. Made by Client.publisher. */
export class Publisher {
  readonly #client: Client;
  readonly #maxInFlight: number;
  readonly #timeoutMs: number;
  /** Taken, not sent, in order; some may be done already. */
  readonly #waiting: Item[] = [];
  /** Sent on the open stream, without a result. */
  readonly #sent = new Map<number, Item>();
  /** The open stream may yet bring a result that nobody waits for. */
  #strays = false;
  /** All that are not answered: waiting, sent, or between two tries. */
  readonly #open = new Set<Item>();
  #stream: PublishStream | undefined;
  #opening = false;
  /** Streams that ended since the last result. */
  #reopens = 0;
  #pumpPlanned = false;
  #lastTag = 0;
  #closed = false;
  readonly #expiry = new Expiry(this.#open, (item) =>
    this.#fail(item, item.unanswered(status.DEADLINE_EXCEEDED, "no answer in time")));
  #roomWaiters: (() => void)[] = [];
  #flushWaiters: (() => void)[] = [];
  #closing: Promise<void> | undefined;
  #resolveClosed: () => void = () => undefined;
  /** Resolves when it holds nothing any more. @internal */
  readonly closed = new Promise<void>((resolve) => (this.#resolveClosed = resolve));
  #onStreamEnd: (() => void) | undefined;
  readonly #aborted = new AbortController();

  /** @internal */
  constructor(client: Client, options: PublisherOptions) {
    this.#client = client;
    this.#maxInFlight = options.maxInFlight ?? 1000;
    this.#timeoutMs = options.timeoutMs ?? PUBLISH_TIMEOUT_MS;
    if (!Number.isInteger(this.#maxInFlight) || this.#maxInFlight < 1) {
      throw new RangeError(`maxInFlight is an integer from 1: ${this.#maxInFlight}`);
    }
    deadlineAfter(this.#timeoutMs);
  }

  /** Messages without an answer. */
  get unanswered(): number {
    return this.#open.size;
  }

  /**
   * Publishes one message; resolves when the broker has it, rejects with a SidecarError. Returns
   * at once: a caller that has more than `maxInFlight` messages awaits ready() before each, else
   * what is too much waits here, in memory. Messages of one exchange and key keep the order of the
   * calls, as long as nothing is tried again. The bytes of the body must not change until the
   * answer.
   */
  publish(
    exchange: string, routingKey: string, body: unknown, options: MessageOptions = {},
  ): Promise<Published> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        throw closedError("publisher");
      }
      const { signal } = options;
      if (signal?.aborted === true) {
        reject(signal.reason as Error);
        return;
      }
      const item = new Item(
        ++this.#lastTag, messageOf(exchange, routingKey, body, options),
        options.allowUnroutable ?? false, deadlineAfter(options.timeoutMs ?? this.#timeoutMs),
        resolve, reject);
      if (signal !== undefined) {
        item.abortBy(signal, () => this.#settled(item));
      }
      this.#open.add(item);
      this.#expiry.by(item.deadline);
      this.#enqueue(item);
    });
  }

  /** Resolves while, or as soon as, fewer than `maxInFlight` messages are unanswered. */
  ready(): Promise<void> {
    if (this.#open.size < this.#maxInFlight) {
      return READY;
    }
    return new Promise((resolve) => this.#roomWaiters.push(resolve));
  }

  /** Resolves as soon as no message is without its answer, whatever that is. */
  flush(): Promise<void> {
    if (this.#open.size === 0) {
      return READY;
    }
    return new Promise((resolve) => this.#flushWaiters.push(resolve));
  }

  /** Takes no more messages, waits for the answers of those it has, and ends the stream. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#closed = true;
    await this.flush();
    this.#aborted.abort();
    const stream = this.#stream;
    if (stream !== undefined) {
      await this.#endOf(stream);
    }
    this.#resolveClosed();
  }

  #endOf(stream: PublishStream): Promise<void> {
    return new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        stream.cancel();
      }, CLOSE_TIMEOUT_MS);
      this.#onStreamEnd = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#strays) {
        stream.cancel(); // takes back nothing, and waits for nobody's results
      } else {
        stream.halfClose();
      }
    });
  }

  /** Ends it at once: what is unanswered fails. @internal */
  abort(): void {
    this.#closed = true;
    this.#aborted.abort();
    this.#stream?.cancel();
    for (const item of [...this.#open]) {
      this.#fail(item, item.unanswered(status.CANCELLED, "the client was closed"));
    }
    this.#resolveClosed();
  }

  #enqueue(item: Item): void {
    this.#waiting.push(item);
    this.#planPump();
  }

  /** Once for all that is published before the event loop comes round. */
  #planPump(): void {
    if (!this.#pumpPlanned) {
      this.#pumpPlanned = true;
      setImmediate(() => {
        this.#pumpPlanned = false;
        this.#pump();
      });
    }
  }

  #pump(): void {
    if (this.#waiting.length === 0) {
      return;
    }
    if (this.#stream === undefined) {
      void this.#openStream();
    } else if (this.#stream.writable && this.#sent.size < this.#maxInFlight) {
      const batch = this.#takeBatch();
      if (batch.length > 0) {
        this.#stream.write(batch);
      }
    }
  }

  #takeBatch(): Item[] {
    const batch = takeBatch(this.#waiting, this.#maxInFlight - this.#sent.size);
    for (const item of batch) {
      item.sent = true;
      this.#sent.set(item.key, item);
    }
    return batch;
  }

  async #openStream(): Promise<void> {
    if (this.#opening) {
      return;
    }
    this.#opening = true;
    // A stream on a channel that is not connected would take what it cannot send: then nobody
    // could tell that it was not sent.
    const { signal } = this.#aborted;
    const pause = this.#reopens === 0 ? 0
      : backoff(this.#reopens - 1, REOPEN_FIRST_MS, REOPEN_MAX_MS);
    const there = await sleep(pause, signal)
      .then(() => connected(this.#client, { deadline: Infinity, signal }))
      .catch(() => false);
    this.#opening = false;
    if (there && !signal.aborted) {
      this.#stream = new PublishStream(this.#client, {
        onWritable: () => this.#pump(),
        onResults: (results) => this.#onResults(results),
        onEnd: (end) => this.#onEnd(end),
      });
      this.#pump();
    }
  }

  #onResults(results: PublishResult[]): void {
    this.#reopens = 0;
    for (const result of results) {
      const key = result.tag.toNumber();
      const item = this.#sent.get(key);
      if (item === undefined) {
        continue; // its time was over before
      }
      this.#sent.delete(key);
      if (result.code === 0) {
        item.resolve({ messageId: result.messageId, routed: result.routed });
        this.#settled(item);
      } else {
        this.#failed(item, new SidecarError({
          code: result.code, reason: result.reason, detail: result.detail,
          persisted: persistedName(result.persisted), messageId: item.messageId,
        }));
      }
    }
    this.#pump();
  }

  #onEnd(end: StatusObject): void {
    this.#stream = undefined;
    this.#strays = false;
    const items = [...this.#sent.values()];
    this.#sent.clear();
    const { code, reason, detail } = errorOf(end);
    // Two ends tell that what has no result was not sent.
    const unsent = reason === Reason.DRAINING || code === status.INVALID_ARGUMENT;
    for (const item of items) {
      if (code === status.OK || reason === Reason.SIDECAR_UNAVAILABLE) {
        this.#failed(item, item.unanswered(status.UNAVAILABLE, `the stream ended: ${detail}`));
      } else {
        const persisted = unsent ? "NO" : "UNKNOWN";
        const { messageId } = item;
        this.#failed(item, new SidecarError({ code, reason, detail, persisted, messageId }));
      }
    }
    ++this.#reopens;
    this.#onStreamEnd?.();
    this.#pump();
  }

  /** Tries it again if that is safe and there is time. */
  #failed(item: Item, error: SidecarError): void {
    const delay = isSafeToRetry(error) && !this.#aborted.signal.aborted
      ? retryDelay(++item.attempts, item.deadline)
      : undefined;
    if (delay === undefined) {
      this.#fail(item, error);
      return;
    }
    item.waitToRetry(error, delay, () => this.#enqueue(item));
  }

  #fail(item: Item, error: SidecarError): void {
    item.reject(error);
    this.#settled(item);
  }

  /** It has its answer: there is room for another. */
  #settled(item: Item): void {
    item.finish();
    this.#open.delete(item);
    this.#strays ||= this.#sent.delete(item.key);
    this.#roomWaiters.shift()?.();
    if (this.#open.size === 0) {
      this.#expiry.clear();
      for (const waiter of this.#flushWaiters.splice(0)) {
        waiter();
      }
    }
  }
}


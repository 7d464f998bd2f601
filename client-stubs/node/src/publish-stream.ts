// PublishStream: one call of PublisherService.PublishStream. Writes one request at a time, and
// tells what comes back. Knows no messages' fates: that is the publisher's.

import type { Client, ClientDuplexStream, StatusObject } from "@grpc/grpc-js";
import {
  PublisherServiceService, PublishStreamRequest, type PublishItem, type PublishResult,
  type PublishStreamResponse,
} from "./gen/amqp_sidecar/v1/publisher";
import { duplex, lean } from "./call";

const METHOD = lean(PublisherServiceService.publishStream, PublishStreamRequest);

/** Who is told. */
export interface PublishStreamListener {
  /** The stream can take a request. */
  onWritable(): void;
  onResults(results: PublishResult[]): void;
  /** Once, after the last result. */
  onEnd(end: StatusObject): void;
}

/** One stream. */
export class PublishStream {
  readonly #call: ClientDuplexStream<PublishStreamRequest, PublishStreamResponse>;
  readonly #listener: PublishStreamListener;
  #writing = false;
  #over = false;

  constructor(client: Client, listener: PublishStreamListener) {
    this.#listener = listener;
    this.#call = duplex(client, METHOD);
    this.#call.on("data", (response: PublishStreamResponse) => {
      listener.onResults(response.results);
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
  }

  /** Whether write() may be called now. */
  get writable(): boolean {
    return !this.#writing && !this.#over;
  }

  /** Sends a batch; onWritable tells when the next may follow. */
  write(items: PublishItem[]): void {
    this.#writing = true;
    this.#call.write({ items }, () => {
      this.#writing = false;
      if (!this.#over) {
        this.#listener.onWritable();
      }
    });
  }

  /** No more batches: the stream ends after the last result. */
  halfClose(): void {
    this.#call.end();
  }

  /** Ends the stream now. */
  cancel(): void {
    this.#call.cancel();
  }
}

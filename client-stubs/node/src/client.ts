// Client: one gRPC channel to a sidecar, and what can be done with it.

import {
  Client as GrpcClient, credentials as grpcCredentials, Channel, type ChannelCredentials,
  type ChannelOptions,
} from "@grpc/grpc-js";
import { targetOf } from "./address";
import { closedError } from "./error";
import type { MessageOptions, Published } from "./message";
import { publish } from "./publish";
import { Publisher, type PublisherOptions } from "./publisher";
import { Subscription } from "./subscription";
import type { SubscribeOptions } from "./subscription-options";
import { Topology, type CallOptions, type QueueInfo, type TopologyDeclaration } from "./topology";
import type { Binding } from "./topology-types";
import type { Handler } from "./work";

/** How to connect. */
export interface ConnectOptions {
  /** Plaintext without them. */
  credentials?: ChannelCredentials | undefined;
  /** Further options of the channel, over those of the stub. */
  channelOptions?: ChannelOptions | undefined;
  /** A ready channel, instead of an address; close() leaves it open. */
  channel?: Channel | undefined;
}

const CHANNEL_OPTIONS: ChannelOptions = {
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 2000, // gRPC's own grows to two minutes
  "grpc.max_receive_message_length": 129 * 1024 * 1024,
  "grpc.max_send_message_length": -1, // the sidecar answers MESSAGE_TOO_LARGE
  "grpc.enable_http_proxy": 0, // nothing between a service and its sidecar
};

/**
 * A client of the sidecar at `address`: `unix:///path`, `/path`, or `host:port`; without one, at
 * the environment's AMQP_SIDECAR_ADDR, else unix:///run/amqp-sidecar/sidecar.sock. Does not wait: calls
 * do, as long as their time allows. Throws a TypeError for what is no address.
 */
export function connect(address?: string, options: ConnectOptions = {}): Client {
  return new Client(targetOf(address), options);
}

/** A sidecar, to publish to and subscribe from. Made by connect(). */
export class Client {
  readonly #channel: Channel;
  readonly #ownsChannel: boolean;
  readonly #grpc: GrpcClient;
  readonly #topology: Topology;
  readonly #publishers = new Set<Publisher>();
  readonly #subscriptions = new Set<Subscription>();
  #closed = false;

  /** @internal */
  constructor(target: string, options: ConnectOptions) {
    const credentials = options.credentials ?? grpcCredentials.createInsecure();
    this.#ownsChannel = options.channel === undefined;
    this.#channel = options.channel
      ?? new Channel(target, credentials, { ...CHANNEL_OPTIONS, ...options.channelOptions });
    this.#grpc = new GrpcClient(target, credentials, { channelOverride: this.#channel });
    this.#topology = new Topology(this.#grpc);
  }

  /**
   * Publishes one message; resolves when the broker has it. A Uint8Array (a Buffer) is sent as it
   * is, anything else, strings too, as JSON. Rejects with a SidecarError; what failed without
   * anything sent for a reason that passes (UNAVAILABLE, persisted NO) was tried again until
   * `timeoutMs` (10 s) was over.
   */
  async publish(
    exchange: string, routingKey: string, body: unknown, options: MessageOptions = {},
  ): Promise<Published> {
    this.#check();
    return publish(this.#grpc, exchange, routingKey, body, options);
  }

  /** A publisher of many messages, over one stream. Close it when done. */
  publisher(options: PublisherOptions = {}): Publisher {
    this.#check();
    const publisher = new Publisher(this.#grpc, options);
    this.#publishers.add(publisher);
    void publisher.closed.then(() => this.#publishers.delete(publisher));
    return publisher;
  }

  /**
   * Hands the deliveries of `queue` to `handler`. What it returns, or resolves with, acks; what it
   * throws, or rejects with, nacks: `Reject` dead-letters, `Retry` delays, anything else follows
   * the retry policy, or comes again at once. The subscription comes back by itself when the
   * sidecar or the broker does. Throws a SidecarError (INVALID_SUBSCRIPTION) for options that
   * cannot be.
   */
  subscribe(queue: string, handler: Handler, options: SubscribeOptions = {}): Subscription {
    this.#check();
    const subscription = new Subscription(this.#grpc, queue, handler, options);
    this.#subscriptions.add(subscription);
    void subscription.closed.then(() => this.#subscriptions.delete(subscription));
    return subscription;
  }

  /** Declares what is named; idempotent. Resolves with the names of the queues, in order. */
  async declare(declaration: TopologyDeclaration, options: CallOptions = {}): Promise<string[]> {
    this.#check();
    return this.#topology.declare(declaration, options);
  }

  /** Deletes a queue, if it is there. Resolves with how many messages went with it. */
  async deleteQueue(
    queue: string, options: CallOptions & { ifUnused?: boolean; ifEmpty?: boolean } = {},
  ): Promise<number> {
    this.#check();
    return this.#topology.deleteQueue(queue, options);
  }

  /** Deletes an exchange, if it is there. */
  async deleteExchange(
    exchange: string, options: CallOptions & { ifUnused?: boolean } = {},
  ): Promise<void> {
    this.#check();
    await this.#topology.deleteExchange(exchange, options);
  }

  /** Removes a binding, which is known by its key and arguments, too. */
  async unbind(binding: Binding, options: CallOptions = {}): Promise<void> {
    this.#check();
    await this.#topology.unbind(binding, options);
  }

  /** Drops what waits in a queue. Resolves with how many messages that were. */
  async purgeQueue(queue: string, options: CallOptions = {}): Promise<number> {
    this.#check();
    return this.#topology.purgeQueue(queue, options);
  }

  /** What a queue holds. Rejects with QUEUE_NOT_FOUND where there is none. */
  async getQueue(queue: string, options: CallOptions = {}): Promise<QueueInfo> {
    this.#check();
    return this.#topology.getQueue(queue, options);
  }

  /**
   * Ends everything at once: subscriptions as their close() does, and publishes without an answer
   * fail. For a graceful end, await Subscription.stop() and Publisher.close() before.
   */
  close(): void {
    this.#closed = true;
    for (const subscription of this.#subscriptions) {
      subscription.close();
    }
    for (const publisher of this.#publishers) {
      publisher.abort();
    }
    if (this.#ownsChannel) {
      this.#channel.close();
    }
  }

  #check(): void {
    if (this.#closed) {
      throw closedError("client");
    }
  }
}

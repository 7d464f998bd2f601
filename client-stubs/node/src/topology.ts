// Topology: exchanges, queues and bindings, one call each.

import type { Client } from "@grpc/grpc-js";
import { TopologyServiceService as Service } from "./gen/amqp_sidecar/v1/topology";
import { unary, type CallLimits, type Method } from "./call";
import { deadlineAfter } from "./time";
import {
  bindingOf, exchangeOf, queueOf, type Binding, type Exchange, type Queue,
} from "./topology-types";

/** How long a call may take. */
export interface CallOptions {
  /** 10 s without one. */
  timeoutMs?: number | undefined;
  /** Gives the call up: the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** What is to exist; declared in this order. */
export interface TopologyDeclaration {
  exchanges?: Exchange[] | undefined;
  queues?: Queue[] | undefined;
  bindings?: Binding[] | undefined;
}

/** A queue that exists. */
export interface QueueInfo {
  name: string;
  /** Messages that wait; unsettled ones are not among them. */
  messageCount: number;
  /** Of all connections. */
  consumerCount: number;
}

const TIMEOUT_MS = 10_000;

/** The calls of TopologyService: Client has them. */
export class Topology {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  async declare(declaration: TopologyDeclaration, options: CallOptions): Promise<string[]> {
    const response = await this.#call(Service.declareTopology, {
      exchanges: (declaration.exchanges ?? []).map(exchangeOf),
      queues: (declaration.queues ?? []).map(queueOf),
      bindings: (declaration.bindings ?? []).map((binding) => bindingOf(binding)),
    }, options);
    return response.queueNames;
  }

  async deleteQueue(
    queue: string, options: CallOptions & { ifUnused?: boolean; ifEmpty?: boolean },
  ): Promise<number> {
    const { ifUnused = false, ifEmpty = false } = options;
    const response = await this.#call(Service.deleteQueue, { queue, ifUnused, ifEmpty }, options);
    return response.messageCount.toNumber();
  }

  async deleteExchange(
    exchange: string, options: CallOptions & { ifUnused?: boolean },
  ): Promise<void> {
    const { ifUnused = false } = options;
    await this.#call(Service.deleteExchange, { exchange, ifUnused }, options);
  }

  async unbind(binding: Binding, options: CallOptions): Promise<void> {
    await this.#call(Service.unbindQueue, { binding: bindingOf(binding) }, options);
  }

  async purgeQueue(queue: string, options: CallOptions): Promise<number> {
    const response = await this.#call(Service.purgeQueue, { queue }, options);
    return response.messageCount.toNumber();
  }

  async getQueue(queue: string, options: CallOptions): Promise<QueueInfo> {
    const response = await this.#call(Service.getQueue, { queue }, options);
    return {
      name: response.queue,
      messageCount: response.messageCount.toNumber(),
      consumerCount: response.consumerCount,
    };
  }

  #call<Request, Response>(
    method: Method<Request, Response>, request: Request, options: CallOptions,
  ): Promise<Response> {
    const limits: CallLimits = {
      deadline: deadlineAfter(options.timeoutMs ?? TIMEOUT_MS), signal: options.signal,
    };
    return unary(this.#client, method, request, limits);
  }
}

// Exchanges, queues and bindings in JavaScript's types, and the messages that they make.

import {
  QueueType, type Binding as BindingMessage, type Exchange as ExchangeMessage,
  type Queue as QueueMessage,
} from "./gen/amqp_sidecar/v1/topology";
import { status } from "@grpc/grpc-js";
import { Reason, SidecarError } from "./error";
import { toFields, type Fields } from "./value";

/** Where messages are published to. */
export interface Exchange {
  /** At most 255 bytes. */
  name: string;
  /** direct without one; or a type that a plugin of the broker brings. */
  type?: "direct" | "fanout" | "topic" | "headers" | (string & {}) | undefined;
  /** Survives a restart of the broker; true without one. */
  durable?: boolean | undefined;
  /** Deleted by the broker once its last binding is gone. */
  autoDelete?: boolean | undefined;
  /** Takes messages from other exchanges only. */
  internal?: boolean | undefined;
  /** Further x- arguments, such as alternate-exchange. */
  arguments?: Fields | undefined;
}

/** Where messages wait for consumers. */
export interface Queue {
  /** Without one the sidecar chooses, and declare() returns it. */
  name?: string | undefined;
  /** The broker's default for the virtual host without one. */
  type?: "classic" | "quorum" | "stream" | undefined;
  /** Survives a restart of the broker; true without one. */
  durable?: boolean | undefined;
  /** For this sidecar's connection alone, and deleted with it. */
  exclusive?: boolean | undefined;
  /** Deleted by the broker once its last consumer is gone. */
  autoDelete?: boolean | undefined;
  /** Further x- arguments, such as x-message-ttl or x-dead-letter-exchange. */
  arguments?: Fields | undefined;
}

/** Routes an exchange's messages to a queue. */
export interface Binding {
  queue: string;
  exchange: string;
  /** The pattern or key that the exchange matches; a fanout exchange reads none. */
  routingKey?: string | undefined;
  /** What a headers exchange matches, and further arguments. */
  arguments?: Fields | undefined;
}

const QUEUE_TYPES = {
  classic: QueueType.QUEUE_TYPE_CLASSIC,
  quorum: QueueType.QUEUE_TYPE_QUORUM,
  stream: QueueType.QUEUE_TYPE_STREAM,
} as const;

function invalidTopology(detail: string): SidecarError {
  const code = status.INVALID_ARGUMENT;
  return new SidecarError({ code, reason: Reason.INVALID_TOPOLOGY, detail });
}

export function exchangeOf(exchange: Exchange): ExchangeMessage {
  return {
    name: exchange.name,
    type: exchange.type ?? "",
    durable: exchange.durable,
    autoDelete: exchange.autoDelete ?? false,
    internal: exchange.internal ?? false,
    arguments: toFields(exchange.arguments ?? {}, "arguments", invalidTopology),
  };
}

function queueTypeOf(type: Queue["type"]): QueueType {
  if (type === undefined) {
    return QueueType.QUEUE_TYPE_UNSPECIFIED;
  }
  const known = (QUEUE_TYPES as Record<string, QueueType | undefined>)[type];
  if (known === undefined) {
    throw invalidTopology(`a queue's type is classic, quorum or stream: ${type}`);
  }
  return known;
}

export function queueOf(queue: Queue): QueueMessage {
  return {
    name: queue.name ?? "",
    type: queueTypeOf(queue.type),
    durable: queue.durable,
    exclusive: queue.exclusive ?? false,
    autoDelete: queue.autoDelete ?? false,
    arguments: toFields(queue.arguments ?? {}, "arguments", invalidTopology),
  };
}

export function bindingOf(
  binding: Binding, invalid: (detail: string) => SidecarError = invalidTopology,
): BindingMessage {
  return {
    queue: binding.queue,
    exchange: binding.exchange,
    routingKey: binding.routingKey ?? "",
    arguments: toFields(binding.arguments ?? {}, "arguments", invalid),
  };
}

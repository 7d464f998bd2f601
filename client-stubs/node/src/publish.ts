// Publish: one message by one call, tried again where that is safe.

import type { Client } from "@grpc/grpc-js";
import { status } from "@grpc/grpc-js";
import { PublishRequest, PublisherServiceService } from "./gen/amqp_sidecar/v1/publisher";
import { connected, isConnected, lean, unary } from "./call";
import { Reason, SidecarError } from "./error";
import { messageOf, PUBLISH_TIMEOUT_MS, type MessageOptions, type Published } from "./message";
import { backoff, deadlineAfter, sleep } from "./time";

const METHOD = lean(PublisherServiceService.publish, PublishRequest);

/** The waits before a message is tried again. */
const RETRY_FIRST_MS = 50;
const RETRY_MAX_MS = 1000;

/** A try with less time than this would be cut short, and leave in doubt what was none. */
const LEAST_TIME_MS = 100;

/** How long to wait before the try after `attempts`; undefined where there is no time for it. */
export function retryDelay(attempts: number, deadline: number): number | undefined {
  const delay = backoff(attempts - 1, RETRY_FIRST_MS, RETRY_MAX_MS);
  return Date.now() + delay + LEAST_TIME_MS <= deadline ? delay : undefined;
}

/** The error of a message that was never sent, since the sidecar was not there in its time. */
export function neverSent(messageId: string, detail: string): SidecarError {
  return new SidecarError({
    code: status.UNAVAILABLE, reason: Reason.SIDECAR_UNAVAILABLE, persisted: "NO", messageId,
    detail,
  });
}

/** Whether nothing was sent for a reason that passes: all that is tried again by itself. */
export function isSafeToRetry(error: SidecarError): boolean {
  return error.code === status.UNAVAILABLE && error.persisted === "NO";
}

/**
 * What to tell when a further try was cut short: why the one before it failed. What the cut one
 * left behind nobody knows.
 */
export function cutShort(last: SidecarError, cut: SidecarError): SidecarError {
  return new SidecarError({
    code: last.code, reason: last.reason, persisted: cut.persisted, messageId: last.messageId,
    detail: `${last.detail}; tried again, without an answer: ${cut.detail}`,
  });
}

/** The error if the message may be tried again after it; else throws it, or what says more. */
function retriableOf(error: unknown, last: SidecarError | undefined): SidecarError {
  if (!(error instanceof SidecarError)) {
    throw error;
  }
  if (isSafeToRetry(error)) {
    return error;
  }
  throw last !== undefined && error.reason === Reason.SIDECAR_UNAVAILABLE
    ? cutShort(last, error)
    : error;
}

/** As Client.publish. */
export async function publish(
  client: Client, exchange: string, routingKey: string, body: unknown, options: MessageOptions,
): Promise<Published> {
  const message = messageOf(exchange, routingKey, body, options);
  const messageId = message.properties?.messageId ?? "";
  const request = { message, allowUnroutable: options.allowUnroutable ?? false };
  const deadline = deadlineAfter(options.timeoutMs ?? PUBLISH_TIMEOUT_MS);
  const limits = { deadline, signal: options.signal };
  let last: SidecarError | undefined;
  for (let attempt = 1; ; ++attempt) {
    if (!isConnected(client) && !(await connected(client, limits))) {
      throw last ?? neverSent(messageId, "there was no connection to the sidecar in time");
    }
    try {
      const response = await unary(client, METHOD, request, limits, messageId);
      return { messageId: response.messageId, routed: response.routed };
    } catch (error) {
      last = retriableOf(error, last);
    }
    const delay = retryDelay(attempt, deadline);
    if (delay === undefined) {
      throw last;
    }
    await sleep(delay, options.signal);
  }
}

// Calls: the one gRPC channel to a sidecar, and what every call on it has in common: it waits for
// the channel, and fails with a SidecarError.

import {
  connectivityState, Metadata, type Client, type ClientDuplexStream, type ServiceError,
} from "@grpc/grpc-js";
import type { Writer } from "protobufjs/minimal";
import { errorOf } from "./error";
import { asBuffer } from "./value";

/** One method of the generated services. */
export interface Method<Request, Response> {
  path: string;
  requestSerialize: (request: Request) => Buffer;
  responseDeserialize: (bytes: Buffer) => Response;
}

/** The method with a serializer that copies a body once, where the generated one copies twice. */
export function lean<Request, Response>(
  method: Method<Request, Response>, codec: { encode(request: Request): Writer },
): Method<Request, Response> {
  return {
    path: method.path,
    requestSerialize: (request) => asBuffer(codec.encode(request).finish()),
    responseDeserialize: method.responseDeserialize,
  };
}

/** How long one call may take, and what gives it up. */
export interface CallLimits {
  /** When, as of Date.now(). */
  deadline: number;
  signal?: AbortSignal | undefined;
}

/** Waits for the sidecar rather than fail at once, as long as the deadline allows. */
function waitForReady(): Metadata {
  return new Metadata({ waitForReady: true });
}

/**
 * Resolves when the channel is connected, with true; with false when that did not happen in time.
 * Rejects with the signal's reason when that is aborted.
 */
export function connected(client: Client, limits: CallLimits): Promise<boolean> {
  const { deadline, signal } = limits;
  if (signal?.aborted === true) {
    return Promise.reject(signal.reason as Error);
  }
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(signal?.reason as Error);
    };
    signal?.addEventListener("abort", abort, { once: true });
    client.waitForReady(deadline, (error) => {
      signal?.removeEventListener("abort", abort);
      resolve(error === undefined);
    });
  });
}

/** Whether the channel is connected now; begins to connect it if not. */
export function isConnected(client: Client): boolean {
  return client.getChannel().getConnectivityState(true) === connectivityState.READY;
}

/**
 * One call. Rejects with the signal's reason when that is aborted, else with a SidecarError: of a
 * publish where `messageId` is given.
 */
export function unary<Request, Response>(
  client: Client, method: Method<Request, Response>, request: Request, limits: CallLimits,
  messageId?: string,
): Promise<Response> {
  const { deadline, signal } = limits;
  if (signal?.aborted === true) {
    return Promise.reject(signal.reason as Error);
  }
  return new Promise((resolve, reject) => {
    const answered = (error: ServiceError | null, response?: Response) => {
      signal?.removeEventListener("abort", abort);
      if (response !== undefined && error === null) {
        resolve(response);
      } else if (signal?.aborted === true) {
        reject(signal.reason as Error);
      } else if (error !== null) {
        reject(errorOf(error, messageId));
      }
    };
    const call = client.makeUnaryRequest(
      method.path, method.requestSerialize, method.responseDeserialize, request, waitForReady(),
      { deadline }, answered);
    const abort = () => {
      call.cancel();
    };
    signal?.addEventListener("abort", abort, { once: true });
  });
}

/** A stream in both directions, without a deadline. */
export function duplex<Request, Response>(
  client: Client, method: Method<Request, Response>,
): ClientDuplexStream<Request, Response> {
  return client.makeBidiStreamRequest(
    method.path, method.requestSerialize, method.responseDeserialize, waitForReady(), {});
}

// SidecarError: the one error of every call, read from a gRPC status or from a result of a stream.

import { status, type Metadata } from "@grpc/grpc-js";
import { Persisted as PersistedNumber } from "./gen/amqp_sidecar/v1/publisher";
import { ErrorInfo } from "./gen/google/rpc/error_details";
import { Status } from "./gen/google/rpc/status";

/** Why a call failed: the reasons of docs/errors.md, and the stub's own SIDECAR_UNAVAILABLE. */
export const Reason = {
  INVALID_MESSAGE: "INVALID_MESSAGE",
  INVALID_BODY: "INVALID_BODY",
  MESSAGE_TOO_LARGE: "MESSAGE_TOO_LARGE",
  EXCHANGE_NOT_FOUND: "EXCHANGE_NOT_FOUND",
  UNROUTABLE: "UNROUTABLE",
  ACCESS_REFUSED: "ACCESS_REFUSED",
  REFUSED_BY_BROKER: "REFUSED_BY_BROKER",
  LIMIT_EXCEEDED: "LIMIT_EXCEEDED",
  BROKER_UNAVAILABLE: "BROKER_UNAVAILABLE",
  BROKER_BLOCKED: "BROKER_BLOCKED",
  OUTCOME_UNKNOWN: "OUTCOME_UNKNOWN",
  DRAINING: "DRAINING",
  INVALID_SUBSCRIPTION: "INVALID_SUBSCRIPTION",
  QUEUE_NOT_FOUND: "QUEUE_NOT_FOUND",
  QUEUE_EXCLUSIVE: "QUEUE_EXCLUSIVE",
  INVALID_TOPOLOGY: "INVALID_TOPOLOGY",
  TOPOLOGY_CONFLICT: "TOPOLOGY_CONFLICT",
  QUEUE_IN_USE: "QUEUE_IN_USE",
  QUEUE_NOT_EMPTY: "QUEUE_NOT_EMPTY",
  UNKNOWN_DELIVERY: "UNKNOWN_DELIVERY",
  ALREADY_SETTLED: "ALREADY_SETTLED",
  DEADLINE_EXPIRED: "DEADLINE_EXPIRED",
  STALE_DELIVERY: "STALE_DELIVERY",
  NOT_MOVED: "NOT_MOVED",
  NOT_REQUEUEABLE: "NOT_REQUEUEABLE",
  DEADLINE_LIMIT: "DEADLINE_LIMIT",
  /** The stub's own: the sidecar did not answer. It is not there, was killed, or is too slow. */
  SIDECAR_UNAVAILABLE: "SIDECAR_UNAVAILABLE",
} as const;

/** One of {@link Reason}, or one of a newer sidecar's; empty where the sidecar gave none. */
export type Reason = (typeof Reason)[keyof typeof Reason] | (string & {});

/**
 * What a failed publish left behind. NO: the broker does not have it. UNKNOWN: it may; publish
 * again with the same message id. PARTIAL: some of its queues have it.
 */
export type Persisted = "NO" | "UNKNOWN" | "PARTIAL";

const DOMAIN = "amqp-sidecar";
const DETAILS = "grpc-status-details-bin";
const SILENCE: ReadonlySet<status> = new Set([
  status.UNAVAILABLE, status.DEADLINE_EXCEEDED, status.INTERNAL, status.UNKNOWN, status.CANCELLED,
]);

/** What a {@link SidecarError} is made of. */
export interface SidecarErrorFields {
  code: status;
  reason: Reason;
  detail: string;
  persisted?: Persisted | undefined;
  messageId?: string | undefined;
}

/** A call that failed. Its message has it all: `REASON (CODE): detail`. */
export class SidecarError extends Error {
  override readonly name = "SidecarError";
  /** The gRPC code, as in `status` of @grpc/grpc-js. */
  readonly code: status;
  /** Why. Compare with {@link Reason}. */
  readonly reason: Reason;
  /** Of a publish: what it left behind. */
  readonly persisted: Persisted | undefined;
  /** What went wrong and what to do, for a person. */
  readonly detail: string;
  /** Of a publish: the message's own, the same in every try. */
  readonly messageId: string | undefined;
  /**
   * The same, tried later, can succeed and makes no duplicate: of a publish, UNAVAILABLE or
   * RESOURCE_EXHAUSTED with nothing left behind; of another call, UNAVAILABLE.
   */
  readonly retryable: boolean;

  constructor(fields: SidecarErrorFields) {
    const code = status[fields.code];
    super(`${fields.reason === "" ? code : `${fields.reason} (${code})`}: ${fields.detail}`);
    this.code = fields.code;
    this.reason = fields.reason;
    this.persisted = fields.persisted;
    this.detail = fields.detail;
    this.messageId = fields.messageId;
    const unavailable = fields.code === status.UNAVAILABLE;
    this.retryable = fields.messageId === undefined
      ? unavailable
      : fields.persisted === "NO" && (unavailable || fields.code === status.RESOURCE_EXHAUSTED);
  }
}

/** How a call ended: what an error and a status of grpc-js have in common. */
export interface CallEnd {
  code: status;
  details: string;
  metadata: Metadata;
}

/** The sidecar's ErrorInfo in a status; undefined where the failure is none of the sidecar's. */
export function errorInfoOf(end: CallEnd): ErrorInfo | undefined {
  const packed = end.metadata.get(DETAILS)[0];
  if (!(packed instanceof Uint8Array)) {
    return undefined;
  }
  try {
    for (const any of Status.decode(packed).details) {
      if (any.typeUrl.endsWith("/google.rpc.ErrorInfo")) {
        const info = ErrorInfo.decode(any.value);
        if (info.domain === DOMAIN) {
          return info;
        }
      }
    }
  } catch {
    return undefined; // not a Status: a failure that says no more than its code
  }
  return undefined;
}

function persistedOf(text: string | undefined): Persisted | undefined {
  return text === "NO" || text === "UNKNOWN" || text === "PARTIAL" ? text : undefined;
}

/** The error of a call that ended with other than OK; `messageId` makes it one of a publish. */
export function errorOf(end: CallEnd, messageId?: string): SidecarError {
  const { code, details: detail } = end;
  const info = errorInfoOf(end);
  if (info !== undefined) {
    const persisted = persistedOf(info.metadata["persisted"]);
    return new SidecarError({ code, reason: info.reason, detail, persisted, messageId });
  }
  if (!SILENCE.has(code)) {
    return new SidecarError({ code, reason: "", detail, messageId });
  }
  const persisted = messageId === undefined ? undefined : "UNKNOWN";
  return new SidecarError({
    code, reason: Reason.SIDECAR_UNAVAILABLE, detail, persisted, messageId,
  });
}

/** The name of `persisted` in a result of a stream. */
export function persistedName(persisted: PersistedNumber): Persisted | undefined {
  switch (persisted) {
    case PersistedNumber.PERSISTED_NO:
      return "NO";
    case PersistedNumber.PERSISTED_UNKNOWN:
      return "UNKNOWN";
    case PersistedNumber.PERSISTED_PARTIAL:
      return "PARTIAL";
    case PersistedNumber.PERSISTED_UNSPECIFIED:
    case PersistedNumber.UNRECOGNIZED:
      return undefined;
  }
}

/** A message that cannot be sent as it is: told before anything is. */
export function invalidMessage(detail: string, messageId = ""): SidecarError {
  return new SidecarError({
    code: status.INVALID_ARGUMENT, reason: Reason.INVALID_MESSAGE, detail, persisted: "NO",
    messageId,
  });
}

/** What is asked of a client, publisher or subscription that is closed: nothing was sent. */
export function closedError(what: string): SidecarError {
  return new SidecarError({
    code: status.FAILED_PRECONDITION, reason: "", detail: `the ${what} is closed`, persisted: "NO",
    messageId: "",
  });
}

// Times: milliseconds and Dates to protobuf's durations and timestamps, deadlines, and backoff.

import Long from "long";
import type { Duration } from "./gen/google/protobuf/duration";
import type { Timestamp } from "./gen/google/protobuf/timestamp";
import type { SidecarError } from "./error";

/** The longest delay of a timer of Node's; a longer one would fire at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** `ms` milliseconds; negative ones and fractions pass, for the sidecar to judge. */
export function durationOf(ms: number): Duration {
  const seconds = Math.trunc(ms / 1000);
  return {
    seconds: Long.fromNumber(seconds),
    nanos: Math.trunc((ms - seconds * 1000) * 1e6),
  };
}

/** In milliseconds. */
export function millisecondsOf(duration: Duration): number {
  return duration.seconds.toNumber() * 1000 + duration.nanos / 1e6;
}

/** In whole seconds, as AMQP has them. Throws the error of `invalid` for an invalid Date. */
export function timestampOf(
  date: Date, path: string, invalid: (detail: string) => SidecarError,
): Timestamp {
  const ms = date.getTime();
  if (Number.isNaN(ms)) {
    throw invalid(`${path}: an invalid Date`);
  }
  return { seconds: Long.fromNumber(Math.floor(ms / 1000)), nanos: 0 };
}

/** Beyond the range of a Date, an invalid one. */
export function dateOf(timestamp: Timestamp): Date {
  return new Date(timestamp.seconds.toNumber() * 1000 + timestamp.nanos / 1e6);
}

/** When a time of `timeoutMs` from now is over. Throws a RangeError unless it is above 0. */
export function deadlineAfter(timeoutMs: number): number {
  if (!(timeoutMs > 0 && timeoutMs <= LONGEST_TIMER_MS)) {
    throw new RangeError(`timeoutMs is above 0 and at most ${LONGEST_TIMER_MS}: ${timeoutMs}`);
  }
  return Date.now() + timeoutMs;
}

/** How long to wait before try `attempt` (from 0): full jitter, doubling from `firstMs`. */
export function backoff(attempt: number, firstMs: number, maxMs: number): number {
  return Math.random() * Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 30));
}

/** Resolves after `ms`, at once for 0; rejects with the signal's reason when it is aborted. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (ms <= 0) {
    return Promise.resolve();
  }
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", abort, { once: true });
  });
}

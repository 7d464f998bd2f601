// Trace context: carried in headers of the messages where the application has @opentelemetry/api,
// which is looked for once and never required.

import { createRequire } from "node:module";
import type * as OpenTelemetry from "@opentelemetry/api";
import type { FieldValue } from "./gen/amqp_sidecar/v1/message";

const NAMES = ["traceparent", "tracestate"] as const;

function find(): typeof OpenTelemetry | undefined {
  try {
    return createRequire(__filename)("@opentelemetry/api") as typeof OpenTelemetry;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") {
      return undefined;
    }
    throw error;
  }
}

const api = find();

/** Adds the current trace context to headers that have none of their own. */
export function inject(headers: Record<string, FieldValue>): void {
  if (api === undefined || headers["traceparent"] !== undefined) {
    return;
  }
  const carrier: Record<string, string> = {};
  api.propagation.inject(api.context.active(), carrier);
  if (carrier["traceparent"] === undefined) {
    return;
  }
  for (const name of NAMES) {
    const value = carrier[name];
    if (value !== undefined) {
      headers[name] = { kind: { $case: "stringValue", stringValue: value } };
    }
  }
}

/** Calls `work` with the trace context of a delivery's headers as the current one. */
export function withTraceOf<T>(headers: Record<string, FieldValue> | undefined, work: () => T): T {
  if (api === undefined) {
    return work();
  }
  const carrier: Record<string, string> = {};
  for (const name of NAMES) {
    const kind = headers?.[name]?.kind;
    if (kind?.$case === "stringValue") {
      carrier[name] = kind.stringValue;
    }
  }
  return api.context.with(api.propagation.extract(api.ROOT_CONTEXT, carrier), work);
}

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { Metadata, status } from "@grpc/grpc-js";
import { errorOf, Reason } from "../src/error";
import { ErrorInfo } from "../src/gen/google/rpc/error_details";
import { Status } from "../src/gen/google/rpc/status";

function end(code: status, info?: Partial<ErrorInfo>) {
  const metadata = new Metadata();
  if (info !== undefined) {
    const value = Buffer.from(ErrorInfo.encode(
      ErrorInfo.fromPartial({ domain: "amqp-sidecar", ...info })).finish());
    const typeUrl = "type.googleapis.com/google.rpc.ErrorInfo";
    const packed = Status.encode(
      Status.fromPartial({ code, details: [{ typeUrl, value }] })).finish();
    metadata.set("grpc-status-details-bin", Buffer.from(packed));
  }
  return { code, details: "why", metadata };
}

const { UNAVAILABLE, DEADLINE_EXCEEDED, INTERNAL, UNKNOWN, CANCELLED, UNIMPLEMENTED } = status;
const { RESOURCE_EXHAUSTED } = status;

test("a failure without the sidecar's word is its absence, and leaves a publish in doubt", () => {
  for (const code of [UNAVAILABLE, DEADLINE_EXCEEDED, INTERNAL, UNKNOWN, CANCELLED]) {
    const error = errorOf(end(code), "id");
    assert.equal(error.reason, Reason.SIDECAR_UNAVAILABLE);
    assert.equal(error.persisted, "UNKNOWN");
    assert.equal(error.retryable, false);
    assert.equal(error.messageId, "id");
  }
});

test("other codes without the sidecar's word have no reason", () => {
  const error = errorOf(end(UNIMPLEMENTED));
  assert.equal(error.reason, "");
  assert.equal(error.message, "UNIMPLEMENTED: why");
});

test("a reason of somebody else's is not taken for the sidecar's", () => {
  const error = errorOf(end(UNAVAILABLE, { reason: "UNROUTABLE", domain: "example.com" }), "id");
  assert.equal(error.reason, Reason.SIDECAR_UNAVAILABLE);
});

test("a reason that the stub does not know passes through", () => {
  const info = { reason: "NEW", metadata: { persisted: "NO" } };
  const error = errorOf(end(UNAVAILABLE, info), "id");
  assert.equal(error.message, "NEW (UNAVAILABLE): why");
  assert.equal(error.persisted, "NO");
});

test("a publish may be tried again after two codes, with nothing left behind", () => {
  for (const persisted of ["NO", "UNKNOWN", "PARTIAL"]) {
    for (const code of [UNAVAILABLE, RESOURCE_EXHAUSTED, INTERNAL]) {
      const error = errorOf(end(code, { reason: "X", metadata: { persisted } }), "id");
      assert.equal(error.retryable, persisted === "NO" && code !== INTERNAL);
    }
  }
});

test("another call may be tried again after UNAVAILABLE", () => {
  assert.equal(errorOf(end(UNAVAILABLE)).retryable, true);
  assert.equal(errorOf(end(RESOURCE_EXHAUSTED)).retryable, false);
});

test("details that are no Status are no reason to fail otherwise", () => {
  const bad = end(UNAVAILABLE);
  bad.metadata.set("grpc-status-details-bin", Buffer.from([0xff, 0xff]));
  assert.equal(errorOf(bad).reason, Reason.SIDECAR_UNAVAILABLE);
});

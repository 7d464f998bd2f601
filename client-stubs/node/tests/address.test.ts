import { strict as assert } from "node:assert";
import { test } from "node:test";
import { connect } from "amqp-sidecar";
import { targetOf } from "../src/address";

test("an address is a socket's path, with or without a scheme, or a host and a port", () => {
  assert.equal(targetOf("unix:///run/x/s.sock"), "unix:///run/x/s.sock");
  assert.equal(targetOf("/run/x/s.sock"), "unix:///run/x/s.sock");
  assert.equal(targetOf("127.0.0.1:7672"), "dns:127.0.0.1:7672");
  assert.equal(targetOf("localhost:7672"), "dns:localhost:7672");
  assert.equal(targetOf("[::1]:7672"), "dns:[::1]:7672");
});

test("the default address comes from the environment, else it is the packaged socket", () => {
  delete process.env["AMQP_SIDECAR_ADDR"];
  assert.equal(targetOf(), "unix:///run/amqp-sidecar/sidecar.sock");
  process.env["AMQP_SIDECAR_ADDR"] = "127.0.0.1:1";
  assert.equal(targetOf(), "dns:127.0.0.1:1");
  delete process.env["AMQP_SIDECAR_ADDR"];
});

const BAD = ["nonsense", "http://host:1", "host:0", "host:65536", "unix:relative", "/", ":1"];
for (const bad of BAD) {
  test(`"${bad}" is no address, and the error says what is`, () => {
    assert.throws(() => connect(bad), (error: Error) =>
      error instanceof TypeError && error.message.includes(bad)
      && error.message.includes("unix:///path, /path, or host:port"));
  });
}

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { FieldTable } from "../src/gen/amqp_sidecar/v1/message";
import { Double, fromFields, toFields, type Fields } from "../src/value";

/** There and back, through the bytes of the protocol. */
function around(fields: Fields): Fields {
  const bytes = FieldTable.encode({ fields: toFields(fields, "headers") }).finish();
  return fromFields(FieldTable.decode(bytes).fields);
}

test("headers of every kind come back as they were", () => {
  const fields: Fields = {
    text: "Grüße", empty: "", zero: 0, int: -7, yes: true, no: false, half: 0.5, nan: NaN,
    big: 2n ** 63n - 1n, least: -(2n ** 63n), unsafe: 2n ** 53n, bytes: Buffer.from([0, 255]),
    when: new Date(1_700_000_000_000), list: ["a", 1, [true]], table: { deep: { er: 1.5 } },
    whole: new Double(3), minus: new Double(-0), huge: new Double(1e300),
  };
  assert.deepEqual(around(fields), fields);
});

test("an integral number is an integer, and a bigint that fits a number comes back as one", () => {
  assert.deepEqual(around({ a: 3, b: 3n, c: 1e300, d: -0 }),
    { a: 3, b: 3, c: new Double(1e300), d: new Double(-0) });
});

test("a Double calculates as the number that it is", () => {
  const three = new Double(3);
  assert.equal(Number(three) + 1, 4);
  assert.equal(JSON.stringify({ three }), '{"three":3}');
  assert.equal(String(three), "3");
});

test("a time is sent in whole seconds", () => {
  assert.deepEqual(around({ at: new Date(1999) }), { at: new Date(1000) });
});

test("what is undefined is left out", () => {
  assert.deepEqual(toFields({ a: undefined }, "headers"), {});
});

const cyclic: Fields = {};
cyclic["self"] = cyclic;
const BAD: [string, unknown][] = [
  ["null", null], ["a function", () => 1], ["a symbol", Symbol("x")], ["2^63", 2n ** 63n],
  ["an invalid Date", new Date(NaN)], ["a cycle", cyclic],
];
for (const [what, value] of BAD) {
  test(`${what} is no header, and the error names its place`, () => {
    assert.throws(() => toFields({ list: [1, value] }, "headers"), (error: Error) =>
      error.message.startsWith("INVALID_MESSAGE (INVALID_ARGUMENT): headers.list[1]"));
  });
}

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { messageOf } from "../src/message";
import { Item, takeBatch } from "../src/publish-item";

function items(sizes: number[]): Item[] {
  return sizes.map((size, key) => new Item(
    key, messageOf("", "q", Buffer.alloc(size), {}), false, Date.now() + 1000,
    () => undefined, () => undefined));
}

function batches(waiting: Item[], most = Infinity): number[] {
  const sizes: number[] = [];
  while (waiting.length > 0) {
    sizes.push(takeBatch(waiting, most).length);
  }
  return sizes;
}

test("a batch has 128 items at most, and fewer where there is room for fewer", () => {
  assert.deepEqual(batches(items(Array<number>(300).fill(1))), [128, 128, 44]);
  assert.deepEqual(batches(items([1, 1, 1, 1, 1]), 2), [2, 2, 1]);
});

test("a batch has about a mebibyte, and a larger item goes alone", () => {
  const half = 1 << 19;
  assert.deepEqual(batches(items([half, half, 1, half, 5 * half, 1])), [1, 2, 1, 1, 1]);
});

test("a batch leaves out what is done already, and keeps the order", () => {
  const waiting = items([1, 1, 1]);
  waiting[1]?.finish();
  assert.deepEqual(takeBatch(waiting, 10).map((item) => item.key), [0, 2]);
  assert.equal(waiting.length, 0);
});

test("large headers count, too", () => {
  const [item] = items([1]);
  assert(item !== undefined);
  const heavy = messageOf("", "q", 1, { headers: { a: { b: [Buffer.alloc(100_000)] } } });
  const other = new Item(1, heavy, false, 1, () => undefined, () => undefined);
  assert(other.size - item.size >= 100_000);
});

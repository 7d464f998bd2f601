// Values of AMQP's field tables (headers and arguments) in JavaScript's types, both ways.

import Long from "long";
import type { FieldValue } from "./gen/amqp_sidecar/v1/message";
import { invalidMessage, type SidecarError } from "./error";
import { timestampOf, dateOf } from "./time";

/**
 * A number that is AMQP's double although it is integral: `new Double(3)`. A plain 3 is sent as an
 * integer, a plain 3.5 as a double. Integral doubles of a delivery come as this, so that what is
 * passed on keeps its type; it calculates and compares (`<`, `+`) as a number does.
 */
export class Double {
  constructor(readonly value: number) {}
  valueOf(): number {
    return this.value;
  }
  toJSON(): number {
    return this.value;
  }
  toString(): string {
    return String(this.value);
  }
}

/**
 * A header or an argument. Integers are AMQP's int64: a `number` where it is exact, else a
 * `bigint`; other numbers are doubles (see {@link Double}). A Date is whole seconds. `null` is
 * AMQP's void: it comes with deliveries, and cannot be sent.
 */
export type FieldType =
  | string | number | bigint | boolean | Uint8Array | Date | Double | null
  | FieldType[] | { [name: string]: FieldType };

/** A field table: headers or arguments by name. */
export type Fields = Record<string, FieldType>;

/** Makes the error of a value that cannot be sent. */
type Invalid = (detail: string) => SidecarError;

const MAX_DEPTH = 16;
const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

function numberToField(value: number): FieldValue["kind"] {
  return Number.isSafeInteger(value) && !Object.is(value, -0)
    ? { $case: "intValue", intValue: Long.fromNumber(value) }
    : { $case: "doubleValue", doubleValue: value };
}

function bigintToField(value: bigint, path: string, invalid: Invalid): FieldValue["kind"] {
  if (value < MIN_INT64 || value > MAX_INT64) {
    throw invalid(`${path}: ${value} does not fit 64 bits`);
  }
  return { $case: "intValue", intValue: Long.fromString(value.toString()) };
}

function objectToField(
  value: object, path: string, invalid: Invalid, depth: number,
): FieldValue["kind"] {
  if (value instanceof Uint8Array) {
    return { $case: "bytesValue", bytesValue: asBuffer(value) };
  }
  if (value instanceof Double) {
    return { $case: "doubleValue", doubleValue: value.value };
  }
  if (value instanceof Date) {
    return { $case: "timestampValue", timestampValue: timestampOf(value, path, invalid) };
  }
  if (depth >= MAX_DEPTH) {
    throw invalid(`${path}: arrays and tables nest ${MAX_DEPTH} levels deep at most`);
  }
  if (Array.isArray(value)) {
    const values = value.map((one, index) => {
      return toField(one, `${path}[${index}]`, invalid, depth + 1);
    });
    return { $case: "arrayValue", arrayValue: { values } };
  }
  return { $case: "tableValue", tableValue: { fields: toFields(value, path, invalid, depth + 1) } };
}

function toField(value: unknown, path: string, invalid: Invalid, depth: number): FieldValue {
  switch (typeof value) {
    case "string":
      return { kind: { $case: "stringValue", stringValue: value } };
    case "number":
      return { kind: numberToField(value) };
    case "bigint":
      return { kind: bigintToField(value, path, invalid) };
    case "boolean":
      return { kind: { $case: "boolValue", boolValue: value } };
    case "object":
      if (value !== null) {
        return { kind: objectToField(value, path, invalid, depth) };
      }
      break;
    default:
  }
  throw invalid(`${path}: ${value === null ? "null" : typeof value} cannot be sent`);
}

/**
 * As the sidecar takes them; what is undefined is left out. Throws the error of `invalid` that
 * names by `path` what AMQP does not have.
 */
export function toFields(
  from: object, path: string, invalid: Invalid = invalidMessage, depth = 0,
): Record<string, FieldValue> {
  const fields: Record<string, FieldValue> = {};
  for (const [name, value] of Object.entries(from)) {
    if (value !== undefined) {
      fields[name] = toField(value, `${path}.${name}`, invalid, depth);
    }
  }
  return fields;
}

function intOf(value: Long): number | bigint {
  const number = value.toNumber();
  return Number.isSafeInteger(number) ? number : BigInt(value.toString());
}

function fromField(field: FieldValue): FieldType {
  const kind = field.kind;
  switch (kind?.$case) {
    case "stringValue":
      return kind.stringValue;
    case "intValue":
      return intOf(kind.intValue);
    case "doubleValue":
      return Number.isInteger(kind.doubleValue) ? new Double(kind.doubleValue) : kind.doubleValue;
    case "boolValue":
      return kind.boolValue;
    case "bytesValue":
      return kind.bytesValue;
    case "timestampValue":
      return dateOf(kind.timestampValue);
    case "arrayValue":
      return kind.arrayValue.values.map(fromField);
    case "tableValue":
      return fromFields(kind.tableValue.fields);
    case undefined:
      return null;
  }
}

/** As JavaScript has them. */
export function fromFields(fields: Record<string, FieldValue>): Fields {
  const values: Fields = {};
  for (const [name, field] of Object.entries(fields)) {
    values[name] = fromField(field);
  }
  return values;
}

/** The same bytes as a Buffer, not copied. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

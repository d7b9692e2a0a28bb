/* A strict reader for the small part of CBOR (RFC 8949) that certificates use, with the limits of
   the server's reader: keys are whole numbers or text, none twice; a fixed depth; no other tags;
   announced lengths are never believed. Maps become Map, bytes Uint8Array, floats Float, and whole
   numbers too large for a double BigInt, so that 1, 1.0 and "1" stay apart. */

const MAX_DEPTH = 16;
const INDEFINITE = 31;
const BREAK = 0xff;
const SIMPLE = new Map([[20, false], [21, true], [22, null], [23, null]]);
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class CborError extends Error {}

export class Float {
  constructor(value) {
    this.value = value;
  }
}

/** A value inside a COSE (18) or CWT (61) tag. */
export class Tagged {
  constructor(tag, value) {
    this.tag = tag;
    this.value = value;
  }
}

/** The one value that `data` holds. Throws CborError for anything irregular. */
export function decodeCbor(data) {
  const reader = new Reader(data);
  const value = reader.item(MAX_DEPTH);
  if (reader.at !== data.length) throw new CborError("bytes after the value");
  return value;
}

class Reader {
  constructor(data) {
    this.data = data;
    this.view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    this.at = 0;
  }

  /** Step over `count` bytes, which must all be there; returns where they begin. */
  step(count) {
    const start = this.at;
    if (start + Number(count) > this.data.length) throw new CborError("the value ends too early");
    this.at += Number(count);
    return start;
  }

  head() {
    const first = this.data[this.step(1)];
    const major = first >> 5;
    const short = first & 0x1f;
    if (short < 24) return [major, short, short];
    if (short < 28) return [major, short, this.argument(1 << (short - 24))];
    if (short === INDEFINITE && major >= 2 && major <= 5) return [major, short, 0];
    throw new CborError("a reserved length");
  }

  argument(bytes) {
    const at = this.step(bytes);
    if (bytes === 1) return this.view.getUint8(at);
    if (bytes === 2) return this.view.getUint16(at);
    if (bytes === 4) return this.view.getUint32(at);
    return small(this.view.getBigUint64(at));
  }

  item(depth) {
    const [major, short, argument] = this.head();
    if (major === 0) return argument;
    if (major === 1) return small(-1n - BigInt(argument));
    if (major === 2) return this.bytes(major, short, argument);
    if (major === 3) return this.text(major, short, argument);
    if (major === 7) return this.simple(short, argument);
    if (depth === 0) throw new CborError("too deep");
    if (major === 6) return this.tagged(argument, depth - 1);
    if (major === 4) return this.array(short, argument, depth - 1);
    return this.map(short, argument, depth - 1);
  }

  bytes(major, short, length) {
    if (short === INDEFINITE) return this.pieces(major);
    const start = this.step(length);
    return this.data.subarray(start, this.at);
  }

  text(major, short, length) {
    try {
      return UTF8.decode(this.bytes(major, short, length));
    } catch (error) {
      if (error instanceof CborError) throw error;
      throw new CborError("text that is not UTF-8");
    }
  }

  pieces(major) {
    const parts = [];
    while (!this.atBreak()) {
      const [inner, short, length] = this.head();
      if (inner !== major || short === INDEFINITE) throw new CborError("a piece of another kind");
      const start = this.step(length);
      parts.push(...this.data.subarray(start, this.at));
    }
    return Uint8Array.from(parts);
  }

  atBreak() {
    if (this.at >= this.data.length) throw new CborError("the value ends too early");
    if (this.data[this.at] !== BREAK) return false;
    this.at += 1;
    return true;
  }

  array(short, length, depth) {
    const items = [];
    while (short === INDEFINITE ? !this.atBreak() : items.length < length) items.push(this.item(depth));
    return items;
  }

  map(short, length, depth) {
    const entries = new Map();
    while (short === INDEFINITE ? !this.atBreak() : entries.size < length) {
      const key = this.item(0);
      if (!isWhole(key) && typeof key !== "string") throw new CborError("a key that is neither number nor text");
      if (entries.has(key)) throw new CborError("the same key twice");
      entries.set(key, this.item(depth));
    }
    return entries;
  }

  /** Tags 0 and 1 mark dates and are seen through; 18 and 61 are COSE and CWT. */
  tagged(tag, depth) {
    const value = this.item(depth);
    if (tag === 0 || tag === 1) return value;
    if (tag === 18 || tag === 61) return new Tagged(tag, value);
    throw new CborError("a tag that certificates do not use");
  }

  simple(short, argument) {
    if (SIMPLE.has(short)) return SIMPLE.get(short);
    if (short === 25) return new Float(half(argument));
    if (short === 26) return new Float(this.view.getFloat32(this.at - 4));
    if (short === 27) return new Float(this.view.getFloat64(this.at - 8));
    throw new CborError("a simple value that certificates do not use");
  }
}

/** Whether a decoded value is a whole number of CBOR (not a float that happens to be whole). */
export function isWhole(value) {
  return typeof value === "number" || typeof value === "bigint";
}

function small(big) {
  const number = Number(big);
  return Number.isSafeInteger(number) ? number : big;
}

function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? (1024 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24);
}

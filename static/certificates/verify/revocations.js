/* The compact file of ended certificates; its form is described in certificates/hcert/revocation.py. */

import { ListError } from "./keys.js";

const HEADER_BYTES = 36;
const SIGNATURE_BYTES = 64;
const HASH_BYTES = 6;
const MAGIC = 0x564e524c; // VNRL
const LEAST_RICE = 16;
const MOST_RICE = 47;
const TOO_LARGE = 2 ** (8 * HASH_BYTES);

/** Read the file that `signer` signed: `{values, version, madeAt, freshUntil}`; the values are a
    sorted Float64Array (48 bits fit), the times seconds. Throws ListError. */
export async function readRevocations(data, signer) {
  if (data.length < HEADER_BYTES + SIGNATURE_BYTES) throw new ListError("shorter than header and signature");
  const content = data.subarray(0, data.length - SIGNATURE_BYTES);
  const signature = data.subarray(data.length - SIGNATURE_BYTES);
  const algorithm = { name: "ECDSA", hash: "SHA-256" };
  if (!(await crypto.subtle.verify(algorithm, signer, signature, content))) {
    throw new ListError("not signed by this key");
  }
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const k = view.getUint8(5);
  const isKnown = view.getUint32(0) === MAGIC && view.getUint8(4) === 1 && view.getUint8(6) === 48;
  if (!isKnown || view.getUint8(7) !== 0 || k < LEAST_RICE || k > MOST_RICE) throw new ListError("another format");
  const [version, madeAt, freshUntil] = [12, 20, 28].map((at) => Number(view.getBigUint64(at)));
  const values = decodeRice(content.subarray(HEADER_BYTES), k, view.getUint32(8));
  return { values, version, madeAt, freshUntil };
}

/** Whether the certificate with this identifier has ended. */
export async function isListed({ values }, uvci) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(uvci));
  const view = new DataView(digest);
  const value = view.getUint32(0) * 65536 + view.getUint16(4);
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < value) low = middle + 1;
    else high = middle;
  }
  return values[low] === value;
}

/* Sorted values from the Rice codes of their differences; `body` holds exactly them. */
function decodeRice(body, k, count) {
  if (count * (k + 1) > body.length * 8) throw new ListError("fewer bytes than the count needs");
  const values = new Float64Array(count);
  const bits = new Bits(body);
  const step = 2 ** k;
  let value = 0;
  for (let index = 0; index < count; index += 1) {
    const difference = bits.unary() * step + bits.number(k);
    value += difference;
    if (value >= TOO_LARGE || (index && !difference)) throw new ListError("too large, or not rising");
    values[index] = value;
  }
  bits.end();
  return values;
}

class Bits {
  constructor(data) {
    this.data = data;
    this.at = 0; // in bits
    this.size = data.length * 8;
  }

  /** How many ones come before the next zero. */
  unary() {
    const start = this.at;
    while (this.at < this.size && this.data[this.at >> 3] & (0x80 >> (this.at & 7))) this.at += 1;
    if (this.at >= this.size) throw new ListError("cut off");
    const ones = this.at - start;
    this.at += 1;
    return ones;
  }

  /** The number in the next `width` bits, most significant first; up to 47 bits. */
  number(width) {
    if (this.at + width > this.size) throw new ListError("cut off");
    let value = 0;
    for (let left = width; left > 0; ) {
      const free = 8 - (this.at & 7);
      const taken = Math.min(free, left);
      const byte = this.data[this.at >> 3] & (0xff >> (8 - free));
      value = value * 2 ** taken + (byte >> (free - taken));
      this.at += taken;
      left -= taken;
    }
    return value;
  }

  /** Only the padding of the last byte may be left, and it is zero. */
  end() {
    if (this.size - this.at > 7) throw new ListError("more than the values");
    while (this.at < this.size) {
      if (this.data[this.at >> 3] & (0x80 >> (this.at & 7))) throw new ListError("more than the values");
      this.at += 1;
    }
  }
}

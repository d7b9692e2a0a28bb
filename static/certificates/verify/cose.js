/* COSE_Sign1 (RFC 9052): reading the signed envelope; its claims are unchecked until a key is tried. */

import { decodeCbor, Tagged } from "./cbor.js";

export const ES256 = -7;
export const PS256 = -37;
export const ES256_BYTES = 64;
export const CWT_TAG = 61;

const ALG = 1;
const CRITICAL = 2;
const KID = 4;

export class CoseError extends Error {}

/** The message in `data`, with or without its tags. Throws CborError or CoseError. */
export function parseMessage(data) {
  let value = decodeCbor(data);
  for (const tag of [CWT_TAG, 18]) {
    if (value instanceof Tagged && value.tag === tag) value = value.value;
  }
  if (!Array.isArray(value) || value.length !== 4) throw new CoseError("not an array of four");
  const [protectedBytes, unprotected, payload, signature] = value;
  if (![protectedBytes, payload, signature].every((part) => part instanceof Uint8Array)) {
    throw new CoseError("a part that is not bytes");
  }
  if (!(unprotected instanceof Map)) throw new CoseError("a header that is not a map");
  const header = protectedBytes.length ? decodeCbor(protectedBytes) : new Map();
  if (!(header instanceof Map)) throw new CoseError("a header that is not a map");
  if (header.has(CRITICAL)) throw new CoseError("a critical header");
  const field = (label) => (header.has(label) ? header.get(label) : unprotected.get(label));
  return {
    protectedBytes: header.size ? protectedBytes : new Uint8Array(),
    payload,
    signature,
    algorithm: field(ALG),
    kid: field(KID),
  };
}

/** The bytes that the signature must be over (RFC 9052, section 4.4). */
export function toBeSigned({ protectedBytes, payload }) {
  const start = [0x84, 0x6a, ...new TextEncoder().encode("Signature1")];
  return Uint8Array.from([...start, ...byteString(protectedBytes), 0x40, ...byteString(payload)]);
}

function byteString(data) {
  const { length } = data;
  if (length < 24) return [0x40 | length, ...data];
  if (length < 256) return [0x58, length, ...data];
  if (length < 65536) return [0x59, length >> 8, length & 0xff, ...data];
  return [0x5a, length >>> 24, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff, ...data];
}

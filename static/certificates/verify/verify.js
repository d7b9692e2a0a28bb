/* Judging a certificate on the phone, in the order and with the reasons of the server's verifier
   (certificates/hcert/verify.py). Nothing is asked of the network here, and nothing is kept. */

import { decodeBase45 } from "./base45.js";
import { CborError, decodeCbor, Float, isWhole, Tagged } from "./cbor.js";
import { CoseError, CWT_TAG, ES256, ES256_BYTES, parseMessage, PS256, toBeSigned } from "./cose.js";
import { healthContent, SUBCLAIM } from "./ddcc.js";
import { hex } from "./der.js";
import { inflate } from "./inflate.js";
import { ENTRY_FIELDS, hasSingleEntry, isPlain, isValid, KINDS } from "./schema.js";

const PREFIX = "HC1:";
const MAX_CHARACTERS = 4296;
const CLOCK_SKEW_SECONDS = 300;
const LAST_SECOND = 253370764799; // of the year 9998
const MAX_ISSUER = 80;
const ISSUER = 1;
const EXPIRES = 4;
const ISSUED = 6;
const HCERT = -260;
const EU_DCC = 1;

class Refused extends Error {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/** Judge `text` at `now` (seconds). `keys` maps a kid (hex) to its trusted keys (keys.js), which
    vouch for `country` only, where one is given; `isRevoked(uvci)` may be a promise. Gives `{reason, certificate}`; the reason of a valid one is
    "ok", and the certificate says what was signed, never what was merely claimed. */
export async function verify(text, { keys, isRevoked, now, country = "" }) {
  let certificate = null;
  try {
    const message = await readMessage(text);
    const key = await signingKey(message, keys);
    const claims = readClaims(message.payload);
    certificate = describe(claims, key);
    if (country && certificate && certificate.issuer.trim().toUpperCase() !== country) {
      certificate = null;
      throw new Refused("key_usage");
    }
    checkTimes(claims, key, now);
    checkContent(claims.content, key, certificate !== null);
    if (await isRevoked(certificate.uvci)) throw new Refused("revoked");
  } catch (refusal) {
    if (!(refusal instanceof Refused)) throw refusal;
    return { reason: refusal.reason, certificate };
  }
  return { reason: "ok", certificate };
}

async function readMessage(given) {
  const text = given.replace(/^[\r\n\t]+|[\r\n\t]+$/g, "");
  if ([...text].length > MAX_CHARACTERS) throw new Refused("too_long");
  if (!text.startsWith(PREFIX)) throw new Refused("not_a_certificate");
  const packed = decodeBase45(text.slice(PREFIX.length));
  if (!packed) throw new Refused("base45");
  const data = await inflate(packed);
  if (!data) throw new Refused("inflate");
  try {
    return parseMessage(data);
  } catch (error) {
    if (error instanceof CborError) throw new Refused("cbor");
    if (error instanceof CoseError) throw new Refused("cose");
    throw error;
  }
}

/* Several keys may share a kid: each is tried. */
async function signingKey(message, keys) {
  if (message.algorithm !== ES256 && message.algorithm !== PS256) throw new Refused("alg");
  const candidates = (message.kid instanceof Uint8Array && keys.get(hex(message.kid))) || [];
  if (!candidates.length) throw new Refused("unknown_key");
  const usable = candidates.filter(({ key }) => key);
  if (!usable.length) throw new Refused("key");
  for (const candidate of usable) {
    if (await made(candidate, message)) return candidate;
  }
  throw new Refused("signature");
}

function made({ key, algorithm }, message) {
  if (message.algorithm !== algorithm) return false;
  if (algorithm === ES256 && message.signature.length !== ES256_BYTES) return false;
  const parameters =
    algorithm === ES256 ? { name: "ECDSA", hash: "SHA-256" } : { name: "RSA-PSS", saltLength: 32 };
  return crypto.subtle.verify(parameters, key, message.signature, toBeSigned(message));
}

function readClaims(payload) {
  let claims;
  try {
    claims = decodeCbor(payload);
  } catch (error) {
    if (error instanceof CborError) throw new Refused("cwt");
    throw error;
  }
  if (claims instanceof Tagged && claims.tag === CWT_TAG) claims = claims.value;
  if (!(claims instanceof Map)) throw new Refused("cwt");
  const issuer = claims.has(ISSUER) ? claims.get(ISSUER) : "";
  if (typeof issuer !== "string" || [...issuer].length > MAX_ISSUER || !isPlain(issuer)) throw new Refused("cwt");
  const hcert = claims.get(HCERT);
  return {
    issuer,
    issued: seconds(claims.get(ISSUED)),
    expires: seconds(claims.get(EXPIRES)),
    content: hcert instanceof Map ? contentOf(hcert) : undefined,
  };
}

/* What the EU's claim holds; where there is none, what WHO's stands for. */
function contentOf(hcert) {
  return hcert.has(EU_DCC) ? hcert.get(EU_DCC) : healthContent(hcert.get(SUBCLAIM));
}

function seconds(claim) {
  if (!isWhole(claim) && !(claim instanceof Float)) throw new Refused("cwt");
  const value = Number(claim instanceof Float ? claim.value : claim);
  if (!(value >= 0 && value <= LAST_SECOND)) throw new Refused("cwt");
  return value;
}

function checkTimes(claims, key, now) {
  if (now < claims.issued - CLOCK_SKEW_SECONDS) throw new Refused("not_yet_valid");
  if (now > claims.expires + CLOCK_SKEW_SECONDS) throw new Refused("expired");
  if (claims.issued < key.notBefore - CLOCK_SKEW_SECONDS || now > key.notAfter + CLOCK_SKEW_SECONDS) {
    throw new Refused("key_expired");
  }
}

function checkContent(content, key, wellFormed) {
  if (!(content instanceof Map)) throw new Refused("content");
  const present = [...KINDS.keys()].filter((kind) => holdsSomething(content.get(kind)));
  if (key.kinds.size && !present.every((kind) => key.kinds.has(kind))) throw new Refused("key_usage");
  if (!hasSingleEntry(content)) throw new Refused("content");
  if (!wellFormed) throw new Refused("schema");
}

function holdsSomething(value) {
  if (value instanceof Map) return value.size > 0;
  if (value instanceof Float) return value.value !== 0;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length > 0;
  return Boolean(value);
}

/* What the certificate says; null when it has not the shape to say it. */
function describe({ issuer, issued, expires, content }, key) {
  if (!hasSingleEntry(content) || !isValid(content)) return null;
  const kind = [...KINDS.keys()].find((each) => content.has(each));
  const entry = content.get(kind)[0];
  const fields = ENTRY_FIELDS[kind].filter((field) => entry.has(field));
  return {
    kind: KINDS.get(kind),
    name: fullName(content.get("nam")),
    date_of_birth: content.get("dob"),
    uvci: entry.get("ci"),
    issuer,
    issued,
    expires,
    kid: key.kid,
    entry: Object.fromEntries(fields.map((field) => [field, plain(entry.get(field))])),
  };
}

/* Family name first as in Viet Nam; a part given only in its standardised spelling is shown in that. */
function fullName(name) {
  const part = (field) => name.get(field) || name.get(`${field}t`) || "";
  return [part("fn"), part("gn")].filter(Boolean).join(" ");
}

const plain = (value) => (value instanceof Float ? value.value : value);

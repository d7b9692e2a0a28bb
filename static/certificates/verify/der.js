/* What a verifier needs of an X.509 certificate: its validity, its key, what it may sign. */

const SEQUENCE = 0x30;
const UTC_TIME = 0x17;
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
const OID_EC = "2a8648ce3d0201";
const OID_P256 = "2a8648ce3d030107";
const OID_RSA = "2a864886f70d010101";
const OID_RSA_PSS = "2a864886f70d01010a";
const OID_EXTENDED_KEY_USAGE = "551d25";
const MIN_RSA_BITS = 2048;

/* 1.3.6.1.4.1.1847.2021.1 and the arc used first, 1.3.6.1.4.1.0.1847.2021.1; then 1 t, 2 v, 3 r. */
const USAGE_ARCS = ["2b060104018e378f6501", "2b06010401008e378f6501"];
const USAGES = new Map(USAGE_ARCS.flatMap((arc) => [[`${arc}01`, "t"], [`${arc}02`, "v"], [`${arc}03`, "r"]]));

export class DerError extends Error {}

/** One element at `at`: its tag, where its content begins and ends. */
function element(data, at) {
  const tag = data[at];
  let length = data[at + 1];
  let start = at + 2;
  if (length > 0x80 && length <= 0x84) {
    const bytes = length & 0x7f;
    length = 0;
    for (let index = 0; index < bytes; index += 1) length = length * 256 + data[start + index];
    start += bytes;
  } else if (length >= 0x80) throw new DerError("a length of another form");
  const end = start + length;
  if (!(end <= data.length)) throw new DerError("cut off");
  return { tag, at, start, end };
}

function children(data, parent) {
  const found = [];
  for (let { start: at } = parent; at < parent.end; ) {
    const child = element(data, at);
    if (child.end > parent.end) throw new DerError("longer than what it is in");
    found.push(child);
    at = child.end;
  }
  return found;
}

const content = (data, { start, end }) => data.subarray(start, end);
export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** `{notBefore, notAfter, kinds, key}`: seconds; a Set of v, t, r (empty: any); `{kind: "ec", raw}`,
    `{kind: "rsa", n, e}`, or null for a key that certificates may not be signed with.
    Throws DerError. */
export function readCertificate(der) {
  const outer = element(der, 0);
  if (outer.tag !== SEQUENCE) throw new DerError("not a certificate");
  let fields = children(der, children(der, outer)[0]);
  if (fields[0].tag === VERSION) fields = fields.slice(1);
  if (fields.length < 6) throw new DerError("not a certificate");
  const [notBefore, notAfter] = children(der, fields[3]).map((time) => seconds(der, time));
  return { notBefore, notAfter, kinds: kinds(der, fields), key: publicKey(der, fields[5]) };
}

function seconds(der, time) {
  let text = new TextDecoder().decode(content(der, time));
  if (time.tag === UTC_TIME) text = (text < "50" ? "20" : "19") + text;
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!parts) throw new DerError("a time of another form");
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
}

function publicKey(der, spki) {
  const [algorithm, bits] = children(der, spki);
  const [oid, parameters] = children(der, algorithm);
  const kind = hex(content(der, oid));
  const body = { ...bits, start: bits.start + 1 }; // after the count of unused bits
  if (kind === OID_EC) {
    const isP256 = parameters && hex(content(der, parameters)) === OID_P256;
    const raw = content(der, body);
    return isP256 && raw.length === 65 && raw[0] === 4 ? { kind: "ec", raw } : null;
  }
  if (kind !== OID_RSA && kind !== OID_RSA_PSS) return null;
  const [n, e] = children(der, element(der, body.start)).map((part) => unsigned(content(der, part)));
  return bitLength(n) >= MIN_RSA_BITS ? { kind: "rsa", n, e } : null;
}

function unsigned(bytes) {
  const first = bytes.findIndex((byte) => byte !== 0);
  return bytes.subarray(first < 0 ? bytes.length : first);
}

function bitLength(bytes) {
  return bytes.length ? bytes.length * 8 - Math.clz32(bytes[0]) + 24 : 0;
}

/* Odd extensions of foreign certificates: what cannot be parsed is searched for the usages. */
function kinds(der, fields) {
  const extensions = fields.find(({ tag }) => tag === EXTENSIONS);
  if (!extensions) return new Set();
  try {
    const usages = extendedKeyUsages(der, extensions);
    return new Set(usages.map((oid) => USAGES.get(oid)).filter(Boolean));
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    const raw = hex(content(der, extensions));
    const present = ([oid]) => raw.includes(`06${(oid.length / 2).toString(16).padStart(2, "0")}${oid}`);
    return new Set([...USAGES].filter(present).map(([, kind]) => kind));
  }
}

function extendedKeyUsages(der, extensions) {
  for (const extension of children(der, children(der, extensions)[0])) {
    const parts = children(der, extension);
    if (hex(content(der, parts[0])) !== OID_EXTENDED_KEY_USAGE) continue;
    const list = element(der, parts.at(-1).start);
    const usages = children(der, list);
    if (!usages.length) throw new DerError("an empty list of usages");
    return usages.map((usage) => hex(content(der, usage)));
  }
  return [];
}

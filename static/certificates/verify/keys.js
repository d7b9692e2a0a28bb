/* The signed key list: whose signatures are believed. It comes from this site, over HTTPS like the
   page itself; its signature shows that a kept copy is whole, and names who signs the other lists. */

import { ES256, PS256 } from "./cose.js";
import { hex, readCertificate } from "./der.js";

const ECDSA = { name: "ECDSA", namedCurve: "P-256" };
const ECDSA_VERIFY = { name: "ECDSA", hash: "SHA-256" };
const KID_BYTES = 8;

export class ListError extends Error {}

/** Read the compact JWS of the key list: `{keys, signer, version, issued}`. `keys` maps a kid (hex)
    to `{kid, kinds, notBefore, notAfter, algorithm, key}`; key is null where it must not be used.
    `signer` is the CryptoKey that also signs the revocations. Throws ListError. */
export async function readKeyList(jws) {
  const parts = jws.trim().split(".");
  if (parts.length !== 3) throw new ListError("not a signed list");
  const header = json(parts[0]);
  if (header.alg !== "ES256" || !Array.isArray(header.x5c)) throw new ListError("signed in another way");
  const signer = await signerKey(header.x5c[0]);
  const signed = new TextEncoder().encode(`${parts[0]}.${parts[1]}`);
  const genuine = await crypto.subtle.verify(ECDSA_VERIFY, signer, fromBase64Url(parts[2]), signed);
  if (!genuine) throw new ListError("the signature does not fit");
  const list = json(parts[1]);
  return { keys: await readKeys(list.keys), signer, version: list.version, issued: list.issued };
}

/** The keys of a JWKS whose items carry their certificates, by kid (hex). */
export async function readKeys(items) {
  const keys = new Map();
  for (const item of items) {
    const key = await trustedKey(item.x5c[0]);
    if (key) keys.set(key.kid, [...(keys.get(key.kid) || []), key]);
  }
  return keys;
}

async function trustedKey(x5c) {
  const der = fromBase64(x5c);
  let read;
  try {
    read = readCertificate(der);
  } catch {
    return null; // believes nothing that cannot be read; the other keys still count
  }
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", der));
  const { kinds, notBefore, notAfter } = read;
  const algorithm = read.key && read.key.kind === "rsa" ? PS256 : ES256;
  return { kid: hex(digest.subarray(0, KID_BYTES)), kinds, notBefore, notAfter, algorithm, key: await imported(read.key) };
}

async function imported(key) {
  if (!key) return null;
  try {
    if (key.kind === "ec") return await crypto.subtle.importKey("raw", key.raw, ECDSA, false, ["verify"]);
    const jwk = { kty: "RSA", n: base64Url(key.n), e: base64Url(key.e) };
    return await crypto.subtle.importKey("jwk", jwk, { name: "RSA-PSS", hash: "SHA-256" }, false, ["verify"]);
  } catch {
    return null; // a point not on its curve, an exponent that is none
  }
}

async function signerKey(x5c) {
  const { key } = readCertificate(fromBase64(x5c));
  const signer = key && key.kind === "ec" ? await imported(key) : null;
  if (!signer) throw new ListError("a signer with another kind of key");
  return signer;
}

function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function fromBase64Url(text) {
  return fromBase64(text.replaceAll("-", "+").replaceAll("_", "/"));
}

function base64Url(bytes) {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function json(part) {
  return JSON.parse(new TextDecoder().decode(fromBase64Url(part)));
}

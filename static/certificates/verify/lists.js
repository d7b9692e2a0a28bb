/* The two lists a verifier needs: whose keys are believed, and which certificates have ended. The
   service worker keeps the last copies, so that they are here without a network too. */

import { readKeyList } from "./keys.js";
import { readRevocations } from "./revocations.js";

const CLOCK_SKEW_SECONDS = 300;
const KEYS_FRESH_SECONDS = 7 * 86400; // keys change twice a year, a compromised one must go soon

/** `{keys, keysAt, revocations}`; the times in seconds. A list that cannot be had is null. */
export async function loadLists({ keysUrl, revocationsUrl }) {
  const none = { keys: null, keysAt: null, revocations: null };
  const answer = await read(keysUrl);
  if (!answer) return none;
  try {
    const { keys, signer, issued } = await readKeyList(await answer.text());
    const keysAt = Date.parse(answer.headers.get("Date") || issued) / 1000;
    return { keys, keysAt, revocations: await loadRevocations(revocationsUrl, signer) };
  } catch {
    return none; // damaged on its way: as good as none
  }
}

async function loadRevocations(url, signer) {
  const answer = await read(url);
  if (!answer) return null;
  try {
    return await readRevocations(new Uint8Array(await answer.arrayBuffer()), signer);
  } catch {
    return null;
  }
}

async function read(url) {
  try {
    const answer = await fetch(url, { cache: "no-cache" });
    return answer.ok ? answer : null;
  } catch {
    return null;
  }
}

/** Whether both lists are here. */
export function areComplete({ keys, revocations }) {
  return Boolean(keys && revocations);
}

/** Whether a list is so old that the phone must go online before it can be relied on. */
export function areStale({ keysAt, revocations }, now) {
  return now > revocations.freshUntil || now > keysAt + KEYS_FRESH_SECONDS;
}

/** Whether the clock of this phone must be wrong: the lists would come from its future. */
export function isClockBehind({ keysAt, revocations }, now) {
  return now + CLOCK_SKEW_SECONDS < Math.max(keysAt, revocations.madeAt);
}

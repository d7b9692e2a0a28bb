/* Base45 (RFC 9285), strict: no lower case, no stripped spaces, no value an encoder cannot write. */

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const DIGITS = new Map([...ALPHABET].map((character, digit) => [character, digit]));

/** The bytes that `text` stands for; null when it is not base45. */
export function decodeBase45(text) {
  const rest = text.length % 3;
  if (rest === 1) return null;
  const whole = (text.length - rest) / 3;
  const bytes = new Uint8Array(whole * 2 + (rest ? 1 : 0));
  for (let group = 0, at = 0; at < text.length; group += 1, at += 3) {
    const low = DIGITS.get(text[at]);
    const middle = DIGITS.get(text[at + 1]);
    const high = group < whole ? DIGITS.get(text[at + 2]) : 0;
    if (low === undefined || middle === undefined || high === undefined) return null;
    const number = low + 45 * middle + 2025 * high;
    if (group < whole) {
      if (number > 0xffff) return null;
      bytes[2 * group] = number >> 8;
      bytes[2 * group + 1] = number & 0xff;
    } else {
      if (number > 0xff) return null;
      bytes[2 * group] = number;
    }
  }
  return bytes;
}

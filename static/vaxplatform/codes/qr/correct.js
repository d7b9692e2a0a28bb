/* Reed-Solomon correction as QR codes use it (ISO/IEC 18004): GF(256), polynomial 0x11d, first root 1. */

const EXP = new Uint8Array(510);
const LOG = new Uint8Array(256);
for (let power = 0, value = 1; power < 255; power += 1) {
  EXP[power] = value;
  EXP[power + 255] = value;
  LOG[value] = power;
  value = value & 0x80 ? (value << 1) ^ 0x11d : value << 1;
}

const multiply = (a, b) => (a && b ? EXP[LOG[a] + LOG[b]] : 0);
const divide = (a, b) => (a ? EXP[LOG[a] + 255 - LOG[b]] : 0);

/** Mend `block` (data, then `checks` check bytes) in place; whether it is right now. */
export function correct(block, checks) {
  const syndromes = syndromesOf(block, checks);
  if (!syndromes.some(Boolean)) return true;
  const locator = errorLocator(syndromes);
  const count = locator.length - 1;
  if (2 * count > checks) return false;
  const powers = [];
  for (let power = 0; power < block.length; power += 1) {
    if (evaluate(locator, EXP[255 - power]) === 0) powers.push(power);
  }
  if (powers.length !== count) return false;
  const evaluator = product(syndromes, locator).slice(0, checks);
  for (const power of powers) {
    const inverse = EXP[255 - power];
    const slope = derivative(locator, inverse);
    if (!slope) return false;
    const size = multiply(EXP[power], divide(evaluate(evaluator, inverse), slope));
    block[block.length - 1 - power] ^= size;
  }
  return !syndromesOf(block, checks).some(Boolean);
}

function syndromesOf(block, checks) {
  return Array.from({ length: checks }, (_none, power) =>
    block.reduce((sum, byte) => multiply(sum, EXP[power]) ^ byte, 0),
  );
}

/* Berlekamp and Massey: the shortest recurrence of the syndromes, lowest power first. */
function errorLocator(syndromes) {
  let [current, before, length, gap, last] = [[1], [1], 0, 1, 1];
  syndromes.forEach((syndrome, at) => {
    let difference = syndrome;
    for (let index = 1; index <= length; index += 1) difference ^= multiply(current[index] || 0, syndromes[at - index]);
    if (!difference) {
      gap += 1;
      return;
    }
    const factor = divide(difference, last);
    const next = current.slice();
    before.forEach((value, index) => {
      next[index + gap] = (next[index + gap] || 0) ^ multiply(factor, value);
    });
    if (2 * length <= at) [before, length, last, gap] = [current, at + 1 - length, difference, 1];
    else gap += 1;
    current = next;
  });
  return Array.from({ length: length + 1 }, (_none, index) => current[index] || 0);
}

function evaluate(polynomial, at) {
  return polynomial.reduceRight((sum, value) => multiply(sum, at) ^ value, 0);
}

/* In this field the even powers' derivatives vanish. */
function derivative(polynomial, at) {
  let sum = 0;
  for (let power = 1; power < polynomial.length; power += 2) {
    let term = polynomial[power];
    for (let times = 1; times < power; times += 1) term = multiply(term, at);
    sum ^= term;
  }
  return sum;
}

function product(first, second) {
  const result = new Array(first.length + second.length - 1).fill(0);
  first.forEach((a, i) => second.forEach((b, j) => {
    result[i + j] ^= multiply(a, b);
  }));
  return result;
}

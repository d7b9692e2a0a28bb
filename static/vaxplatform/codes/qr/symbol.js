/* Reading a QR symbol whose modules are known (ISO/IEC 18004, model 2): format, mask, codewords,
   correction, text. */

import { correct } from "./correct.js";

/* Check bytes of a block, and blocks of a symbol, for versions 1 to 40. */
const LEVELS = {
  L: {
    checks: [7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28, 28, 28, 30, 30, 26, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30],
    blocks: [1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8, 8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25],
  },
  M: {
    checks: [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28],
    blocks: [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49],
  },
  Q: {
    checks: [13, 22, 18, 26, 18, 24, 18, 22, 20, 24, 28, 26, 24, 20, 30, 24, 28, 28, 26, 30, 28, 30, 30, 30, 30, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30],
    blocks: [1, 1, 2, 2, 4, 4, 6, 6, 8, 8, 8, 10, 12, 16, 12, 17, 16, 18, 21, 20, 23, 23, 25, 27, 29, 34, 34, 35, 38, 40, 43, 45, 48, 51, 53, 56, 59, 62, 65, 68],
  },
  H: {
    checks: [17, 28, 22, 16, 22, 28, 26, 26, 24, 28, 24, 28, 22, 24, 24, 30, 28, 28, 26, 28, 30, 24, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30],
    blocks: [1, 1, 2, 4, 4, 4, 5, 6, 8, 8, 11, 11, 16, 16, 18, 16, 19, 21, 25, 25, 25, 34, 30, 32, 35, 37, 40, 42, 45, 48, 51, 54, 57, 60, 63, 66, 70, 74, 77, 81],
  },
};
const LEVEL_BITS = ["M", "L", "H", "Q"];
const FORMAT_MASK = 0x5412;
const FORMAT_DISTANCE = 3;

const MASKS = [
  (row, column) => (row + column) % 2 === 0,
  (row) => row % 2 === 0,
  (_row, column) => column % 3 === 0,
  (row, column) => (row + column) % 3 === 0,
  (row, column) => ((row >> 1) + Math.floor(column / 3)) % 2 === 0,
  (row, column) => ((row * column) % 2) + ((row * column) % 3) === 0,
  (row, column) => (((row * column) % 2) + ((row * column) % 3)) % 2 === 0,
  (row, column) => (((row + column) % 2) + ((row * column) % 3)) % 2 === 0,
];

/** The text in a symbol of `size` modules a side; `dark(row, column)` tells a module. Null where it
    cannot be read. */
export function readSymbol(size, dark) {
  const version = (size - 17) / 4;
  const format = readFormat(size, dark);
  if (!format) return null;
  const bytes = dataBytes(codewords(size, version, dark, MASKS[format.mask]), version, LEVELS[format.level]);
  return bytes && readText(new Bits(bytes), version);
}

const FORMATS = Array.from({ length: 32 }, (_none, data) => {
  let rest = data << 10;
  for (let bit = 14; bit >= 10; bit -= 1) if (rest & (1 << bit)) rest ^= 0x537 << (bit - 10);
  return ((data << 10) | rest) ^ FORMAT_MASK;
});

/* Both copies are compared with all 32 formats; the nearest one counts. */
function readFormat(size, dark) {
  const line = [0, 1, 2, 3, 4, 5, 7, 8];
  const first = [...line.map((column) => dark(8, column)), ...line.slice(0, 7).reverse().map((row) => dark(row, 8))];
  const second = [
    ...Array.from({ length: 7 }, (_none, index) => dark(size - 1 - index, 8)),
    ...Array.from({ length: 8 }, (_none, index) => dark(8, size - 8 + index)),
  ];
  let best = { distance: FORMAT_DISTANCE + 1 };
  for (const copy of [first, second]) {
    const read = copy.reduce((bits, bit) => (bits << 1) | (bit ? 1 : 0), 0);
    FORMATS.forEach((format, data) => {
      const distance = ones(format ^ read);
      if (distance < best.distance) best = { distance, level: LEVEL_BITS[data >> 3], mask: data & 7 };
    });
  }
  return best.distance <= FORMAT_DISTANCE ? best : null;
}

function ones(bits) {
  let count = 0;
  for (let rest = bits; rest; rest &= rest - 1) count += 1;
  return count;
}

/** Row and column of the centres of alignment patterns, the same for both. */
export function alignmentLines(version) {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const size = version * 4 + 17;
  const step = version === 32 ? 26 : Math.ceil((size - 13) / (count * 2 - 2)) * 2;
  const lines = Array.from({ length: count - 1 }, (_none, index) => size - 7 - step * index);
  return [6, ...lines.reverse()];
}

/* Whether each module belongs to a pattern and not to the data. */
function functionModules(size, version) {
  const taken = new Uint8Array(size * size);
  const fill = (top, left, height, width) => {
    for (let row = top; row < top + height; row += 1) taken.fill(1, row * size + left, row * size + left + width);
  };
  fill(0, 0, 9, 9);
  fill(0, size - 8, 9, 8);
  fill(size - 8, 0, 8, 9);
  fill(6, 0, 1, size);
  fill(0, 6, size, 1);
  const lines = alignmentLines(version);
  const last = size - 7;
  for (const row of lines) {
    for (const column of lines) {
      const atFinder = (row === 6 && column === 6) || (row === 6 && column === last) || (row === last && column === 6);
      if (!atFinder) fill(row - 2, column - 2, 5, 5);
    }
  }
  if (version >= 7) {
    fill(0, size - 11, 6, 3);
    fill(size - 11, 0, 3, 6);
  }
  return taken;
}

/* Two columns at a time from the right, up and down by turns; the vertical timing line is left out. */
function codewords(size, version, dark, mask) {
  const taken = functionModules(size, version);
  const bytes = [];
  let [byte, count, upward] = [0, 0, true];
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step += 1) {
      const row = upward ? size - 1 - step : step;
      for (const column of [right, right - 1]) {
        if (taken[row * size + column]) continue;
        byte = (byte << 1) | (dark(row, column) !== mask(row, column) ? 1 : 0);
        count += 1;
        if (count % 8 === 0) {
          bytes.push(byte & 0xff);
          byte = 0;
        }
      }
    }
    upward = !upward;
  }
  return bytes;
}

/* Codewords are dealt out to the blocks in turns, data first; the last blocks may have one more. */
function dataBytes(read, version, level) {
  const checks = level.checks[version - 1];
  const count = level.blocks[version - 1];
  const shortData = Math.floor(read.length / count) - checks;
  const longBlocks = read.length % count;
  const blocks = Array.from({ length: count }, () => []);
  let at = 0;
  for (let index = 0; index <= shortData; index += 1) {
    const first = index < shortData ? 0 : count - longBlocks;
    for (const block of blocks.slice(first)) block.push(read[at++]);
  }
  for (let index = 0; index < checks; index += 1) {
    for (const block of blocks) block.push(read[at++]);
  }
  if (!blocks.every((block) => correct(block, checks))) return null;
  return blocks.flatMap((block) => block.slice(0, block.length - checks));
}

class Bits {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  get left() {
    return this.bytes.length * 8 - this.at;
  }

  take(width) {
    if (width > this.left) throw new RangeError("cut off");
    let value = 0;
    for (let index = 0; index < width; index += 1, this.at += 1) {
      value = value * 2 + ((this.bytes[this.at >> 3] >> (7 - (this.at & 7))) & 1);
    }
    return value;
  }
}

const ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const NUMERIC_MODE = 1;
const ALPHANUMERIC_MODE = 2;
const BYTE_MODE = 4;
const COUNT_BITS = { [NUMERIC_MODE]: [10, 12, 14], [ALPHANUMERIC_MODE]: [9, 11, 13], [BYTE_MODE]: [8, 16, 16] };
const SEGMENTS = { [NUMERIC_MODE]: numeric, [ALPHANUMERIC_MODE]: alphanumeric, [BYTE_MODE]: byteText };

/* Other modes (Kanji, ECI, parts of a series) are not those of a certificate: null. */
function readText(bits, version) {
  const widths = version < 10 ? 0 : version < 27 ? 1 : 2;
  let text = "";
  try {
    while (bits.left >= 4) {
      const mode = bits.take(4);
      if (mode === 0) break;
      if (!SEGMENTS[mode]) return null;
      text += SEGMENTS[mode](bits, bits.take(COUNT_BITS[mode][widths]));
    }
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
  return text;
}

function numeric(bits, count) {
  let text = "";
  for (let left = count; left > 0; left -= 3) {
    const digits = Math.min(left, 3);
    text += String(bits.take([0, 4, 7, 10][digits])).padStart(digits, "0");
  }
  return text;
}

function alphanumeric(bits, count) {
  let text = "";
  for (let left = count; left > 0; left -= 2) {
    if (left === 1) return text + ALPHANUMERIC[bits.take(6)];
    const pair = bits.take(11);
    text += ALPHANUMERIC[Math.floor(pair / 45)] + ALPHANUMERIC[pair % 45];
  }
  return text;
}

function byteText(bits, count) {
  const bytes = Uint8Array.from({ length: count }, () => bits.take(8));
  return new TextDecoder().decode(bytes);
}

/* Finding a QR code in a picture: black and white by the neighbourhood's brightness, the three
   corner marks by their proportions 1:1:3:1:1, the fourth corner by its alignment mark; then the
   modules are looked up through the perspective that these four points give. */

import { readSymbol } from "./symbol.js";

const LEAST_MARK = 12; // pixels across
const MOST_MARKS = 12;
const MOST_TRIPLES = 8;
const DARKER_BY = 0.1; // a pixel is dark when this much darker than its neighbourhood

/** The text of a QR code in grey values (`width` × `height` bytes); null for none. `ways`: sharp (0),
    smoothed against noise (1). */
export function readPicture(grey, width, height, ways = [0, 1]) {
  const sums = tableOfSums(grey, width, height);
  for (const smooth of ways) {
    const picture = new Picture(sums, width, height, smooth);
    for (const corners of triples(marks(picture))) {
      const text = readBetween(picture, corners);
      if (text) return text;
    }
  }
  return null;
}

class Picture {
  constructor(sums, width, height, smooth) {
    this.width = width;
    this.height = height;
    this.bits = blackAndWhite(sums, width, height, smooth);
  }

  dark(x, y) {
    const [column, row] = [Math.floor(x), Math.floor(y)];
    return column >= 0 && row >= 0 && column < this.width && row < this.height && this.bits[row * this.width + column] === 1;
  }
}

/* Of each corner of the pixels, the sum of all grey values above and left of it. */
function tableOfSums(grey, width, height) {
  const sums = new Uint32Array((width + 1) * (height + 1));
  for (let row = 0; row < height; row += 1) {
    let sum = 0;
    for (let column = 0; column < width; column += 1) {
      sum += grey[row * width + column];
      sums[(row + 1) * (width + 1) + column + 1] = sums[row * (width + 1) + column + 1] + sum;
    }
  }
  return sums;
}

/* Each pixel (`smooth`: with that many around it, against noise) is compared with the mean of a
   large square around it. */
function blackAndWhite(sums, width, height, smooth) {
  const reach = Math.max(8, Math.round(Math.max(width, height) / 14));
  const bits = new Uint8Array(width * height);
  const line = width + 1;
  const mean = (column, row, by) => {
    const [left, right] = [Math.max(0, column - by), Math.min(width, column + by + 1)];
    const [top, bottom] = [Math.max(0, row - by), Math.min(height, row + by + 1)];
    const above = sums[top * line + right] - sums[top * line + left];
    return (sums[bottom * line + right] - sums[bottom * line + left] - above) / ((bottom - top) * (right - left));
  };
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const isDark = mean(column, row, smooth) < mean(column, row, reach) * (1 - DARKER_BY);
      if (isDark) bits[row * width + column] = 1;
    }
  }
  return bits;
}

// ------------------------------------------------------------------ corner marks

/* The lengths of five runs: do they look like a line through the middle of a corner mark? */
function isMark(runs) {
  const total = runs.reduce((sum, run) => sum + run, 0);
  const module = total / 7;
  return (
    total >= LEAST_MARK &&
    runs.every((run, index) => {
      const wanted = index === 2 ? 3 : 1;
      return run > 0 && Math.abs(run - wanted * module) < wanted * module * 0.6;
    })
  );
}

/* Corner marks: `{x, y, width, seen}`, those seen on most lines first. */
function marks(picture) {
  const found = [];
  for (let row = 0; row < picture.height; row += 1) {
    const runs = rowRuns(picture, row);
    for (let index = 0; index + 4 < runs.length; index += 1) {
      const five = runs.slice(index, index + 5);
      if (!five[0].dark || !isMark(five.map(({ length }) => length))) continue;
      const middle = five[2].start + five[2].length / 2;
      const mark = confirmed(picture, middle, row);
      if (mark) remember(found, mark);
    }
  }
  return found.sort((a, b) => b.seen - a.seen).slice(0, MOST_MARKS);
}

function rowRuns(picture, row) {
  const runs = [];
  const { bits, width } = picture;
  let start = 0;
  for (let column = 1; column <= width; column += 1) {
    const at = row * width + column;
    if (column === width || bits[at] !== bits[at - 1]) {
      runs.push({ start, length: column - start, dark: bits[at - 1] === 1 });
      start = column;
    }
  }
  return runs;
}

/* The mark whose middle is near here, if its height and then its width have the proportions too. */
function confirmed(picture, x, y) {
  const vertical = across(picture, x, y, 0, 1);
  if (!vertical) return null;
  const middle = y + vertical.offset;
  const horizontal = across(picture, x, middle, 1, 0);
  if (!horizontal) return null;
  const ratio = horizontal.length / vertical.length;
  if (ratio < 0.5 || ratio > 2) return null;
  return { x: x + horizontal.offset, y: middle, width: (horizontal.length + vertical.length) / 2, seen: 1 };
}

/* The five runs through a point in one direction; `offset` leads to their middle. */
function across(picture, x, y, dx, dy) {
  if (!picture.dark(x, y)) return null;
  const before = walk(picture, x, y, -dx, -dy);
  const after = walk(picture, x, y, dx, dy);
  if (!before || !after) return null;
  const runs = [before[2], before[1], before[0] + after[0] - 1, after[1], after[2]];
  if (!isMark(runs)) return null;
  return { length: runs.reduce((sum, run) => sum + run, 0), offset: (after[0] - before[0]) / 2 };
}

/* Dark, light and dark pixels from a dark one on, itself included. */
function walk(picture, x, y, dx, dy) {
  const runs = [0, 0, 0];
  let [part, column, row] = [0, Math.floor(x), Math.floor(y)];
  while (column >= 0 && row >= 0 && column < picture.width && row < picture.height) {
    if (picture.dark(column, row) !== (part % 2 === 0)) part += 1;
    if (part === 3) return runs;
    runs[part] += 1;
    column += dx;
    row += dy;
  }
  return part === 2 ? runs : null;
}

function remember(found, mark) {
  const near = found.find((known) => Math.hypot(known.x - mark.x, known.y - mark.y) < known.width / 3);
  if (!near) {
    found.push(mark);
    return;
  }
  const mean = (field) => (near[field] * near.seen + mark[field]) / (near.seen + 1);
  Object.assign(near, { x: mean("x"), y: mean("y"), width: mean("width"), seen: near.seen + 1 });
}

// ------------------------------------------------------------------ three of them

/* Threes that could be one code's, best first: `{topLeft, topRight, bottomLeft}`. */
function triples(found) {
  const candidates = [];
  for (let i = 0; i < found.length; i += 1) {
    for (let j = i + 1; j < found.length; j += 1) {
      for (let k = j + 1; k < found.length; k += 1) {
        const corners = ordered([found[i], found[j], found[k]]);
        if (corners) candidates.push(corners);
      }
    }
  }
  return candidates.sort((a, b) => a.error - b.error).slice(0, MOST_TRIPLES);
}

/* The top left one is opposite the longest side; `error` is how far from a right-angled, equal
   triangle of equal, true marks they are. */
function ordered(three) {
  const widths = three.map(({ width }) => width);
  if (Math.max(...widths) > 2 * Math.min(...widths)) return null;
  const sides = three.map((mark, index) => {
    const [one, other] = three.filter((_mark, at) => at !== index);
    return { opposite: mark, one, other, length: distance(one, other) };
  });
  sides.sort((a, b) => b.length - a.length);
  const [longest, second, third] = sides;
  if (third.length < 1.6 * Math.min(...widths)) return null; // version 1: twice the width
  const square = longest.length ** 2;
  const error =
    Math.abs(square - second.length ** 2 - third.length ** 2) / square +
    (second.length - third.length) / second.length +
    (Math.max(...widths) - Math.min(...widths)) / Math.max(...widths) +
    three.reduce((sum, mark) => sum + doubt(mark), 0);
  if (error > 2) return null;
  const topLeft = longest.opposite;
  let [topRight, bottomLeft] = [longest.one, longest.other];
  const turn =
    (topRight.x - topLeft.x) * (bottomLeft.y - topLeft.y) - (topRight.y - topLeft.y) * (bottomLeft.x - topLeft.x);
  if (turn < 0) [topRight, bottomLeft] = [bottomLeft, topRight];
  return { topLeft, topRight, bottomLeft, error };
}

/* A true mark is seen on every line through its middle square, three sevenths of its width. */
function doubt({ seen, width }) {
  return Math.max(0, 1 - seen / ((width * 3) / 7));
}

const distance = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);

// ------------------------------------------------------------------ the modules

function readBetween(picture, corners) {
  const { topLeft, topRight, bottomLeft } = corners;
  const sides = [topRight, bottomLeft].map((end) => {
    // Seen at an angle, modules grow from one end to the other: the geometric mean counts them.
    const module = Math.sqrt(moduleAlong(picture, topLeft, end) * moduleAlong(picture, end, topLeft));
    return distance(topLeft, end) / module;
  });
  if (Math.abs(sides[0] - sides[1]) > 0.3 * Math.max(...sides)) return null;
  const guess = Math.round(((sides[0] + sides[1]) / 2 + 7 - 17) / 4);
  if (!Number.isFinite(guess)) return null;
  for (const version of [guess, guess - 1, guess + 1, guess - 2, guess + 2]) {
    const text = version >= 1 && version <= 40 ? readVersion(picture, corners, version) : null;
    if (text) return text;
  }
  return null;
}

/* The size of a module: both ways from the middle of a mark, three and a half of them to its edge. */
function moduleAlong(picture, from, to) {
  const length = distance(from, to);
  const [dx, dy] = [(to.x - from.x) / length, (to.y - from.y) / length];
  const reaches = [1, -1].map((way) => reach(picture, from, dx * way, dy * way, length)).filter(Boolean);
  return reaches.reduce((sum, each) => sum + each, 0) / reaches.length / 3.5;
}

function reach(picture, { x, y }, dx, dy, limit) {
  let part = 0;
  for (let gone = 0; gone < limit; gone += 0.25) {
    if (picture.dark(x + dx * gone, y + dy * gone) !== (part % 2 === 0)) part += 1;
    if (part === 3) return gone;
  }
  return 0;
}

function readVersion(picture, corners, version) {
  const size = version * 4 + 17;
  const ends = [[3.5, 3.5], [size - 3.5, 3.5], [3.5, size - 3.5]];
  const points = [corners.topLeft, corners.topRight, corners.bottomLeft];
  for (const fourth of fourthPoints(picture, corners, size)) {
    const view = perspective([...ends, fourth.end], [...points, fourth.point]);
    const dark = (row, column) => picture.dark(...view(column + 0.5, row + 0.5));
    const text = view && readSymbol(size, dark);
    if (text) return text;
  }
  return null;
}

/* What the fourth corner may be taken from, best first: the alignment mark, looked for where the
   outer edges of the code lead to; where those edges meet; the corner of a parallelogram. */
function fourthPoints(picture, { topLeft, topRight, bottomLeft }, size) {
  const parallel = { x: topRight.x + bottomLeft.x - topLeft.x, y: topRight.y + bottomLeft.y - topLeft.y };
  const flat = { end: [size - 3.5, size - 3.5], point: parallel };
  const right = direction(topLeft, topRight);
  const down = direction(topLeft, bottomLeft);
  const meeting = edgesMeet(picture, topRight, bottomLeft, right, down);
  const found = meeting ? [{ end: [size, size], point: meeting }, flat] : [flat];
  if (size < 25) return found;
  const aligned = found.map(({ end, point }) => {
    const ends = [[3.5, 3.5], [size - 3.5, 3.5], [3.5, size - 3.5], end];
    const view = perspective(ends, [topLeft, topRight, bottomLeft, point]);
    return view && alignment(picture, view, size - 6.5);
  });
  return [...aligned.filter(Boolean).map((point) => ({ end: [size - 6.5, size - 6.5], point })), ...found];
}

function direction(from, to) {
  const length = distance(from, to);
  return { x: (to.x - from.x) / length, y: (to.y - from.y) / length };
}

/* Where the right edge of the top right mark and the lower edge of the bottom left one meet. */
function edgesMeet(picture, topRight, bottomLeft, right, down) {
  const one = outerCorners(picture, topRight, right, down);
  const other = outerCorners(picture, bottomLeft, right, down);
  if (!one || !other) return null;
  return crossing(one.topRight, one.bottomRight, other.bottomLeft, other.bottomRight);
}

/* The corners of a mark's outer ring, which is filled from one of its pixels on. */
function outerCorners(picture, mark, right, down) {
  const start = ringPixel(picture, mark, right);
  if (!start) return null;
  const best = Object.fromEntries(["topRight", "bottomRight", "bottomLeft"].map((name) => [name, { far: -Infinity }]));
  const keep = (corner, far, x, y) => {
    if (far > corner.far) Object.assign(corner, { far, x, y });
  };
  const seen = new Set([start]);
  const waiting = [start];
  const limit = (2 * mark.width) ** 2;
  while (waiting.length) {
    const pixel = waiting.pop();
    const [column, row] = [pixel % picture.width, Math.floor(pixel / picture.width)];
    if (seen.size > limit) return null; // it runs into the data
    const [x, y] = [column + 0.5, row + 0.5];
    const along = (x - mark.x) * right.x + (y - mark.y) * right.y;
    const below = (x - mark.x) * down.x + (y - mark.y) * down.y;
    keep(best.topRight, along - below, x, y);
    keep(best.bottomRight, along + below, x, y);
    keep(best.bottomLeft, below - along, x, y);
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      const next = pixel + dx + dy * picture.width;
      if (!seen.has(next) && picture.dark(column + dx, row + dy)) {
        seen.add(next);
        waiting.push(next);
      }
    }
  }
  return best;
}

function ringPixel(picture, { x, y, width }, { x: dx, y: dy }) {
  let part = 0;
  for (let gone = 0; gone < width; gone += 0.5) {
    const [px, py] = [x + dx * gone, y + dy * gone];
    if (picture.dark(px, py) !== (part % 2 === 0)) part += 1;
    if (part === 2) return Math.floor(py) * picture.width + Math.floor(px);
  }
  return 0;
}

/* Where the lines a–b and c–d cross. */
function crossing(a, b, c, d) {
  const [ux, uy, vx, vy] = [b.x - a.x, b.y - a.y, d.x - c.x, d.y - c.y];
  const turn = ux * vy - uy * vx;
  if (Math.abs(turn) < 1e-6) return null;
  const share = ((c.x - a.x) * vy - (c.y - a.y) * vx) / turn;
  return { x: a.x + share * ux, y: a.y + share * uy };
}

const ALIGNMENT = [-2, -1, 0, 1, 2].flatMap((row) =>
  [-2, -1, 0, 1, 2].map((column) => ({ row, column, dark: Math.max(Math.abs(row), Math.abs(column)) !== 1 })),
);
const SURE = 22; // of 25 modules

/* The middle of the alignment mark at module `at`, as far as `view` is right: near first, then
   further off; null where nothing like it is there. */
function alignment(picture, view, at) {
  const [x, y] = view(at, at);
  const [rightX, rightY] = view(at + 1, at);
  const [downX, downY] = view(at, at + 1);
  const right = { x: rightX - x, y: rightY - y };
  const down = { x: downX - x, y: downY - y };
  const module = (Math.hypot(right.x, right.y) + Math.hypot(down.x, down.y)) / 2;
  if (!(module < picture.width / 21)) return null; // no symbol has fewer modules
  return bestMatch(picture, { x, y }, right, down, 3 * module) || bestMatch(picture, { x, y }, right, down, 7 * module);
}

function bestMatch(picture, expected, right, down, radius) {
  let best = { score: SURE - 1, x: 0, y: 0, count: 1 };
  const pace = Math.max(1, Math.floor(Math.hypot(right.x, right.y) / 6));
  for (let dy = -radius; dy <= radius; dy += pace) {
    for (let dx = -radius; dx <= radius; dx += pace) {
      const [x, y] = [expected.x + dx, expected.y + dy];
      if (!picture.dark(x, y)) continue;
      const score = matching(picture, x, y, right, down);
      if (score > best.score) best = { score, x, y, count: 1 };
      else if (score === best.score && score >= SURE) {
        best = { score, x: best.x + x, y: best.y + y, count: best.count + 1 };
      }
    }
  }
  return best.score >= SURE ? { x: best.x / best.count, y: best.y / best.count } : null;
}

function matching(picture, x, y, right, down) {
  let score = 0;
  for (const { row, column, dark } of ALIGNMENT) {
    const [px, py] = [x + column * right.x + row * down.x, y + column * right.y + row * down.y];
    if (picture.dark(px, py) === dark) score += 1;
  }
  return score;
}

/** The mapping that takes four points of the symbol to four of the picture; null where there is none. */
function perspective(from, to) {
  const rows = from.flatMap(([u, v], index) => {
    const { x, y } = to[index];
    return [[u, v, 1, 0, 0, 0, -u * x, -v * x, x], [0, 0, 0, u, v, 1, -u * y, -v * y, y]];
  });
  const solved = solve(rows);
  if (!solved) return null;
  const [a, b, c, d, e, f, g, h] = solved;
  return (u, v) => {
    const depth = g * u + h * v + 1;
    return [(a * u + b * v + c) / depth, (d * u + e * v + f) / depth];
  };
}

/* Gauss's elimination with the largest pivot; each row ends with its right side. */
function solve(rows) {
  const count = rows.length;
  for (let column = 0; column < count; column += 1) {
    let pivot = column;
    for (let row = column + 1; row < count; row += 1) {
      if (Math.abs(rows[row][column]) > Math.abs(rows[pivot][column])) pivot = row;
    }
    [rows[column], rows[pivot]] = [rows[pivot], rows[column]];
    if (Math.abs(rows[column][column]) < 1e-9) return null;
    for (let row = 0; row < count; row += 1) {
      if (row === column) continue;
      const factor = rows[row][column] / rows[column][column];
      for (let index = column; index <= count; index += 1) rows[row][index] -= factor * rows[column][index];
    }
  }
  return rows.map((row, index) => row[count] / row[index]);
}

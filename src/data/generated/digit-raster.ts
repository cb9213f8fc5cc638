/**
 * Converts a polyline to a 28 x 28 image, with the steps used for MNIST (LeCun, Bottou, Bengio, Haffner 1998, sec.
 * III-A): a black-and-white scan, reduced by area averaging so that the figure fills a box of 20 x 20 pixels, then
 * placed with its centre of mass in the centre of 28 x 28.
 */
import type { Line } from "./digit-pen.js";
import type { RandomSource } from "../random-source.js";

export const imageSide = 28;
export const boxSide = 20;

/** Maximum dots of the scan per pixel; the scan has a margin of `margin` dots on each side. */
const mostDots = 3.2;
const margin = 3;
const scanSide = Math.ceil(boxSide * mostDots) + 2 * margin;
/** Larger than any distance from a line. */
const far = 1e3;

/** Signed distance of each dot from the line's edge, in dots, negative inside. */
const distance = new Float32Array(scanSide * scanSide);
/** The box of 20 x 20 with a margin of 4 pixels. */
const area = new Float64Array(imageSide * imageSide);

/** Renders `line` (in pixels of the box) into `image` from `offset`; the image must be 0 there. */
export function raster(image: Uint8Array, offset: number, line: Line, source: RandomSource): void {
  const dots = source.between(2, mostDots);
  const roughness = source.between(0.15, 0.6);
  const ink = 253 + source.integer(3);
  const side = Math.ceil(boxSide * dots) + 2 * margin;
  distance.fill(far, 0, side * scanSide);
  for (let i = 0; i < line.count; i++) {
    const from = line.joined[i] === 1 ? i - 1 : i;
    if (from < i || i + 1 === line.count || line.joined[i + 1] === 0) drawSegment(line, from, i, dots);
  }
  area.fill(0);
  scan(dots, side, roughness, source.integer(4294967296));
  centre(image, offset, ink / (dots * dots));
}

/** Lowers the distances around one segment, whose radius changes linearly from one end to the other. */
function drawSegment(line: Line, from: number, to: number, dots: number): void {
  const x0 = line.x[from] * dots + margin - 0.5;
  const y0 = line.y[from] * dots + margin - 0.5;
  const r0 = line.radius[from] * dots;
  const dx = line.x[to] * dots + margin - 0.5 - x0;
  const dy = line.y[to] * dots + margin - 0.5 - y0;
  const dr = line.radius[to] * dots - r0;
  const reach = (dr > 0 ? r0 + dr : r0) + 1;
  const left = clampDot(Math.floor((dx < 0 ? x0 + dx : x0) - reach));
  const right = clampDot(Math.floor((dx > 0 ? x0 + dx : x0) + reach) + 1);
  const top = clampDot(Math.floor((dy < 0 ? y0 + dy : y0) - reach));
  const bottom = clampDot(Math.floor((dy > 0 ? y0 + dy : y0) + reach) + 1);
  const square = dx * dx + dy * dy;
  const inverse = square > 0 ? 1 / square : 0;
  for (let y = top; y <= bottom; y++) {
    const ey = y - y0;
    for (let x = left; x <= right; x++) {
      const at = y * scanSide + x;
      // Inside the pen for any noise.
      if (distance[at] < -1) continue;
      const ex = x - x0;
      let t = (ex * dx + ey * dy) * inverse;
      t = t < 0 ? 0 : t > 1 ? 1 : t;
      const px = ex - t * dx;
      const py = ey - t * dy;
      const away = px * px + py * py;
      if (away >= reach * reach) continue;
      const signed = Math.sqrt(away) - r0 - t * dr;
      if (signed < distance[at]) distance[at] = signed;
    }
  }
}

function clampDot(value: number): number {
  return value < 0 ? 0 : value > scanSide - 1 ? scanSide - 1 : value;
}

/**
 * Sets each dot to black or white, with a ragged edge, and adds it to the pixels in proportion to the area it covers.
 */
function scan(dots: number, side: number, roughness: number, key: number): void {
  const shift = (imageSide - boxSide) / 2;
  for (let y = 0; y < side; y++) {
    const top = (y - margin) / dots + shift;
    const row = Math.floor(top);
    const lower = dotShare(top, row, dots);
    for (let x = 0; x < side; x++) {
      const at = y * scanSide + x;
      if (distance[at] >= 1) continue;
      if (distance[at] + roughness * noise(key + at) >= 0) continue;
      const left = (x - margin) / dots + shift;
      const column = Math.floor(left);
      const right = dotShare(left, column, dots);
      const pixel = row * imageSide + column;
      area[pixel] += (1 - lower) * (1 - right);
      area[pixel + 1] += (1 - lower) * right;
      area[pixel + imageSide] += lower * (1 - right);
      area[pixel + imageSide + 1] += lower * right;
    }
  }
}

/** The share of a dot starting at `start` that lies beyond pixel `pixel`. */
function dotShare(start: number, pixel: number, dots: number): number {
  const beyond = (start - pixel - 1) * dots + 1;
  return beyond > 0 ? beyond : 0;
}

/** Triangular distribution in (-1, 1): the sum of the two halves of a hashed word (Wellons 2018, lowbias32). */
function noise(word: number): number {
  let x = word | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  x ^= x >>> 16;
  return ((x >>> 16) + (x & 0xffff)) / 65536 - 1;
}

/** Moves the centre of mass to the centre by whole pixels, and rounds. */
function centre(image: Uint8Array, offset: number, gain: number): void {
  let mass = 0;
  let massX = 0;
  let massY = 0;
  for (let y = 0; y < imageSide; y++) {
    for (let x = 0; x < imageSide; x++) {
      const value = area[y * imageSide + x];
      mass += value;
      massX += value * x;
      massY += value * y;
    }
  }
  // MNIST's centre, as measured, is the pixel of index 14: half a pixel to the right of and below the image's centre.
  const middle = imageSide / 2;
  const dx = mass > 0 ? Math.floor(middle - massX / mass + 0.5) : 0;
  const dy = mass > 0 ? Math.floor(middle - massY / mass + 0.5) : 0;
  for (let y = 0; y < imageSide; y++) {
    for (let x = 0; x < imageSide; x++) {
      const value = Math.floor(area[y * imageSide + x] * gain + 0.5);
      const inside = x + dx >= 0 && x + dx < imageSide && y + dy >= 0 && y + dy < imageSide;
      if (value > 0 && inside) image[offset + (y + dy) * imageSide + x + dx] = value > 255 ? 255 : value;
    }
  }
}

/**
 * sin, cos, log and exp in f64, computed only with + - * / and bit operations, so that every engine gives the same
 * bits. The results of `Math.sin` and similar functions are implementation-defined (ECMA-262, 21.3) and do differ. Each
 * function reduces its argument and sums the Taylor series there. Error below 4e-16 of the result (sin and cos: of 1).
 */
import { isLittleEndian } from "./byte-order.js";

const bytes = /* @__PURE__ */ new ArrayBuffer(8);
const double = /* @__PURE__ */ new Float64Array(bytes);
const words = /* @__PURE__ */ new Uint32Array(bytes);
/** Index of the word of an f64 that holds sign and exponent. */
const high = /* @__PURE__ */ isLittleEndian() ? 1 : 0;

/** 2^e for -1022 <= e <= 1023. */
function powerOfTwo(e: number): number {
  words[1 - high] = 0;
  words[high] = (e + 1023) << 20;
  return double[0];
}

/**
 * log 2 and pi / 2 split into parts: the leading parts have few enough bits that a product with a small integer is
 * exact.
 */
const log2Head = 6.9314718036912381649e-1; // 33 bits
const log2Tail = 1.90821492927058770002e-10;
const halfPiHead = 1.57079632673412561417; // 33 bits
const halfPiMiddle = 6.0771005063039659766e-11; // 33 bits
const halfPiTail = 2.02226624879595063154e-21;

/**
 * Natural logarithm: x = 2^e m with m in [sqrt(1/2), sqrt 2); log m = 2 atanh(s), s = (m - 1) / (m + 1), |s| < 0.172.
 */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return x;
  let e = 0;
  if (x < 2 ** -1022) {
    x *= 2 ** 54;
    e = -54;
  }
  double[0] = x;
  e += (words[high] >>> 20) - 1023;
  words[high] = (words[high] & 0xfffff) | 0x3ff00000;
  let m = double[0];
  if (m > Math.SQRT2) {
    m /= 2;
    e++;
  }
  const f = m - 1;
  const s = f / (2 + f);
  const z = s * s;
  let series = 0;
  for (let k = 23; k >= 3; k -= 2) series = (series + 1 / k) * z;
  // 2 s = f - s f, which keeps the leading term exact.
  return e * log2Head + (f - (s * (f - 2 * series) - e * log2Tail));
}

/** e^x: x = n log 2 + r with |r| <= log(2) / 2. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.782712893384) return Infinity;
  if (x < -745.1332191019412) return 0;
  const n = Math.round(x / Math.LN2);
  const r = x - n * log2Head - n * log2Tail;
  let series = 1;
  for (let k = 14; k >= 1; k--) series = 1 + (r / k) * series;
  // 2^n is applied as two factors, for results above 2^1023 and below 2^-1022.
  const half = n >> 1;
  return series * powerOfTwo(half) * powerOfTwo(n - half);
}

/** sin(r + quarter pi / 2) for |r| <= pi / 4. */
function turned(r: number, quarter: number): number {
  const z = r * r;
  let value: number;
  if ((quarter & 1) === 0) {
    value = 0;
    for (let k = 18; k >= 2; k -= 2) value = ((1 + value) * -z) / (k * (k + 1));
    value = r + r * value;
  } else {
    value = 0;
    for (let k = 17; k >= 1; k -= 2) value = ((1 + value) * -z) / (k * (k + 1));
    value = 1 + value;
  }
  return (quarter & 2) === 0 ? value : -value;
}

/**
 * sin(x + quarter pi / 2). The three parts of pi / 2 suffice for |x| < 2^20; for larger x the error grows to 2^-53 |x|.
 */
function sine(x: number, quarter: number): number {
  if (!Number.isFinite(x)) return NaN;
  const n = Math.round(x / (Math.PI / 2));
  const r = x - n * halfPiHead - n * halfPiMiddle - n * halfPiTail;
  return turned(r, (n + quarter) % 4);
}

/** Sine of x radians. */
export function sin(x: number): number {
  return x === 0 ? x : sine(x, 0);
}

/** Cosine of x radians. */
export function cos(x: number): number {
  return sine(x, 1);
}

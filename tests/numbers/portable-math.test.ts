import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../../scripts/host.js";
import { cos, exp, log, sin } from "../../src/numbers/portable-math.js";
import { uniforms } from "../../src/numbers/philox.js";

const tolerance = 1e-14;
const points = uniforms(20_000, { seed: 1, step: 0, stream: 1 });
const relative = (actual: number, expected: number) => Math.abs(actual - expected) / Math.abs(expected);
const worst = (errors: Float64Array) => errors.reduce((a, b) => Math.max(a, b), 0);

/** FNV-1a hash of the results' bits. */
function fingerprint(f: (x: number) => number, xs: Float64Array): string {
  let hash = 0x811c9dc5;
  for (const byte of new Uint8Array(xs.map(f).buffer)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16);
}

describe("portable math", () => {
  it("log agrees with the engine's to 1e-14, over all magnitudes and near 1", () => {
    expect(worst(points.map((u) => relative(log(u * 10), Math.log(u * 10))).filter(Number.isFinite))).toBeLessThan(
      tolerance,
    );
    expect(
      worst(points.map((u) => relative(log(2 ** (2000 * u - 1000)), Math.log(2 ** (2000 * u - 1000))))),
    ).toBeLessThan(tolerance);
    expect(
      worst(
        points.map((u) => relative(log(1 + (u - 0.5) / 1e6), Math.log(1 + (u - 0.5) / 1e6))).filter(Number.isFinite),
      ),
    ).toBeLessThan(tolerance);
  });

  it("exp agrees with the engine's to 1e-14, into the subnormals", () => {
    expect(worst(points.map((u) => relative(exp(1400 * u - 700), Math.exp(1400 * u - 700))))).toBeLessThan(tolerance);
    expect(worst(points.map((u) => relative(exp(u - 0.5), Math.exp(u - 0.5))))).toBeLessThan(tolerance);
    expect(Math.abs(exp(-744) - Math.exp(-744))).toBeLessThanOrEqual(2 ** -1074);
  });

  it("sin and cos agree with the engine's to 1e-14, to 2^20 radians", () => {
    for (const scale of [1, 100, 2 ** 21]) {
      const xs = points.map((u) => (u - 0.5) * scale);
      expect(worst(xs.map((x) => Math.abs(sin(x) - Math.sin(x))))).toBeLessThan(tolerance);
      expect(worst(xs.map((x) => Math.abs(cos(x) - Math.cos(x))))).toBeLessThan(tolerance);
    }
  });

  it("takes zero, infinities and not-a-number as Math does", () => {
    const special = [0, -0, 1, -1, Infinity, -Infinity, NaN, Number.MIN_VALUE, 2 ** -1022];
    for (const x of special) {
      expect(relative(log(x), Math.log(x)) < tolerance || Object.is(log(x), Math.log(x)), `log ${x}`).toBe(true);
      expect(relative(exp(x), Math.exp(x)) < tolerance || Object.is(exp(x), Math.exp(x)), `exp ${x}`).toBe(true);
      expect(Math.abs(sin(x) - Math.sin(x)) < tolerance || Object.is(sin(x), Math.sin(x)), `sin ${x}`).toBe(true);
      expect(Math.abs(cos(x) - Math.cos(x)) < tolerance || Object.is(cos(x), Math.cos(x)), `cos ${x}`).toBe(true);
    }
    for (const x of [0, -0]) for (const f of [log, exp, sin, cos]) expect(f(x)).toBe(Math[f.name as "log"](x));
    expect(exp(709.78)).toBeLessThan(Infinity);
    expect(exp(709.79)).toBe(Infinity);
    expect(exp(-746)).toBe(0);
  });

  it("gives the same bits in every engine", () => {
    const xs = points.map((u) => 200 * u - 100);
    expect([log, exp, sin, cos].map((f) => fingerprint(f, f === log ? xs.map(Math.abs) : xs))).toEqual([
      "927334b0",
      "4efe8007",
      "3da8ef59",
      "4e11faa8",
    ]);
  });
});

/**
 * Where functions of `Math` may be used that engines compute differently (V8 on arm64 has other bits than on x64 in sin, cos, exp,
 * log1p and more): nothing there becomes a weight or a sample.
 */
const allowed = [
  /^(bench|cli|metrics|report)\//, // scores, times and charts
  /^ops\/(elementwise|special)\.ts$/, // the f64 reference, to which kernels are compared
  /^models\/vae\/(likelihood|score)\.ts$/, // measures
  /^models\/rbm\/(annealing|exact-partition|record-units)\.ts$/, // measures
  /^models\/gan\/(dcgan|r3gan)\.ts$/, // log2 of a power of two
  /^domains\/levels\/(pattern-kl|write-level)\.ts$/, // a score, colours
  /^(host\/listing|numbers\/ticks)\.ts$/, // numbers as text
];

const engines = /\bMath\.(a?(cos|sin|tan)h?|atan2|exp|expm1|log|log2|log10|log1p|pow|cbrt|hypot)\b/;

it("nothing that is trained or drawn depends on the engine's functions", () => {
  const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => file.endsWith(".ts"));
  const using = files.filter((file) =>
    readFileSync(join(root, "src", file), "utf8")
      .split("\n")
      .some((line) => !/^\s*(\*|\/\/|\/\*)/.test(line) && engines.test(line)),
  );
  expect(using.filter((file) => !allowed.some((one) => one.test(file)))).toEqual([]);
  for (const one of allowed)
    expect(
      using.some((file) => one.test(file)),
      `${one} is of use`,
    ).toBe(true);
});

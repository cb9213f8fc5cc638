/**
 * Accuracy of the vectorised functions: the largest error in ulp that assembly/vector states, measured against f64 over
 * dense samples of each range, every exponent, and the special values.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Micro } from "../../assembly/opcode.js";
import { erf } from "./erf.js";
import { builds, contiguous, createMachine, type Machine, mapCommand, names, randomSource, ulps } from "./harness.js";

interface Accuracy {
  op: Micro;
  of: (x: number) => number;
  /** As stated in assembly/vector. */
  ulp: number;
  /** Operands whose errors were the largest in a sweep over every f32, with one build or the other. */
  worst: readonly number[];
  /** Where it is sampled densely. */
  ranges: readonly (readonly [number, number])[];
  /** Every exponent of f32 is sampled where this holds. */
  valid?: (x: number) => boolean;
}

const { exp, expm1, log, log1p } = Math;
const all: [number, number][] = [
  [-100, 100],
  [-1, 1],
  [-0.01, 0.01],
  [-20, 20],
];
const sigmoid = (x: number) => (x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)));
const softplus = (x: number) => Math.max(x, 0) + log1p(exp(-Math.abs(x)));

const functions: readonly Accuracy[] = [
  {
    op: Micro.Exp,
    of: exp,
    ulp: 1.1,
    worst: [70.39851379394531, -5.849376678466797, -81.38713836669922, -38.41550064086914],
    ranges: [[-104, 89], ...all],
  },
  {
    op: Micro.Expm1,
    of: expm1,
    ulp: 1.7,
    worst: [0.39318540692329407, 0.3730238974094391, 0.3996131122112274],
    ranges: [[-20, 89], [-0.7, 0.7], ...all],
  },
  {
    op: Micro.Log,
    of: log,
    ulp: 0.9,
    worst: [1.3964897394180298, 0.7067896723747253, 1.4009095430374146],
    ranges: [
      [0, 10],
      [0.5, 2],
      [0.99, 1.01],
      [0, 1e-37],
    ],
    valid: (x) => x >= 0,
  },
  {
    op: Micro.Log1p,
    of: log1p,
    ulp: 1.5,
    worst: [-8.940696716308594e-8, 0.3976420760154724],
    ranges: [
      [-1, 1],
      [-0.01, 0.01],
      [-1, 100],
      [-0.999999, -0.9],
    ],
    valid: (x) => x >= -1,
  },
  {
    op: Micro.Tanh,
    of: Math.tanh,
    ulp: 2.56,
    worst: [0.06228623166680336, 0.06253939121961594, 0.030948009341955185, 0.06235358491539955],
    ranges: [[-10, 10], ...all],
  },
  {
    op: Micro.Sigmoid,
    of: sigmoid,
    ulp: 2.41,
    worst: [-4.157293796539307, -5.542755126953125, -3.440061569213867],
    ranges: [[-104, 20], ...all],
  },
  {
    op: Micro.Softplus,
    of: softplus,
    ulp: 2.8,
    worst: [-2.757007598876953, -3.464146614074707, -2.0170528888702393],
    ranges: [[-104, 20], ...all],
  },
  { op: Micro.Sqrt, of: Math.sqrt, ulp: 0.5, worst: [], ranges: [[0, 4]], valid: (x) => x >= 0 },
  {
    op: Micro.Rsqrt,
    of: (x) => 1 / Math.sqrt(x),
    ulp: 1.5,
    worst: [1.0061858892440796, 4.024743556976318],
    ranges: [[0, 4]],
    valid: (x) => x >= 0,
  },
  {
    op: Micro.Sin,
    of: Math.sin,
    ulp: 1.6,
    worst: [7100.802734375, 26872.396484375, 243837.046875],
    ranges: [[-8192, 8192], [-(2 ** 20), 2 ** 20], [-7, 7], ...all],
    valid: (x) => Math.abs(x) <= 2 ** 20,
  },
  {
    op: Micro.Cos,
    of: Math.cos,
    ulp: 1.6,
    worst: [30434.98828125, 263110.78125, 53368.59375],
    ranges: [[-8192, 8192], [-(2 ** 20), 2 ** 20], [-7, 7], ...all],
    valid: (x) => Math.abs(x) <= 2 ** 20,
  },
  {
    op: Micro.Erf,
    of: erf,
    ulp: 1.22,
    worst: [0.9464738368988037, 1.0595678091049194, 0.9570921659469604],
    ranges: [[-5, 5], [-1.1, 1.1], [0.9, 1], ...all],
  },
];

const specials = [
  0,
  -0,
  Infinity,
  -Infinity,
  NaN,
  1,
  -1,
  1e-45,
  -1e-45,
  1.17549435e-38,
  5.9604645e-8,
  -5.9604645e-8,
  3.4028235e38,
  -3.4028235e38,
  88.72283,
  88.72284,
  -87.33655,
  -103.97208,
  -103.98,
  -104.5,
  709,
  0.5,
  2,
  20,
  -20,
  0.95,
  16777216,
];

for (const { build, available } of builds)
  describe.runIf(available)(build, () => {
    let machine: Machine;
    beforeAll(async () => {
      machine = await createMachine({
        build,
        heapBytes: 1 << 27,
      });
    });
    afterAll(() => machine.close());

    function apply(op: Micro, ...inputs: Float32Array[]): Float32Array {
      const count = inputs[0]!.length;
      const out = machine.reserve(count);
      const slots = [contiguous(out), ...inputs.map((input) => contiguous(machine.put(input)))];
      machine.run([mapCommand({ count, slots, micros: [{ op, out: 0, a: 1, b: 2 }] })]);
      return machine.f32(out, count);
    }

    /** The worst element. */
    function worst(results: Float32Array, exact: (i: number) => number): { ulp: number; at: number } {
      let ulp = 0,
        at = 0;
      for (let i = 0; i < results.length; i++) {
        const error = ulps(results[i]!, exact(i));
        if (error > ulp) [ulp, at] = [error, i];
      }
      return { ulp, at };
    }

    /** 64 numbers of either sign for each of f32's exponents, denormals included. */
    function everyExponent(): Float32Array {
      const next = randomSource(11);
      const words = Int32Array.from(
        { length: 2 * 255 * 64 },
        (_, i) => (i & 1 ? 1 << 31 : 0) | (Math.floor(i / 128) << 23) | Math.floor(next() * 2 ** 23),
      );
      return new Float32Array(words.buffer);
    }

    describe.each(functions)("$op", ({ op, of, ulp, worst: places, ranges, valid = () => true }) => {
      const check = (x: Float32Array) => {
        const y = apply(op, x);
        const { ulp: error, at } = worst(y, (i) => of(x[i]!));
        if (process.env.GENLOOM_TEST_PRINT)
          console.log(`${names.Micro[op]} [${x[0]} ...]: ${error.toFixed(3)} ulp at ${x[at]}`);
        expect(error, `${names.Micro[op]}(${x[at]}) is ${y[at]}, not ${of(x[at]!)}`).toBeLessThanOrEqual(ulp);
      };

      test.each(ranges)(`${names.Micro[op]} over [%f, %f]`, (low, high) => {
        const next = randomSource(3);
        check(Float32Array.from({ length: 200000 }, () => low + (high - low) * next()));
      });

      test.runIf(places.length > 0)(`${names.Micro[op]} where it is worst, and at the 2^15 f32 to either side`, () => {
        const around = (place: number) => {
          const word = new Int32Array(Float32Array.of(place).buffer)[0]!;
          return new Float32Array(Int32Array.from({ length: 2 ** 16 + 1 }, (_, i) => word - 2 ** 15 + i).buffer);
        };
        for (const place of places) check(around(place));
      });

      test(`${names.Micro[op]} over every exponent`, () => check(everyExponent().filter(valid)));

      test(`${names.Micro[op]} of special values`, () => {
        const x = Float32Array.from(specials).filter((value) => !Number.isFinite(value) || valid(value));
        const y = apply(op, x);
        for (let i = 0; i < x.length; i++) {
          const expected = Math.fround(of(x[i]!));
          if (Number.isFinite(expected) && expected !== 0)
            expect(ulps(y[i]!, of(x[i]!)), `${names.Micro[op]}(${x[i]}) is ${y[i]}`).toBeLessThanOrEqual(ulp);
          else expect(y[i], `${names.Micro[op]}(${Object.is(x[i], -0) ? "-0" : x[i]})`).toBe(expected);
        }
      });
    });

    test.each([Micro.Sin, Micro.Cos])("%i of huge arguments stays within [-1, 1]", (op) => {
      const y = apply(op, everyExponent().filter(Number.isFinite));
      expect(y.every((value) => Math.abs(value) <= 1)).toBe(true);
    });

    describe("pow", () => {
      const stated = 0.51;
      test.each([
        [0, 4, -4, 4],
        [0, 100, -20, 20],
        [0.9, 1.1, -900, 900],
        [0, 1e-30, -3, 3],
        [1e20, 1e30, -1, 1],
      ])("a in [%f, %f], b in [%f, %f]", (a0, a1, b0, b1) => {
        const next = randomSource(4);
        const a = Float32Array.from({ length: 200000 }, () => a0 + (a1 - a0) * next());
        const b = Float32Array.from(a, () => b0 + (b1 - b0) * next());
        const y = apply(Micro.Pow, a, b);
        const { ulp, at } = worst(y, (i) => a[i]! ** b[i]!);
        if (process.env.GENLOOM_TEST_PRINT) console.log(`Pow: ${ulp.toFixed(3)} ulp at ${a[at]} ** ${b[at]}`);
        expect(ulp, `${a[at]} ** ${b[at]} is ${y[at]}`).toBeLessThanOrEqual(stated);
      });

      test("has ECMAScript's special values", () => {
        const numbers = [
          0,
          -0,
          1,
          -1,
          2,
          -2,
          3,
          -3,
          0.5,
          -0.5,
          1.5,
          -2.5,
          Infinity,
          -Infinity,
          NaN,
          1e-45,
          -1e-45,
          3e38,
          -3e38,
          16777215,
          -16777215,
          16777216,
          33554433,
        ];
        const pairs = numbers.flatMap((a) => numbers.map((b) => [Math.fround(a), Math.fround(b)] as const));
        const y = apply(
          Micro.Pow,
          Float32Array.from(pairs, ([a]) => a),
          Float32Array.from(pairs, ([, b]) => b),
        );
        pairs.forEach(([a, b], i) => {
          const exact = a ** b;
          expect(ulps(y[i]!, exact), `${a} ** ${b} is ${y[i]}, not ${exact}`).toBeLessThanOrEqual(stated);
          if (exact === 0) expect(Object.is(y[i], exact), `${a} ** ${b} is ${y[i]}, not ${exact}`).toBe(true);
        });
      });
    });
  });

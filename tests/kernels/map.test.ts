/** The map kernel: every micro-operation, every kind of operand, tails, tiles, lanes. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Micro, Opcode, Status } from "../../assembly/opcode.js";
import {
  builds,
  constant,
  contiguous,
  createMachine,
  type Machine,
  mapCommand,
  names,
  periodic,
  randomSource,
  repeated,
  scalar,
  strided,
  temporary,
  ulps,
} from "./harness.js";
import { type MicroMeaning, micros } from "./micros.js";

for (const { build, available } of builds)
  describe.runIf(available)(build, () => {
    let machine: Machine;
    beforeAll(async () => {
      machine = await createMachine({ build, heapBytes: 1 << 26 });
    });
    afterAll(() => machine.close());

    /** Test values inside a domain, with zeros and equal neighbours so that comparisons see all cases. */
    function values(count: number, seed: number, [low, high]: readonly [number, number] = [-4, 4]): Float32Array {
      const next = randomSource(seed);
      return Float32Array.from({ length: count }, (_, i) =>
        low <= 0 && i % 7 === 3 ? 0 : low + (high - low) * next(),
      );
    }

    describe("micro-operations", () => {
      for (const op of Object.keys(micros).map(Number) as Micro[]) {
        const meaning = micros[op] as MicroMeaning;
        test(`${names.Micro[op]} against f64, with tails`, () => {
          for (const count of [1, 2, 3, 4, 5, 15, 16, 17, 63, 1023, 1024, 1025, 3000]) {
            const { p = 0, q = 0, domain } = meaning;
            const inputs = [1, 2, 3].slice(0, meaning.arity).map((seed) => values(count, seed, domain));
            if (inputs[1]) for (let i = 0; i < count; i += 11) inputs[1][i] = inputs[0]![i]!;
            const addresses = inputs.map((input) => machine.put(input, 4));
            const out = machine.reserve(count + 2, 8);
            const guard = machine.i32(out, count + 2).slice();
            const [a = 0, b = 0, c = 0] = addresses.map((_, i) => i + 1);
            const slots = [contiguous(out + 4), ...addresses.map(contiguous)];
            expect(machine.run([mapCommand({ count, slots, micros: [{ op, out: 0, a, b, c, p, q }] })])).toBe(
              Status.Done,
            );
            const result = machine.f32(out + 4, count);
            for (let i = 0; i < count; i++) {
              const [x = 0, y = 0, z = 0] = inputs.map((input) => input[i]!);
              const exact = meaning.of(x, y, z, p, q);
              const far = ulps(result[i]!, exact) > meaning.ulp && Math.abs(result[i]! - exact) > (meaning.slack ?? 0);
              if (far)
                expect.fail(
                  `${names.Micro[op]}(${x}, ${y}, ${z}) is ${result[i]}, not ${exact} (element ${i} of ${count})`,
                );
            }
            expect(machine.i32(out, 1)[0]).toBe(guard[0]);
            expect(machine.i32(out + 4 * (count + 1), 1)[0]).toBe(guard[count + 1]);
          }
        });
      }

      test("an element gets the same bits wherever it stands", () => {
        const count = 1024 + 27;
        const operands = [0.7, -1.3, 0.45].map((value) => machine.put(new Float32Array(count).fill(value)));
        for (const op of Object.keys(micros).map(Number) as Micro[]) {
          const out = machine.reserve(count);
          const slots = [contiguous(out), ...operands.map(contiguous)];
          machine.run([mapCommand({ count, slots, micros: [{ op, out: 0, a: 1, b: 2, c: 3, p: 0.3, q: 1.7 }] })]);
          expect(new Set(machine.i32(out, count)).size, names.Micro[op]).toBe(1);
        }
      });

      test("NaN goes through whatever chooses", () => {
        const a = [Number.NaN, 1, Number.NaN],
          b = [1, Number.NaN, Number.NaN];
        const operands = [machine.put(a), machine.put(b)];
        const results = [Micro.Max, Micro.Min, Micro.Clamp, Micro.Leaky, Micro.Sign].map((op) => {
          const out = machine.reserve(3);
          const slots = [contiguous(out), ...operands.map(contiguous)];
          machine.run([mapCommand({ count: 3, slots, micros: [{ op, out: 0, a: 1, b: 2, p: 0, q: 2 }] })]);
          return [...machine.f32(out, 3)].map(Number.isNaN);
        });
        const both = [true, true, true],
          first = [true, false, true];
        expect(results).toEqual([both, both, first, first, first]);
      });

      test("every arithmetic micro-operation has its meaning in the table", () => {
        const all = Array.from({ length: Micro.Count }, (_, op) => op as Micro);
        const missing = all.filter((op) => op !== Micro.Uniform && op !== Micro.Normal && !micros[op]);
        expect(missing).toEqual([]);
      });
    });

    describe("operands", () => {
      const x = (count: number) => values(count, 5);

      test.each([
        [10, 10, 1000],
        [10, 1024, 3001],
        [1500, 1024, 7000],
        [7, 1022, 2500],
        [1, 1024, 2050],
      ])("periodic %i in tiles of %i over %i", (period, tile, count) => {
        const a = x(count),
          b = x(period);
        const slots = [
          contiguous(machine.put(a)),
          periodic(machine.put(b), period, 3),
          contiguous(machine.reserve(count)),
        ];
        machine.run([mapCommand({ count, tile, slots, micros: [{ op: Micro.Add, out: 2, a: 0, b: 1 }] })]);
        expect(machine.f32(slots[2]!.address!, count)).toEqual(a.map((value, i) => value + b[i % period]!));
      });

      test.each([
        [1, 100],
        [2, 1024],
        [3, 3000],
        [10, 2048],
        [784, 5000],
        [5000, 5000],
      ])("repeated %i over %i", (repeat, count) => {
        const a = x(count),
          b = x(Math.ceil(count / repeat));
        // The repeated buffer and its neighbour: filling one must not spill into the other.
        const slots = [
          contiguous(machine.put(a)),
          repeated(machine.put(b), repeat, 0),
          constant(0.5, 1),
          contiguous(machine.reserve(count)),
          temporary(2),
        ];
        machine.run([
          mapCommand({
            count,
            slots,
            micros: [
              { op: Micro.Add, out: 4, a: 0, b: 1 },
              { op: Micro.Mul, out: 3, a: 4, b: 2 },
            ],
          }),
        ]);
        expect(machine.f32(slots[3]!.address!, count)).toEqual(
          a.map((value, i) => Math.fround(value + b[Math.floor(i / repeat)]!) * 0.5),
        );
      });

      test.each([
        { sizes: [30, 40], strides: [1, 30] },
        { sizes: [3, 50, 17], strides: [17, 0, 1] },
        { sizes: [4, 5, 6, 7], strides: [1, 4, 20, 120] },
        { sizes: [5, 1, 300], strides: [0, 0, 1] },
        { sizes: [2, 3000], strides: [3000, 1] },
        { sizes: [25, 40], strides: [40, 0] },
        { sizes: [100, 10], strides: [10, -1], offset: 9 },
        { sizes: [999], strides: [2] },
      ])("strided $sizes by $strides", ({ sizes, strides, offset = 0 }) => {
        const count = sizes.reduce((a, b) => a * b, 1);
        const b = x(6200),
          source = machine.put(b);
        const slots = [strided(source + 4 * offset, sizes, strides, 9), contiguous(machine.reserve(count))];
        machine.run([mapCommand({ count, slots, micros: [{ op: Micro.Copy, out: 1, a: 0 }] })]);
        const expected = Float32Array.from({ length: count }, (_, i) => {
          let rest = i,
            at = offset;
          for (let axis = sizes.length - 1; axis >= 0; axis--) {
            at += (rest % sizes[axis]!) * strides[axis]!;
            rest = Math.floor(rest / sizes[axis]!);
          }
          return b[at]!;
        });
        expect(machine.f32(slots[1]!.address!, count)).toEqual(expected);
      });

      test("scalars, constants and temporaries in a chain, written in place", () => {
        const count = 2500,
          a = x(count),
          s = machine.put([0.25]),
          at = machine.put(a);
        const slots = [contiguous(at), scalar(s, 4), constant(3, 5), temporary(6)];
        const micros = [
          { op: Micro.Mul, out: 3, a: 0, b: 1 },
          { op: Micro.Add, out: 3, a: 3, b: 2 },
          { op: Micro.Square, out: 0, a: 3 },
        ];
        machine.run([mapCommand({ count, slots, micros })]);
        expect(machine.f32(at, count)).toEqual(
          a.map((value) => Math.fround(Math.fround(Math.fround(value * 0.25) + 3) ** 2)),
        );
      });

      test("an empty map does nothing", () => {
        const out = machine.reserve(1),
          before = machine.i32(out, 1)[0];
        machine.run([mapCommand({ count: 0, slots: [contiguous(out)], micros: [{ op: Micro.Copy, out: 0, a: 0 }] })]);
        expect(machine.i32(out, 1)[0]).toBe(before);
      });
    });

    describe("lanes", () => {
      test.each([2, 3])("%i lanes leave the bits of one", async (lanes) => {
        const count = 10 * 1024 + 77;
        const run = async (lanes: number) => {
          const machine = await createMachine({ build, lanes });
          const out = machine.reserve(count);
          const slots = [
            contiguous(machine.put(values(count, 1))),
            periodic(machine.put(values(50, 2)), 50, 0),
            repeated(machine.put(values(count, 3)), 3, 1),
            temporary(2),
            contiguous(out),
          ];
          const micros = [
            { op: Micro.MulAdd, out: 3, a: 0, b: 1, c: 2 },
            { op: Micro.Tanh, out: 4, a: 3 },
          ];
          const status = machine.run([mapCommand({ count, tile: 1000, slots, micros }), [Opcode.Barrier, 4, 0, 0]], 3);
          const result = machine.i32(out, count).slice();
          await machine.close();
          expect(status).toBe(Status.Done);
          return result;
        };
        expect(await run(lanes)).toEqual(await run(1));
      });
    });
  });

/** The reduce kernel: shapes, blocks, fronts, lanes. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Layout, Micro, Opcode, Reduction, ReduceWord } from "../../assembly/opcode.js";
import {
  builds,
  bits,
  command,
  contiguous,
  createMachine,
  type Machine,
  mapDescriptor,
  periodic,
  randomSource,
  repeated,
  temporary,
} from "./harness.js";

interface Shape {
  outer: number;
  length: number;
  inner: number;
  block: number;
}

const shapes: Shape[] = [
  { outer: 1, length: 1, inner: 1, block: 1 },
  { outer: 5, length: 10, inner: 1, block: 10 },
  { outer: 300, length: 10, inner: 1, block: 16 },
  { outer: 41, length: 3, inner: 1, block: 4 },
  { outer: 1, length: 5000, inner: 1, block: 256 },
  { outer: 3, length: 2501, inner: 1, block: 4096 },
  { outer: 1, length: 700, inner: 64, block: 256 },
  { outer: 2, length: 300, inner: 33, block: 100 },
  { outer: 1, length: 40, inner: 1500, block: 16 },
  { outer: 7, length: 9, inner: 3, block: 9 },
  { outer: 4, length: 1, inner: 10, block: 256 },
  { outer: 2, length: 517, inner: 5, block: 64 },
  { outer: 1, length: 300, inner: 1024, block: 256 },
];

function values(count: number, seed: number): Float32Array {
  const next = randomSource(seed);
  return Float32Array.from({ length: count }, () => next() * 2 - 0.9);
}

/** A reduce command over a descriptor; `result` is the slot that is reduced. */
function reduceCommand(
  kind: Reduction,
  shape: Shape,
  out: number,
  descriptor: readonly number[],
  result: number,
  scale = 1,
): number[] {
  const { outer, length, inner, block } = shape;
  return command(Opcode.Reduce, [
    kind,
    outer,
    length,
    inner,
    block,
    out,
    bits(scale),
    result,
    ReduceWord.Size,
    ...descriptor,
  ]);
}

/** The same in f64, and the sums of magnitudes that its error is measured by. */
function reference(
  kind: Reduction,
  { outer, length, inner, block }: Shape,
  of: (i: number) => number,
): { value: Float64Array; size: Float64Array } {
  const blocks = Math.ceil(length / block);
  const value = new Float64Array(outer * blocks * inner).fill(kind === Reduction.Max ? Number.NEGATIVE_INFINITY : 0);
  const size = new Float64Array(value.length);
  for (let o = 0; o < outer; o++)
    for (let k = 0; k < length; k++)
      for (let i = 0; i < inner; i++) {
        const cell = (o * blocks + Math.floor(k / block)) * inner + i;
        const x = of((o * length + k) * inner + i);
        value[cell] = kind === Reduction.Max ? Math.max(value[cell]!, x) : value[cell]! + x;
        size[cell]! += Math.abs(x);
      }
  return { value, size };
}

function expectClose(actual: Float32Array, { value, size }: ReturnType<typeof reference>, epsilons: number): void {
  for (let i = 0; i < value.length; i++) {
    const allowed = epsilons * 2 ** -24 * size[i]!;
    if (!(Math.abs(actual[i]! - value[i]!) <= allowed))
      expect.fail(`cell ${i} is ${actual[i]}, not ${value[i]} within ${allowed}`);
  }
}

for (const { build, available } of builds)
  describe.runIf(available)(build, () => {
    let machine: Machine;
    beforeAll(async () => {
      machine = await createMachine({ build, heapBytes: 1 << 26 });
    });
    afterAll(() => machine.close());

    describe.each(shapes)("[$outer, $length, $inner] in blocks of $block", (shape) => {
      const count = shape.outer * shape.length * shape.inner;
      const cells = shape.outer * Math.ceil(shape.length / shape.block) * shape.inner;

      test.each([Reduction.Sum, Reduction.Max])("straight from memory (%i)", (kind) => {
        const x = values(count, 3);
        const out = machine.reserve(cells + 1, 4);
        const guard = machine.i32(out + 4 * cells, 1)[0];
        machine.run([
          reduceCommand(kind, shape, out, mapDescriptor({ count, slots: [contiguous(machine.put(x, 8))] }), 0),
        ]);
        expectClose(
          machine.f32(out, cells),
          reference(kind, shape, (i) => x[i]!),
          kind === Reduction.Max ? 0 : 8,
        );
        expect(machine.i32(out + 4 * cells, 1)[0]).toBe(guard);
      });

      test("behind a map, scaled", () => {
        const x = values(count, 3),
          y = values(50, 4),
          z = values(count, 5);
        const out = machine.reserve(cells);
        const slots = [
          contiguous(machine.put(x)),
          periodic(machine.put(y), 50, 0),
          repeated(machine.put(z), 7, 1),
          temporary(2),
        ];
        const descriptor = mapDescriptor({
          count,
          tile: 1000,
          slots,
          micros: [{ op: Micro.MulAdd, out: 3, a: 0, b: 1, c: 2 }],
        });
        machine.run([reduceCommand(Reduction.Sum, shape, out, descriptor, 3, 0.5)]);
        expectClose(
          machine.f32(out, cells),
          reference(Reduction.Sum, shape, (i) => 0.5 * (x[i]! * y[i % 50]! + z[Math.floor(i / 7)]!)),
          12,
        );
      });
    });

    test("lanes 1, 2 and 3 leave the same bits", async () => {
      const all: number[][] = [];
      for (const lanes of [1, 2, 3]) {
        const machine = await createMachine({ build, lanes });
        const results: number[] = [];
        for (const shape of shapes) {
          const count = shape.outer * shape.length * shape.inner;
          const cells = shape.outer * Math.ceil(shape.length / shape.block) * shape.inner;
          const x = machine.put(values(count, 6)),
            y = machine.put(values(50, 7)),
            out = machine.reserve(2 * cells);
          const slots = [contiguous(x), periodic(y, 50, 0), temporary(1)];
          const descriptor = mapDescriptor({
            count,
            slots,
            tile: Layout.Tile,
            micros: [{ op: Micro.Mul, out: 2, a: 0, b: 1 }],
          });
          machine.run([
            reduceCommand(Reduction.Sum, shape, out, descriptor, 2),
            reduceCommand(Reduction.Sum, shape, out + 4 * cells, descriptor, 0),
          ]);
          results.push(...machine.i32(out, 2 * cells));
        }
        await machine.close();
        all.push(results);
      }
      expect(all[1]).toEqual(all[0]);
      expect(all[2]).toEqual(all[0]);
    });

    test("a maximum over NaN is NaN, wherever it stands; one over -inf is -inf", () => {
      for (const inner of [1, 3])
        for (let bad = 0; bad < 40; bad++) {
          const x = new Float32Array(40 * inner).fill(Number.NEGATIVE_INFINITY);
          x[bad * inner] = Number.NaN;
          const out = machine.reserve(inner);
          const shape = { outer: 1, length: 40, inner, block: 64 };
          const descriptor = mapDescriptor({ count: x.length, slots: [contiguous(machine.put(x))] });
          machine.run([reduceCommand(Reduction.Max, shape, out, descriptor, 0)]);
          expect([...machine.f32(out, inner)]).toEqual([
            Number.NaN,
            ...new Array(inner - 1).fill(Number.NEGATIVE_INFINITY),
          ]);
        }
    });
  });

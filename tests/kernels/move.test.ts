/** copy, fill and cast against loops in JavaScript, bit for bit, with 1, 2 and 3 lanes. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ElementType, Opcode } from "../../assembly/opcode.js";
import { type Machine, command, createMachine, names, randomSource } from "./harness.js";

/** Row-major strides of a shape, optionally with room behind each row as in a wider tensor. */
function strides(shape: readonly number[], extra = 0): number[] {
  const result = [1];
  for (let i = shape.length - 1; i > 0; i--)
    result.unshift(result[0] * shape[i] + (i === shape.length - 1 ? extra : 0));
  return shape.length === 0 ? [] : result;
}

interface Copy {
  name: string;
  sizes: number[];
  out: number[];
  in: number[];
  /** Element at which each view starts, for negative strides and slices. */
  outStart?: number;
  inStart?: number;
}

/** A permutation of the axes of `shape`: axis i of the copy is axis order[i] of the input. */
function permute(shape: number[], order: number[]): Copy {
  const sizes = order.map((axis) => shape[axis]);
  return {
    name: `[${shape}] permuted ${order}`,
    sizes,
    out: strides(sizes),
    in: order.map((axis) => strides(shape)[axis]),
  };
}

const copies: Copy[] = [
  { name: "a scalar", sizes: [], out: [], in: [] },
  { name: "one of one", sizes: [1, 1, 1], out: [1, 1, 1], in: [7, 5, 3] },
  { name: "nothing", sizes: [3, 0, 2], out: [2, 2, 1], in: [2, 2, 1] },
  { name: "nothing inside", sizes: [3, 2, 0], out: [2, 1, 1], in: [1, 5, 1] },
  { name: "a run", sizes: [10_001], out: [1], in: [1] },
  { name: "a long run", sizes: [100_003], out: [1], in: [1] },
  { name: "rows into wider rows", sizes: [37, 19], out: strides([37, 19], 5), in: strides([37, 19]), outStart: 3 },
  { name: "rows out of wider rows", sizes: [9, 300], out: strides([9, 300]), in: strides([9, 300], 17), inStart: 4 },
  {
    name: "inside of a padding",
    sizes: [2, 7, 7, 3],
    out: strides([2, 9, 9, 3]),
    in: strides([2, 7, 7, 3]),
    outStart: 30,
  },
  { name: "every second", sizes: [33, 21], out: strides([33, 21]), in: [84, 2] },
  { name: "into every second", sizes: [33, 21], out: [84, 2], in: strides([33, 21]) },
  { name: "a broadcast row", sizes: [20, 33], out: strides([20, 33]), in: [0, 1] },
  { name: "a broadcast column", sizes: [20, 33], out: strides([20, 33]), in: [1, 0] },
  { name: "flipped", sizes: [5, 6, 7], out: strides([5, 6, 7]), in: [42, -7, -1], inStart: 41 },
  { name: "flipped outside", sizes: [5, 6, 7], out: strides([5, 6, 7]), in: [-42, 7, 1], inStart: 168 },
  { name: "flipped and transposed", sizes: [40, 50], out: [50, 1], in: [1, -40], inStart: 1960 },
  { name: "six axes", sizes: [2, 3, 2, 3, 2, 3], out: strides([2, 3, 2, 3, 2, 3]), in: [3, 12, 1, 24, 6, 72] },
  permute([4, 4], [1, 0]),
  permute([1, 9], [1, 0]),
  permute([3, 5], [1, 0]),
  permute([784, 256], [1, 0]),
  permute([65, 131], [1, 0]),
  permute([8, 14, 14, 32], [0, 3, 1, 2]),
  permute([8, 32, 14, 14], [0, 2, 3, 1]),
  permute([5, 28, 28, 3], [0, 3, 1, 2]),
  permute([5, 3, 28, 28], [0, 2, 3, 1]),
  permute([4, 4, 16, 32], [0, 1, 3, 2]),
  permute([6, 7, 8, 9], [3, 2, 1, 0]),
  permute([2, 3, 4, 5, 6, 7], [4, 1, 5, 0, 3, 2]),
  permute([16, 8, 2, 8, 2, 5], [0, 1, 3, 2, 4, 5]),
];

/** How many elements a view needs behind its first one, and before it. */
const reach = (sizes: number[], stride: number[], start = 0) =>
  start + 1 + sizes.reduce((sum, size, i) => sum + Math.max(0, (size - 1) * stride[i]), 0);

function reference(
  out: Uint32Array | Uint8Array,
  input: Uint32Array | Uint8Array,
  { sizes, out: outStrides, in: inStrides, outStart = 0, inStart = 0 }: Copy,
): void {
  const walk = (axis: number, o: number, i: number): void => {
    if (axis === sizes.length) out[o] = input[i];
    else for (let k = 0; k < sizes[axis]; k++) walk(axis + 1, o + k * outStrides[axis], i + k * inStrides[axis]);
  };
  walk(0, outStart, inStart);
}

describe.each([1, 2, 3])("%i lanes", (lanes) => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await createMachine({ lanes, heapBytes: 1 << 25 });
  });
  afterAll(() => machine.close());

  it.each(copies)("copy: $name", (copy) => {
    const random = randomSource(1);
    for (const bytes of [4, 1]) {
      const Cells = bytes === 4 ? Uint32Array : Uint8Array;
      const outCount = reach(copy.sizes, copy.out, copy.outStart) + 9;
      const inCount = reach(copy.sizes, copy.in, copy.inStart) + 9;
      const input = new Cells(inCount).map(() => random() * 2 ** (8 * bytes));
      const from = machine.put(input as Uint8Array, bytes);
      const to = machine.reserve(Math.ceil((outCount * bytes) / 4), bytes);
      const actual = new Cells(machine.memory.buffer, to, outCount);
      const expected = actual.slice();
      reference(expected, input, copy);
      const rank = copy.sizes.length;
      machine.run([
        command(Opcode.Copy, [
          to + bytes * (copy.outStart ?? 0),
          from + bytes * (copy.inStart ?? 0),
          bytes,
          rank,
          ...copy.sizes,
          ...copy.out,
          ...copy.in,
        ]),
      ]);
      // Equality of a million numbers is slow in the test runner, of two buffers it is not.
      expect(
        Buffer.compare(Buffer.from(actual.slice().buffer), Buffer.from(expected.buffer)),
        `${bytes}-byte elements`,
      ).toBe(0);
    }
  });

  it.each([0, 1, 5, 4096, 20_003])("fill %i cells", (count) => {
    for (const value of [0, -1, 0x3f800000]) {
      const out = machine.reserve(count + 1);
      machine.run([command(Opcode.Fill, [out, count, value])]);
      expect(machine.i32(out, count + 1)).toEqual(
        new Int32Array(count + 1).fill(value, 0, count).fill(0x7fc0dead, count),
      );
    }
  });

  const special = [
    0,
    -0,
    0.5,
    -0.5,
    0.999,
    1.5,
    -1.5,
    255,
    255.9,
    256,
    -1,
    300,
    40_000,
    -40_000,
    2 ** 31,
    2147483520,
    -(2 ** 31),
    -(2 ** 31) - 512,
    1e20,
    -1e20,
    Infinity,
    -Infinity,
    NaN,
  ];
  const hold = (value: number, low: number, high: number) => Math.min(Math.max(Math.trunc(value) || 0, low), high);
  const toType = {
    [ElementType.F32]: Math.fround,
    [ElementType.U8]: (value: number) => hold(value, 0, 255),
    [ElementType.I32]: (value: number) => hold(value, -(2 ** 31), 2 ** 31 - 1),
  };
  const arrays = { [ElementType.F32]: Float32Array, [ElementType.U8]: Uint8Array, [ElementType.I32]: Int32Array };
  const types = [ElementType.F32, ElementType.U8, ElementType.I32] as const;

  it.each(
    types.flatMap((from) => types.map((to) => [names.ElementType[from], names.ElementType[to], from, to] as const)),
  )("cast %s to %s", (_from, _to, from, to) => {
    const random = randomSource(2);
    for (const count of [0, 1, 2, 3, 7, 23, 10_001]) {
      const source =
        from === ElementType.F32
          ? Float32Array.from({ length: count }, (_, i) => special[i] ?? 600 * random() - 200)
          : new arrays[from](count).map(() => (random() - 0.5) * 2 ** (random() * 33));
      const out = machine.reserve(count + 1, 4);
      machine.u8(out, 4 * count + 4).fill(0xaa);
      machine.run([command(Opcode.Cast, [out, machine.put(source, from === ElementType.U8 ? 1 : 4), count, from, to])]);
      const actual = new arrays[to](machine.memory.buffer, out, count);
      expect(actual).toEqual(new arrays[to](Array.from(source, toType[to])));
      expect(machine.u8(out + actual.byteLength, 4)).toEqual(new Uint8Array(4).fill(0xaa));
    }
  });
});

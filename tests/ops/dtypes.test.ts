/**
 * Element types: for every op record, the types that it accepts give correct results on the kernels, and the others are
 * rejected. The op records are those of the table's rows, so a new one is tested without being named here.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRuntime, type Runtime } from "#binding";
import { topologicalOrder } from "#src/graph/order";
import { add, mul } from "#src/ops/elementwise";
import { cast, gather, oneHot } from "#src/ops/indexing";
import { literal } from "#src/ops/literal";
import { matmul } from "#src/ops/matmul";
import { broadcastTo, concat, flip, pad, slice, transpose } from "#src/ops/movement";
import { sum } from "#src/ops/reduction";
import { evaluate } from "#src/graph/reference";
import type { Op } from "#src/graph/op";
import { anyType, type DType, Input, Tensor } from "#src/graph/tensor";
import { instancesOf, operationCases } from "../cases.js";

let runtimes: Runtime[] = [];
beforeAll(async () => {
  runtimes = await Promise.all([1, 3].map((threads) => createRuntime({ threads })));
});
afterAll(async () => {
  await Promise.all(runtimes.map((runtime) => runtime.close()));
});

/** Some nodes of every op record that the rows build, small and large. */
const nodes = new Map<Op, Tensor[]>();
for (const row of operationCases) {
  for (const size of ["small", "large"] as const) {
    for (const instance of instancesOf(row, size)) {
      const inputs = instance.inputs.map(({ name, shape, dtype }) => new Input(name, shape, dtype));
      for (const node of topologicalOrder([instance.apply(inputs)])) {
        const known = nodes.get(node.op) ?? [];
        if (node.inputs.length > 0 && known.length < 24) nodes.set(node.op, [...known, node]);
      }
    }
  }
}

const typesOf = (op: Op, i: number): readonly DType[] => op.takes?.[Math.min(i, op.takes.length - 1)] ?? ["f32"];

/**
 * The node with new inputs, of which input i has the given dtype; inputs that must have the same dtype (concat's) all
 * get it.
 */
function rebuilt(node: Tensor, i: number, dtype: DType): { inputs: Input[]; node: Tensor } {
  const alike = node.op.name === "concat";
  const inputs = node.inputs.map(
    (input, k) => new Input(`x${k}`, input.shape, k === i || alike ? dtype : typesOf(node.op, k)[0]),
  );
  // The padding value must be one that the dtype can hold.
  const attributes = node.op.name === "pad" ? { ...node.attributes, value: 7 } : node.attributes;
  return { inputs, node: new Tensor(node.op, inputs, attributes) };
}

/** Values over the whole range of a type, including its limits. */
function valuesOf(dtype: DType, size: number): number[] {
  const [low, span] = dtype === "u8" ? [0, 255] : dtype === "i32" ? [-(2 ** 31), 2 ** 32 - 1] : [-1, 2];
  return Array.from({ length: size }, (_, i) => {
    const value = low + ((i * 0.6180339887) % 1) * span;
    if (dtype === "f32") return Math.fround(value);
    return i === 0 ? low : i === 1 ? low + span : Math.floor(value);
  });
}

describe.each([...nodes].map(([op, list]) => ({ name: op.name, op, list })))("$name", ({ op, list }) => {
  const positions = list[0].inputs.map((_, i) => i);
  const refused = positions.flatMap((i) =>
    anyType.filter((dtype) => !typesOf(op, i).includes(dtype)).map((dtype) => ({ i, dtype })),
  );
  const taken = positions.flatMap((i) =>
    typesOf(op, i)
      .filter((dtype) => dtype !== "f32")
      .map((dtype) => ({ i, dtype })),
  );

  if (refused.length > 0) {
    test.each(refused)("rejects $dtype as input $i", ({ i, dtype }) => {
      const inputs = list[0].inputs.map(
        (input, k) => new Input(`x${k}`, input.shape, k === i ? dtype : typesOf(op, k)[0]),
      );
      const make = () => new Tensor(op, inputs, list[0].attributes);
      expect(make).toThrow(TypeError);
      expect(make).toThrow(new RegExp(`^${op.name}: .*input.* must be .*found ${dtype}; cast\\(x, "`));
    });
  }

  if (taken.length > 0) {
    test.each(taken)("of $dtype as input $i is right, and exact for integers", async ({ i, dtype }) => {
      for (const one of list) {
        const { inputs, node } = rebuilt(one, i, dtype);
        const values = inputs.map((input) => valuesOf(input.dtype, input.size));
        const feeds = new Map(inputs.map((input, k) => [input, values[k]]));
        const [wanted] = evaluate([node], { feeds });
        for (const runtime of runtimes) {
          const program = runtime.compile(({ input }) => {
            const fed = inputs.map(({ name, shape, dtype: type }) => input(name, shape, type));
            return { outputs: { y: new Tensor(op, fed, node.attributes) } };
          });
          const { y } = await program.run(
            Object.fromEntries(inputs.map(({ name, shape }, k) => [name, { data: values[k], shape }])),
          );
          expect(y.data.constructor.name).toBe(
            { f32: "Float32Array", i32: "Int32Array", u8: "Uint8Array" }[node.dtype],
          );
          if (node.dtype !== "f32") expect([...y.data]).toEqual([...wanted]);
          // Sums and scaling round in f32.
          const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
          y.data.forEach((value, k) => {
            expect(Math.abs(value - wanted[k])).toBeLessThanOrEqual(2e-6 * largest);
          });
        }
      }
    });
  }
});

test("op records with a fixed dtype keep it", () => {
  const whole = new Input("x", [2, 3], "i32");
  const bytes = new Input("b", [2, 3], "u8");
  expect(broadcastTo(whole, [4, 2, 3]).dtype).toBe("i32");
  for (const x of [whole, bytes]) {
    const moved = [
      transpose(x),
      slice(x, [0, 1], [2, 2]),
      concat([x, x]),
      flip(x),
      pad(
        x,
        [
          [1, 0],
          [0, 1],
        ],
        7,
      ),
    ];
    expect(moved.map(({ dtype }) => dtype)).toEqual(new Array(5).fill(x.dtype));
  }
  expect(gather(bytes, cast(new Input("i", [2]), "i32")).dtype).toBe("f32");
});

test.each([
  ["add", () => add(new Input("x", [2], "i32"), 1), 'add: input 1 must be f32, found i32; cast(x, "f32") converts it'],
  ["sum", () => sum(new Input("x", [2], "i32")), 'sum: the input must be f32, found i32; cast(x, "f32") converts it'],
  ["mul", () => mul(2, new Input("x", [2], "u8")), 'mul: input 2 must be f32, found u8; cast(x, "f32") converts it'],
  [
    "matmul",
    () => matmul(new Input("x", [2, 2], "u8"), new Input("y", [2, 2])),
    "matmul: input 1 must be f32, found u8",
  ],
  ["gather", () => gather(new Input("x", [2]), new Input("i", [2])), "gather: input 2 must be i32, found f32"],
  ["oneHot", () => oneHot(new Input("i", [2]), 3), "oneHot: indices must be i32, found f32"],
  [
    "concat",
    () => concat([new Input("x", [2], "u8"), new Input("y", [2])]),
    "concat: inputs must have the same dtype, found u8, f32",
  ],
  [
    "pad",
    () => pad(new Input("x", [2], "u8"), [[1, 1]], 256),
    "pad: value: values of u8 must be integers from 0 to 255, found 256",
  ],
  [
    "broadcastTo",
    () => broadcastTo(new Input("x", [1], "u8"), [4]),
    "broadcastTo: the input must be f32 or i32, found u8",
  ],
  ["cast", () => cast(new Input("x", [2]), "f64" as DType), 'cast: dtype must be "f32", "i32" or "u8", found "f64"'],
  ["input", () => new Input("x", [2], "f16" as DType), 'input x: dtype must be "f32", "i32" or "u8", found "f16"'],
])("%s says which rule and what was found", (_name, make, message) => {
  expect(make).toThrow(message);
});

test("a literal has the dtype of its array, or the dtype option", async () => {
  const made: [Tensor, DType, number[]][] = [
    [literal([1, 2], [2]), "f32", [1, 2]],
    [literal(Float64Array.of(1.5, 0.1), [2]), "f32", [1.5, Math.fround(0.1)]],
    [literal(Int16Array.of(-3, 2), [2]), "f32", [-3, 2]],
    [literal(Int32Array.of(-1, 2 ** 31 - 1), [2]), "i32", [-1, 2 ** 31 - 1]],
    [literal(Uint8Array.of(0, 255, 7), [3]), "u8", [0, 255, 7]],
    [literal(Uint8ClampedArray.of(9), [1]), "u8", [9]],
    [literal([1, 2], [2], { dtype: "i32" }), "i32", [1, 2]],
    [literal(Int32Array.of(3, 4), [2], { dtype: "f32" }), "f32", [3, 4]],
  ];
  const outputs = Object.fromEntries(
    made.flatMap(([node], i) => [
      [`as it is ${i}`, node],
      [`twice ${i}`, concat([node, node])],
    ]),
  );
  const found = await runtimes[1].compile(() => ({ outputs })).run();
  made.forEach(([node, dtype, values], i) => {
    expect(node.dtype).toBe(dtype);
    expect([...found[`as it is ${i}`].data]).toEqual(values);
    expect([...found[`twice ${i}`].data]).toEqual([...values, ...values]);
  });
});

test("later writes to a literal's array do not change the graph", () => {
  const data = Float32Array.of(1, 2);
  const node = literal(data, [2]);
  data[0] = 9;
  expect([...evaluate([node])[0]]).toEqual([1, 2]);
});

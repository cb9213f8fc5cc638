/**
 * Values that enter a program: feeds, data and initial values of variables, writes. Values that a dtype cannot hold are
 * rejected.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cast, createRuntime, initializers, randomInteger, type Runtime, variable } from "#binding";
import type { DType } from "#src/graph/tensor";
import type { Feed } from "#src/graph/values";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

const pass = (dtype: DType) =>
  runtime.compile(({ input }) => ({ outputs: { y: cast(input("x", [null], dtype), "f32") } }));

describe("feeds", () => {
  test.each<[DType, unknown, number[]]>([
    ["f32", [1.5, Number.NaN], [1.5, Number.NaN]],
    ["f32", Float64Array.of(0.1), [Math.fround(0.1)]],
    ["f32", Int32Array.of(-3), [-3]],
    ["f32", 5, [5]],
    ["f32", [Infinity, -Infinity], [Infinity, -Infinity]],
    ["i32", [-(2 ** 31), 2 ** 31 - 1], [-(2 ** 31), 2 ** 31]],
    ["i32", Float32Array.of(3, -4), [3, -4]],
    ["i32", Uint8Array.of(200), [200]],
    ["u8", [0, 255], [0, 255]],
    ["u8", Int32Array.of(7), [7]],
    ["u8", Uint8ClampedArray.of(9), [9]],
    ["u8", { data: [1, 2, 3], shape: [3] }, [1, 2, 3]],
  ])("%s takes %j", async (dtype, feed, wanted) => {
    expect([...(await pass(dtype).run({ x: feed as Feed })).y.data]).toEqual(wanted);
  });

  test.each<[DType, unknown, string]>([
    [
      "f32",
      [
        [1, 2],
        [3, 4],
      ],
      "run: input x: values must be numbers in row-major order, found [1, 2] at 0; values.flat(Infinity) flattens nested lists",
    ],
    ["f32", [Float32Array.of(1)], "run: input x: values must be numbers in row-major order, found a Float32Array at 0"],
    ["f32", ["1"], 'run: input x: values must be numbers in row-major order, found "1" at 0'],
    ["f32", [1, null], "run: input x: values must be numbers in row-major order, found null at 1"],
    ["f32", [true], "run: input x: values must be numbers in row-major order, found true at 0"],
    ["f32", "12", 'run: input x must be numbers in row-major order, found "12"'],
    ["f32", new Set([1]), "run: input x must be numbers in row-major order, found a Set"],
    ["f32", new DataView(new ArrayBuffer(8)), "run: input x must be numbers in row-major order, found a DataView"],
    ["f32", BigInt64Array.of(1n), "run: input x: values must be numbers in row-major order, found 1n at 0"],
    ["f32", null, "run: no values for input x"],
    ["f32", { data: [1, 2, 3], shape: [2] }, "run: input x must have 2 values, found 3"],
    ["f32", { data: [1], shape: [2] }, "run: input x must have 2 values, found 1"],
    ["f32", { data: [1], shape: 1 }, "run: input x: shape must be a list of axis lengths, found 1"],
    ["f32", { data: [1], shape: [1.5] }, "run: input x: axis lengths must be integers >= 0, found [1.5]"],
    ["i32", [1.7], "run: input x: values of i32 must be integers from -2147483648 to 2147483647, found 1.7 at 0"],
    [
      "i32",
      [2 ** 31],
      "run: input x: values of i32 must be integers from -2147483648 to 2147483647, found 2147483648 at 0",
    ],
    [
      "i32",
      [1, Number.NaN],
      "run: input x: values of i32 must be integers from -2147483648 to 2147483647, found NaN at 1",
    ],
    ["u8", [255, 256], "run: input x: values of u8 must be integers from 0 to 255, found 256 at 1"],
    ["u8", [-1], "run: input x: values of u8 must be integers from 0 to 255, found -1 at 0"],
    ["u8", Int32Array.of(300), "run: input x: values of u8 must be integers from 0 to 255, found 300 at 0"],
    ["u8", Float32Array.of(0.5), "run: input x: values of u8 must be integers from 0 to 255, found 0.5 at 0"],
  ])("%s refuses %s", async (dtype, feed, message) => {
    await expect(pass(dtype).run({ x: feed as Feed })).rejects.toThrow(message);
  });
});

describe("variables", () => {
  test.each<[DType, number[], string]>([
    ["f32", [1.5, -2], "Float32Array"],
    ["i32", [-7, 2 ** 31 - 1], "Int32Array"],
    ["u8", [255, 3], "Uint8Array"],
  ])("%s data are kept", async (dtype, data, type) => {
    const found = (await runtime.read(variable({ name: `data ${dtype}`, shape: [2], dtype, data }))).data;
    expect([...found]).toEqual(data);
    expect(found.constructor.name).toBe(type);
  });

  test.each<[DType, number]>([
    ["f32", 2.5],
    ["i32", 2],
    ["u8", 2],
  ])("%s initializers are drawn", async (dtype, wanted) => {
    const drawn = variable({ name: `filled ${dtype}`, shape: [5], dtype, initializer: initializers.filled(2.5) });
    expect([...(await runtime.read(drawn)).data]).toEqual(new Array(5).fill(wanted));
  });

  test("initializers of integer variables may be random, or omitted", async () => {
    const initializer = (shape: readonly number[]) => randomInteger(shape, 10);
    const drawn = await runtime.read(variable({ name: "draws", shape: [64], dtype: "i32", initializer }));
    expect(new Set(drawn.data).size).toBeGreaterThan(4);
    expect([...drawn.data].every((value) => value >= 0 && value < 10)).toBe(true);
    expect([...(await runtime.read(variable({ name: "none", shape: [5], dtype: "u8" }))).data]).toEqual([
      0, 0, 0, 0, 0,
    ]);
    expect([...(await runtime.read(variable({ name: "no", shape: [2], dtype: "i32" }))).data]).toEqual([0, 0]);
  });

  test("writes follow the same rules", async () => {
    const w = variable({ name: "w", shape: [2, 2] });
    expect(() => runtime.write(w, [[1, 2], [3, 4], [5], [6]] as never)).toThrow(
      "write: w: values must be numbers in row-major order, found [1, 2] at 0",
    );
    expect(() => runtime.write(w, [1, 2, 3, "x"] as never)).toThrow(
      'write: w: values must be numbers in row-major order, found "x" at 3',
    );
    const bytes = variable({ name: "bytes", shape: [1], dtype: "u8" });
    expect(() => runtime.write(bytes, [256])).toThrow(
      "write: bytes: values of u8 must be integers from 0 to 255, found 256 at 0",
    );
    await runtime.write(bytes, [255]);
    expect([...(await runtime.read(bytes)).data]).toEqual([255]);
  });
});

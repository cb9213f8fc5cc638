/**
 * Fusion never changes a result: in the `simd` build a fused program has the same bits as one in which every node has
 * its own command and memory. Tested for every row of the table, with its gradients, and for all past defects.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRuntime, type Runtime, type Trace, type Traced, type Values } from "#binding";
import { gradient } from "#src/ops/differentiate";
import { literal } from "#src/ops/literal";
import { conv2d } from "#src/ops/convolution";
import { add, clamp, maximum, mul, square, sub, tanh } from "#src/ops/elementwise";
import { matmul } from "#src/ops/matmul";
import { concat, reshape, slice } from "#src/ops/movement";
import { sum } from "#src/ops/reduction";
import { evaluate } from "#src/graph/reference";
import type { Tensor } from "#src/graph/tensor";
import { variable } from "#src/graph/variable";
import { cases, type Instance, instancesOf } from "../cases.js";
import type { Case } from "../cases/case.js";

let runtimes: Runtime[] = [];

beforeAll(async () => {
  runtimes = await Promise.all([1, 2, 3].map((threads) => createRuntime({ threads, deterministic: true })));
});

afterAll(async () => {
  await Promise.all(runtimes.map((runtime) => runtime.close()));
});

/** Bits of f32 values, with all NaNs made equal: WebAssembly does not define which NaN a result is. */
function bits(values: Values): Int32Array {
  const data = Float32Array.from(values.data, (value) => (Number.isNaN(value) ? Number.NaN : value));
  return new Int32Array(data.buffer);
}

function sameBits(what: string, found: Record<string, Values>, wanted: Record<string, Values>): void {
  for (const name of Object.keys(wanted)) {
    const [a, b] = [bits(found[name]), bits(wanted[name])];
    const at = a.findIndex((value, i) => value !== b[i]);
    if (at >= 0) {
      const [one, other] = [found[name].data[at], wanted[name].data[at]];
      throw new Error(`${what}: ${name}[${at}] is ${one}, without fusion ${other}`);
    }
  }
}

function withSlopes(row: Case, instance: Instance, tensors: readonly Tensor[]): Record<string, Tensor> {
  const result = instance.apply(tensors);
  const xs = row.order > 0 ? tensors.filter(({ dtype }) => dtype === "f32") : [];
  const slopes = xs.length > 0 ? gradient(result, xs) : [];
  return { result, ...Object.fromEntries(slopes.map((slope, i) => [`gradient ${i}`, slope])) };
}

describe.each(cases)("$name", (row) => {
  test("has the same bits with and without fusion", async () => {
    const [runtime] = runtimes;
    const group = row.group ? { group: row.group } : {};
    for (const instance of instancesOf(row, "large")) {
      const feeds = Object.fromEntries(
        instance.inputs.map(({ name, shape }, i) => [name, { data: Array.from(instance.values[i]), shape }]),
      );
      const build = ({ input }: Trace): Traced => {
        const tensors = instance.inputs.map(({ name, shape, dtype }) => input(name, shape, dtype));
        return { outputs: withSlopes(row, instance, tensors) };
      };
      const [fused, apart] = [
        await runtime.compile(build, group).run(feeds, { seed: 5 }),
        await runtime.compile(build, { ...group, fuse: false }).run(feeds, { seed: 5 }),
      ];
      sameBits(`build ${instance.index}`, fused, apart);
    }
  });
});

/**
 * Outputs of a program; checks that they are equal for every number of lanes and without fusion, and close to the
 * reference.
 */
async function everyWay(build: () => Record<string, Tensor>, tolerance: number): Promise<Record<string, Values>> {
  const traced = () => ({ outputs: build() });
  const apart = await runtimes[0].compile(traced, { fuse: false }).run();
  for (const runtime of runtimes) sameBits(`${runtime.info.lanes} lanes`, await runtime.compile(traced).run(), apart);
  const graph = build();
  const wanted = evaluate(Object.values(graph));
  Object.keys(graph).forEach((name, i) => {
    const largest = wanted[i].reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    wanted[i].forEach((value, at) => {
      const found = apart[name].data[at];
      if (!(Object.is(found, value) || Math.abs(found - value) <= tolerance * largest))
        throw new Error(`${name}[${at}] is ${found}, the reference says ${value}`);
    });
  });
  return apart;
}

/** Fixed values between -1 and 1. */
const wave = (size: number, pitch: number) => Float32Array.from({ length: size }, (_, i) => Math.sin(pitch * i + 1));
const made = (shape: readonly number[], pitch: number) =>
  mul(
    literal(
      wave(
        shape.reduce((a, b) => a * b, 1),
        pitch,
      ),
      shape,
    ),
    1.25,
  );

describe("an operand that the epilogue of its own product also reads", () => {
  test.each([8, 64, 256])("x + x W, %i x %i", async (n) => {
    await everyWay(() => {
      const x = made([n, n], 0.7);
      return { y: add(x, matmul(x, made([n, n], 0.3))), z: add(matmul(made([n, n], 0.3), x), x) };
    }, 1e-5);
  });

  test.each([1, 4])("x + conv2d(x, w) in %i groups", async (groups) => {
    await everyWay(() => {
      const x = made([2, 32, 32, 16], 0.7);
      const w = made([3, 3, 16 / groups, 16], 0.11);
      return { y: add(x, conv2d(x, w, { padding: 1, groups })) };
    }, 1e-5);
  });

  test.each([false, true])("W := W + B W, the product first: %s", async (first) => {
    const start = wave(256 * 256, 0.7);
    const found: Float32Array[] = [];
    for (const [at, runtime] of [...runtimes, runtimes[0]].entries()) {
      const w = variable({ name: "W", shape: [256, 256], data: start });
      const b = literal(
        wave(256 * 256, 0.3).map((value) => value / 64),
        [256, 256],
      );
      const product = matmul(b, w);
      const program = runtime.compile(() => ({ updates: new Map([[w, first ? add(product, w) : add(w, product)]]) }), {
        fuse: at < runtimes.length,
      });
      await program.run({}, { times: 3 });
      found.push((await runtime.read(w)).data as Float32Array);
    }
    for (const one of found) expect(Buffer.compare(Buffer.from(one.buffer), Buffer.from(found[0].buffer))).toBe(0);
    const w = literal(start, [256, 256]);
    const b = literal(
      wave(256 * 256, 0.3).map((value) => value / 64),
      [256, 256],
    );
    const step = (x: Tensor) => add(x, matmul(b, x));
    const [wanted] = evaluate([step(step(step(w)))]);
    const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    wanted.forEach((value, i) => {
      expect(Math.abs(found[0][i] - value)).toBeLessThanOrEqual(1e-5 * largest);
    });
  });
});

describe("expressions larger than a lane's limits", () => {
  const pairs = (x: Tensor, count: number) => {
    let y = x;
    for (let i = 0; i < count; i++) y = mul(maximum(y, -1 - i / 7), made([], 1 + i));
    return y;
  };

  test.each([1, 8, 20, 100])("%i pairs maximum(constant), mul(scalar) after a product", async (count) => {
    await everyWay(() => ({ y: pairs(matmul(made([40, 40], 0.7), made([40, 40], 0.3)), count) }), 1e-5);
  });

  test.each([40, 300, 700])("%i constants in one map", async (count) => {
    const { y } = await everyWay(() => {
      let y = made([33, 65], 0.7);
      for (let i = 0; i < count; i++) y = maximum(y, -1 + i / 1000);
      return { y };
    }, 1e-6);
    expect(Math.min(...y.data)).toBeGreaterThanOrEqual(Math.fround(-1 + (count - 1) / 1000));
  });

  test("300 constants before a sum", async () => {
    await everyWay(() => {
      let y = made([7, 129], 0.7);
      for (let i = 0; i < 300; i++) y = sub(maximum(y, -1 + i / 1000), 0.001);
      return { y: sum(y, { axes: [1] }) };
    }, 1e-5);
  });

  test("600 values that are all alive until the end", async () => {
    await everyWay(() => {
      const x = made([50, 3], 0.7);
      const parts = Array.from({ length: 600 }, (_, i) => tanh(mul(x, i / 100)));
      return { y: parts.reduce((a, b) => add(mul(a, 0.5), b)), z: parts.reduceRight((a, b) => sub(b, a)) };
    }, 1e-4);
  });
});

describe("values of variables that the program updates", () => {
  test("a queue is shifted and its oldest row is an output", async () => {
    for (const runtime of runtimes) {
      const queue = variable({ name: "queue", shape: [4], data: [1, 2, 3, 4] });
      const oldest = slice(queue, [0], [1]);
      const program = runtime.compile(() => ({
        outputs: { oldest, queue },
        updates: new Map([[queue, concat([slice(queue, [1], [3]), mul(oldest, 10)], 0)]]),
      }));
      const first = await program.run();
      expect([...first.oldest.data, ...first.queue.data]).toEqual([1, 1, 2, 3, 4]);
      expect([...(await runtime.read(queue)).data]).toEqual([2, 3, 4, 10]);
      expect([...(await program.run({}, { times: 2 })).oldest.data]).toEqual([3]);
    }
  });

  test("a reshaped slice goes to one variable while another operation overwrites its source", async () => {
    for (const runtime of runtimes) {
      const a = variable({ name: "a", shape: [2, 2], data: [1, 2, 3, 4] });
      const kept = variable({ name: "kept", shape: [2] });
      const program = runtime.compile(() => ({
        updates: new Map([
          [kept, reshape(slice(a, [0, 0], [1, 2]), [2])],
          [a, mul(a, 10)],
        ]),
      }));
      await program.run();
      expect([...(await runtime.read(kept)).data]).toEqual([1, 2]);
      await program.run();
      expect([...(await runtime.read(kept)).data]).toEqual([10, 20]);
      expect([...(await runtime.read(a)).data]).toEqual([100, 200, 300, 400]);
    }
  });

  test("variables swap values, whole and in part", async () => {
    for (const runtime of runtimes) {
      const a = variable({ name: "a", shape: [3], data: [1, 2, 3] });
      const b = variable({ name: "b", shape: [3], data: [4, 5, 6] });
      const c = variable({ name: "c", shape: [1], data: [7] });
      const program = runtime.compile(() => ({
        outputs: { whole: a, part: slice(b, [0], [2]), both: add(a, b) },
        updates: new Map([
          [a, b],
          [b, reshape(reshape(a, [3, 1]), [3])],
          [c, slice(a, [0], [1])],
        ]),
      }));
      const { whole, part, both } = await program.run();
      expect([[...whole.data], [...part.data], [...both.data]]).toEqual([
        [1, 2, 3],
        [4, 5],
        [5, 7, 9],
      ]);
      const values = await Promise.all([a, b, c].map(async (one) => [...(await runtime.read(one)).data]));
      expect(values).toEqual([[4, 5, 6], [1, 2, 3], [1]]);
    }
  });

  test("a check of an old value sees the old value", async () => {
    const [runtime] = runtimes;
    const a = variable({ name: "a", shape: [2], data: [1, Number.NaN] });
    const program = runtime.compile(() => ({ checks: [slice(a, [0], [1])], updates: new Map([[a, mul(a, 0)]]) }));
    expect((await program.tryRun()).failure).toBeUndefined();
    expect((await program.tryRun()).failure).toBeUndefined();
    const whole = variable({ name: "whole", shape: [2], data: [1, Number.NaN] });
    const all = runtime.compile(() => ({
      checks: [whole],
      updates: new Map([[whole, literal(Float32Array.of(1, 2), [2])]]),
    }));
    expect((await all.tryRun()).failure).toMatchObject({ step: 0 });
  });
});

describe("tensors of one element", () => {
  test.each([{ shape: [] }, { shape: [1] }, { shape: [1, 1] }])(
    "two outputs and their product, $shape",
    async ({ shape }) => {
      const { a, b, c } = await everyWay(() => {
        const n = add(made(shape, 0.5), 1);
        const [a, b] = [square(n), tanh(n)];
        return { a, b, c: mul(b, n), d: mul(a, n), e: add(mul(b, n), mul(a, b)) };
      }, 1e-6);
      expect([a, b, c].map(({ data }) => data.length)).toEqual([1, 1, 1]);
    },
  );
});

describe("constants of one operation that differ only in their kind", () => {
  test("infinities, NaN and the two zeros are not merged", async () => {
    for (const fuse of [true, false]) {
      const x = variable({ name: "x", shape: [3], data: [5, 1, 9] });
      const { clamped, most, least, poles, nan } = await runtimes[0]
        .compile(
          () => ({
            outputs: {
              clamped: clamp(x, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY),
              most: maximum(x, Number.NEGATIVE_INFINITY),
              least: maximum(x, Number.POSITIVE_INFINITY),
              poles: concat([reshape(mul(x, -0), [3]), reshape(mul(x, 0), [3])], 0),
              nan: add(x, Number.NaN),
            },
          }),
          { fuse },
        )
        .run();
      expect([...clamped.data]).toEqual([5, 1, 9]);
      expect([...most.data]).toEqual([5, 1, 9]);
      expect([...least.data]).toEqual([1, 1, 1].map(() => Number.POSITIVE_INFINITY));
      expect([...poles.data]).toEqual([-0, -0, -0, 0, 0, 0]);
      expect([...nan.data].every(Number.isNaN)).toBe(true);
    }
  });
});

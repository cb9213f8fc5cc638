/**
 * Loops inside a program, compared with the same iterations written out: values, gradients, random numbers, bits and
 * memory.
 */
import { afterAll, describe, expect, test } from "vitest";
import { backpropagate, gradient } from "#src/ops/differentiate";
import { commandsOf } from "#src/graph/command";
import { createRuntime, type Runtime } from "#src/index";
import { cast } from "#src/ops/indexing";
import { add, exp, less, log, mul, sigmoid, sub, tanh } from "#src/ops/elementwise";
import { matmul } from "#src/ops/matmul";
import { broadcastTo, concat, flip, reshape, slice } from "#src/ops/movement";
import { randomInteger, randomNormal, randomPermutation, randomUniform } from "#src/ops/random";
import { mean, sum } from "#src/ops/reduction";
import { scan } from "#src/ops/scan";
import { evaluate } from "#src/graph/reference";
import { Input, type Tensor } from "#src/graph/tensor";
import { Variable } from "#src/graph/variable";

const open = new Map<number, Promise<Runtime>>();
const runtimeOf = (lanes: number) => {
  const known = open.get(lanes) ?? createRuntime({ threads: lanes, deterministic: true });
  open.set(lanes, known);
  return known;
};
afterAll(async () => {
  for (const one of open.values()) await (await one).close();
});

/** Fixed numbers in [-1, 1). */
const numbers = (count: number, seed: number) =>
  Array.from({ length: count }, (_, i) => ((Math.imul(i + 1, 2654435761) ^ Math.imul(seed, 40503)) % 1000) / 1000);
const given = (name: string, shape: number[], scale = 1) => {
  const size = shape.reduce((a, b) => a * b, 1);
  return new Variable({ name, shape, data: numbers(size, name.length + size).map((x) => x * scale) });
};

/** Values of a graph, computed by a program and by the f64 reference. */
async function run(outputs: Record<string, Tensor>, lanes = 1, fuse = true) {
  const runtime = await runtimeOf(lanes);
  const program = runtime.compile(() => ({ outputs }), { fuse });
  const values = await program.run({}, { seed: 5 });
  return Object.fromEntries(Object.entries(values).map(([name, { data }]) => [name, Array.from(data)]));
}

function close(found: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number): void {
  expect(found.length).toBe(wanted.length);
  const scale = Math.max(1, ...Array.from(wanted, Math.abs));
  for (let i = 0; i < wanted.length; i++) expect(Math.abs(found[i] - wanted[i])).toBeLessThanOrEqual(tolerance * scale);
}

/** Checks that `scan` and written-out iterations give the same results. */
async function same(byScan: Record<string, Tensor>, unrolled: Record<string, Tensor>, tolerance = 2e-6) {
  const seed = 5;
  const names = Object.keys(byScan);
  const reference = evaluate(Object.values(byScan), { seed });
  const wanted = evaluate(
    names.map((name) => unrolled[name]),
    { seed },
  );
  names.forEach((_, i) => {
    close(reference[i], wanted[i], 1e-12);
  });
  const fused = await run(byScan);
  const apart = await run(byScan, 1, false);
  const shared = await run(byScan, 3);
  names.forEach((name, i) => {
    close(fused[name], wanted[i], tolerance);
    expect(apart[name]).toEqual(fused[name]);
    expect(shared[name]).toEqual(fused[name]);
  });
}

const row = (x: Tensor, i: number) =>
  reshape(slice(x, [i, ...x.shape.slice(1).map(() => 0)], [1, ...x.shape.slice(1)]), x.shape.slice(1));
const stack = (rows: readonly Tensor[]) => concat(rows.map((one) => reshape(one, [1, ...one.shape])));

interface Cell {
  readonly h: Tensor;
  readonly y: Tensor;
}

/** A gated recurrent cell over n records with w units. */
const cell = (h: Tensor, x: Tensor, weights: Tensor, bias: Tensor): Cell => {
  const gate = sigmoid(add(matmul(h, weights), bias));
  const next = add(mul(gate, h), mul(sub(1, gate), tanh(x)));
  return { h: next, y: mul(next, x) };
};

describe.each([
  { length: 1, n: 2, w: 3, reverse: false },
  { length: 4, n: 3, w: 5, reverse: false },
  { length: 5, n: 2, w: 4, reverse: true },
  { length: 3, n: 70, w: 96, reverse: false },
  { length: 3, n: 5, w: 40, reverse: true },
])("a recurrence of $length iterations, [$n, $w], reverse $reverse", ({ length, n, w, reverse }) => {
  const h0 = given("h0", [n, w]);
  const x = given("x", [length, n, w]);
  const weights = given("weights", [w, w], 0.3);
  const bias = given("bias", [w]);
  const loops = () => {
    const { carries, outputs } = scan({ carries: { h: h0 }, sequences: { x }, reverse }, (state, element) => {
      const { h, y } = cell(state.h, element.x, weights, bias);
      return { carries: { h }, outputs: { y } };
    });
    return { h: carries.h, y: outputs.y };
  };
  const written = () => {
    const ys: Tensor[] = [];
    let h: Tensor = h0;
    for (let t = 0; t < length; t++) {
      const i = reverse ? length - 1 - t : t;
      const next = cell(h, row(x, i), weights, bias);
      h = next.h;
      ys[i] = next.y;
    }
    return { h, y: stack(ys) };
  };
  const xs = [h0, x, weights, bias];
  const lossOf = ({ h, y }: Cell) => add(sum(mul(h, h)), sum(sigmoid(y)));

  test("values", () => same(loops(), written()));

  test("gradients", async () => {
    const of = (both: Cell) => Object.fromEntries(gradient(lossOf(both), xs).map((g, i) => [`g${i}`, g]));
    await same(of(loops()), of(written()), 1e-5);
  });

  test("gradients of gradients", async () => {
    if (n * w > 1000) return; // the f64 reference would take long, and no further code would be tested
    const of = (both: Cell) => {
      const first = gradient(lossOf(both), xs);
      const total = first.map((g) => sum(mul(g, g))).reduce((a, b) => add(a, b));
      return Object.fromEntries(gradient(total, xs).map((g, i) => [`gg${i}`, g]));
    };
    await same(of(loops()), of(written()), 5e-5);
  });
});

test("carries that are swapped, unchanged, captured, or also outputs", async () => {
  const [a, b, c] = [given("a", [3]), given("bb", [3]), given("ccc", [3])];
  const loop = (length: number) => {
    const { carries, outputs } = scan({ length, carries: { a, b, c, d: c } }, (one) => ({
      carries: { a: one.b, b: one.a, c: one.c, d: a },
      outputs: { a: one.a, sum: add(one.a, one.b), b: one.a },
    }));
    return { ...carries, ya: outputs.a, ysum: outputs.sum, yb: outputs.b };
  };
  for (const length of [1, 2, 3]) {
    const rows = Array.from({ length: length }, (_, t) => (t % 2 === 0 ? a : b));
    const swapped = length % 2 === 1;
    await same(loop(length), {
      a: swapped ? b : a,
      b: swapped ? a : b,
      c,
      d: a,
      ya: stack(rows),
      ysum: stack(rows.map(() => add(a, b))),
      yb: stack(rows),
    });
  }
});

test("a loop without iterations keeps its carries and gives empty outputs", async () => {
  const a = given("a", [2]);
  const { carries, outputs } = scan({ length: 0, carries: { a } }, (one) => ({
    carries: { a: exp(one.a) },
    outputs: { y: one.a },
  }));
  expect(outputs.y.shape).toEqual([0, 2]);
  await same({ a: carries.a, g: gradient(sum(carries.a), [a])[0] }, { a, g: broadcastTo(1, [2]) });
});

test("i32 and u8 carries", async () => {
  const bytes = new Variable({
    name: "bytes",
    shape: [3, 5],
    dtype: "u8",
    data: numbers(15, 3).map((x) => Math.floor(Math.abs(x) * 250)),
  });
  const first = new Variable({ name: "first", shape: [5], dtype: "i32", data: [1, -2, 3, -4, 5] });
  const { carries, outputs } = scan({ carries: { i: first }, sequences: { bytes } }, ({ i }, element) => ({
    carries: { i: cast(add(cast(i, "f32"), cast(element.bytes, "f32")), "i32") },
    outputs: { again: element.bytes, seen: i },
  }));
  const rows = [0, 1, 2].map((k) => cast(row(bytes, k), "f32"));
  const steps = [cast(first, "f32")];
  for (const one of rows) steps.push(add(steps[steps.length - 1], one));
  await same(
    { i: carries.i, again: cast(outputs.again, "f32"), seen: outputs.seen },
    { i: cast(steps[3], "i32"), again: stack(rows), seen: cast(stack(steps.slice(0, 3)), "i32") },
  );
});

test("nested loops, with gradients", async () => {
  const x = given("x", [3, 2, 4], 0.5);
  const w = given("w", [4]);
  const build = () => {
    const { carries } = scan({ carries: { a: w }, sequences: { x } }, (outer, element) => {
      const inner = scan({ carries: { b: outer.a }, sequences: { row: element.x } }, ({ b }, { row: r }) => ({
        carries: { b: tanh(add(mul(b, w), mul(r, outer.a))) },
        outputs: { b },
      }));
      return { carries: { a: add(inner.carries.b, mean(inner.outputs.b, { axes: 0 })) } };
    });
    return carries.a;
  };
  const written = () => {
    let a: Tensor = w;
    for (let i = 0; i < 3; i++) {
      let b = a;
      const seen: Tensor[] = [];
      for (let k = 0; k < 2; k++) {
        seen.push(b);
        b = tanh(add(mul(b, w), mul(row(row(x, i), k), a)));
      }
      a = add(b, mean(stack(seen), { axes: 0 }));
    }
    return a;
  };
  const of = (a: Tensor) => {
    const [gx, gw] = gradient(sum(mul(a, a)), [x, w]);
    const [ggw] = gradient(add(sum(mul(gx, gx)), sum(mul(gw, gw))), [w]);
    return { a, gx, gw, ggw };
  };
  await same(of(build()), of(written()), 1e-5);
});

describe("random numbers", () => {
  const draws: Record<string, (shape: number[]) => Tensor> = {
    uniform: (shape) => randomUniform(shape),
    normal: (shape) => randomNormal(shape),
    integer: (shape) => randomInteger(shape, 1000),
    permutation: (shape) =>
      reshape(
        randomPermutation(
          shape.reduce((a, b) => a * b, 1),
          37,
        ),
        shape,
      ),
  };
  test.each(Object.keys(draws))("%s: all iterations draw what one node would", async (name) => {
    for (const n of [1, 7, 16, 1100]) {
      const { outputs } = scan({ length: 5 }, () => ({ outputs: { y: draws[name]([n]) } }));
      const one = evaluate([draws[name]([5, n])], { seed: 5 })[0];
      expect(evaluate([outputs.y], { seed: 5 })[0]).toEqual(one);
      const runtime = await runtimeOf(2);
      const whole = await runtime.compile(() => ({ outputs: { y: draws[name]([5, n]) } })).run({}, { seed: 5 });
      for (const fuse of [true, false]) {
        const length = await runtime.compile(() => ({ outputs: { y: outputs.y } }), { fuse }).run({}, { seed: 5 });
        expect([...length.y.data]).toEqual([...whole.y.data]);
      }
    }
  });

  test("a nested loop, one level reversed, continues where the previous iteration ended", async () => {
    const { outputs } = scan({ length: 3, reverse: true }, () => {
      const inner = scan({ length: 2 }, () => ({ outputs: { y: randomNormal([5]) } }));
      return { outputs: { y: inner.outputs.y } };
    });
    const runtime = await runtimeOf(1);
    const [found, wanted] = await Promise.all(
      [outputs.y, randomNormal([3, 2, 5])].map((y) => runtime.compile(() => ({ outputs: { y } })).run({}, { seed: 5 })),
    );
    expect([...found.y.data]).toEqual([...wanted.y.data]);
  });

  test("a value drawn outside is the same for all iterations", async () => {
    const noise = randomNormal([4]);
    const { outputs } = scan({ length: 3 }, () => ({ outputs: { y: mul(noise, 2) } }));
    await same({ y: outputs.y }, { y: stack([mul(noise, 2), mul(noise, 2), mul(noise, 2)]) });
  });

  test("the reverse scan of dropout draws the forward's numbers again", async () => {
    const w = given("w", [6, 9]);
    const x = given("x", [4, 6, 9]);
    const step = (h: Tensor, e: Tensor, u: Tensor) => tanh(add(mul(mul(h, less(u, 0.6)), w), e));
    const byScan = () => {
      const { carries } = scan({ carries: { h: w }, sequences: { x } }, ({ h }, element) => ({
        carries: { h: step(h, element.x, randomUniform([6, 9])) },
      }));
      return carries.h;
    };
    const written = () => {
      const mask = randomUniform([4, 6, 9]);
      let h: Tensor = w;
      for (let t = 0; t < 4; t++) h = step(h, row(x, t), row(mask, t));
      return h;
    };
    const of = (h: Tensor) => {
      const [gx, gw] = gradient(sum(mul(h, h)), [x, w]);
      return { h, gx, gw, ggw: gradient(sum(mul(gw, gw)), [w])[0] };
    };
    await same(of(byScan()), of(written()), 1e-5);
  });
});

describe("commands and memory of a loop", () => {
  const chain = (length: number) => {
    const w = given("w", [16, 16], 0.2);
    const { carries } = scan({ length, carries: { h: given("h", [8, 16]) } }, ({ h }) => ({
      carries: { h: tanh(matmul(h, w)) },
    }));
    return { w, h: carries.h };
  };

  test("the number of commands does not depend on the iterations, memory grows by what the gradient needs", async () => {
    const runtime = await runtimeOf(1);
    const compiled = (length: number, differentiated: boolean) =>
      runtime
        .compile(() => {
          const { w, h } = chain(length);
          return { outputs: differentiated ? { g: gradient(sum(h), [w])[0] } : { h } };
        })
        .compiled();
    const sizes = (length: number, differentiated: boolean) => {
      const { waves, plan } = compiled(length, differentiated);
      return { commands: commandsOf(waves).length, bytes: plan.bytes };
    };
    expect(sizes(1000, false)).toEqual(sizes(10, false));
    const [few, many] = [sizes(10, true), sizes(1000, true)];
    expect(many.commands).toBe(few.commands);
    // The carry, and the rows [8, 16] of which the gradient to w is one product after the loop.
    expect(many.bytes - few.bytes).toBe(990 * 2 * 8 * 16 * 4);
  });

  const labelsOf = (waves: ReturnType<typeof commandsOf>) => waves.map(({ label }) => label.split(" + ")[0]);
  const backward = async ({ rows, units, inner }: { rows: number; units: number; inner: number }) => {
    const runtime = await runtimeOf(1);
    const w = given("w", [units, inner], 0.1);
    const back = given("back", [inner, units], 0.1);
    const bias = given("bias", [inner]);
    const { waves } = runtime
      .compile(() => {
        const { carries } = scan({ length: 3, carries: { h: given("h", [rows, units]) } }, ({ h }) => ({
          carries: { h: tanh(matmul(sigmoid(add(matmul(h, w), bias)), back)) },
        }));
        const [gw, gb] = gradient(sum(carries.h), [w, bias]);
        return { outputs: { gw, gb } };
      })
      .compiled();
    const all = commandsOf(waves);
    const [, loop] = all.filter(({ body }) => body);
    return { loop: labelsOf(commandsOf(loop.body?.waves ?? [])), after: labelsOf(all.slice(all.indexOf(loop))) };
  };

  test("the gradient reads the products of the loop, and multiplies the rows of all iterations at once", async () => {
    const { loop, after } = await backward({ rows: 4, units: 64, inner: 96 });
    expect(loop.filter((label) => label.startsWith("matmul"))).toEqual([
      "matmul nt 4x64x96", // to the sigmoid
      "matmul nt 4x96x64", // to the previous state
    ]);
    expect(loop.filter((label) => label.startsWith("sum"))).toEqual([]);
    expect(after).toContain("matmul tn 64x12x96");
    expect(after).toContain("sum [1, 12, 96]");
  });

  test("products that are many times as large as the carries are computed again and summed in the loop", async () => {
    const { loop, after } = await backward({ rows: 4, units: 64, inner: 512 });
    expect(loop).toContain("matmul nn 4x64x512");
    expect(loop).toContain("matmul tn 64x4x512");
    expect(after).not.toContain("matmul tn 64x12x512");
  });

  test("a short sum of many rows stays in the loop", async () => {
    const { loop } = await backward({ rows: 200, units: 64, inner: 64 });
    expect(loop).toContain("matmul tn 64x200x64");
  });

  test("values that are equal in every iteration are computed once, outside", async () => {
    const runtime = await runtimeOf(1);
    const w = given("w", [4]);
    const { waves } = runtime
      .compile(() => {
        const { carries } = scan({ length: 3, carries: { h: w } }, ({ h }) => ({
          carries: { h: mul(h, exp(log(exp(w)))) },
        }));
        return { outputs: carries };
      })
      .compiled();
    const [loop] = waves.flat().filter(({ body }) => body);
    expect(loop.body?.waves.flat().map(({ label }) => label)).toEqual(["map mul [4] x 1"]);
  });

  test("a carry that is overwritten in place has no second row", async () => {
    const runtime = await runtimeOf(1);
    const h = given("h", [1000]);
    const bytes = (next: (h: Tensor) => Tensor) => {
      const { carries } = scan({ length: 9, carries: { h } }, (one) => ({ carries: { h: next(one.h) } }));
      return runtime.compile(() => ({ outputs: { h: carries.h } })).compiled().plan.bytes;
    };
    expect(bytes((one) => add(one, 1))).toBeLessThan(4200);
    expect(bytes((one) => flip(one))).toBe(8000);
  });
});

test("a long loop pauses, resumes, and gives the same bits", async () => {
  const runtime = await createRuntime({ threads: 2, deterministic: true });
  const w = given("w", [64, 64], 0.1);
  const program = runtime.compile(() => {
    const { carries } = scan({ length: 3000, carries: { h: given("h", [32, 64]) } }, ({ h }) => ({
      carries: { h: tanh(add(matmul(h, w), mul(randomUniform([32, 64]), 0.1))) },
    }));
    return { outputs: carries };
  });
  let length = 0;
  let running = true;
  const count = (async () => {
    while (running) {
      await new Promise((resolve) => setImmediate(resolve));
      length++;
    }
  })();
  const begin = performance.now();
  const first = await program.run({}, { seed: 3 });
  const seconds = (performance.now() - begin) / 1000;
  running = false;
  await count;
  const second = await program.run({}, { seed: 3 });
  expect([...second.h.data]).toEqual([...first.h.data]);
  if (seconds > 0.1) expect(length).toBeGreaterThan(2);
  await runtime.close();
});

test("a value in a loop that is not finite is named", async () => {
  const runtime = await runtimeOf(1);
  const program = runtime.compile(() => {
    const { carries } = scan({ length: 4, carries: { x: given("x", [1]) } }, ({ x }) => ({
      carries: { x: add(x, log(sub(x, 2))) },
    }));
    return { outputs: carries, checks: "all" };
  });
  await expect(program.run()).rejects.toThrow("next x is not finite at step 0");
});

test("invalid loops", () => {
  const x = new Input("x", [3, 2]);
  const body = () => ({});
  expect(() => scan({ sequences: { x: 1 } }, body)).toThrow(
    "scan: the sequence x must have a first axis, found a scalar",
  );
  expect(() => scan({ length: 4, sequences: { x } }, body)).toThrow("scan: the sequence x must have length 4, found 3");
  expect(() => scan({}, body)).toThrow("scan: length must be an integer >= 0 and < 2147483648, found undefined");
  expect(() => scan({ length: 2, carries: { h: x } }, body)).toThrow(
    "scan: the body returns no next value for the carry h",
  );
  expect(() => scan({ length: 2 }, () => ({ carries: { h: x } }))).toThrow(
    "scan: the body returns a carry h, which has no initial value",
  );
  expect(() => scan({ length: 2, carries: { h: x } }, ({ h }) => ({ carries: { h: sum(h) } }))).toThrow(
    "scan: the next value of the carry h must be f32 [3, 2], found f32 []",
  );
  expect(() => scan({ length: 2, carries: { h: x } }, ({ h }) => ({ carries: { h: cast(h, "i32") } }))).toThrow(
    "the next value of the carry h must be f32 [3, 2], found i32 [3, 2]",
  );
  expect(() => scan({ length: 2, carries: [x] as never }, body)).toThrow("scan: carries must be named tensors");
  expect(() => scan({ length: 2 }, undefined as never)).toThrow("scan: the body must be a function, found undefined");
  expect(() => scan({ length: 2 }, () => ({ output: { x } }) as never)).toThrow('unknown option "output"');
});

test("gradients of several tensors at once", () => {
  const x = given("x", [2]);
  const [a, b] = [mul(x, x), mul(x, 3)];
  const [g] = backpropagate(
    new Map([
      [a, broadcastTo(1, [2])],
      [b, broadcastTo(2, [2])],
    ]),
    [x],
  );
  const [wanted] = gradient(add(sum(a), mul(sum(b), 2)), [x]);
  expect(evaluate([g])).toEqual(evaluate([wanted]));
});

/** Values of every n-th step: the other steps compute nothing that only feeds these values, nor its gradients. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gradient } from "#src/ops/differentiate";
import { commandsOf } from "#src/graph/storage";
import { createRuntime, type Runtime } from "#src/index";
import { add, exp, log, mul, square, sub, tanh } from "#src/ops/elementwise";
import { every } from "#src/ops/every-nth-step";
import { matmul } from "#src/ops/matmul";
import { randomNormal } from "#src/ops/random";
import { mean, sum } from "#src/ops/reduction";
import { scan } from "#src/ops/scan";
import { evaluate } from "#src/graph/reference";
import { type Tensor, Variable } from "#src/graph/tensor";

let runtimes: Runtime[];
beforeAll(async () => {
  runtimes = await Promise.all([1, 3].map((threads) => createRuntime({ threads, deterministic: true })));
});
afterAll(() => Promise.all(runtimes.map((one) => one.close())));

const values = (count: number) => Array.from({ length: count }, (_, i) => Math.sin(3 * i + 1));
const given = (name: string, shape: number[]) =>
  new Variable({ name, shape, data: values(shape.reduce((a, b) => a * b, 1)) });

/** Checks steps 0 … 6 of a graph, with fusion, without fusion and on three lanes, against the f64 reference. */
async function compare(outputs: Record<string, Tensor>, tolerance = 3e-6): Promise<void> {
  const programs = [
    runtimes[0].compile(() => ({ outputs })),
    runtimes[0].compile(() => ({ outputs }), { fuse: false }),
    runtimes[1].compile(() => ({ outputs })),
  ];
  for (let step = 0; step < 7; step++) {
    const wanted = evaluate(Object.values(outputs), { seed: 4, step });
    const found: Awaited<ReturnType<(typeof programs)[0]["run"]>>[] = [];
    for (const program of programs) found.push(await program.run({}, { seed: 4, step }));
    Object.keys(outputs).forEach((name, i) => {
      const [fused, apart, shared] = found.map((one) => [...one[name].data]);
      const scale = Math.max(1, ...wanted[i].map(Math.abs));
      fused.forEach((value, k) => {
        expect(Math.abs(value - wanted[i][k])).toBeLessThanOrEqual(tolerance * scale);
      });
      expect(apart).toEqual(fused);
      expect(shared).toEqual(fused);
    });
  }
}

const w = given("w", [5, 5]);
const x = given("x", [4, 5]);

/** A discriminator's loss with a gradient penalty every n-th step. */
function penalised(n: number) {
  const hidden = tanh(matmul(x, w));
  const own = mean(square(hidden));
  const [slope] = gradient(sum(hidden), [x]);
  return { own, penalty: mean(square(slope)), loss: add(own, every(n, mean(square(slope)))) };
}

describe("values", () => {
  test("appear in every n-th step, beginning with the first", () =>
    compare({ y: every(3, exp(x)), same: every(1, x), all: add(every(2, exp(x)), every(3, exp(x))) }));

  test("are zeros in other steps, even where they would be NaN", async () => {
    const bad = every(2, log(sub(mul(x, 0), 1)));
    const program = runtimes[0].compile(() => ({ outputs: { bad } }));
    expect([...(await program.run({}, { step: 1 })).bad.data]).toEqual(new Array(20).fill(0));
    expect((await program.run({}, { step: 2 })).bad.data[0]).toBeNaN();
  });

  test("of one that depends on another, of the same period and of others", () =>
    compare({
      same: every(2, add(every(2, exp(x)), x)),
      outside: add(every(2, mul(exp(x), every(2, tanh(x)))), every(2, tanh(x))),
      within: every(4, exp(every(2, x))),
      around: every(2, exp(every(4, x))),
      crossed: add(every(3, exp(every(2, x))), every(2, exp(every(3, x)))),
      chain: every(2, tanh(add(sum(every(2, exp(x))), every(3, x)))),
    }));

  test("of one of the same period, over what is read outside of both", async () => {
    const { a } = scan({ length: 2, carries: { a: x, b: x } }, ({ a, b }) => ({
      carries: { a: tanh(b), b: add(a, 1) },
    })).carries;
    await compare({ variable: every(2, every(2, given("alone", [3]))) });
    await compare({ read: a, part: every(2, every(2, a)) });
    await compare({ read: a, part: every(4, every(2, a)) });
  });

  test("of one of a loop's several values", () => {
    const { a, b } = scan({ length: 3, carries: { a: x, b: x } }, ({ a, b }) => ({
      carries: { a: tanh(add(a, b)), b: matmul(b, w) },
    })).carries;
    const [ga, gb] = gradient(add(sum(every(2, square(a))), sum(b)), [x, w]);
    return compare({ b, some: every(2, a), ga, gb }, 1e-5);
  });

  test("that others read too, that are asked for, and random ones", () => {
    const both = exp(x);
    const noise = randomNormal([4, 5]);
    return compare({
      both,
      more: add(both, 1),
      y: every(2, mul(both, 3)),
      z: every(3, both),
      noise: every(2, noise),
      again: mul(noise, 2),
    });
  });

  test("in the body of a loop, and around a loop", () => {
    const loop = (iteration: (h: Tensor) => Tensor) =>
      scan({ length: 3, carries: { h: x } }, ({ h }) => ({ carries: { h: iteration(h) } })).carries.h;
    return compare({
      inside: loop((h) => add(tanh(h), every(2, matmul(h, w)))),
      around: every(
        2,
        loop((h) => tanh(matmul(h, w))),
      ),
    });
  });
});

describe("gradients", () => {
  test("are those of the value in its steps and zeros in the others, to order 2", () => {
    const [g] = gradient(sum(every(2, exp(x))), [x]);
    const { loss } = penalised(3);
    const [gw, gx] = gradient(loss, [w, x]);
    const [gg] = gradient(sum(square(gw)), [w]);
    return compare({ g, gw, gx, gg }, 1e-5);
  });

  test("are those of the loss with or without the penalty", async () => {
    const { own, penalty, loss } = penalised(2);
    const [by, without, all] = [loss, own, add(own, penalty)].map((one) => gradient(one, [w])[0]);
    for (const step of [0, 1]) {
      const [found, bare, full] = evaluate([by, without, all], { step });
      expect(found).toEqual(step === 0 ? full : bare);
    }
  });

  test("with respect to a node of the skipped part", () => {
    const y = exp(x);
    const [gy, gx] = gradient(sum(every(2, square(y))), [y, x]);
    return compare({ gy, gx });
  });
});

describe("skipped commands", () => {
  /** Number of products outside loops, and in total. */
  const products = (n: number) => {
    const { waves } = runtimes[0].compile(() => ({ outputs: { g: gradient(penalised(n).loss, [w])[0] } })).compiled();
    const count = (commands: readonly { label: string }[]) =>
      commands.filter(({ label }) => label.startsWith("matmul")).length;
    return { always: count(waves.flat()), all: count(commandsOf(waves)) };
  };

  test("are the penalty's products and those of its gradient", () => {
    const bare = runtimes[0]
      .compile(() => ({ outputs: { g: gradient(penalised(2).own, [w])[0] } }))
      .compiled()
      .waves.flat()
      .filter(({ label }) => label.startsWith("matmul")).length;
    expect(products(4).always).toBe(bare);
    expect(products(4).all).toBeGreaterThan(bare);
  });
});

test("periods", () => {
  expect(() => every(0, x)).toThrow("every: n must be an integer >= 1 and < 2147483648, found 0");
  expect(() => every(1.5, x)).toThrow("found 1.5");
  expect(() => every(2, "x" as never)).toThrow("every: an operand must be a tensor or a number");
});

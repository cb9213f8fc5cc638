/** Loops inside a program: values, gradients of orders 1 and 2, random numbers, memory and commands. */
import { afterAll, expect, test } from "vitest";
import { createRuntime, type Runtime } from "#src/index";
import { gradient } from "#src/gradient";
import { add, mul, sigmoid, sub, tanh } from "#src/ops/elementwise";
import { matmul } from "#src/ops/matmul";
import { reshape, slice } from "#src/ops/movement";
import { randomNormal } from "#src/ops/random";
import { sum } from "#src/ops/reduction";
import { scan } from "#src/ops/scan";
import { evaluate } from "#src/reference";
import { Variable } from "#src/tensor";

const runtimes: Runtime[] = [];
const withLanes = async (lanes: number) => {
  const runtime = await createRuntime({ threads: lanes, deterministic: true });
  runtimes.push(runtime);
  return runtime;
};
afterAll(() => Promise.all(runtimes.map((one) => one.close())));

test("one", async () => {
  const x = new Variable({ name: "x", shape: [3, 2], data: [1, 2, 3, 4, 5, 6] });
  const w = new Variable({ name: "w", shape: [2], data: [0.5, 0.25] });
  const build = () => {
    const { carries, outputs } = scan({ carries: { h: mul(w, 0) }, sequences: { x } }, ({ h }, { x }) => {
      const next = tanh(add(mul(h, w), x));
      return { carries: { h: next }, outputs: { y: mul(next, 2) } };
    });
    const loss = add(sum(carries.h), sum(mul(outputs.y, outputs.y)));
    const [gx, gw] = gradient(loss, [x, w]);
    const [ggw] = gradient(add(sum(mul(gx, gx)), sum(mul(gw, gw))), [w]);
    return { h: carries.h, y: outputs.y, loss, gx, gw, ggw };
  };
  const graph = build();
  const reference = evaluate(Object.values(graph));
  const runtime = await withLanes(1);
  await runtime.initialize([x, w], { seed: 1 });
  for (const fuse of [true, false]) {
    const program = runtime.compile(() => ({ outputs: build() }), { fuse });
    console.log(program.print());
    const out = await program.run();
    Object.keys(graph).forEach((name, i) => {
      console.log(name, [...out[name].data], [...reference[i]]);
    });
  }
});

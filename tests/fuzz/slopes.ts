/**
 * Are gradients slopes? Compares what `gradient` says along a random direction, in f64 by the reference, with central
 * differences of the value that was differentiated. Only where that is smooth: three step widths agree, the differences
 * forwards and backwards too, and nothing on the way stops gradients by intention.
 */
import { topologicalOrder } from "#src/graph/order";
import { bodyOf } from "#src/ops/body";
import { evaluate } from "#src/reference";
import { Input, type Tensor } from "#src/tensor";
import type { Failure } from "./check.js";
import { graphOf } from "./graph.js";
import { leafOf, type Recipe, type Ref } from "./recipe.js";
import { uniformAt, valuesOf } from "./values.js";

/** Directions that must all tell of a wrong slope. */
const directions = 3;
const widths = [2 ** -12, 2 ** -13, 2 ** -14];

function stops(node: Tensor): boolean {
  return (
    node.op.name === "stopGradient" || (bodyOf(node)?.results ?? []).some((one) => topologicalOrder([one]).some(stops))
  );
}

const sumOf = (values: Float64Array) => values.reduce((sum, one) => sum + one, 0);

/** The slope along a direction and by how much it may be wrong; undefined where it is not smooth. */
function differences(
  at: (move: number) => number,
  scale: number,
): { readonly slope: number; readonly open: number } | undefined {
  const middle = at(0);
  const slopes: number[] = [];
  for (const h of widths) {
    const [up, down] = [at(h), at(-h)];
    const bend = Math.abs(up - 2 * middle + down) / h;
    slopes.push((up - down) / (2 * h));
    if (!(bend <= 0.01 * (scale + Math.abs(slopes[0])))) return undefined;
  }
  const open = Math.max(...slopes) - Math.min(...slopes);
  if (!(open <= 1e-3 * (scale + Math.abs(slopes[0])))) return undefined;
  return { slope: slopes[slopes.length - 1], open };
}

/** Compares each gradient that a program takes outside of loops. */
export function slopeFailure(recipe: Recipe): Failure | undefined {
  const { tensors } = graphOf(recipe, (name, shape, dtype) => new Input(name, shape, dtype));
  const feeds = new Map<Tensor, ArrayLike<number>>();
  recipe.steps.forEach((step, i) => {
    if (step.call !== "input" && step.call !== "variable") return;
    const { domain, seed } = leafOf(step);
    feeds.set(tensors[i], valuesOf(domain, seed, tensors[i].size));
  });
  const options = { seed: 5, step: recipe.first };
  const needed = new Set(
    topologicalOrder([...recipe.outputs, ...recipe.updates.map(([, t]) => t)].map((t) => tensors[t])),
  );
  for (const [i, { call, args }] of recipe.steps.entries()) {
    if (call !== "gradient" || !needed.has(tensors[i])) continue;
    const [y, x] = args.map((argument) => tensors[(argument as Ref).t]);
    const order = topologicalOrder([y]);
    // Within a loop: nothing feeds what stands for a turn's values.
    if (order.some((node) => node instanceof Input && !feeds.has(node))) continue;
    if (!order.includes(x) || order.some(stops) || x.size === 0 || x.size * order.length > 20_000) continue;
    // Differences of large numbers say nothing.
    if (evaluate(order, { feeds, ...options }).some((values) => values.some((one) => !(Math.abs(one) < 1e6)))) continue;
    // The gradient and what it is of by one evaluation: random nodes keep their streams.
    const [slopes, point] = evaluate([tensors[i], x, y], { feeds, ...options });
    const value = (at: Float64Array) =>
      sumOf(evaluate([tensors[i], x, y], { feeds: new Map([...feeds, [x, at]]), ...options })[2]);
    if (!slopes.every(Number.isFinite) || !point.every((one) => Math.abs(one) < 1e3)) continue;
    let wrong: string | undefined;
    for (let k = 0; k < directions; k++) {
      const direction = point.map((_, e) => 2 * uniformAt(recipe.seed + k, e) - 1);
      const along = direction.map((one, e) => one * slopes[e]);
      const scale = sumOf(along.map(Math.abs));
      const found = differences((move) => value(point.map((one, e) => one + move * direction[e])), scale);
      const told = sumOf(along);
      const apart = found ? Math.abs(found.slope - told) : 0;
      const allowed = found ? 20 * found.open + 1e-4 * (scale + Math.abs(found.slope)) + 1e-6 : 0;
      wrong =
        apart > allowed
          ? `gradient of t${(args[0] as Ref).t} by t${(args[1] as Ref).t}: ${told} along a direction, differences say ${found?.slope}`
          : undefined;
      if (wrong === undefined) break;
    }
    if (wrong !== undefined) return { kind: "slope", message: wrong };
  }
  return undefined;
}

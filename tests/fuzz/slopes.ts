/**
 * Are gradients slopes? Compares what `gradient` says along a random direction, in f64 by the reference, with central
 * differences of the value that was differentiated. Only where that is smooth: three step widths agree, the differences
 * forwards and backwards too, and nothing on the way stops gradients by intention. A gradient by a result of an operation
 * must also be continuous: an operation's gradient may read its result (relu: `where(y, g, 0)`), and differences give that
 * result values which the operation cannot take.
 */
import { topologicalOrder } from "#src/graph/order";
import { bodyOf } from "#src/graph/body";
import { evaluate } from "#src/graph/reference";
import { Input, type Tensor } from "#src/graph/tensor";
import type { Failure } from "./failure.js";
import { graphOf } from "./graph.js";
import { isLeaf, leafOf, type Recipe, type Ref } from "./recipe.js";
import { uniformAt, valuesOf } from "./values.js";

/** Directions that must all tell of a wrong slope. */
const directions = 3;
const widths = [2 ** -15, 2 ** -16, 2 ** -17];

function stops(node: Tensor): boolean {
  return (
    node.op.name === "stopGradient" || (bodyOf(node)?.results ?? []).some((one) => topologicalOrder([one]).some(stops))
  );
}

/** Differences of very large numbers say nothing, and where a number is very small its function may iteration within a step. */
const isOrdinary = (one: number) => one === 0 || (Math.abs(one) > 1e-7 && Math.abs(one) < 1e6);

const sumOf = (values: Float64Array) => values.reduce((sum, one) => sum + one, 0);

/** The slope along a direction and by how much it may be wrong; undefined where it is not smooth. */
function differences(
  at: (move: number) => number,
  scale: number,
): { readonly slope: number; readonly open: number } | undefined {
  const middle = at(0);
  const slopes: number[] = [];
  let bend = 0;
  for (const h of widths) {
    const [up, down] = [at(h), at(-h)];
    bend = Math.abs(up - 2 * middle + down) / h;
    slopes.push((up - down) / (2 * h));
    if (!(bend <= 0.01 * (scale + Math.abs(slopes[0])))) return undefined;
  }
  const spread = Math.max(...slopes) - Math.min(...slopes);
  if (!(spread <= 1e-3 * (scale + Math.abs(slopes[0])))) return undefined;
  // Where two straight lines meet, the slope between them is half the bend away from either.
  return { slope: slopes[slopes.length - 1], open: bend + 20 * spread };
}

/**
 * Compares each gradient that a program takes outside of loops; one with values of every n-th step in two steps.
 * @param instead other steps that are taken for gradients, to test this function with
 */
export function slopeFailure(recipe: Recipe, instead: ReadonlyMap<number, number> = new Map()): Failure | undefined {
  if (!recipe.steps.some(({ call }) => call === "gradient")) return undefined;
  const sometimes = recipe.steps.some(({ call }) => call === "every");
  return (
    failureAt(recipe, recipe.first, instead) ?? (sometimes ? failureAt(recipe, recipe.first + 1, instead) : undefined)
  );
}

function failureAt(recipe: Recipe, step: number, instead: ReadonlyMap<number, number>): Failure | undefined {
  const { tensors } = graphOf(recipe, (name, shape, dtype) => new Input(name, shape, dtype));
  const feeds = new Map<Tensor, ArrayLike<number>>();
  recipe.steps.forEach((one, i) => {
    if (one.call !== "input" && one.call !== "variable") return;
    const { domain, seed } = leafOf(one);
    feeds.set(tensors[i], valuesOf(domain, seed, tensors[i].size));
  });
  const options = { seed: 5, step };
  const needed = new Set(
    topologicalOrder([...recipe.outputs, ...recipe.updates.map(([, t]) => t)].map((t) => tensors[t])),
  );
  for (const [i, { call, args }] of recipe.steps.entries()) {
    if (call !== "gradient" || !needed.has(tensors[i])) continue;
    const [y, x] = args.map((argument) => tensors[(argument as Ref).t]);
    const order = topologicalOrder([y]);
    // Within a loop: nothing feeds what stands for an iteration's values.
    if (order.some((node) => node instanceof Input && !feeds.has(node))) continue;
    if (!order.includes(x) || order.some(stops) || x.size === 0 || x.size * order.length > 20_000) continue;
    if (!evaluate(order, { feeds, ...options }).every((values) => values.every(isOrdinary))) continue;
    const told = tensors[instead.get(i) ?? i];
    // The gradient and what it is of by one evaluation: random nodes keep their streams.
    const at = (values?: Float64Array) => {
      const [gradient, value, point] = evaluate([told, y, x], {
        feeds: values ? new Map([...feeds, [x, values]]) : feeds,
        ...options,
      });
      return { gradient, value: sumOf(value), point };
    };
    const [of, by] = args.map((argument) => (argument as Ref).t);
    const wrong = wrongSlope(at, { seed: recipe.seed, computed: !isLeaf(recipe.steps[by]) });
    if (wrong === undefined) continue;
    return { kind: "slope", message: `gradient of t${of} by t${by}: ${wrong}` };
  }
  return undefined;
}

/** What is evaluated with other values of the tensor that a gradient is by, or with its own. */
type At = (values?: Float64Array) => {
  readonly gradient: Float64Array;
  /** What was differentiated, summed. */
  readonly value: number;
  readonly point: Float64Array;
};

/**
 * What is wrong with a gradient, if all directions say it.
 * @param computed whether an operation gave the tensor that the gradient is by
 */
function wrongSlope(at: At, { seed, computed }: { seed: number; computed: boolean }): string | undefined {
  const { gradient, point } = at();
  if (!gradient.every(Number.isFinite) || !point.every((one) => Math.abs(one) < 1e3)) return undefined;
  let wrong: string | undefined;
  for (let k = 0; k < directions; k++) {
    const direction = point.map((_, e) => 2 * uniformAt(seed + k, e) - 1);
    const moved = (move: number) => at(point.map((one, e) => one + move * direction[e]));
    const along = (one: Float64Array) => one.map((slope, e) => slope * direction[e]);
    const slope = sumOf(along(gradient));
    const scale = sumOf(along(gradient).map(Math.abs));
    const found = differences((move) => moved(move).value, scale);
    if (found === undefined) return undefined;
    const allowed = found.open + 1e-4 * (scale + Math.abs(found.slope)) + 1e-6;
    if (Math.abs(found.slope - slope) <= allowed) return undefined;
    const jumps = (move: number) =>
      Math.abs(sumOf(along(moved(move).gradient)) - slope) > 0.01 * (scale + Math.abs(found.slope));
    if (computed && widths.some((h) => jumps(h) || jumps(-h))) return undefined;
    wrong = `${slope} along a direction, differences say ${found.slope}`;
  }
  return wrong;
}

/** What kinds of loops a recipe has: the generator's test counts them. */
import { type LoopSteps, loopOf, type Recipe, type Ref, refsOf } from "./recipe.js";

const isWithin = (t: number, { loop, scan }: LoopSteps) => t > loop && t < scan;

/** Steps that a step depends on, itself among them. */
function below({ steps }: Recipe, t: number): Set<number> {
  const found = new Set<number>();
  const open = [t];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (found.has(at)) continue;
    found.add(at);
    open.push(...refsOf(steps[at]));
  }
  return found;
}

function bodyTraits({ steps }: Recipe, loop: LoopSteps): string[] {
  const calls = steps.slice(loop.loop, loop.scan).map(({ call }) => call);
  const has = (fits: (call: string) => boolean, trait: string) => (calls.some(fits) ? [trait] : []);
  return [
    ...has((call) => call.startsWith("random"), "random"),
    ...has((call) => call === "every", "every"),
    ...has((call) => /^matmul|^conv/.test(call), "product"),
    ...has((call) => call === "gradient", "gradient within"),
  ];
}

function carryTraits(recipe: Recipe, loop: LoopSteps): string[] {
  const { steps, updates } = recipe;
  const { carries, scan } = loop;
  return carries.flatMap(({ carry, first, next }, k) => {
    const dtype = ["input", "variable"].includes(steps[first].call) ? [`${steps[first].args[1]} carry`] : [];
    const own = steps.flatMap(({ call, args }, t) =>
      call === "result" && (args[0] as Ref).t === scan && args[1] === k ? [t] : [],
    );
    return [
      ...dtype,
      ...(next === carry ? ["carry that stays"] : []),
      ...(next !== carry && carries.some((one) => one.carry === next) ? ["carries that change places"] : []),
      ...(isWithin(next, loop) ? [] : ["carry that becomes what is captured"]),
      ...(updates.some(([v, t]) => v === first && own.includes(t)) ? ["update of its first value"] : []),
    ];
  });
}

/** Traits of all loops, each as often as there is one. */
export function loopTraits(recipe: Recipe): string[] {
  const { steps } = recipe;
  const loops = steps.flatMap(({ call }, t) => (call === "loop" ? [loopOf(steps, t)] : []));
  const gradients = steps.flatMap(({ call }, t) => (call === "gradient" ? [t] : []));
  /** Whether a gradient goes through a loop: what it is of depends on the loop, and the loop on what it is by. */
  const passes = (t: number, { scan }: LoopSteps) => {
    const [y, x] = refsOf(steps[t]);
    return below(recipe, y).has(scan) && below(recipe, scan).has(x) && x !== scan;
  };
  return loops.flatMap((loop) => {
    const { scan, length, reverse, carries, rows, outputs } = loop;
    const through = gradients.filter((t) => passes(t, loop));
    return [
      `length ${length}`,
      `carries ${carries.length}`,
      `sequences ${rows.length}`,
      `outputs ${outputs.length}`,
      ...(reverse ? ["reverse"] : []),
      ...(loops.some((other) => isWithin(scan, other)) ? ["nested"] : []),
      ...bodyTraits(recipe, loop),
      ...carryTraits(recipe, loop),
      ...(through.length > 0 ? ["gradient through"] : []),
      ...(through.some((t) => through.some((other) => other !== t && below(recipe, refsOf(steps[t])[0]).has(other)))
        ? ["gradient through a gradient"]
        : []),
      ...(loops.some((other) => other !== loop && below(recipe, scan).has(other.scan))
        ? ["values of another loop"]
        : []),
    ];
  });
}

/** Smaller loops: fewer iterations, carries and outputs; one iteration of the body in their place, or what they began with. */
import { Input, type Tensor } from "#src/graph/tensor";
import { graphOf } from "./graph.js";
import { isLeaf, leafOf, type LoopSteps, loopOf, type Recipe, type Ref, type Step, withRefs } from "./recipe.js";

export const without = <T>(list: readonly T[], at: number) => list.filter((_, i) => i !== at);

/** The recipe with another step in place of one. */
export const replaced = (recipe: Recipe, t: number, step: Step): Recipe => ({
  ...recipe,
  steps: recipe.steps.map((one, i) => (i === t ? step : one)),
});

/** An input of a tensor's shape and dtype. */
export function stand({ shape, dtype }: Pick<Tensor, "shape" | "dtype">): Step {
  const domain = dtype === "f32" ? "wave" : dtype === "u8" ? "bytes" : "index";
  return { call: "input", args: [[...shape], dtype, domain, 1] };
}

/** The recipe with other steps' results in place of some. */
export function moved(recipe: Recipe, to: ReadonlyMap<number, number>): Recipe {
  const move = (t: number) => to.get(t) ?? t;
  return {
    ...recipe,
    steps: recipe.steps.map((one) => withRefs(one, move)),
    outputs: recipe.outputs.map(move),
    updates: recipe.updates.map(([v, next]) => [v, move(next)]),
    checks: recipe.checks.map(move),
  };
}

const scanStep = ({ loop }: LoopSteps, carries: LoopSteps["carries"], outputs: readonly number[]): Step => ({
  call: "scan",
  args: [{ t: loop }, carries.map(({ carry, next }) => [{ t: carry }, { t: next }]), outputs.map((t) => ({ t }))],
});

/** The `result` steps of a loop, and which value each is. */
const resultsOf = ({ steps }: Recipe, { scan }: LoopSteps) =>
  steps.flatMap(({ call, args }, t) =>
    call === "result" && (args[0] as Ref).t === scan ? [[t, args[1] as number]] : [],
  );

/** Without the value of this number: results behind it count one less. */
function withoutValue(recipe: Recipe, loop: LoopSteps, value: number, step: Step): Recipe {
  const behind = new Set(resultsOf(recipe, loop).flatMap(([t, k]) => (k > value ? [t] : [])));
  return {
    ...recipe,
    steps: recipe.steps.map((one, t) => {
      if (t === loop.scan) return step;
      return behind.has(t) ? { ...one, args: [one.args[0], (one.args[1] as number) - 1] } : one;
    }),
  };
}

/** With fewer iterations: leaves that are sequences become shorter, others become inputs. */
function withLength(
  recipe: Recipe,
  { loop, rows, reverse }: LoopSteps,
  length: number,
  tensors: readonly Tensor[],
): Recipe {
  let fewer = replaced(recipe, loop, { call: "loop", args: [{ length, reverse }] });
  for (const { sequence } of rows) {
    const shape = [length, ...tensors[sequence].shape.slice(1)];
    const step = recipe.steps[sequence];
    const { dtype, domain, seed } = leafOf(step);
    const shorter = isLeaf(step)
      ? { call: step.call, args: [shape, dtype, domain, seed] }
      : stand({ ...tensors[sequence], shape });
    fewer = replaced(fewer, sequence, shorter);
  }
  return fewer;
}

export function* smallerLoops(recipe: Recipe): Generator<Recipe> {
  const { tensors } = graphOf(recipe, (name, shape, dtype) => new Input(name, shape, dtype));
  const loops = recipe.steps.flatMap(({ call }, t) => (call === "loop" ? [loopOf(recipe.steps, t)] : []));
  for (const one of loops) {
    const { loop, length, reverse, carries, rows, outputs } = one;
    const results = resultsOf(recipe, one);
    const firsts = new Map(carries.map(({ carry, first }) => [carry, first]));
    /** Rows become inputs; the loop's own steps are needed no more where nothing reads its results. */
    const open = rows.reduce((all, { row }) => replaced(all, row, stand(tensors[row])), recipe);
    const byFirst = results.filter(([, k]) => k < carries.length).map(([t, k]) => [t, carries[k].first] as const);
    const others = results.filter(([, k]) => k >= carries.length).map(([t]) => t);
    const atFirst = others.reduce((all, t) => replaced(all, t, stand(tensors[t])), recipe);
    yield moved(atFirst, new Map(byFirst));
    const once = others.reduce((all, t) => replaced(all, t, stand(tensors[t])), open);
    const byNext = results.filter(([, k]) => k < carries.length).map(([t, k]) => [t, carries[k].next] as const);
    yield moved(moved(once, new Map(byNext)), firsts);
    // The outputs' rows in place of the outputs, which fit where nothing depends on their shape.
    const byRow = results
      .filter(([, k]) => k >= carries.length)
      .map(([t, k]) => [t, outputs[k - carries.length]] as const);
    yield moved(moved(open, new Map([...byNext, ...byRow])), firsts);
    for (const fewer of new Set([1, 2, length - 1]))
      if (fewer > 0 && fewer < length) yield withLength(recipe, one, fewer, tensors);
    for (const [t, k] of results)
      for (let other = 0; other < k; other++)
        yield replaced(recipe, t, { call: "result", args: [recipe.steps[t].args[0], other] });
    if (reverse) yield replaced(recipe, loop, { call: "loop", args: [{ length, reverse: false }] });
    for (const [k, { carry, first }] of carries.entries()) {
      const own = results.flatMap(([t, value]) => (value === k ? [[t, first] as const] : []));
      const left = without(carries, k);
      if (left.length + outputs.length > 0)
        yield moved(withoutValue(recipe, one, k, scanStep(one, left, outputs)), new Map([[carry, first], ...own]));
    }
    for (const k of outputs.keys()) {
      const value = carries.length + k;
      if (carries.length + outputs.length < 2) continue;
      const own = results.filter(([, at]) => at === value);
      const fewer = withoutValue(recipe, one, value, scanStep(one, carries, without(outputs, k)));
      yield own.reduce((all, [t]) => replaced(all, t, stand(tensors[t])), fewer);
    }
  }
}

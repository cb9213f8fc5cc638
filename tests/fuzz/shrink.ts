/** Cuts a failing program down: whatever can be left out, replaced by a leaf or made smaller while it fails alike. */
import { Input } from "#src/graph/tensor";
import { sameShape } from "#src/graph/shape";
import type { Failure } from "./failure.js";
import { neededSteps } from "./print.js";
import { moved, replaced, smallerLoops, stand, without } from "./shrink-loops.js";
import { graphOf } from "./graph.js";
import { type Argument, isLeaf, isOfLoop, isRef, leafOf, type Recipe, refsOf, withRefs } from "./recipe.js";

/** What makes two failures one: an error's words, or which promise was broken. */
const nameOf = ({ kind, message }: Failure) =>
  kind === "error" ? message.replaceAll(/[\d[\], x]+/g, " ").slice(0, 24) : kind;

/** Without the steps that nothing needs. */
export function compacted(recipe: Recipe): Recipe {
  const needed = neededSteps(recipe);
  const at = new Map(needed.map((t, i) => [t, i]));
  const move = (t: number) => at.get(t) as number;
  return {
    ...recipe,
    steps: needed.map((t) => withRefs(recipe.steps[t], move)),
    outputs: recipe.outputs.map(move),
    updates: recipe.updates.map(([v, t]) => [move(v), move(t)]),
    checks: recipe.checks.map(move),
  };
}

function* fewerResults(recipe: Recipe): Generator<Recipe> {
  const { outputs, updates, runs } = recipe;
  for (const output of outputs) if (outputs.length > 1) yield { ...recipe, outputs: [output], updates: [] };
  for (let i = 0; i < updates.length; i++) yield { ...recipe, updates: without(updates, i) };
  for (let i = 0; i < outputs.length; i++) yield { ...recipe, outputs: without(outputs, i) };
  if (runs.join() !== "1") yield { ...recipe, runs: [1] };
  if (runs.length > 1) for (const times of runs) yield { ...recipe, runs: [times] };
  for (let i = 0; i < recipe.checks.length; i++) yield { ...recipe, checks: without(recipe.checks, i) };
  if (recipe.free) yield { ...recipe, free: false };
  if (recipe.first > 0) for (const first of [0, 1]) if (first < recipe.first) yield { ...recipe, first };
  if (recipe.relaxed) yield { ...recipe, relaxed: false };
  if (recipe.lanes !== 1 || recipe.others !== 2) yield { ...recipe, lanes: 1, others: 2 };
  if (recipe.lanes !== 2 || recipe.others !== 1) if (recipe.lanes !== 1) yield { ...recipe, lanes: 2, others: 1 };
}

/** Every step replaced by what it takes (where that has its shape) or by an input of its shape. */
function* fewerSteps(recipe: Recipe): Generator<Recipe> {
  const { tensors } = graphOf(recipe, (name, shape, dtype) => new Input(name, shape, dtype));
  for (let t = recipe.steps.length - 1; t >= 0; t--) {
    const step = recipe.steps[t];
    if (isLeaf(step) || (isOfLoop(step) && step.call !== "row")) continue;
    const alike = refsOf(step).filter(
      (r) =>
        !isOfLoop(recipe.steps[r]) &&
        sameShape(tensors[r].shape, tensors[t].shape) &&
        tensors[r].dtype === tensors[t].dtype,
    );
    for (const r of new Set(alike)) yield moved(recipe, new Map([[t, r]]));
    yield replaced(recipe, t, stand(tensors[t]));
  }
}

/** Plainer leaves, numbers and options. */
function* plainerSteps(recipe: Recipe): Generator<Recipe> {
  for (let t = recipe.steps.length - 1; t >= 0; t--) {
    const step = recipe.steps[t];
    if (isOfLoop(step) || step.call === "result") continue;
    if (isLeaf(step)) {
      const { shape, dtype, domain } = leafOf(step);
      const plain = dtype === "f32" ? "wave" : domain;
      const updated = recipe.updates.some(([v]) => v === t);
      if (step.call !== "input" && !updated) yield replaced(recipe, t, { call: "input", args: step.args });
      if (domain !== plain) yield replaced(recipe, t, { call: step.call, args: [[...shape], dtype, plain, 1] });
      continue;
    }
    for (let i = step.args.length - 1; i > 0; i--) {
      const argument = step.args[i];
      if (isRef(argument)) continue;
      yield replaced(recipe, t, { ...step, args: without(step.args, i) });
      if (typeof argument === "number" && ![1, 2].includes(argument))
        for (const number of [1, 2])
          yield replaced(recipe, t, { ...step, args: step.args.map((one, k) => (k === i ? number : one)) });
      if (typeof argument !== "object" || Array.isArray(argument) || "n" in argument) continue;
      for (const option of Object.keys(argument)) {
        const rest = Object.fromEntries(Object.entries(argument).filter(([name]) => name !== option)) as Argument;
        yield replaced(recipe, t, { ...step, args: step.args.map((one, k) => (k === i ? rest : one)) });
      }
    }
  }
}

/** A length made smaller wherever it stands: in leaves' shapes and in lists of numbers. */
function* smallerLengths(recipe: Recipe): Generator<Recipe> {
  const lengths = new Set(recipe.steps.filter(isLeaf).flatMap((step) => [...leafOf(step).shape]));
  for (const length of [...lengths].sort((a, b) => b - a)) {
    const smaller = new Set([1, 2, 3, 4, Math.floor(length / 2), length - 1].filter((one) => one > 0 && one < length));
    for (const other of smaller) {
      const inLists = (argument: Argument, list: boolean): Argument =>
        Array.isArray(argument)
          ? argument.map((one) => inLists(one, true))
          : list && argument === length
            ? other
            : argument;
      yield {
        ...recipe,
        steps: recipe.steps.map((step) => ({ ...step, args: step.args.map((argument) => inLists(argument, false)) })),
      };
    }
  }
}

function valid(recipe: Recipe): boolean {
  try {
    graphOf(recipe, (name, shape, dtype) => new Input(name, shape, dtype));
    return (
      recipe.updates.every(([v]) => recipe.steps[v].call === "variable") &&
      recipe.outputs.length + recipe.updates.length > 0
    );
  } catch {
    return false;
  }
}

/**
 * The smallest program found that fails as the given one does, within so many milliseconds.
 * @param check how a program fails, or undefined
 */
export async function shrink(
  recipe: Recipe,
  failure: Failure,
  check: (recipe: Recipe) => Promise<Failure | undefined>,
  milliseconds = 60_000,
): Promise<{ recipe: Recipe; failure: Failure }> {
  const until = Date.now() + milliseconds;
  let best = compacted(recipe);
  let found = failure;
  for (let again = true; again; ) {
    again = false;
    for (const pass of [fewerResults, smallerLoops, fewerSteps, plainerSteps, smallerLengths]) {
      for (let better = true; better; ) {
        better = false;
        for (const candidate of pass(best)) {
          if (Date.now() > until) return { recipe: best, failure: found };
          const small = compacted(candidate);
          if (!valid(small)) continue;
          const failed = await check(small);
          if (!failed || nameOf(failed) !== nameOf(failure)) continue;
          if (JSON.stringify(small) === JSON.stringify(best)) continue;
          [best, found] = [small, failed];
          better = true;
          again = true;
          break;
        }
      }
    }
  }
  return { recipe: best, failure: found };
}

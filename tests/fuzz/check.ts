/** Holds a program to its promises; a failure says which one broke, where, and what was found. */
import type { Runtime } from "#binding";
import type { ProgramOptions } from "#src/host/program";
import type { Shape } from "#src/graph/shape";
import { Input, type Tensor } from "#src/graph/tensor";
import type { Variable } from "#src/graph/variable";
import { evaluateBounded, firstDifference } from "./bounds.js";
import { exactly, type Known } from "./known.js";
import type { Failure } from "./failure.js";
import { slopeFailure } from "./slopes.js";
import { feedsOf, type Graph, graphOf } from "./graph.js";
import { leafOf, type Recipe } from "./recipe.js";
import { valuesOf } from "./values.js";
import { asked, createNarrow, createRuntime } from "../wide-build.js";

/**
 * Operations whose fused form sums in another order than their own command, with the reason: programs with one of them
 * are held to the bound instead of the bits. There is none.
 */
export const otherOrder: ReadonlyMap<string, string> = new Map();

/** Runtimes by build and lanes, made when they are needed and made anew before their memory is full. */
export class Runtimes {
  readonly #made = new Map<string, { runtime: Promise<Runtime>; programs: number }>();

  constructor(private readonly programs = 150) {}

  async get(relaxed: boolean, lanes: number, narrow = false): Promise<Runtime> {
    const key = `${relaxed} ${lanes} ${narrow}`;
    const known = this.#made.get(key);
    if (known && known.programs++ < this.programs) return known.runtime;
    if (known) await (await known.runtime).close();
    const runtime = (narrow ? createNarrow : createRuntime)({ threads: lanes, deterministic: !relaxed });
    this.#made.set(key, { runtime, programs: 1 });
    return runtime;
  }

  /** Ends all of them: after a trap a memory is no longer to be trusted. */
  async close(): Promise<void> {
    const all = [...this.#made.values()];
    this.#made.clear();
    for (const { runtime } of all) await (await runtime).close().catch(() => undefined);
  }
}

interface Call {
  /** Outputs and then variables. */
  readonly values: Readonly<Record<string, ArrayLike<number>>>;
  /** The step after which a check ended it. */
  readonly failed: number | undefined;
}

/** What each call of `run` gave. */
type Result = readonly Call[];

type Options = {
  readonly lanes: number;
  readonly fuse: boolean;
  readonly twice?: boolean;
  readonly narrow?: boolean;
};

const clock = { seed: 5 };

/**
 * Runs a program; `twice` runs it again from the same state and gives both, after a step with other values of its
 * variables: nothing of these may be left.
 */
async function run(recipe: Recipe, runtimes: Runtimes, options: Options): Promise<Result[]> {
  const { lanes, fuse, twice = false, narrow = false } = options;
  const runtime = await runtimes.get(recipe.relaxed, lanes, narrow);
  let traced: Graph | undefined;
  const program = runtime.compile(
    ({ input }) => {
      const pattern = (shape: Shape) => (recipe.free ? shape.map(() => null) : shape);
      traced = graphOf(recipe, (name, shape, dtype) => input(name, pattern(shape), dtype));
      const { outputs, updates, checks } = traced;
      return { outputs, updates, checks };
    },
    { fuse } as ProgramOptions,
  );
  const feeds = feedsOf(recipe);
  const results: Result[] = [];
  program.compiled(feeds); // traces the function
  const { variables } = traced as unknown as Graph;
  if (twice) {
    for (const variable of variables) await runtime.write(variable, variable.data?.toReversed() as ArrayLike<number>);
    await program.tryRun(feeds, { ...clock, step: recipe.first });
  }
  for (let round = 0; round < (twice ? 2 : 1); round++) {
    for (const variable of twice ? variables : []) await runtime.write(variable, variable.data as ArrayLike<number>);
    const calls: Call[] = [];
    for (const [call, times] of recipe.runs.entries()) {
      const start = call === 0 ? { ...clock, step: recipe.first } : {};
      const { outputs, failure } = await program.tryRun(feeds, { times, ...start });
      const values: Record<string, ArrayLike<number>> = {};
      for (const [name, { data }] of Object.entries(outputs)) values[name] = data;
      for (const [variable] of (traced as Graph).updates) values[variable.name] = (await runtime.read(variable)).data;
      calls.push({ values, failed: failure?.step });
    }
    results.push(calls);
  }
  return results;
}

/** What the reference expects of a call, with bounds. */
interface Wanted {
  readonly values: Readonly<Record<string, Known>>;
  /** The step after which a check ends it. */
  readonly failed: number | undefined;
}

/** Whether a check holds; undefined where the bounds do not tell. */
function holds({ value, error }: Known): boolean | undefined {
  if (value.some((one, i) => !Number.isFinite(one) && error[i] < Infinity)) return false;
  return error.includes(Infinity) ? undefined : true;
}

/** The reference's values after each call of `run`; after the calls where a check may hold or not there is nothing to say. */
function expected(recipe: Recipe): Wanted[] {
  const inputs = new Map<string, Input>();
  const graph = graphOf(recipe, (name, shape, dtype) => {
    const input = new Input(name, shape, dtype);
    inputs.set(name, input);
    return input;
  });
  const leaves = new Map<Tensor, Known>();
  recipe.steps.forEach((step, i) => {
    if (step.call !== "input" && step.call !== "variable") return;
    const { domain, seed } = leafOf(step);
    leaves.set(graph.tensors[i], exactly(valuesOf(domain, seed, graph.tensors[i].size)));
  });
  const roots = [...Object.values(graph.outputs), ...graph.updates.values(), ...graph.checks];
  let step = recipe.first;
  const calls: Wanted[] = [];
  for (const times of recipe.runs) {
    const values: Record<string, Known> = {};
    let failed: number | undefined;
    for (let time = 0; time < times && failed === undefined; time++) {
      const known = evaluateBounded(roots, { leaves, seed: clock.seed, step });
      const checks = graph.checks.map((tensor) => holds(known.get(tensor) as Known));
      if (checks.includes(undefined)) return calls;
      if (checks.includes(false)) failed = step;
      for (const [name, tensor] of Object.entries(graph.outputs)) values[name] = known.get(tensor) as Known;
      const next = new Map<Variable, Known>(
        [...graph.updates].map(([variable, tensor]) => [variable, known.get(tensor) as Known]),
      );
      for (const [variable, value] of next) leaves.set(variable, value);
      step++;
    }
    for (const variable of graph.updates.keys()) values[variable.name] = leaves.get(variable) as Known;
    calls.push({ values, failed });
  }
  return calls;
}

const bits = new Int32Array(1);
const float = new Float32Array(bits.buffer);

/** The bits of an f32; all NaNs are one: their payload is the engine's. */
function bitsOf(value: number): number {
  if (Number.isNaN(value)) return 0x7fc00000;
  float[0] = value;
  return bits[0];
}

function unequal(a: ArrayLike<number>, b: ArrayLike<number>): number | undefined {
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i] && !(a instanceof Float32Array && bitsOf(a[i]) === bitsOf(b[i]))) return i;
    if (a[i] === 0 && !Object.is(a[i], b[i])) return i;
  }
  return undefined;
}

function bitFailure(kind: Failure["kind"], what: string, one: Result, other: Result): Failure | undefined {
  for (const [call, { values, failed }] of one.entries()) {
    if (failed !== other[call].failed)
      return { kind, message: `${what}: run ${call} fails at step ${failed} and ${other[call].failed}` };
    for (const [name, found] of Object.entries(values)) {
      const at = unequal(found, other[call].values[name]);
      if (at !== undefined)
        return {
          kind,
          message: `${what}: ${name}[${at}] after run ${call} is ${found[at]} and ${other[call].values[name][at]}`,
        };
    }
  }
  return undefined;
}

function boundFailure(what: string, result: Result, wanted: readonly Wanted[]): Failure | undefined {
  for (const [call, { values, failed }] of wanted.entries()) {
    if (result[call].failed !== failed)
      return {
        kind: "reference",
        message: `${what}: run ${call} fails at step ${result[call].failed}, the reference says ${failed}`,
      };
    for (const [name, known] of Object.entries(values)) {
      const found = result[call].values[name];
      const at = firstDifference(known, found);
      if (at !== undefined)
        return {
          kind: "reference",
          message: `${what}: ${name}[${at}] after run ${call} is ${found[at]}, the reference says ${known.value[at]} within ${known.error[at]}`,
        };
    }
  }
  return undefined;
}

const reordered = ({ steps }: Recipe) => steps.some(({ call }) => otherOrder.has(call));

export interface Report {
  readonly failure: Failure | undefined;
  /** Elements of the results, and those of them that the bounds leave nothing to say about. */
  readonly elements: number;
  readonly open: number;
}

/** Runs a recipe every way and compares. */
export async function check(recipe: Recipe, runtimes: Runtimes): Promise<Report> {
  let elements = 0;
  let open = 0;
  try {
    const [fused, again] = await run(recipe, runtimes, { lanes: recipe.lanes, fuse: true, twice: true });
    const [elsewhere] = await run(recipe, runtimes, { lanes: recipe.others, fuse: true });
    const [plain] = await run(recipe, runtimes, { lanes: recipe.lanes, fuse: false });
    const [narrow] =
      asked && recipe.relaxed
        ? await run(recipe, runtimes, { lanes: recipe.lanes, fuse: true, narrow: true })
        : [fused];
    const wanted = expected(recipe);
    for (const { values } of wanted) {
      for (const { error } of Object.values(values)) {
        elements += error.length;
        for (const e of error) if (e === Infinity) open++;
      }
    }
    const failure =
      bitFailure("again", "the first and the second time", fused, again) ??
      bitFailure("wide", "wide and relaxed", fused, narrow) ??
      bitFailure("lanes", `${recipe.lanes} and ${recipe.others} lanes`, fused, elsewhere) ??
      boundFailure("unfused", plain, wanted) ??
      boundFailure("fused", fused, wanted) ??
      (recipe.relaxed || reordered(recipe) ? undefined : bitFailure("unfused", "fused and unfused", fused, plain)) ??
      slopeFailure(recipe);
    return { failure, elements, open };
  } catch (error) {
    await runtimes.close();
    return { failure: { kind: "error", message: (error as Error).message }, elements, open };
  }
}

/** Draws a program from a seed: steps of every operation, patterns that compilers get wrong, outputs, updates, runs. */
import { topologicalOrder } from "#src/graph/order";
import { CaseRandom } from "../case-random.js";
import { Draft, drawn, ref, weighted } from "./draft.js";
import {
  type DrawRow,
  elementwiseDraws,
  imageDraws,
  indexDraws,
  movementDraws,
  productDraws,
  randomDraws,
  reductionDraws,
} from "./draws.js";
import { loopDraws } from "./loops.js";
import { isLeaf, type Recipe, type Ref } from "./recipe.js";

/** Steps that only follow from a whole program, or that are several. */
const patterns: readonly DrawRow[] = [
  {
    // Longer than any tile has buffers, behind a product as often as not.
    name: "long chain",
    weight: 1,
    draw(d) {
      const { random } = d;
      const matrix = (rows: number, columns: number) => ref(d.leaf([rows, columns], "f32", "real"));
      const [m, k, n] = [d.length(), d.length(), d.length()];
      let x = (random.chance(0.5) ? d.add("matmul", matrix(m, k), matrix(k, n)) : undefined) ?? d.some();
      const factors = Array.from({ length: random.integer(1, 3) }, () =>
        d.leaf(random.pick([[], [1], d.shape(x).slice(-1)])),
      );
      const pairs = random.pick(d.open.length > 0 ? [12, 20] : [12, 20, 20, 40, 150]);
      for (let i = 0; i < pairs; i++) {
        const bound = Math.fround(random.uniform(-2, 2));
        const y = d.add(i % 2 === 0 ? "maximum" : random.pick(["minimum", "add"]), ref(x), bound);
        const z =
          y === undefined
            ? y
            : d.add("mul", ref(y), random.chance(0.7) ? ref(random.pick(factors)) : random.uniform(0.5, 1.2));
        if (z === undefined) break;
        x = z;
      }
      return x;
    },
  },
  {
    // x + f(x) with x an intermediate that nothing else needs: its memory may be taken for the result.
    name: "residual of a product",
    weight: 2,
    draw(d) {
      const { random } = d;
      const leaf = d.leaf(
        random.pick(
          d.palette.filter((shape) => shape.length === 2 || shape.length === 4).concat([[d.length(), d.length()]]),
        ),
        "f32",
        "real",
      );
      const x = random.chance(0.25) ? leaf : d.add(random.pick(["tanh", "abs", "neg"]), ref(leaf));
      if (x === undefined) return undefined;
      const shape = d.shape(x);
      const [rows, columns] = shape.slice(-2);
      const side = (length: number) =>
        rows === columns && random.chance(0.2) ? ref(x) : ref(d.leaf([length, length], "f32", "real"));
      const product = (): number | undefined => {
        if (shape.length === 4)
          return d.add("conv2d", ref(x), ref(d.leaf([3, 3, columns, columns], "f32", "real")), { padding: "same" });
        const options = random.chance(0.5) ? {} : { transposeB: true };
        if (rows === columns && random.chance(0.3))
          return d.add("matmul", ref(x), side(columns), { ...options, transposeA: true });
        return random.chance(0.5)
          ? d.add("matmul", ref(x), side(columns), options)
          : d.add("matmul", side(rows), ref(x));
      };
      const y = product();
      const z = y === undefined || random.chance(0.5) ? y : d.add(random.pick(["relu", "square", "sigmoid"]), ref(y));
      return z === undefined ? z : d.add(random.pick(["add", "sub", "mul"]), ref(x), ref(z));
    },
  },
  {
    // One value read under two shapes by what one command computes: two operands, one memory.
    name: "views side by side",
    weight: 1,
    draw(d) {
      const { random } = d;
      const x = d.pick({ fits: (_, step) => !isLeaf(step) }) ?? d.add("tanh", ref(d.some()));
      if (x === undefined) return undefined;
      const view = d.add("reshape", ref(x), [1, ...d.shape(x)]);
      const y =
        view === undefined ? view : d.add(random.pick(["add", "mul", "sub"]), ref(x), ref(d.leaf([1, ...d.shape(x)])));
      return y === undefined
        ? y
        : d.add(random.pick(["add", "mul", "sub"]), ref(view as number), random.chance(0.5) ? ref(y) : 2);
    },
  },
  {
    name: "first in, first out",
    weight: 1,
    draw(d) {
      const v = d.pick({ minRank: 1, fits: (_, { call }) => call === "variable" });
      if (v === undefined) return undefined;
      const [count, ...rest] = d.shape(v);
      if (!count) return undefined;
      const zeros = rest.map(() => 0);
      const kept = d.add("slice", ref(v), [1, ...zeros], [count - 1, ...rest]);
      const fresh = d.leaf([1, ...rest]);
      return kept === undefined ? kept : d.add("concat", [ref(kept), ref(fresh)]);
    },
  },
  {
    name: "gradient",
    weight: 6,
    draw(d) {
      const y = d.pick();
      if (y === undefined) return undefined;
      const reached = new Set(topologicalOrder([d.tensors[y]]));
      const x = d.pick({ fits: (tensor) => reached.has(tensor) && tensor !== d.tensors[y] });
      // The sum of squares has a gradient that depends on everything below.
      const square = d.random.chance(0.6) ? d.add("square", ref(y)) : y;
      if (x === undefined || square === undefined) return undefined;
      const before = topologicalOrder([d.tensors[square]]).length;
      if (before > 60) return undefined;
      return d.add("gradient", ref(square), ref(x));
    },
  },
];

export const rows: readonly DrawRow[] = [
  ...elementwiseDraws,
  ...movementDraws,
  ...reductionDraws,
  ...productDraws,
  ...imageDraws,
  ...indexDraws,
  ...randomDraws,
  ...loopDraws,
  ...patterns,
];

/** Rows that this program draws from: all of them, or some that then meet more often. */
function rowsOf(random: CaseRandom): readonly DrawRow[] {
  if (random.chance(0.4)) return rows;
  const groups = random.shuffled([
    elementwiseDraws,
    movementDraws,
    reductionDraws,
    productDraws,
    imageDraws,
    indexDraws,
    loopDraws,
  ]);
  return [...groups.slice(0, random.integer(1, 3)).flat(), ...patterns, ...elementwiseDraws.slice(0, 6)];
}

/** The last value of a carry that began with this variable, or undefined. */
function carriedFrom(d: Draft, variable: number): number | undefined {
  const at = d.steps.findIndex(({ call, args }, t) => {
    if (call !== "result" || !d.visible(t)) return false;
    const [, carries] = d.steps[(args[0] as Ref).t].args as unknown as [Ref, (readonly [Ref, Ref])[]];
    const pair = carries[args[1] as number];
    return pair !== undefined && (d.steps[pair[0].t].args[1] as Ref).t === variable;
  });
  return at < 0 ? undefined : at;
}

/** The next values of variables: of their own, of each other's, of whatever fits. */
function updatesOf(d: Draft): [number, number][] {
  const { random } = d;
  const variables = d.steps.flatMap(({ call }, t) => (call === "variable" ? [t] : []));
  return variables.flatMap((v): [number, number][] => {
    // What a loop has made of it from iteration to iteration: the loop may work in the variable's own memory.
    const carried = carriedFrom(d, v);
    if (carried !== undefined && random.chance(0.6)) return [[v, carried]];
    if (!random.chance(0.65)) return [];
    const { dtype } = d.tensors[v];
    const shape = d.shape(v);
    const same = (t: number) => d.tensors[t].dtype === dtype && d.shape(t).join() === shape.join();
    const next = d.pick({
      dtype,
      fits: (one, { call }) =>
        one.shape.join() === shape.join() &&
        ((call !== "literal" && call !== "input") || random.chance(0.2)) &&
        (one !== d.tensors[v] || random.chance(0.1)),
    });
    if (next !== undefined && same(next) && random.chance(0.75)) return [[v, next]];
    if (dtype !== "f32") return [];
    const made = random.chance(0.5)
      ? d.add("mul", ref(v), 0.9)
      : d.add("add", ref(v), random.chance(0.5) ? 1 : ref(next ?? v));
    return made === undefined ? [] : [[v, made]];
  });
}

/** What a program gives back: late results more often, an early one, a leaf, a slice of what is updated, one twice. */
function outputsOf(d: Draft, updates: readonly (readonly [number, number])[]): number[] {
  const { random } = d;
  const seen = d.steps.flatMap((_, t) => (d.visible(t) ? [t] : []));
  const outputs = Array.from({ length: random.integer(1, 4) }, () =>
    random.chance(0.6) ? (seen.at(-1 - random.integer(0, Math.min(4, seen.length - 1))) as number) : random.pick(seen),
  );
  for (const [variable] of updates) {
    const [count, ...rest] = d.shape(variable);
    if (count === undefined || count === 0 || !random.chance(0.3)) continue;
    const start = random.integer(0, count - 1);
    const part = d.add(
      "slice",
      ref(variable),
      [start, ...rest.map(() => 0)],
      [random.integer(1, count - start), ...rest],
    );
    if (part !== undefined) outputs.push(part);
  }
  if (random.chance(0.15)) outputs.push(outputs[0]);
  return outputs;
}

const isFloat = (d: Draft, t: number) => d.tensors[t].dtype === "f32";

const seenFloats = (d: Draft) => d.steps.flatMap((_, t) => (d.visible(t) && isFloat(d, t) ? [t] : []));

/** The program of a seed. */
export function recipeOf(seed: number): Recipe {
  const random = new CaseRandom(`program ${seed}`, 0, false);
  const d = new Draft(random);
  for (let i = random.integer(1, 3); i > 0; i--) d.leaf(random.pick(d.palette));
  d.chosen = rowsOf(random);
  const [least, most] = d.size.steps;
  const wanted = random.integer(least, most);
  for (let made = 0, tries = 0; made < wanted && tries < 4 * wanted; tries++) {
    if (drawn(d, weighted(random, d.chosen))) made++;
  }
  const updates = updatesOf(d);
  const outputs = outputsOf(d, updates);
  const lanes = random.pick([1, 1, 2, 2, 3]);
  const sometimes = d.steps.some(({ call }) => call === "every");
  return {
    seed,
    relaxed: random.chance(0.3),
    lanes,
    others: random.pick([1, 2, 3].filter((one) => one !== lanes)),
    steps: d.steps,
    outputs,
    updates,
    runs: sometimes
      ? random.pick([
          [1, 1],
          [1, 1, 1, 1, 1],
          [2, 3],
          [1, 2, 1],
        ])
      : updates.length > 0
        ? random.pick([[1], [2], [1, 1], [3], [1, 2]])
        : random.pick([[1], [1], [1], [2]]),
    first: random.pick(sometimes ? [0, 0, 1, 2, 3, 2 ** 32 - 2] : [0, 0, 0, 0, 1, 5, 2 ** 32 - 1]),
    free: random.chance(0.1),
    checks: random.chance(0.1) ? [random.pick(seenFloats(d)) ?? outputs[0]].filter((t) => isFloat(d, t)) : [],
  };
}

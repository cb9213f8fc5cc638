/** How loops are drawn, and values of every n-th step. */
import { topologicalOrder } from "#src/graph/order";
import type { Tensor } from "#src/graph/tensor";
import { type Draft, drawn, NoRoom, ref, weighted } from "./draft.js";
import type { DrawRow } from "./draws.js";
import type { Argument } from "./recipe.js";

const someType = (d: Draft) => d.random.pick(["f32", "f32", "f32", "f32", "f32", "f32", "i32", "u8"] as const);

const alike = (a: Tensor, b: Tensor) => a.dtype === b.dtype && a.shape.join() === b.shape.join();

/** First values: of variables more often than not, and several of one shape, so that carries can change places. */
function firstValues(d: Draft): number[] {
  const { random } = d;
  const firsts: number[] = [];
  for (let count = random.pick([0, 1, 1, 1, 2, 2, 3]); count > 0; count--) {
    const dtype = someType(d);
    const [one] = firsts;
    const found =
      (one !== undefined && random.chance(0.6)
        ? d.pick({ ...typeOf(d, one), fits: (x) => alike(x, d.tensors[one]) })
        : undefined) ??
      (random.chance(0.4) ? d.pick({ dtype, fits: (_, { call }) => call === "variable" }) : undefined) ??
      d.pick({ dtype }) ??
      d.leaf(random.pick(d.palette), dtype);
    firsts.push(found);
  }
  return firsts;
}

const typeOf = (d: Draft, t: number) => ({ dtype: d.tensors[t].dtype });

const isFloat = (d: Draft, t: number) => d.tensors[t].dtype === "f32";

/** Tensors with a row for each iteration. */
function sequences(d: Draft, length: number, firsts: readonly number[]): number[] {
  const { random } = d;
  return Array.from({ length: random.pick([0, 1, 1, 2]) }, () => {
    const found = d.pick({ dtype: someType(d), minRank: 1, fits: ({ shape }) => shape[0] === length });
    if (found !== undefined && random.chance(0.6)) return found;
    const shape = firsts.length > 0 && random.chance(0.6) ? d.shape(firsts[0]) : random.pick(d.palette);
    return d.leaf([length, ...shape], someType(d));
  });
}

/** A mask, or noise, in the shape of a stand-in: every iteration draws its own. */
function randomOf(d: Draft, t: number): number | undefined {
  const { random } = d;
  const shape = [...d.shape(t)];
  const drawn = random.pick([
    () => d.add("randomBernoulli", 0.7, shape),
    () => d.add("randomNormal", shape),
    () => d.add("randomUniform", shape),
  ])();
  return drawn === undefined ? drawn : d.add(random.pick(["mul", "mul", "add"]), ref(t), ref(drawn));
}

/** Bytes or integers, and some beside them: kernels set bytes four at a time. */
function whole(d: Draft, stands: readonly number[]): void {
  const { random } = d;
  const floats = stands.filter((t) => isFloat(d, t));
  const x = d.add("cast", ref(floats.length > 0 ? random.pick(floats) : d.some()), random.pick(["u8", "u8", "i32"]));
  if (x === undefined || random.chance(0.4)) return;
  const padding = d.shape(x).map(() => [random.integer(0, 2), random.integer(0, 2)]);
  d.add("pad", ref(x), padding, random.pick([0, 1, 7]));
}

/** Steps of a body: each stand-in meets something, the program's rows draw more, another loop may be within. */
function drawBody(d: Draft, stands: readonly number[]): void {
  const { random } = d;
  const [least, most] = d.size.steps;
  const wanted = random.integer(1, Math.max(least, Math.min(7, Math.ceil(most / 2))));
  for (const one of random.shuffled(stands.filter((t) => isFloat(d, t)))) {
    if (random.chance(0.2)) randomOf(d, one);
    const other = random.chance(0.6) ? d.pick() : undefined;
    if (other !== undefined) d.add(random.pick(["add", "mul", "sub", "maximum"]), ref(one), ref(other));
  }
  if (random.chance(0.25)) whole(d, stands);
  for (let made = 0, tries = 0; made < wanted && tries < 4 * wanted; tries++) {
    const row = random.chance(0.08) ? { draw: (d: Draft) => wholeLoop(d) } : weighted(random, d.chosen);
    if (drawn(d, row)) made++;
  }
}

/** The next value of a carry: something of the body, another carry, itself, a tensor of the graph around; or it is made. */
function nextValue(d: Draft, carry: number, loop: number): number {
  const { random } = d;
  const own = d.tensors[carry];
  const { dtype } = own;
  const fits = (inside: boolean) => (one: Tensor) => alike(one, own) && (!inside || d.tensors.indexOf(one) > loop);
  const found = random.chance(0.75) ? d.pick({ dtype, fits: fits(true) }) : d.pick({ dtype, fits: fits(false) });
  if (found !== undefined && (found !== carry || dtype !== "f32" || random.chance(0.15))) return found;
  if (dtype !== "f32") return carry;
  const rows = d.steps.flatMap(({ call }, t) => (call === "row" && d.visible(t) && isFloat(d, t) ? [t] : []));
  const part = rows.length > 0 && random.chance(0.5) ? random.pick(rows) : d.pick({ fits: ({ size }) => size > 0 });
  const factor = part === undefined ? part : d.add("mean", ref(part));
  return (
    d.add(random.pick(["mul", "sub", "add"]), ref(carry), factor === undefined ? 0.75 : ref(factor)) ??
    d.add("tanh", ref(carry)) ??
    carry
  );
}

/** What an output is: of the body's more often than not. */
function outputOf(d: Draft, loop: number): number | undefined {
  const bytes = d.steps.flatMap(({ call }, t) =>
    t > loop && d.visible(t) && ["cast", "pad"].includes(call) && !isFloat(d, t) ? [t] : [],
  );
  if (bytes.length > 0 && d.random.chance(0.6)) return bytes[bytes.length - 1];
  const inside = d.pick({ dtype: someType(d), fits: (one) => d.tensors.indexOf(one) > loop });
  return inside !== undefined && d.random.chance(0.9) ? inside : d.pick({ dtype: someType(d) });
}

function drawLoop(d: Draft): number | undefined {
  const { random } = d;
  const firsts = firstValues(d);
  const length = random.pick([0, 1, 1, 2, 2, 2, 3, 3, 3, 4]);
  const lists = sequences(d, length, firsts);
  const loop = d.begin(length, random.chance(0.4));
  const carries = firsts.map((first) => d.stand("carry", loop, first));
  const rows = lists.map((list) => d.stand("row", loop, list));
  drawBody(d, [...carries, ...rows]);
  const places = carries.length > 1 && random.chance(0.25);
  const pairs = carries.map((carry, k) => {
    const other = carries[(k + 1) % carries.length];
    const swaps = places && alike(d.tensors[other], d.tensors[carry]);
    return [carry, swaps ? other : nextValue(d, carry, loop)] as const;
  });
  const outputs: number[] = [];
  for (let count = Math.max(random.pick([0, 0, 1, 1, 2]), carries.length > 0 ? 0 : 1); count > 0; count--) {
    const output = outputOf(d, loop);
    if (output !== undefined) outputs.push(output);
  }
  if (pairs.length + outputs.length === 0) return undefined;
  const scan = d.end(pairs, outputs);
  if (scan === undefined) return undefined;
  let last: number | undefined;
  for (let k = 0; k < pairs.length + outputs.length; k++) {
    if (last === undefined || random.chance(0.8)) last = d.add("result", ref(scan), k) ?? last;
  }
  return last === undefined || !random.chance(0.35) ? last : (slope(d, last) ?? last);
}

/** A gradient through a loop's value, and at times one through that: loops over gradients of bodies. */
function slope(d: Draft, value: number): number | undefined {
  if (!isFloat(d, value)) return undefined;
  const square = d.add("square", ref(value));
  if (square === undefined) return undefined;
  const reached = new Set(topologicalOrder([d.tensors[square]]));
  const x = d.pick({ fits: (tensor, { call }) => reached.has(tensor) && call !== "result" });
  const g = x === undefined ? x : d.add("gradient", ref(square), ref(x));
  if (g === undefined || !d.random.chance(0.4)) return g;
  const again = d.add("square", ref(g));
  return again === undefined ? g : (d.add("gradient", ref(again), ref(x as number)) ?? g);
}

/** Draws a loop, or nothing of it. */
function wholeLoop(d: Draft, draw = drawLoop): number | undefined {
  if (d.open.length >= 2) return undefined;
  const start = d.steps.length;
  try {
    const made = draw(d);
    if (made === undefined) d.takeBack(start);
    return made;
  } catch (error) {
    if (error instanceof NoRoom) d.takeBack(start);
    throw error;
  }
}

/**
 * The recurrence of a simple network, h = tanh(h W + b): a product in a loop, and gradients of what all iterations share,
 * which are summed after the loop. Without it, none of 12,000 programs found the planted defect 30, now the 207th does.
 */
function recurrence(d: Draft): number | undefined {
  const { random } = d;
  const [rows, width] = [random.integer(1, 4), random.integer(1, 4)];
  const first = d.leaf([rows, width], "f32");
  const weight = d.leaf([width, width], "f32");
  const bias = d.leaf([width], "f32");
  const loop = d.begin(random.integer(1, 4), random.chance(0.4));
  const carry = d.stand("carry", loop, first);
  const product = d.add("matmul", ref(carry), ref(weight));
  const sum = product === undefined ? product : d.add("add", ref(product), ref(bias));
  const next = sum === undefined ? sum : d.add("tanh", ref(sum));
  if (product === undefined || next === undefined) return undefined;
  const scan = d.end([[carry, next]], random.chance(0.5) ? [product] : []);
  const value = scan === undefined ? scan : d.add("result", ref(scan), 0);
  const square = value === undefined ? value : d.add("square", ref(value));
  if (square === undefined) return value;
  const x = random.pick([weight, bias, first]);
  const g = d.add("gradient", ref(square), ref(x));
  if (g === undefined || !random.chance(0.4)) return g;
  const again = d.add("square", ref(g));
  return again === undefined ? g : (d.add("gradient", ref(again), ref(random.pick([weight, bias, first]))) ?? g);
}

const some = (d: Draft): Argument => ref(d.pick({ dtype: someType(d) }) ?? d.some());

export const loopDraws: readonly DrawRow[] = [
  { name: "scan", weight: 9, draw: (d) => wholeLoop(d) },
  { name: "recurrence", weight: 2, draw: (d) => wholeLoop(d, recurrence) },
  {
    name: "every",
    weight: 4,
    draw(d) {
      const { random } = d;
      const period = random.pick([1, 2, 2, 2, 3, 3, 4]);
      const x = some(d);
      const first = d.add("every", period, x);
      if (!random.chance(0.4)) return first;
      // Another one, which shares what feeds it.
      const y = random.chance(0.7) ? d.add(random.pick(["tanh", "square", "neg", "sum"]), x) : undefined;
      return d.add("every", random.pick([period, 2, 4]), y === undefined ? x : ref(y)) ?? first;
    },
  },
];

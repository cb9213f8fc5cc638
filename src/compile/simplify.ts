/**
 * Simplification, graph to graph: folds constants, drops operations that change nothing, merges equal nodes, and
 * absorbs transposes into matrix products. Values change at most by rounding.
 */
import { topologicalOrder } from "../graph/order.js";
import { base } from "./fuse.js";
import { attributesKey } from "./attributes.js";
import { over, substitute } from "../graph/body.js";
import { constant, constantOp, constantValue } from "../ops/constant.js";
import * as e from "../ops/elementwise.js";
import { type MatmulAttributes, matmulOp } from "../ops/matmul.js";
import { broadcastOp, broadcastTo, reshapeOp, transposeOp } from "../ops/movement.js";
import { sumOp } from "../ops/reduction.js";
import { stopGradientOp } from "../ops/stop.js";
import { broadcastShapes, sameShape, type Shape } from "../graph/shape.js";
import { type EvaluationContext, type Attributes, isRandom, Tensor } from "../graph/tensor.js";

/** A rule gives a cheaper equivalent of a node, or undefined if there is none. */
type Rule = (node: Tensor) => Tensor | undefined;

const noContext: EvaluationContext = {
  seed: 0,
  step: 0,
  streamOf: () => 0,
  iteration: { index: 0, of: 1 },
  run: () => [],
};

const isMap = (node: Tensor) => node.op.lowering.kind === "map";

/** For each node with several parts: the indices of the parts that are needed for the outputs. */
function usedParts(order: readonly Tensor[], outputs: readonly Tensor[]): Map<Tensor, Set<number>> {
  const used = new Map<Tensor, Set<number>>();
  const read = new Set(outputs);
  for (const node of [...order].reverse()) {
    if (!read.has(node)) continue;
    if (node.op.lowering.kind === "part") {
      const indices = used.get(node.inputs[0]) ?? new Set<number>();
      used.set(node.inputs[0], indices.add(node.attributes.index as number));
    }
    const parts = used.get(node);
    for (const input of (parts && node.op.narrow?.(node, parts).inputs) ?? node.inputs) read.add(input);
  }
  return used;
}

/**
 * Makes a function that rebuilds a node with its simplified inputs. A node with several parts is reduced to the parts
 * that are read, because `gradient` asks for the gradients of all inputs of a scan at once.
 */
function rebuilder(
  order: readonly Tensor[],
  outputs: readonly Tensor[],
): (node: Tensor, inputs: readonly Tensor[]) => Tensor {
  const used = usedParts(order, outputs);
  const indicesOf = new Map<Tensor, ReadonlyMap<number, number>>();
  return (node, inputs) => {
    const { op, attributes } = node;
    const indices = indicesOf.get(node.inputs[0]);
    const index = indices?.get(attributes.index as number);
    if (op.lowering.kind === "part" && index !== undefined) return over(node, inputs, { ...attributes, index });
    const again = over(node, inputs);
    const parts = used.get(node);
    if (!parts || !op.narrow) return again;
    const narrow = op.narrow(again, parts);
    indicesOf.set(node, narrow.indices);
    return over(again, narrow.inputs, narrow.attributes);
  };
}

/** The value that all elements of a node have, if they are known to be equal; otherwise undefined. */
const repeatedValue = (node: Tensor) => constantValue(node.op === broadcastOp ? node.inputs[0] : node);

/** Replaces an exact operation on constants, broadcast or not, by its result. */
const foldConstants: Rule = (node) => {
  if (!node.op.exact) return undefined;
  const values = node.inputs.map(repeatedValue).filter((value) => value !== undefined);
  if (values.length < node.inputs.length) return undefined;
  const single = new Tensor(node.op, values.map(constant), rounded(node.attributes));
  const operands = values.map((value) => Float64Array.of(Math.fround(value)));
  return broadcastTo(constant(Math.fround(node.op.evaluate(operands, single, noContext)[0])), node.shape);
};

/** Elementwise operations broadcast their inputs themselves, so an explicit broadcast before one is dropped. */
const dropBroadcasts: Rule = (node) => {
  if (!isMap(node) || node.op === broadcastOp || !node.inputs.some((input) => input.op === broadcastOp))
    return undefined;
  const inputs = [...node.inputs];
  let changed = false;
  inputs.forEach((input, i) => {
    if (input.op !== broadcastOp) return;
    const shapes = inputs.map((other, j) => (i === j ? input.inputs[0].shape : other.shape));
    if (
      !sameShape(
        shapes.reduce((a, b) => broadcastShapes(a, b, node.op.name)),
        node.shape,
      )
    )
      return;
    inputs[i] = input.inputs[0];
    changed = true;
  });
  return changed ? over(node, inputs) : undefined;
};

/** Rounds numeric attributes (slopes) to f32, as kernels store them. */
const rounded = (attributes: Attributes): Attributes =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, typeof value === "number" ? Math.fround(value) : value]),
  );

/**
 * Drops x 1, x + -0, x - 0 and x / 1, and merges a factor of -1 with another factor. No other rule is exact: 0 x may be
 * NaN or -0, x + 0 turns -0 into 0, and the product of two constant factors can overflow or underflow even if applying
 * them one after the other does not.
 */
const dropNeutral: Rule = (node) => {
  const [a, b] = node.inputs;
  const same = (x: Tensor) => (sameShape(x.shape, node.shape) ? x : undefined);
  if (node.op === e.mul.op) {
    if (constantValue(a) !== undefined && constantValue(b) === undefined) return e.mul(b, a);
    const factor = constantValue(b);
    if (factor === 1) return same(a);
    const inner = a.op === e.mul.op ? constantValue(a.inputs[1]) : undefined;
    if (factor !== undefined && inner !== undefined && (factor === -1 || inner === -1))
      return e.mul(a.inputs[0], factor * inner);
  }
  if (node.op === e.add.op && Object.is(constantValue(b), -0)) return same(a);
  if (node.op === e.add.op && Object.is(constantValue(a), -0)) return same(b);
  if (node.op === e.sub.op && Object.is(constantValue(b), 0)) return same(a);
  if (node.op === e.div.op && constantValue(b) === 1) return same(a);
  return undefined;
};

/** Merges views of views and drops views that change nothing. */
const dropViews: Rule = (node) => {
  const [x] = node.inputs;
  if (node.op === stopGradientOp) return x;
  if (node.op !== reshapeOp && node.op !== broadcastOp) return undefined;
  if (sameShape(x.shape, node.shape)) return x;
  // A repeated scalar that is reshaped is that scalar, broadcast.
  const number = x.op === broadcastOp ? x.inputs[0] : x;
  if (number.rank === 0 && number.dtype === "f32" && (node.op === reshapeOp || x !== number))
    return broadcastTo(number, node.shape);
  return x.op === node.op ? over(node, x.inputs) : undefined;
};

/** Whether every multiple of a value up to `times` is exact in f32: then its sum is exact in any order. */
function sumsExactly(value: number, times: number): boolean {
  if (value === 0 || times === 0 || !Number.isFinite(value)) return true;
  let digits = Math.abs(value);
  while (!Number.isInteger(digits)) digits *= 2;
  while (digits % 2 === 0) digits /= 2;
  return digits * times <= 2 ** 24 && Math.abs(value) * times < 2 ** 127;
}

/** Replaces the sum of equal numbers by a product, if no partial sum is rounded. */
const foldSums: Rule = (node) => {
  const [x] = node.inputs;
  if (node.op !== sumOp || x.op !== broadcastOp) return undefined;
  const value = constantValue(x.inputs[0]);
  if (value === undefined || node.size === 0 || !sumsExactly(Math.fround(value), x.size / node.size)) return undefined;
  // The sum of no elements is 0, even if the value is infinite. Starting at 0, a sum of negative zeros is +0.
  const total = x.size === 0 ? 0 : 0 + Math.fround(value) * (x.size / node.size);
  return broadcastTo(Math.fround(total), node.shape);
};

const swapsLastTwo = (node: Tensor) =>
  node.op === transposeOp &&
  (node.attributes.axes as Shape).every((axis, i) => axis === (i < node.rank - 2 ? i : 2 * node.rank - 3 - i));

/** A matrix product reads a transposed operand directly in its stored order. */
const absorbTransposes: Rule = (node) => {
  if (node.op !== matmulOp || !node.inputs.some(swapsLastTwo)) return undefined;
  const { transposeA, transposeB } = node.attributes as MatmulAttributes;
  const [a, b] = node.inputs;
  return over(
    node,
    node.inputs.map((input) => (swapsLastTwo(input) ? input.inputs[0] : input)),
    {
      transposeA: transposeA !== swapsLastTwo(a),
      transposeB: transposeB !== swapsLastTwo(b),
    },
  );
};

const chosenByOperation: Rule = (node) => node.op.simplify?.(node);

const rules: readonly Rule[] = [
  chosenByOperation,
  foldConstants,
  dropViews,
  dropBroadcasts,
  dropNeutral,
  foldSums,
  absorbTransposes,
];

/** Maps every node that the outputs depend on to its simplified equivalent. */
export function simplify(outputs: readonly Tensor[]): Map<Tensor, Tensor> {
  const equals = new Map<Tensor, Tensor>();
  const known = new Map<string, Tensor>();
  const shared = (node: Tensor): Tensor => {
    if (node.op.distinct || isRandom(node)) return node;
    const key = `${node.op.name} ${attributesKey(node.attributes)} ${node.inputs.map((input) => input.id).join()}`;
    const twin = known.get(key);
    if (twin) return twin;
    known.set(key, node);
    return node;
  };
  const settle = (node: Tensor): Tensor => {
    for (const rule of rules) {
      const better = rule(node);
      if (better) return better.inputs.length > 0 && better !== node.inputs[0] ? settle(resettled(better)) : better;
    }
    return shared(node);
  };
  // A rule may make new inputs, such as a constant: equal ones are merged before the node that reads them.
  const resettled = (node: Tensor): Tensor => {
    const inputs = node.inputs.map((input) => (known.size && input.op === constantOp ? shared(input) : input));
    return over(node, inputs);
  };
  const order = topologicalOrder(outputs);
  const rebuilt = rebuilder(order, outputs);
  for (const node of order) {
    const inputs = node.inputs.map((input) => equals.get(input) as Tensor);
    equals.set(node, settle(rebuilt(node, inputs)));
  }
  gather(outputs, equals);
  return equals;
}

/** Applies `Op.gather`: nodes that their operation computes together. */
function gather(outputs: readonly Tensor[], equals: Map<Tensor, Tensor>): void {
  const asked = outputs.map((output) => equals.get(output) as Tensor);
  const roots = new Set(asked.flatMap((node) => [node, base(node)]));
  const order = topologicalOrder(asked);
  const made = new Map<Tensor, Tensor>();
  for (const op of new Set(order.map((node) => node.op))) {
    const nodes = order.filter((node) => node.op === op);
    for (const [node, other] of op.gather?.(nodes, order, roots) ?? []) made.set(node, other);
  }
  if (made.size === 0) return;
  const now = substitute(asked, made);
  outputs.forEach((output, i) => {
    equals.set(output, now.get(asked[i]) as Tensor);
  });
}

/** Applies only `Op.simplify`, by which operations choose their kernels. Used for programs that are not fused. */
export function chooseKernels(outputs: readonly Tensor[]): Map<Tensor, Tensor> {
  const equals = new Map<Tensor, Tensor>();
  const order = topologicalOrder(outputs);
  const rebuilt = rebuilder(order, outputs);
  for (const node of order) {
    const own = rebuilt(
      node,
      node.inputs.map((input) => equals.get(input) as Tensor),
    );
    equals.set(node, chosenByOperation(own) ?? own);
  }
  return equals;
}

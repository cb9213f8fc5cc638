/** Reverse-mode differentiation: gradients are graph, so they can be differentiated again. */
import { topologicalOrder } from "./graph/order.js";
import { add } from "./ops/elementwise.js";
import { broadcastTo, reshape } from "./ops/movement.js";
import { sum } from "./ops/reduction.js";
import { sameShape, shapeText } from "./shape.js";
import { checkOptions, textOf } from "./options.js";
import { Tensor } from "./tensor.js";

/** Sums a gradient of broadcast shape back to the shape of the tensor that was broadcast. */
function undoBroadcast(g: Tensor, shape: readonly number[]): Tensor {
  if (sameShape(g.shape, shape)) return g;
  const lead = g.rank - shape.length;
  const axes = g.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < lead || (shape[axis - lead] === 1 && g.shape[axis] !== 1));
  return reshape(sum(g, { axes }), shape);
}

export interface GradientOptions {
  /** Gradient of the final quantity to `y`; ones where not given (the gradient of y's sum). */
  readonly upstream?: Tensor;
}

/**
 * Gradients of y (summed over its elements, or weighted by `upstream`) to each of xs, as tensors of the xs' shapes.
 * Gives zeros where y does not depend on x. Differentiable again, to any order.
 * @example (() => { const x = t([1, 2]); return show(gradient(square(x), [x])[0]); })() // [2, 4]
 * Throws TypeError where y is not f32 or xs no list, RangeError where `upstream` has another shape than y.
 */
export function gradient(y: Tensor, xs: readonly Tensor[], options: GradientOptions = {}): Tensor[] {
  checkOptions("gradient", options, ["upstream"]);
  const { upstream } = options;
  if (!Array.isArray(xs)) {
    throw new TypeError(`gradient: a list of tensors to differentiate by, found ${textOf(xs)}; write gradient(y, [x])`);
  }
  for (const node of [y, ...xs, ...(upstream === undefined ? [] : [upstream])]) {
    if (!(node instanceof Tensor)) throw new TypeError(`gradient: y and xs are tensors, found ${textOf(node)}`);
  }
  if (y.dtype !== "f32") throw new TypeError(`gradient: only f32 is differentiated, found ${y.dtype}`);
  if (upstream && !sameShape(upstream.shape, y.shape)) {
    throw new RangeError(`gradient: upstream has shape ${shapeText(upstream.shape)}, the result ${shapeText(y.shape)}`);
  }
  return backpropagate(new Map([[y, upstream ?? broadcastTo(1, y.shape)]]), xs);
}

/**
 * Gradients to each of xs of the sum of tensors weighted by what `seeds` gives for each, of its shape.
 * Zeros where none of them depends on x.
 */
export function backpropagate(seeds: ReadonlyMap<Tensor, Tensor>, xs: readonly Tensor[]): Tensor[] {
  const order = topologicalOrder(seeds.keys());
  const wanted = new Set(xs);
  const leads = new Set<Tensor>();
  const passes = ({ op }: Tensor) => op.gradient || op.partsGradient || op.lowering.kind === "part";
  for (const node of order) {
    if (wanted.has(node) || (passes(node) && node.inputs.some((input) => leads.has(input)))) leads.add(node);
  }
  const gradients = new Map(seeds);
  const give = (input: Tensor, part: Tensor | null) => {
    if (!part || !leads.has(input)) return;
    const own = undoBroadcast(part, input.shape);
    const sum = gradients.get(input);
    gradients.set(input, sum ? add(sum, own) : own);
  };
  /** Gradients of a node's parts, by their index. */
  const ofParts = new Map<Tensor, Map<number, Tensor>>();
  for (const node of order.reverse()) {
    if (!leads.has(node) || !node.inputs.some((input) => leads.has(input))) continue;
    const g = gradients.get(node);
    const parts = ofParts.get(node);
    if (parts && node.op.partsGradient) {
      const given = node.op.partsGradient(parts, node, (input) => leads.has(input));
      given.forEach((part, i) => give(node.inputs[i], part));
    } else if (g && node.op.lowering.kind === "part") {
      const [whole] = node.inputs;
      const index = node.attributes.index as number;
      const known = ofParts.get(whole) ?? new Map<number, Tensor>();
      const sum = known.get(index);
      ofParts.set(whole, known.set(index, sum ? add(sum, g) : g));
    } else if (g && node.op.gradient) {
      node.op.gradient(g, node).forEach((part, i) => give(node.inputs[i], part));
    }
  }
  return xs.map((x) => gradients.get(x) ?? broadcastTo(0, x.shape));
}

/** Reverse-mode differentiation, by the `gradient` of every operation's record: gradients are graphs, so they can be differentiated again. */
import { soleFeeders, topologicalOrder } from "../graph/order.js";
import { add } from "./elementwise.js";
import { broadcastTo, reshape } from "./movement.js";
import { sum } from "./reduction.js";
import { sameShape, shapeText } from "../graph/shape.js";
import { checkOptions, textOf } from "../options.js";
import type { Op } from "../graph/op.js";
import { Tensor } from "../graph/tensor.js";

/** Sums a gradient of broadcast shape back to the shape of the tensor that was broadcast. */
function undoBroadcast(g: Tensor, shape: readonly number[]): Tensor {
  if (sameShape(g.shape, shape)) return g;
  const lead = g.rank - shape.length;
  const axes = g.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < lead || (shape[axis - lead] === 1 && g.shape[axis] !== 1));
  return reshape(sum(g, { axes }), shape);
}

/**
 * The gradient with respect to one tensor: a sum of terms. Terms whose operation has `sumOf` are collected and summed
 * together.
 */
class Sum {
  #sum: Tensor | undefined;
  readonly #waiting = new Map<Op, Tensor[]>();

  add(part: Tensor): void {
    if (!part.op.sumOf) {
      this.#sum = this.#sum ? add(this.#sum, part) : part;
      return;
    }
    const list = this.#waiting.get(part.op);
    if (list) list.push(part);
    else this.#waiting.set(part.op, [part]);
  }

  /** The sum; to be read after all terms have been added. */
  get value(): Tensor {
    for (const [op, parts] of this.#waiting) {
      this.#waiting.delete(op);
      const [first] = parts;
      const together = parts.length > 1 && op.sumOf ? op.sumOf(parts) : first;
      this.#sum = this.#sum ? add(this.#sum, together) : together;
    }
    return this.#sum as Tensor;
  }
}

export interface GradientOptions {
  /** Gradient of the final quantity with respect to `y`; ones if not given (the gradient of y's sum). */
  readonly upstream?: Tensor;
}

/**
 * Gradients of the sum of y's elements, weighted by `upstream`, with respect to each of xs; each has its x's shape.
 * Zeros if y does not depend on x. Differentiable again, to any order.
 * @throws TypeError if y is not f32 or xs is not a list, RangeError if `upstream` has another shape than y
 * @example (() => { const x = t([1, 2]); return show(gradient(square(x), [x])[0]); })() // [2, 4]
 */
export function gradient(y: Tensor, xs: readonly Tensor[], options: GradientOptions = {}): Tensor[] {
  checkOptions("gradient", options, ["upstream"]);
  const { upstream } = options;
  if (!Array.isArray(xs)) {
    throw new TypeError(`gradient: xs must be a list of tensors, found ${textOf(xs)}; write gradient(y, [x])`);
  }
  for (const node of [y, ...xs, ...(upstream === undefined ? [] : [upstream])]) {
    if (!(node instanceof Tensor)) throw new TypeError(`gradient: y and xs must be tensors, found ${textOf(node)}`);
  }
  if (y.dtype !== "f32") throw new TypeError(`gradient: y must be f32, found ${y.dtype}`);
  if (upstream && !sameShape(upstream.shape, y.shape)) {
    throw new RangeError(
      `gradient: upstream must have the shape of y, ${shapeText(y.shape)}, found ${shapeText(upstream.shape)}`,
    );
  }
  return backpropagate(new Map([[y, upstream ?? broadcastTo(1, y.shape)]]), xs);
}

/**
 * The inputs of a gate's region: the tensors that the gate, and the nodes that feed only the gate, read from outside.
 * See `Op.gate`.
 */
function boundaryOf(gate: Tensor, order: readonly Tensor[], kept: ReadonlySet<Tensor>): Tensor[] {
  const region = soleFeeders([gate], order, kept);
  const inside = [...region, gate];
  return [...new Set(inside.flatMap(({ inputs }) => inputs))].filter((input) => !region.has(input));
}

/**
 * Gradients of a weighted sum of tensors, with respect to each of `xs`. `seeds` maps each tensor of the sum to its
 * weights, which have its shape. Zeros if none of the tensors depends on x.
 * @param ends whether differentiation stops at the xs: the gradient to one x then does not include paths through
 * another
 */
export function backpropagate(seeds: ReadonlyMap<Tensor, Tensor>, xs: readonly Tensor[], ends = false): Tensor[] {
  const order = topologicalOrder(seeds.keys());
  const wanted = new Set(xs);
  const leads = new Set<Tensor>();
  const passes = ({ op }: Tensor) => op.gradient || op.partsGradient || op.lowering.kind === "part";
  for (const node of order) {
    if (wanted.has(node) || (passes(node) && node.inputs.some((input) => leads.has(input)))) leads.add(node);
  }
  const gradients = new Map<Tensor, Sum>();
  const give = (node: Tensor, part: Tensor | null | undefined) => {
    if (!part || !leads.has(node)) return;
    const sum = gradients.get(node) ?? new Sum();
    gradients.set(node, sum);
    sum.add(undoBroadcast(part, node.shape));
  };
  for (const [node, g] of seeds) give(node, g);
  /** Gradients of a node's parts, by their index. */
  const ofParts = new Map<Tensor, Map<number, Sum>>();
  for (const node of [...order].reverse()) {
    if (!node.inputs.some((input) => leads.has(input)) || (ends && wanted.has(node))) continue;
    const { op, inputs } = node;
    // All readers of the node have been visited, so its gradient is complete.
    const g = gradients.get(node)?.value;
    const parts = ofParts.get(node);
    if (parts && op.partsGradient) {
      const upstreams = new Map([...parts].map(([index, { value }]) => [index, value]));
      const given = op.partsGradient(upstreams, node, (input) => leads.has(input));
      given.forEach((part, i) => {
        give(inputs[i], part);
      });
    } else if (g && op.lowering.kind === "part") {
      const known = ofParts.get(inputs[0]) ?? new Map<number, Sum>();
      ofParts.set(inputs[0], known);
      const index = node.attributes.index as number;
      const sum = known.get(index) ?? new Sum();
      known.set(index, sum);
      sum.add(g);
    } else if (g && op.gate) {
      const boundary = boundaryOf(node, order, wanted).filter((input) => leads.has(input));
      const slopes = backpropagate(new Map([[inputs[0], g]]), boundary, true);
      boundary.forEach((input, i) => {
        give(input, op.gradient?.(slopes[i], node)[0]);
      });
    } else if (g && op.gradient) {
      op.gradient(g, node).forEach((part, i) => {
        give(inputs[i], part);
      });
    }
  }
  return xs.map((x) => gradients.get(x)?.value ?? broadcastTo(0, x.shape));
}

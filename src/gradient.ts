/** Reverse-mode differentiation: gradients are graph, so they can be differentiated again. */
import { add } from "./ops/elementwise.js";
import { broadcastTo, reshape } from "./ops/movement.js";
import { sum } from "./ops/reduction.js";
import { sameShape, shapeText } from "./shape.js";
import { checkOptions, textOf } from "./options.js";
import { type Op, Tensor } from "./tensor.js";

/** Nodes that the outputs depend on, each after its inputs. */
export function topologicalOrder(outputs: Iterable<Tensor>): Tensor[] {
  const seen = new Set<Tensor>();
  const pending = [...outputs];
  while (pending.length > 0) {
    const node = pending.pop() as Tensor;
    if (seen.has(node)) continue;
    seen.add(node);
    pending.push(...node.inputs);
  }
  return [...seen].sort((a, b) => a.id - b.id);
}

/** Sums a gradient of broadcast shape back to the shape of the tensor that was broadcast. */
function undoBroadcast(g: Tensor, shape: readonly number[]): Tensor {
  if (sameShape(g.shape, shape)) return g;
  const lead = g.rank - shape.length;
  const axes = g.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < lead || (shape[axis - lead] === 1 && g.shape[axis] !== 1));
  return reshape(sum(g, { axes }), shape);
}

/** The gradient to one tensor: a sum of parts, of which those that an operation sums better together wait for each other. */
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

  /** The sum, once all parts are there. */
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
  const order = topologicalOrder([y]);
  const wanted = new Set(xs);
  const leads = new Set<Tensor>();
  for (const node of order) {
    if (wanted.has(node) || (node.op.gradient && node.inputs.some((input) => leads.has(input)))) leads.add(node);
  }
  const gradients = new Map<Tensor, Sum>();
  const addTo = (node: Tensor, part: Tensor) => {
    const sum = gradients.get(node) ?? new Sum();
    gradients.set(node, sum);
    sum.add(part);
  };
  addTo(y, upstream ?? broadcastTo(1, y.shape));
  for (const node of order.reverse()) {
    // All that reads the node has been visited: its gradient is complete.
    const g = gradients.get(node);
    if (!g || !leads.has(node) || !node.op.gradient || !node.inputs.some((input) => leads.has(input))) continue;
    node.op.gradient(g.value, node).forEach((part, i) => {
      const input = node.inputs[i];
      if (part && leads.has(input)) addTo(input, undoBroadcast(part, input.shape));
    });
  }
  return xs.map((x) => gradients.get(x)?.value ?? broadcastTo(0, x.shape));
}

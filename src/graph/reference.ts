/** The f64 reference: evaluates a graph node by node. It defines what every kernel must compute. */
import { topologicalOrder } from "./order.js";
import { checkSeed } from "../options.js";
import { randomNodes } from "./body.js";
import { shapeText } from "./shape.js";
import { type EvaluationContext, Input, type Tensor } from "./tensor.js";
import { Variable } from "./variable.js";

/**
 * The stream of each random node of a program: its own if it has one. The others get `base`, `base` + 1, … in order of
 * creation.
 */
export function assignStreams(order: readonly Tensor[], base: number): Map<Tensor, number> {
  let next = base;
  return new Map(randomNodes(order).map((node) => [node, (node.attributes.stream as number | undefined) ?? next++]));
}

export interface ReferenceOptions {
  /** Values of inputs and variables. */
  readonly feeds?: ReadonlyMap<Tensor, ArrayLike<number>>;
  readonly seed?: number;
  readonly step?: number;
  /** Stream of the first random node, as in `runtime.compile`. */
  readonly streams?: number;
  /** See `EvaluationContext`. */
  readonly rows?: EvaluationContext["rows"];
}

/** f64 values of tensors, row-major. Throws RangeError if a fed value is missing or has the wrong length. */
export function evaluate(
  outputs: readonly Tensor[],
  { feeds = new Map(), seed = 0, step = 0, streams = 0, rows }: ReferenceOptions = {},
): Float64Array[] {
  checkSeed("reference", seed);
  const streamOf = assignStreams(topologicalOrder(outputs), streams);
  const context: EvaluationContext = {
    seed,
    step,
    streamOf: (node) => streamOf.get(node) as number,
    iteration: { index: 0, of: 1 },
    rows,
    run(body, inputs, iteration, length) {
      const within = {
        ...this,
        iteration: { index: this.iteration.index * length + iteration, of: this.iteration.of * length },
      };
      return values(body.results, new Map(body.inputs.map((input, i) => [input, inputs[i]])), within);
    },
  };
  return values(outputs, feeds, context);
}

function values(
  outputs: readonly Tensor[],
  feeds: ReadonlyMap<Tensor, ArrayLike<number>>,
  context: EvaluationContext,
): Float64Array[] {
  const known = new Map<Tensor, Float64Array>();
  for (const node of topologicalOrder(outputs)) {
    const fed = feeds.get(node) ?? (node instanceof Variable ? node.data : undefined);
    if (fed) {
      if (fed.length !== node.size)
        throw new RangeError(
          `reference: ${node.label} ${shapeText(node.shape)} must have ${node.size} values, found ${fed.length}`,
        );
      known.set(node, Float64Array.from(fed));
    } else if (node instanceof Input || node instanceof Variable) {
      throw new RangeError(`reference: no values fed for ${node.name}`);
    } else {
      const inputs = node.inputs.map((input) => known.get(input) as Float64Array);
      known.set(node, node.op.evaluate(inputs, node, context));
    }
  }
  return outputs.map((output) => known.get(output) as Float64Array);
}

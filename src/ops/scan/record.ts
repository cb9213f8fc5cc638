/**
 * The op record of `scan`. A scan node has several parts: the carries after the last iteration, the outputs, and the
 * history (the value of every carry at the start of each iteration). Its gradient is a scan in the opposite direction
 * over the body's gradient. That scan computes the body again from the history, so a program keeps only the carries of
 * all iterations (Chen et al. 2016, "Training deep nets with sublinear memory cost", with one iteration as the
 * segment), and the results of matrix products: see products.ts. Being a scan, it can be differentiated like any other.
 */
import { backpropagate } from "../differentiate.js";
import { topologicalOrder } from "../../graph/order.js";
import { sizeOf } from "../../graph/shape.js";
import { type Op, Input, Tensor } from "../../graph/tensor.js";
import { anyType } from "../../graph/dtype.js";
import { closeBody, partOp, substitute } from "../../graph/body.js";
import { add } from "../elementwise.js";
import { broadcastTo } from "../movement.js";
import { afterLoop, allowance, Deferral, isProduct, keptProducts } from "./products.js";
import { partShapes, type ScanAttributes, scanAttributes } from "./attributes.js";
import { emitScan, scanParts } from "./emission.js";

/** The part with this index, as a tensor. */
export function partOf(node: Tensor, index: number): Tensor {
  const attributes = scanAttributes(node);
  const { body, carries } = attributes;
  const shapes = partShapes(attributes);
  const start = shapes.slice(0, index).reduce((sum, shape) => sum + sizeOf(shape), 0);
  const outputs = body.results.length;
  const { dtype } = body.results[index < outputs ? index : index - outputs];
  if (index >= outputs + carries) throw new Error(`scan: no part ${index}`);
  return new Tensor(partOp, [node], { index, shape: shapes[index], dtype, start });
}

export const scanOp: Op<ScanAttributes> = {
  name: "scan",
  takes: [anyType],
  shape: (_inputs, attributes) => [partShapes(attributes).reduce((sum, shape) => sum + sizeOf(shape), 0)],
  gradient: null,
  distinct: true,
  evaluate(inputs, node, context) {
    const { body, length, reverse, carries, sequences } = scanAttributes(node);
    let state = inputs.slice(0, carries);
    const captured = inputs.slice(carries + sequences);
    const outputs = body.results.slice(carries);
    const rows = outputs.map(({ size }) => new Float64Array(length * size));
    const history = state.map(({ length: size }) => new Float64Array(length * size));
    for (let iteration = 0; iteration < length; iteration++) {
      const i = reverse ? length - 1 - iteration : iteration;
      state.forEach((value, k) => {
        history[k].set(value, i * value.length);
      });
      const elements = body.inputs
        .slice(carries, carries + sequences)
        .map(({ size }, k) => inputs[carries + k].subarray(i * size, (i + 1) * size));
      const results = context.run(body, [...state, ...elements, ...captured], i, length);
      state = results.slice(0, carries);
      results.slice(carries).forEach((value, k) => {
        rows[k].set(value, i * value.length);
      });
    }
    return Float64Array.from([...state, ...rows, ...history].flatMap((values) => [...values]));
  },
  partsGradient: (upstreams, node, leads) => scanGradient(upstreams, node, leads),
  narrow: (node, used) => narrowed(node, used),
  lowering: { kind: "kernel", emit: emitScan, parts: scanParts },
};

/**
 * Makes a scan from a graph that also reads tensors of the outer graph. `own` lists the body's inputs: those of the
 * carries, then those of the sequences. The products that a gradient would read become further outputs.
 */
export function makeScan(
  parts: {
    readonly first: readonly Tensor[];
    readonly sequences: readonly Tensor[];
    readonly own: readonly Input[];
    readonly results: readonly Tensor[];
    readonly length: number;
    readonly reverse: boolean;
  },
  inside: (node: Tensor) => boolean,
): Tensor {
  const { first, sequences, own, results, length, reverse } = parts;
  const kept = keptProducts(results, { own, carries: first, inside });
  const { body, captured } = closeBody([...results, ...kept], own, (node, varies) => varies && inside(node));
  return new Tensor(scanOp, [...first, ...sequences, ...captured], {
    body,
    length,
    reverse,
    carries: first.length,
    sequences: sequences.length,
  });
}

/** Gradients with respect to a scan's inputs. */
function scanGradient(
  upstreams: ReadonlyMap<number, Tensor>,
  node: Tensor,
  leads: (input: Tensor) => boolean,
): (Tensor | null)[] {
  const { body, length, reverse, carries, sequences } = scanAttributes(node);
  const outputs = body.results.length - carries;
  const isFloat = ({ dtype }: Tensor) => dtype === "f32";
  const range = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i);
  // Gradients are computed for all f32 carries, and for the f32 captured tensors and sequences that need one.
  const states = range(carries).filter((i) => isFloat(body.inputs[i]));
  const sums = range(body.inputs.length, 0)
    .slice(carries + sequences)
    .filter((i) => isFloat(body.inputs[i]) && leads(node.inputs[i]));
  const rows = range(sequences, carries).filter((i) => isFloat(body.inputs[i]) && leads(node.inputs[i]));

  const like = (name: string, { shape }: Tensor) => new Input(`gradient of ${name}`, shape);
  const nextOf = states.map((i) => like(body.inputs[i].name, body.results[i]));
  const sumOf = sums.map((i) => like(body.inputs[i].name, body.inputs[i]));
  const outOf = range(outputs, carries).filter((k) => upstreams.has(k));
  const outSeeds = outOf.map((k) => like("an output", body.results[k]));
  const seenOf = states.filter((i) => upstreams.has(carries + outputs + i));
  const seenSeeds = seenOf.map((i) => like("a history", body.results[i]));

  const seeds = new Map<Tensor, Tensor>();
  const seed = (result: Tensor, g: Tensor) => {
    const known = seeds.get(result);
    seeds.set(result, known ? add(known, g) : g);
  };
  states.forEach((i, k) => {
    seed(body.results[i], nextOf[k]);
  });
  outOf.forEach((i, k) => {
    seed(body.results[i], outSeeds[k]);
  });
  const asked = [...states, ...sums, ...rows];
  const slopes = backpropagate(
    seeds,
    asked.map((i) => body.inputs[i]),
  );
  const slopeOf = new Map(asked.map((i, k) => [i, slopes[k]]));

  /** Rows of all iterations that exist outside the new loop, by the tensor of its body. */
  const outside = new Map<Tensor, Tensor>([
    ...range(carries).map((i) => [body.inputs[i], partOf(node, carries + outputs + i)] as const),
    ...range(sequences, carries).map((i) => [body.inputs[i], node.inputs[i]] as const),
    ...outOf.map((i, k) => [outSeeds[k], upstreams.get(i) as Tensor] as const),
    ...seenOf.map((i, k) => [seenSeeds[k], upstreams.get(carries + outputs + i) as Tensor] as const),
  ]);
  const varying = new Set<Tensor>([...outside.keys(), ...nextOf]);
  const gradientRows = rows.map((i) => slopeOf.get(i) as Tensor);
  const deferral = new Deferral(
    new Set([...outside.keys(), ...gradientRows]),
    varying,
    allowance(body.inputs.slice(0, carries)),
  );
  const splits = deferral.split(sums.map((i) => slopeOf.get(i) as Tensor));
  const inLoop = range(sums.length).filter((k) => splits[k].rest);
  const results = [
    ...states.map((i) => {
      const own = slopeOf.get(i) as Tensor;
      const at = seenOf.indexOf(i);
      return at < 0 ? own : add(own, seenSeeds[at]);
    }),
    ...inLoop.map((k) => add(sumOf[k], splits[k].rest as Tensor)),
    ...gradientRows,
    ...deferral.rows,
  ];

  // The body's captured inputs are replaced by the tensors that they stand for, and products by their kept results. When
  // the new body is closed, everything that is the same in all iterations moves out of it.
  const products = range(outputs, carries).filter((k) => isProduct(body.results[k]));
  const keptOf = new Map(products.map((k) => [k, like("a product", body.results[k])]));
  const replaced = new Map<Tensor, Tensor>([
    ...body.inputs.slice(carries + sequences).map((input, k) => [input, node.inputs[carries + sequences + k]] as const),
    ...products.map((k) => [body.results[k], keptOf.get(k) as Input] as const),
  ]);
  const within = new Set(topologicalOrder(results));
  const made = substitute(results, replaced);
  for (const one of [...within]) if (!replaced.has(one)) within.add(made.get(one) as Tensor);
  const newResults = results.map((result) => made.get(result) as Tensor);
  const reached = new Set(topologicalOrder(newResults));
  const read = products.filter((k) => reached.has(keptOf.get(k) as Input));
  const zeros = (i: number) => broadcastTo(0, body.inputs[i].shape);
  const reversed = makeScan(
    {
      first: [...states.map((i) => upstreams.get(i) ?? zeros(i)), ...inLoop.map((k) => zeros(sums[k]))],
      sequences: [...outside.values(), ...read.map((k) => partOf(node, k))],
      own: [
        ...nextOf,
        ...inLoop.map((k) => sumOf[k]),
        ...(outside.keys() as Iterable<Input>),
        ...read.map((k) => keptOf.get(k) as Input),
      ],
      results: newResults,
      length,
      reverse: !reverse,
    },
    (one) => within.has(one),
  );
  const firstRow = states.length + inLoop.length;
  const partAt = new Map<Tensor, number>(
    [...gradientRows, ...deferral.rows].map((row, k) => [row, firstRow + k] as const),
  );
  const rowsOf = (x: Tensor) => outside.get(x) ?? partOf(reversed, partAt.get(x) as number);
  const given: (Tensor | null)[] = node.inputs.map(() => null);
  states.forEach((i, k) => {
    given[i] = partOf(reversed, k);
  });
  sums.forEach((i, k) => {
    const late = splits[k].after.map((term) => afterLoop(term, length, rowsOf));
    const early = inLoop.includes(k) ? [partOf(reversed, states.length + inLoop.indexOf(k))] : [];
    given[i] = [...early, ...late].reduce((a, b) => add(a, b));
  });
  rows.forEach((i, k) => {
    given[i] = partOf(reversed, firstRow + k);
  });
  return given;
}

/** The scan without the carries, sequences, outputs and captured tensors that no used part depends on. */
function narrowed(node: Tensor, used: ReadonlySet<number>): ReturnType<NonNullable<typeof scanOp.narrow>> {
  const attributes = scanAttributes(node);
  const { body, carries, sequences } = attributes;
  const outputs = body.results.length - carries;
  const keptResults = new Set<number>([...used].map((i) => (i < carries + outputs ? i : i - carries - outputs)));
  const keptInputs = new Set<number>();
  // A carry that a kept result reads is kept too, with everything that its next value reads.
  for (let size = -1; size < keptResults.size; ) {
    size = keptResults.size;
    const read = new Set(topologicalOrder([...keptResults].map((i) => body.results[i])));
    body.inputs.forEach((input, i) => {
      if (!read.has(input)) return;
      keptInputs.add(i);
      if (i < carries) keptResults.add(i);
    });
  }
  for (const i of keptResults) if (i < carries) keptInputs.add(i);
  const ascending = (set: ReadonlySet<number>) => [...set].sort((a, b) => a - b);
  const inputs = ascending(keptInputs);
  const results = ascending(keptResults);
  const left = results.filter((i) => i < carries).length;
  const indices = new Map<number, number>();
  results.forEach((old, i) => {
    indices.set(old, i);
  });
  results.slice(0, left).forEach((old, i) => {
    indices.set(carries + outputs + old, results.length + i);
  });
  return {
    inputs: inputs.map((i) => node.inputs[i]),
    attributes: {
      ...attributes,
      body: { inputs: inputs.map((i) => body.inputs[i]), results: results.map((i) => body.results[i]) },
      carries: left,
      histories: results.slice(0, left).flatMap((old, i) => (used.has(carries + outputs + old) ? [i] : [])),
      sequences: inputs.filter((i) => i >= carries && i < carries + sequences).length,
    },
    indices,
  };
}

/**
 * Sums over the ranks of a group. In a program that was not compiled for a group, and for a single rank, these functions
 * return their argument: the graph has no such node then.
 */
import { Opcode } from "../../assembly/opcode.js";
import type { Emission } from "../graph/emission.js";
import { ranks } from "../graph/ranks.js";
import type { Shape } from "../graph/shape.js";
import { type Op, operation, Tensor } from "../graph/tensor.js";
import { checkOptions, textOf } from "../options.js";
import { tensor, type TensorLike } from "./constant.js";
import { mul } from "./elementwise.js";
import { literal } from "./literal.js";
import { reshape } from "./movement.js";
import { sum } from "./reduction.js";

function emitAllReduce({ node, out, place, emit }: Emission<Tensor>): void {
  const from = place(node.inputs[0]);
  emit({
    opcode: Opcode.Exchange,
    label: node.label ?? `allReduce [${node.shape.join(", ")}]`,
    reads: [from.storage],
    writes: [out.storage],
    // Lane 0 alone: the other lanes go on to the next barrier.
    work: 1,
    shares: [[out.storage, from.storage]],
    words(writer) {
      writer.place(out);
      writer.place(from);
      writer.integers(node.size);
    },
  });
}

/** The reference knows one rank: it takes the others to have the same values. */
export const allReduceOp: Op<{ readonly size: number }> = {
  name: "allReduce",
  shape: ([x]) => x.shape,
  // Each rank's loss depends on the values of all ranks: the gradient of the sum of all losses is summed, too.
  gradient: (g, { attributes: { size } }) => [new Tensor(allReduceOp, [g], { size })],
  evaluate: ([x], { attributes: { size } }) => x.map((value) => value * (size as number)),
  lowering: { kind: "kernel", emit: emitAllReduce },
};

export interface AllReduceOptions {
  /** "sum" (default) or "mean" over the ranks. */
  readonly reduce?: "sum" | "mean";
}

/**
 * The sum or the mean of each element over the ranks of the group for which the program is compiled: equal on all ranks.
 * Its gradient is the same reduction, that of the sum (or mean) of all ranks' losses.
 * @param x f32 of any shape, the same on every rank
 * @throws TypeError for an unknown reduction
 * @example show(allReduce(t([1, 2]))) // [1, 2]
 * @example allReduce(t([1]), { reduce: "max" }) // throws allReduce: reduce must be "sum" or "mean", found "max"
 */
export const allReduce = /* @__PURE__ */ operation((x: TensorLike, options: AllReduceOptions = {}): Tensor => {
  checkOptions("allReduce", options, ["reduce"]);
  const { reduce = "sum" } = options;
  if (reduce !== "sum" && reduce !== "mean")
    throw new TypeError(`allReduce: reduce must be "sum" or "mean", found ${textOf(reduce)}`);
  const input = tensor(x, "allReduce");
  return reduce === "mean" ? meanOfRanks(input, input.label) : totalOfRanks(input, input.label);
}, allReduceOp);

/** The sum over ranks. @param what the values, for errors and listings */
function totalOfRanks(x: Tensor, what: string | undefined): Tensor {
  const { size } = ranks();
  if (size === 1) return x;
  const total = new Tensor(allReduceOp, [x], { size });
  return what === undefined ? total : total.named(what);
}

/**
 * The mean over all ranks of a mean over the records of each rank's part of the batch: the mean over the batch.
 * @param what the values, for errors and listings
 */
export const meanOfRanks = (x: Tensor, what: string | undefined): Tensor =>
  ranks().size === 1 ? x : mul(totalOfRanks(x, what), 1 / ranks().size);

/** Records of the whole batch, of which each rank has `part`. */
export const wholeBatch = (part: number): number => part * ranks().size;

/** 1 for this rank, 0 for the others; an axis of length 1 for each axis of a record. */
function ownRank(shape: Shape): Tensor {
  const { rank, size } = ranks();
  const marks = Float32Array.from({ length: size }, (_, i) => Number(i === rank));
  return literal(marks, [size, ...shape.map(() => 1)]);
}

/** The rows [size n, ...] of all ranks, in the order of ranks, of each rank's rows [n, ...]. */
export function gatherRanks(rows: Tensor, what: string): Tensor {
  const { size } = ranks();
  if (size === 1) return rows;
  const [own, ...record] = rows.shape;
  const placed = mul(reshape(rows, [1, ...rows.shape]), ownRank(rows.shape));
  return totalOfRanks(reshape(placed, [size * own, ...record]), what);
}

/** This rank's rows [n, ...] of the rows [size n, ...] of all ranks. */
export function rowsOfRank(rows: Tensor): Tensor {
  const { size } = ranks();
  if (size === 1) return rows;
  const [all, ...record] = rows.shape;
  const parts = reshape(rows, [size, all / size, ...record]);
  return sum(mul(parts, ownRank([all / size, ...record])), { axes: 0 });
}

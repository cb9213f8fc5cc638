/**
 * Matrix products in the body of a scan. Two rules make its gradient cheaper, where memory allows:
 * - the results of products are kept for all iterations, so that the gradient does not compute them again. Elementwise
 *   operations are cheap, so they are;
 * - a gradient that is a sum of products over the iterations, such as that of a weight, is one product of the rows of
 *   all iterations after the loop.
 */
import { topologicalOrder } from "../../graph/order.js";
import type { Input, Tensor } from "../../graph/tensor.js";
import { add } from "../elementwise.js";
import { matmul, type MatmulAttributes, matmulOp } from "../matmul.js";
import { reshape, reshapeOp } from "../movement.js";
import { sum, sumOp } from "../reduction.js";

/** Rows that are kept for this purpose have at most so many times the elements of the carries, which are kept anyway. */
const most = 4;

/** Shortest inner length of a product whose result is kept: below it, computing it again is as cheap as reading it. */
const leastInner = 32;

const countOf = (tensors: readonly Tensor[]) => tensors.reduce((total, { size }) => total + size, 0);

/** The number of elements per iteration that may be kept, for these carries. */
export const allowance = (carries: readonly Tensor[]): number => most * countOf(carries);

function innerLength({ inputs: [a], attributes }: Tensor): number {
  return a.shape[a.rank - ((attributes as MatmulAttributes).transposeA ? 2 : 1)];
}

/** Whether a tensor is a matrix product. */
export const isProduct = ({ op }: Tensor): boolean => op === matmulOp;

/** The products of a body whose results are worth keeping, apart from those that are results already. */
export function keptProducts(
  results: readonly Tensor[],
  { own, carries, inside }: { own: readonly Input[]; carries: readonly Tensor[]; inside(node: Tensor): boolean },
): Tensor[] {
  const varying = new Set<Tensor>(own);
  let left = allowance(carries);
  return topologicalOrder(results).filter((node) => {
    if (!inside(node) || !node.inputs.some((input) => varying.has(input))) return false;
    varying.add(node);
    const worth = isProduct(node) && innerLength(node) >= leastInner && node.size <= left && !results.includes(node);
    if (worth) left -= node.size;
    return worth;
  });
}

/** The terms of a sum. */
const termsOf = (x: Tensor): Tensor[] => (x.op === add.op ? x.inputs.flatMap(termsOf) : [x]);

/** Whether a term is a^T b of matrices, and summing it in the loop moves more bytes than keeping the rows of a and b. */
function isOuter(term: Tensor): boolean {
  if (!isProduct(term)) return false;
  const { transposeA, transposeB } = term.attributes as MatmulAttributes;
  const [a, b] = term.inputs;
  return transposeA && !transposeB && a.rank === 2 && b.rank === 2 && a.size + b.size <= 2 * term.size;
}

/** The tensor that a chain of reshapes shows. */
function shown(x: Tensor): Tensor {
  return x.op === reshapeOp ? shown(x.inputs[0]) : x;
}

/** A gradient whose terms are in part computed after the loop. */
interface Split {
  /** Summed in the loop. */
  readonly rest: Tensor | undefined;
  /** a^T b of matrices, and sums over axes: computed from the rows of all iterations. */
  readonly after: readonly Tensor[];
}

/** Decides which terms of gradients are summed after the loop, and which rows that needs. */
export class Deferral {
  /** Tensors of the loop's body whose rows of all iterations are needed. */
  readonly rows = new Set<Tensor>();
  #left: number;

  /**
   * @param known tensors of the body whose rows exist outside the loop
   * @param inputs the body's inputs that differ between iterations
   * @param elements number of elements per iteration that may be kept
   */
  constructor(
    private readonly known: ReadonlySet<Tensor>,
    private readonly inputs: ReadonlySet<Tensor>,
    elements: number,
  ) {
    this.#left = elements;
  }

  /** Splits gradients, of which each is a sum over all iterations. */
  split(slopes: readonly Tensor[]): Split[] {
    const terms = slopes.map(termsOf);
    const outer = new Set(terms.flat().filter((term) => isOuter(term) && this.#keep(term.inputs.map(shown))));
    const isLate = (term: Tensor) => outer.has(term) || this.#isSumOfRows(term);
    return terms.map((list) => {
      const now = list.filter((term) => !isLate(term));
      return {
        rest: now.length > 0 ? now.reduce((a, b) => add(a, b)) : undefined,
        after: list.filter(isLate),
      };
    });
  }

  #has(x: Tensor): boolean {
    return this.known.has(x) || this.rows.has(x);
  }

  #keep(tensors: readonly Tensor[]): boolean {
    const fresh = [...new Set(tensors)].filter((x) => !this.#has(x));
    const count = countOf(fresh);
    if (count > this.#left || !fresh.every((x) => topologicalOrder([x]).some((node) => this.inputs.has(node))))
      return false;
    this.#left -= count;
    for (const x of fresh) this.rows.add(x);
    return true;
  }

  #isSumOfRows(term: Tensor): boolean {
    const inner = shown(term);
    return inner.op === sumOp && this.#has(shown(inner.inputs[0]));
  }
}

/**
 * A term's sum over all iterations.
 * @param rowsOf the rows [length, …] of a tensor of the body
 */
export function afterLoop(term: Tensor, length: number, rowsOf: (x: Tensor) => Tensor): Tensor {
  const all = (x: Tensor) => reshape(rowsOf(shown(x)), [length, ...x.shape]);
  if (isProduct(term)) {
    const [a, b] = term.inputs.map((x) => reshape(all(x), [length * x.shape[0], x.shape[1]]));
    return matmul(a, b, { transposeA: true });
  }
  const inner = shown(term);
  const axes = [0, ...(inner.attributes.axes as readonly number[]).map((axis) => axis + 1)];
  return reshape(sum(all(inner.inputs[0]), { axes }), term.shape);
}

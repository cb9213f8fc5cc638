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

/** Whether a tensor is computed from any of `inputs`. */
export function readsAny(x: Tensor, inputs: ReadonlySet<Tensor>): boolean {
  return topologicalOrder([x]).some((node) => inputs.has(node));
}

/** A matrix product, or one plus a bias. */
export const isProduct = ({ op, inputs }: Tensor): boolean =>
  op === matmulOp || (op === add.op && inputs.some((input) => input.op === matmulOp));

/**
 * The products of a body whose results are worth keeping, apart from those that are results already. A product that only
 * a bias is added to is kept with its bias: one command computes both.
 */
export function keptProducts(
  results: readonly Tensor[],
  { own, carries, inside }: { own: readonly Input[]; carries: readonly Tensor[]; inside(node: Tensor): boolean },
): Tensor[] {
  const order = topologicalOrder(results);
  const varying = new Set<Tensor>(own);
  for (const node of order) if (inside(node) && node.inputs.some((input) => varying.has(input))) varying.add(node);
  const withBias = (product: Tensor) => {
    const readers = order.filter(({ inputs }) => inputs.includes(product));
    const [reader] = readers;
    const alone = readers.length === 1 && !results.includes(product) && reader.op === add.op;
    return alone && reader.inputs.filter((input) => varying.has(input)).length === 1 ? reader : product;
  };
  let left = allowance(carries);
  const found: Tensor[] = [];
  for (const product of order) {
    if (product.op !== matmulOp || !varying.has(product) || innerLength(product) < leastInner) continue;
    const node = withBias(product);
    if (results.includes(node) || node.size > left) continue;
    left -= node.size;
    found.push(node);
  }
  return found;
}

/** The terms of a sum. */
const termsOf = (x: Tensor): Tensor[] => (x.op === add.op ? x.inputs.flatMap(termsOf) : [x]);

/** Whether a term is a^T b of matrices, and summing it in the loop moves more bytes than keeping the rows of a and b. */
function isOuter(term: Tensor): boolean {
  if (term.op !== matmulOp) return false;
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
    if (count > this.#left || !fresh.every((x) => readsAny(x, this.inputs))) return false;
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
  if (term.op === matmulOp) {
    const [a, b] = term.inputs.map((x) => reshape(all(x), [length * x.shape[0], x.shape[1]]));
    return matmul(a, b, { transposeA: true });
  }
  const inner = shown(term);
  const axes = [0, ...(inner.attributes.axes as readonly number[]).map((axis) => axis + 1)];
  return reshape(sum(all(inner.inputs[0]), { axes }), term.shape);
}

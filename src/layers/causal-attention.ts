/** Attention for sequences that are generated from left to right, and trained positions. */
import type { Shape } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";
import { makeKind } from "../kinds/kind.js";
import * as portable from "../numbers/portable-math.js";
import { attention } from "../ops/attention.js";
import { add, div, equal, exp, greater, mul, sub, where } from "../ops/elementwise.js";
import { cast, gather } from "../ops/indexing.js";
import { literal } from "../ops/literal.js";
import { matmul } from "../ops/matmul.js";
import { concat, reshape, slice, transpose } from "../ops/movement.js";
import { max, sum } from "../ops/reduction.js";
import type { Initializer } from "./initializers.js";
import { type InitializerOption, initializerRule } from "./initializer-config.js";
import { requireInput } from "./input-rule.js";
import type { Layer, Scope } from "./layer.js";
import type { Stepping } from "./stepping.js";

/** 0, 1, 2, … up to `length` - 1, in the given shape. */
const countedTo = (length: number, shape: Shape): Tensor =>
  literal(
    Float32Array.from({ length }, (_, i) => i),
    shape,
  );

export interface CausalAttentionOptions {
  /**
   * Whether queries and keys are rotated by angles that grow with the position, so that their products depend on distances
   * (Su et al. 2021, RoFormer, section 3.2); the depth of a head must then be even. Default false.
   */
  readonly rotary?: boolean;
  /** Initial values of the four weights; `glorotUniform` by default. */
  readonly initializer?: InitializerOption;
}

interface Attention {
  readonly heads: number;
  readonly rotary: boolean;
  readonly initializer: Initializer;
}

/** Cosines or sines [positions, depth / 2] of position times 10000^(-2 i / depth). */
const angles = (of: (angle: number) => number, positions: number, half: number): Tensor =>
  literal(
    Float32Array.from({ length: positions * half }, (_, i) =>
      of(Math.floor(i / half) * portable.exp((-(i % half) / half) * portable.log(10_000))),
    ),
    [positions, half],
  );

/** Rotates the pairs (x_i, x_(i + depth / 2)) of [batch, heads, positions, depth] by the angles of their positions. */
function rotated(x: Tensor, stepping: Stepping | undefined): Tensor {
  const [batch, heads, positions, depth] = x.shape;
  const half = depth / 2;
  const rows = (table: Tensor) =>
    stepping ? reshape(gather(table, cast(stepping.position, "i32")), [1, half]) : table;
  const [cosine, sine] = [portable.cos, portable.sin].map((of) =>
    rows(angles(of, stepping?.length ?? positions, half)),
  );
  const part = (start: number) => slice(x, [0, 0, 0, start], [batch, heads, positions, half]);
  const [first, second] = [part(0), part(half)];
  const turned = [sub(mul(first, cosine), mul(second, sine)), add(mul(first, sine), mul(second, cosine))];
  return concat(turned, { axes: 3 });
}

/** The rows [batch, heads, length, depth] that were seen so far, with the new one at the present position. */
function remembered(name: string, row: Tensor, { position, length, ...stepping }: Stepping): Tensor {
  const [batch, heads, , depth] = row.shape;
  const before = stepping.state(name, [batch, heads, length, depth]);
  const all = where(equal(countedTo(length, [length, 1]), position), row, before);
  stepping.leave(name, all);
  return all;
}

/** Attention of one query to all rows up to the present position: [batch, heads, 1, features]. */
function attended(queries: Tensor, keys: Tensor, values: Tensor, { position, length }: Stepping): Tensor {
  const products = mul(matmul(queries, keys, { transposeB: true }), 1 / Math.sqrt(queries.shape[3]));
  const scores = where(greater(countedTo(length, [1, length]), position), Number.NEGATIVE_INFINITY, products);
  const weights = exp(sub(scores, max(scores, { axes: -1, keepAxes: true })));
  return div(matmul(weights, values), sum(weights, { axes: -1, keepAxes: true }));
}

/**
 * Attention of every position to itself and to earlier ones, in some heads whose results are mixed by a product (Vaswani et al.
 * 2017, section 3.2): [batch, positions, width] keeps its shape. One position after the other, keys and values of earlier
 * positions are states.
 * Variables: `query`, `key`, `value` and `output`, each [width, width].
 * @param heads number of heads, 1 or more, which divides the width
 * @throws TypeError for an unknown option, RangeError if heads is not an integer of 1 or more
 * @example shape(layers.causalAttention(4), 5, 10, 16) // [5, 10, 16]
 * @example shape(layers.causalAttention(3), 5, 10, 16) // throws have shape [batch, positions, width] with a width that heads (3) divides
 */
export const causalAttention: (heads: number, options?: CausalAttentionOptions) => Layer = /* @__PURE__ */ makeKind(
  "layer",
  {
    kind: "causalAttention",
    options: {
      heads: { atLeast: 1, whole: true },
      rotary: { default: false },
      initializer: initializerRule("glorotUniform"),
    },
    positional: ["heads"],
    make: ({ heads, rotary, initializer }: Attention) => ({
      causal: true,
      apply(x, scope) {
        const fits = x.rank === 3 && x.shape[2] % heads === 0;
        const rule = `have shape [batch, positions, width] with a width that heads (${heads}) divides`;
        requireInput(fits, "causalAttention", rule, x, scope);
        const [batch, positions, width] = x.shape;
        const depth = width / heads;
        if (rotary) requireInput(depth % 2 === 0, "causalAttention", "have an even width per head", x, scope);
        const weight = (name: string) => scope.read(name, { shape: [width, width], initializer });
        const byHead = (name: string) =>
          transpose(reshape(matmul(x, weight(name)), [batch, positions, heads, depth]), [0, 2, 1, 3]);
        const placed = (name: string) => (rotary ? rotated(byHead(name), scope.stepping) : byHead(name));
        const parts = { queries: placed("query"), keys: placed("key"), values: byHead("value") };
        const seen = scope.stepping ? stepped(parts, scope, scope.stepping) : attention(parts, { causal: true });
        return matmul(reshape(transpose(seen, [0, 2, 1, 3]), x.shape), weight("output"));
      },
    }),
  },
);

function stepped(
  { queries, keys, values }: Readonly<Record<"queries" | "keys" | "values", Tensor>>,
  { path }: Scope,
  stepping: Stepping,
): Tensor {
  const [allKeys, allValues] = [
    remembered(`${path}/keys`, keys, stepping),
    remembered(`${path}/values`, values, stepping),
  ];
  return attended(queries, allKeys, allValues, stepping);
}

export interface PositionsOptions {
  /**
   * Whether the vectors repeat after `length` positions: the table then says which voice of a frame a token is, or which row of a
   * level's column, in sequences of any length that begin with the first one. Default false.
   */
  readonly cyclic?: boolean;
  /** Initial values of the table; normal with deviation 0.02 by default. */
  readonly initializer?: InitializerOption;
}

/** The position within its cycle, of all `positions` or of the present one. */
function cycled(length: number, positions: number, stepping: Stepping | undefined): Tensor {
  const all = literal(
    Float32Array.from({ length: positions }, (_, i) => i % length),
    [positions],
  );
  return stepping ? gather(all, cast(stepping.position, "i32")) : all;
}

/**
 * Adds a trained vector per position (Radford et al. 2018, section 3.1): [batch, positions, width] keeps its shape.
 * Variable: `table` [length, width].
 * @param length maximum number of positions, or with `cyclic` those until the vectors repeat; 1 or more
 * @throws TypeError for an unknown option, RangeError if length is not an integer of 1 or more; `apply` throws RangeError for
 *   longer sequences, unless `cyclic`
 * @example shape(layers.positions(10), 5, 8, 16) // [5, 8, 16]
 * @example shape(layers.positions(4, { cyclic: true }), 5, 8, 16) // [5, 8, 16]
 * @example shape(layers.positions(7), 5, 8, 16) // throws have shape [batch, positions, width] with at most 7 positions
 */
export const positions: (length: number, options?: PositionsOptions) => Layer = /* @__PURE__ */ makeKind("layer", {
  kind: "positions",
  options: {
    length: { atLeast: 1, whole: true },
    cyclic: { default: false },
    initializer: initializerRule({ name: "normal", deviation: 0.02 }),
  },
  positional: ["length"],
  make: ({ length, cyclic, initializer }: { length: number; cyclic: boolean; initializer: Initializer }) => ({
    causal: true,
    apply(x, scope) {
      const { stepping } = scope;
      const all = stepping?.length ?? x.shape[1];
      const rule = `have shape [batch, positions, width]${cyclic ? "" : ` with at most ${length} positions`}`;
      requireInput(x.rank === 3 && (cyclic || all <= length), "positions", rule, x, scope);
      const [, count, width] = x.shape;
      const table = scope.read("table", { shape: [length, width], initializer });
      const row = cyclic ? cycled(length, all, stepping) : stepping?.position;
      return add(
        x,
        row ? reshape(gather(table, cast(row, "i32")), [count, width]) : slice(table, [0, 0], [count, width]),
      );
    },
  }),
});

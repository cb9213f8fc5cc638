/** Embeddings: a trained vector per index. */
import type { Initializer } from "./initializers.js";
import { makeKind } from "../kinds/kind.js";
import { cast, gather } from "../ops/indexing.js";
import { type InitializerOption, initializerRule } from "./initializer-config.js";
import type { Layer } from "./layer.js";

export interface EmbeddingOptions {
  /** Initial values of the table; normal with deviation 1 by default. */
  readonly initializer?: InitializerOption;
}

/**
 * Rows of a table by index: i32 [batch, ...] to f32 [batch, ..., size]. Variable: `table` [count, size].
 * An index outside of the table is clamped to its first or last row.
 * @param count number of rows of the table, 1 or more
 * @param size length of a row, 1 or more
 * @throws TypeError for an unknown option, RangeError if count or size is not an integer of 1 or more
 * @example new layers.Network("words", layers.embedding(10, 4)).apply(cast(t([1, 2, 1]), "i32")).shape // [3, 4]
 */
export const embedding: (count: number, size: number, options?: EmbeddingOptions) => Layer = /* @__PURE__ */ makeKind(
  "layer",
  {
    kind: "embedding",
    options: {
      count: { atLeast: 1, whole: true },
      size: { atLeast: 1, whole: true },
      initializer: initializerRule({ name: "normal", deviation: 1 }),
    },
    positional: ["count", "size"],
    make: ({ count, size, initializer }: { count: number; size: number; initializer: Initializer }) => ({
      causal: true,
      apply(x, scope) {
        if (x.dtype !== "i32")
          throw new TypeError(`embedding at ${scope.path}: the input must be i32 indices, found ${x.dtype}`);
        return gather(scope.read("table", { shape: [count, size], initializer }), x);
      },
    }),
  },
);

/**
 * Trained vectors of records of tokens, as the first layer of an encoder: [batch, ...] to [batch, ..., size]. Tokens are numbers
 * from 0 to vocabulary - 1, f32 as records are, or i32. Variable: `table` [vocabulary, size].
 * @param vocabulary number of tokens, as in the data's description, 2 or more
 * @param size length of a vector, 1 or more
 * @throws TypeError for an unknown option, RangeError if vocabulary or size is outside of its range
 * @example shape(layers.tokens(10, 4), 5, 7) // [5, 7, 4]
 */
export const tokens: (vocabulary: number, size: number, options?: EmbeddingOptions) => Layer = /* @__PURE__ */ makeKind(
  "layer",
  {
    kind: "tokens",
    options: {
      vocabulary: { atLeast: 2, whole: true },
      size: { atLeast: 1, whole: true },
      initializer: initializerRule({ name: "normal", deviation: 1 }),
    },
    positional: ["vocabulary", "size"],
    make: ({ vocabulary, size, initializer }: { vocabulary: number; size: number; initializer: Initializer }) => ({
      causal: true,
      apply: (x, scope) => gather(scope.read("table", { shape: [vocabulary, size], initializer }), cast(x, "i32")),
    }),
  },
);

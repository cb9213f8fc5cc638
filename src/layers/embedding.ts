/** A trained row per index. */
import { gather } from "../ops/indexing.js";
import { checkNumber, checkOptions } from "../options.js";
import { type InitializerConfig, initializerFrom } from "./initializer-config.js";
import type { Layer } from "./layer.js";

export interface EmbeddingOptions {
  /** First values of the table; normal with deviation 1 by default. */
  readonly initializer?: InitializerConfig;
}

/**
 * Rows of a table by index: i32 [batch, ...] to f32 [batch, ..., size]. Variable: `table` [count, size].
 * An index outside of the table is held at its first or last row.
 * @param count rows of the table, 1 or more
 * @param size length of a row, 1 or more
 * @throws TypeError for an unknown option, RangeError where count or size is not a whole number of 1 or more
 * @example new layers.Network("words", layers.embedding(10, 4)).apply(cast(t([1, 2, 1]), "i32")).shape // [3, 4]
 */
export function embedding(count: number, size: number, options: EmbeddingOptions = {}): Layer {
  checkOptions("embedding", options, ["initializer"]);
  checkNumber("embedding", "count", count, { atLeast: 1, whole: true });
  checkNumber("embedding", "size", size, { atLeast: 1, whole: true });
  const { initializer = { name: "normal", deviation: 1 } } = options;
  const rows = initializerFrom(initializer, "embedding");
  return {
    config: { kind: "embedding", count, size, initializer },
    apply(x, scope) {
      if (x.dtype !== "i32")
        throw new TypeError(`embedding at ${scope.path}: the input is i32 indices, found ${x.dtype}`);
      return gather(scope.read("table", { shape: [count, size], initializer: rows }), x);
    },
  };
}

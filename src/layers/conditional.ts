/**
 * Conditional layers: their result depends on the record's class, which they read from their scope. A model made with
 * `classes` gives it to both of its networks. A layer's tables have a row per class. Records may also have several classes, as
 * weights f32 [batch, classes]: they get the weighted sum of the rows.
 */
import { type Initializer, zeros } from "./initializers.js";
import { makeKind } from "../kinds/kind.js";
import { add, mul } from "../ops/elementwise.js";
import { gather } from "../ops/indexing.js";
import { matmul } from "../ops/matmul.js";
import { broadcastTo, concat, reshape } from "../ops/movement.js";
import { sum } from "../ops/reduction.js";
import type { Tensor } from "../graph/tensor.js";
import { type InitializerOption, initializerRule, type Weights, weightRules } from "./initializer-config.js";
import { requireInput } from "./input-rule.js";
import type { DenseOptions } from "./dense.js";
import type { Layer, Scope } from "./layer.js";
import { type BatchNormOptions, epsilonRule, momentumRule, standardizedByBatch } from "./norm.js";

/** The rule of the number of classes, the first parameter of every layer here. */
const classesRule = { atLeast: 2, whole: true };

/** A table of a layer: a row of `size` numbers for each class. */
interface Table {
  readonly kind: string;
  readonly name: string;
  readonly classes: number;
  readonly size: number;
  readonly initializer: Initializer;
}

/** The rows of the records' classes, [batch, size]; of records that have several, the sum of their rows. */
function rowsOf({ kind, name, classes, size, initializer }: Table, scope: Scope): Tensor {
  const labels = scope.labelsFor(kind, classes);
  const table = scope.read(name, { shape: [classes, size], initializer });
  return labels.rank === 2 ? matmul(labels, table) : gather(table, labels);
}

/** Rows [batch, size] with axes of length 1 before the last, so that they broadcast to [batch, ..., size]. */
const alongPositions = (rows: Tensor, { rank }: Tensor): Tensor =>
  reshape(rows, [rows.shape[0], ...new Array<number>(rank - 2).fill(1), rows.shape[1]]);

/** y scaled and shifted per channel by the rows of two tables [classes, channels], `scale` and `shift`. */
function modulated(
  kind: string,
  y: Tensor,
  { classes, initializer, offset }: { classes: number; initializer: Initializer; offset: number },
  scope: Scope,
): Tensor {
  const table = { kind, classes, size: y.shape[y.rank - 1] };
  const scale = alongPositions(rowsOf({ ...table, name: "scale", initializer }, scope), y);
  const shift = alongPositions(rowsOf({ ...table, name: "shift", initializer: zeros }, scope), y);
  return add(mul(y, offset === 0 ? scale : add(scale, offset)), shift);
}

export type ConditionalBatchNormOptions = Omit<BatchNormOptions, "affine">;

/**
 * Batch norm whose scale and shift depend on the record's class (Dumoulin, Shlens, Kudlur 2017, eq. 5; de Vries et al.
 * 2017): [batch, ..., channels] to the same shape. The statistics are those of `batchNorm`, over records of all classes.
 * Variables: `mean` and `variance` [channels], which no optimizer trains, `scale` and `shift` [classes, channels].
 * @param classes number of classes, 2 or more, like the model's
 * @throws TypeError for an unknown option, RangeError for a number outside of its range; `apply` throws UsageError if the
 *   network is applied without labels
 * @example fromConfig("layer", layers.conditionalBatchNorm(10).config).config.classes // 10
 * @example shape(layers.conditionalBatchNorm(10), 5, 4, 4, 16) // throws without the labels that the layer needs
 */
export const conditionalBatchNorm: (classes: number, options?: ConditionalBatchNormOptions) => Layer =
  /* @__PURE__ */ makeKind("layer", {
    kind: "conditionalBatchNorm",
    options: {
      classes: classesRule,
      momentum: momentumRule,
      epsilon: epsilonRule,
      scaleInitializer: /* @__PURE__ */ initializerRule("ones"),
    },
    positional: ["classes"],
    make: ({ classes, momentum, epsilon, scaleInitializer: initializer }: BatchScales) => ({
      apply(x, scope) {
        const kind = "conditionalBatchNorm";
        const y = standardizedByBatch(kind, x, { momentum, epsilon }, scope);
        return modulated(kind, y, { classes, initializer, offset: 0 }, scope);
      },
    }),
  });

interface BatchScales {
  readonly classes: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly scaleInitializer: Initializer;
}

export interface FilmOptions {
  /** Initial values of the tables' deviation from the identity, scale - 1; `zeros` by default. */
  readonly initializer?: InitializerOption;
}

/**
 * Feature-wise linear modulation (Perez et al. 2018, eq. 2): every channel is multiplied by 1 + `scale` and `shift` is
 * added, both of the record's class. [batch, ..., channels] to the same shape; at first the identity.
 * Variables: `scale` and `shift` [classes, channels].
 * @param classes number of classes, 2 or more, like the model's
 * @throws TypeError for an unknown option, RangeError if classes is not an integer of 2 or more; `apply` throws UsageError if
 *   the network is applied without labels
 * @example new layers.Network("net", layers.film(3)).apply(t([[1, 2]]), { labels: cast(t([2]), "i32") }).shape // [1, 2]
 * @example layers.film(1) // throws film: classes must be an integer >= 2, found 1
 */
export const film: (classes: number, options?: FilmOptions) => Layer = /* @__PURE__ */ makeKind("layer", {
  kind: "film",
  options: { classes: classesRule, initializer: /* @__PURE__ */ initializerRule("zeros") },
  positional: ["classes"],
  make: ({ classes, initializer }: { classes: number; initializer: Initializer }) => ({
    causal: true,
    apply(x, scope) {
      requireInput(x.rank >= 2, "film", "have shape [batch, ..., channels]", x, scope);
      return modulated("film", x, { classes, initializer, offset: 1 }, scope);
    },
  }),
});

export interface JoinLabelOptions {
  /** Initial values of the table; normal with deviation 1 by default. */
  readonly initializer?: InitializerOption;
}

/**
 * Appends a trained vector of the record's class to the channels (Mirza, Osindero 2014, section 3.2): vectors
 * [batch, features] to [batch, features + size]; images [batch, height, width, channels] to
 * [batch, height, width, channels + size], whose last planes are constant. Variable: `table` [classes, size].
 * @param classes number of classes, 2 or more, like the model's
 * @param size length of the vector, 1 or more
 * @throws TypeError for an unknown option, RangeError for a number outside of its range; `apply` throws UsageError if the
 *   network is applied without labels
 * @example new layers.Network("net", layers.joinLabel(3, 8)).apply(t([[1, 2]]), { labels: cast(t([2]), "i32") }).shape // [1, 10]
 * @example layers.joinLabel(3, 0) // throws joinLabel: size must be an integer >= 1, found 0
 */
export const joinLabel: (classes: number, size: number, options?: JoinLabelOptions) => Layer = /* @__PURE__ */ makeKind(
  "layer",
  {
    kind: "joinLabel",
    options: {
      classes: classesRule,
      size: { atLeast: 1, whole: true },
      initializer: /* @__PURE__ */ initializerRule({ name: "normal", deviation: 1 }),
    },
    positional: ["classes", "size"],
    make: ({ classes, size, initializer }: { classes: number; size: number; initializer: Initializer }) => ({
      causal: true,
      apply(x, scope) {
        requireInput(x.rank >= 2, "joinLabel", "have shape [batch, ..., channels]", x, scope);
        const rows = rowsOf({ kind: "joinLabel", name: "table", classes, size, initializer }, scope);
        const planes = broadcastTo(alongPositions(rows, x), [...x.shape.slice(0, -1), size]);
        return concat([x, planes], { axes: x.rank - 1 });
      },
    }),
  },
);

/**
 * The head of a discriminator that compares features with the record's class (Miyato, Koyama 2018, eq. 5):
 * dense(1)(h) + <row of the class, h>, from [batch, features] to [batch, 1].
 * Variables: `weight` [features, 1], `bias` [1], `table` [classes, features].
 * @param classes number of classes, 2 or more, like the model's
 * @param options those of `dense`; `initializer` is that of the weight and the table
 * @throws TypeError for an unknown option, RangeError if classes is not an integer of 2 or more; `apply` throws UsageError if
 *   the network is applied without labels
 * @example new layers.Network("net", layers.projection(3)).apply(t([[1, 2]]), { labels: cast(t([2]), "i32") }).shape // [1, 1]
 */
export const projection: (classes: number, options?: DenseOptions) => Layer = /* @__PURE__ */ makeKind("layer", {
  kind: "projection",
  options: { classes: classesRule, ...weightRules },
  positional: ["classes"],
  make: ({ classes, bias, initializer, biasInitializer }: Weights & { classes: number }) => ({
    apply(x, scope) {
      requireInput(x.rank === 2, "projection", "have shape [batch, features]", x, scope);
      const size = x.shape[1];
      const plain = matmul(x, scope.read("weight", { shape: [size, 1], initializer }));
      const logits = bias ? add(plain, scope.read("bias", { shape: [1], initializer: biasInitializer })) : plain;
      const rows = rowsOf({ kind: "projection", name: "table", classes, size, initializer }, scope);
      return add(logits, sum(mul(x, rows), { axes: 1, keepAxes: true }));
    },
  }),
});

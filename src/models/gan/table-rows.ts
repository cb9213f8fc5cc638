/**
 * Rows of a table for a GAN (CTGAN: Xu et al. 2019, arXiv 1907.00503): the generator returns a number for each place of a record.
 * Values go through tanh; choices are drawn as Gumbel-softmax weights, so that the discriminator sees them almost one-hot and
 * gradients flow. A class is a value of a column of categories, and the row that is made must have it.
 */
import { ranks } from "../../graph/ranks.js";
import type { TrainingData } from "../../data/training-data.js";
import { shapeText } from "../../graph/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import { curved, fittedVariables } from "../../objectives/fitted-rows.js";
import { checkRow, checkSpans, hardened, mapSpans, spanParts } from "../../objectives/spans.js";
import { clamp, maximum, mul, neg, sub, tanh } from "../../ops/elementwise.js";
import { gumbelSoftmax } from "../../ops/gumbel.js";
import { oneHot } from "../../ops/indexing.js";
import { broadcastTo, concat, reshape, slice } from "../../ops/movement.js";
import { randomBernoulli, randomUniform } from "../../ops/random.js";
import { logSoftmax, mean, sum } from "../../ops/reduction.js";
import { checkNumber, checkOptions, textOf } from "../../options.js";
import type { Images } from "./token-images.js";

export interface TableRowOptions {
  /** Lengths of a record's spans: see `layoutOf` of `genloom/tables`. */
  readonly spans: readonly number[];
  /** Numbers of the spans, from 0, whose choices are the classes of a conditional model, in their order; default: none. */
  readonly conditions?: readonly number[];
  /**
   * Rows that the discriminator judges together (PacGAN: Lin et al. 2018), which shows it a lack of diversity: it returns one logit
   * for each such pack, [batch / pac, 1]. In a conditional model every row of a pack is followed by the one-hot vector of its
   * class. A divisor of the batch size; default 1.
   */
  readonly pac?: number;
  /** Temperature of the choices in training, above 0; default 0.2, that of the paper. */
  readonly temperature?: number;
  /**
   * Share of the rows, in [0, 1], for which training also asks for values of other columns of `conditions`: each of these columns with
   * a chance that is drawn for the row. The model can then be asked for values of several columns at once. Default 0, as in the paper.
   */
  readonly several?: number;
  /**
   * Whether the columns of samples have the distributions of the data's: when a training ends, it fits offsets of logits and curves of
   * values. Default false, as in the paper.
   */
  readonly fitted?: boolean;
}

/** Rows of a table, as an option of a GAN. */
export interface TableRows extends Images {
  readonly config: TableRowOptions;
  readonly classes: number;
}

function checkConditions(conditions: unknown, spans: readonly number[]): asserts conditions is readonly number[] {
  if (!Array.isArray(conditions))
    throw new TypeError(`tableRows: conditions must be a list of numbers of spans, found ${textOf(conditions)}`);
  const wrong = conditions.find((at) => !(spans[at] >= 2));
  if (wrong !== undefined)
    throw new RangeError(
      `tableRows: each of conditions must be the number of a span of 2 or more, found ${textOf(wrong)}`,
    );
}

/** The classes of records as weights [batch, classes]. */
const weightsOf = (labels: Tensor, classes: number): Tensor => (labels.rank === 2 ? labels : oneHot(labels, classes));

/**
 * Which columns of `sizes` values each row is asked for besides its first, 0 or 1 for each value [batch, values]. A share `several` of
 * the rows has a chance of its own, uniform in [0, 1], which holds for each column; the others have none.
 */
function askedColumns(batch: number, sizes: readonly number[], several: number): Tensor {
  const chance = clamp(mul(sub(randomUniform([batch, 1]), 1 - several), 1 / several), 0, 1);
  const asked = randomBernoulli(chance, [batch, sizes.length]);
  return concat(
    sizes.map((size, i) => broadcastTo(slice(asked, [0, i], [batch, 1]), [batch, size])),
    -1,
  );
}

/**
 * Rows of a table, for the option `table` of a GAN: its networks see records, and its samples are records whose choices are
 * one-hot. With `conditions` the model's classes are the choices of those spans, and the generator's loss has the cross-entropy
 * between the choice that it makes and the one it was asked for (section 4.3 of the paper).
 * @throws TypeError for an unknown option or a list of the wrong type, RangeError for a number outside of its range
 * @example tableRows({ spans: [1, 3, 2], conditions: [1, 2] }).classes // 5
 * @example tableRows({ spans: [1, 3], conditions: [0] }) // throws tableRows: each of conditions must be the number of a span of 2 or more, found 0
 */
export function tableRows(options: TableRowOptions): TableRows {
  checkOptions("tableRows", options, ["spans", "conditions", "pac", "temperature", "several", "fitted"]);
  const { spans, conditions = [], pac = 1, temperature = 0.2, several = 0, fitted = false } = options;
  checkSpans(spans, "tableRows");
  checkConditions(conditions, spans);
  checkNumber("tableRows", "pac", pac, { whole: true, atLeast: 1 });
  checkNumber("tableRows", "temperature", temperature, { above: 0 });
  checkNumber("tableRows", "several", several, { atLeast: 0, atMost: 1 });
  if (typeof fitted !== "boolean")
    throw new TypeError(`tableRows: fitted must be true or false, found ${textOf(fitted)}`);
  const sizes = conditions.map((at) => spans[at]);
  const chosen = (records: Tensor): Tensor[] => {
    const parts = spanParts(records, spans);
    return conditions.map((at) => parts[at].part);
  };
  return {
    config: { spans, conditions, pac, temperature, ...(several > 0 && { several }), ...(fitted && { fitted }) },
    pac,
    classes: sizes.reduce((sum, size) => sum + size, 0),
    shape: (record) => {
      checkRow("gan", spans, record);
      return record;
    },
    of: (records) => records,
    generated: (output) =>
      mapSpans(output, spans, { value: tanh, choice: (part) => gumbelSoftmax(part, { temperature }) }),
    records: (images) => hardened(images, spans),
    ...(fitted && {
      fitting: {
        variables: () => fittedVariables("generator", spans),
        spans,
        curved: (records: Tensor, curves: Tensor) => curved(records, spans, curves),
      },
    }),
    ...(pac > 1 && {
      packed(images: Tensor, labels: Tensor | undefined, classes: number | undefined) {
        const rows = labels && classes !== undefined ? concat([images, weightsOf(labels, classes)], 1) : images;
        const [batch, width] = rows.shape;
        const { size } = ranks();
        if (batch % pac !== 0)
          throw new RangeError(
            `gan: the batch size ${size > 1 ? "of a rank " : ""}must be a multiple of pac, ${pac}, found ${batch}`,
          );
        return reshape(rows, [batch / pac, pac * width]);
      },
    }),
    asked(output, labels) {
      const logs = concat(
        chosen(output).map((part) => logSoftmax(part)),
        -1,
      );
      return neg(mean(sum(mul(logs, weightsOf(labels, logs.shape[1])), { axes: -1 })));
    },
    ...(several > 0 && {
      several(labels: Tensor, records: Tensor) {
        const own = concat(chosen(records), -1);
        const [batch, classes] = own.shape;
        return maximum(oneHot(labels, classes), mul(own, askedColumns(batch, sizes, several)));
      },
    }),
    check(data: TrainingData) {
      if (!data.table)
        throw new RangeError(
          `gan: the records of ${data.name} must be rows of a table for the option table, found values of ${shapeText(data.shape)}`,
        );
      checkRow("gan", spans, data.shape);
    },
  };
}

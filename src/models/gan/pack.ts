/** Packs of records: the discriminator judges several at once, which shows it a lack of diversity (PacGAN: Lin et al. 2018). */
import { shapeText } from "../../graph/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import { oneHot } from "../../ops/indexing.js";
import { concat, reshape } from "../../ops/movement.js";

/** Throws RangeError unless records of this batch can be packed. */
export function checkPacks(pac: number, { shape: [batch, ...record] }: Pick<Tensor, "shape">): void {
  if (pac === 1) return;
  if (record.length !== 1)
    throw new RangeError(
      `gan: records must have one axis for pac, such as rows of a table, found ${shapeText(record)}`,
    );
  if (batch % pac !== 0) throw new RangeError(`gan: the batch size must be a multiple of pac, ${pac}, found ${batch}`);
}

/** [batch, n] to [batch / pac, pac n]; with classes, each record is followed by the one-hot vector of its class. */
export function packed(x: Tensor, pac: number, labels?: Tensor, classes?: number): Tensor {
  const rows = labels && classes !== undefined ? concat([x, oneHot(labels, classes)], 1) : x;
  const [batch, width] = rows.shape;
  return reshape(rows, [batch / pac, pac * width]);
}

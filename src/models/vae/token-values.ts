/** Records of tokens that a user passes to a trained VAE. */
import { type Shape, sizeOf } from "../../graph/shape.js";
import type { Likelihood } from "../../objectives/likelihood.js";
import { type Records, valuesOf } from "../../train/records.js";

/**
 * Normalised values of records; of a likelihood of tokens, each must be one of its vocabulary. Throws a RangeError that begins with
 * `what` and names token and record, both from 0; otherwise as `valuesOf`.
 */
export function givenValues(what: string, records: Records, shape: Shape, { tokens }: Likelihood): Float32Array {
  const values = valuesOf(what, records, shape);
  if (!tokens) return values;
  const { vocabulary } = tokens;
  const at = values.findIndex((token) => !Number.isInteger(token) || token < 0 || token >= vocabulary);
  if (at < 0) return values;
  const length = sizeOf(shape);
  throw new RangeError(
    `${what}: token ${at % length} of record ${Math.floor(at / length)} must be an integer from 0 to ${vocabulary - 1}, found ${values[at]}`,
  );
}

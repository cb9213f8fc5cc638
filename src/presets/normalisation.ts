/** How a model's records are scaled, as a value that a description can hold. */
import { fewestPixels } from "../data/columns.js";
import { withRange } from "../data/dataset.js";
import { rescaled, standardise } from "../data/scaling.js";
import { isStreamed, type TrainingData } from "../data/training-data.js";
import { checkOptions, textOf } from "../options.js";

/**
 * - `{ range: [low, high] }`: the lowest raw value becomes `low`, the highest `high`; in a table, of each column;
 * - `"standardise"`: each column of a table gets mean 0 and deviation 1, other data stay as they are;
 * - `"table"`: rows of a table with columns of different kinds stay as they are; other data are rejected;
 * - `"tokens"`: records of tokens stay as they are; other data are rejected;
 * - `"bits"`: values become 0 to 1, which an RBM takes as probabilities of bits; numbers without bounds are rejected.
 */
export type Normalisation =
  | "standardise"
  | "bits"
  | "tokens"
  | "table"
  | { readonly range: readonly [low: number, high: number] };

/**
 * Maps values to 0 to 1. Numbers without bounds are rejected: they would be treated as probabilities, and samples would
 * be only 0 and 1.
 */
function bits<D extends TrainingData>(data: D): D {
  const { name, extent, shape } = data;
  const bytes = isStreamed(data) ? data.dtype === "u8" : data.records instanceof Uint8Array;
  const images = bytes || shape.length !== 1 || (!data.columns && shape[0] >= fewestPixels);
  if (images || (extent[0] >= 0 && extent[1] <= 1)) {
    // Probabilities are kept: 0.3 stays 0.3 whatever other columns the table has.
    return data.columns
      ? rescaled(
          data,
          data.columns.map((one) => ({ ...one, scale: 1, offset: 0 })),
        )
      : withRange(data, 0, 1);
  }
  throw new RangeError(
    `rbm: records of ${name} must be bits, probabilities from 0 to 1 or images, found ${shape[0]} numbers from ${extent[0]} to ${extent[1]}; gan and vae accept tables of numbers`,
  );
}

/** Throws RangeError unless the records are tokens. */
function tokens<D extends TrainingData>(data: D): D {
  if (data.tokens) return data;
  const { name, shape } = data;
  throw new RangeError(
    `train: records of ${name} must be tokens, of a text, molecules, music or levels, found values of [${shape.join(", ")}]; other presets of gan, vae and rbm accept values`,
  );
}

/** Throws RangeError unless the records are rows of a table. */
function rows<D extends TrainingData>(data: D): D {
  if (data.table) return data;
  throw new RangeError(
    `train: records of ${data.name} must be rows of a table, found values of [${data.shape.join(", ")}]; other presets of gan, vae and rbm accept values`,
  );
}

/** The data scaled for a model. Throws RangeError if they cannot be. */
export function normalised<D extends TrainingData>(data: D, normalisation: Normalisation): D {
  if (data.table && normalisation !== "table")
    throw new RangeError(
      `train: records of ${data.name} must be values or tokens for this preset, found rows of a table; gan ctgan and vae tvae take them`,
    );
  if (normalisation === "standardise") return standardise(data);
  if (normalisation === "bits") return bits(data);
  if (normalisation === "tokens") return tokens(data);
  if (normalisation === "table") return rows(data);
  const [low, high] = normalisation.range;
  return withRange(data, low, high);
}

/** Throws TypeError or RangeError if a value of JSON is not a normalisation. */
export function checkNormalisation(what: string, value: unknown): asserts value is Normalisation {
  if (value === "standardise" || value === "bits" || value === "tokens" || value === "table") return;
  if (typeof value !== "object" || value === null)
    throw new TypeError(
      `${what}: normalisation must be { "range": [low, high] }, "standardise", "bits", "tokens" or "table", found ${textOf(value)}`,
    );
  checkOptions(`${what}: normalisation`, value, ["range"]);
  const { range } = value as { range?: unknown };
  const rising = Array.isArray(range) && range.length === 2 && range.every(Number.isFinite) && range[0] < range[1];
  if (!rising) throw new RangeError(`${what}: normalisation.range must be two rising numbers, found ${textOf(range)}`);
}

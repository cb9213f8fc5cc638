/**
 * Data sets whose records are tokens: whole numbers from 0 to vocabulary - 1 that stand for characters, notes or tiles. The
 * records are the numbers themselves: shape [length], scale 1, shift 0. A model reads them as f32 and casts them to i32.
 *
 * Records that differ in length end with token 0 and are filled up with more of it. Their mask is 1 up to the first end:
 *
 *     tokens  3 1 4 0 0 0
 *     mask    1 1 1 1 0 0
 */
import { checkNumber, checkOptions, textOf } from "../options.js";
import { type DatasetOptions, dataset } from "./dataset.js";
import { describedTokens, type TokenLists, type TokenMeaning } from "./token-lists.js";
import { type Dataset, isStreamed, type TrainingData } from "./training-data.js";

export interface TokenOptions
  extends TokenMeaning,
    Pick<DatasetOptions, "name" | "labels" | "classes" | "classNames" | "source"> {
  /** Tokens of each record, without an end. */
  records: TokenLists;
  /** Tokens of a record in the data set, with the end if there is one; default: those of the longest. */
  length?: number;
}

const names = [
  "name",
  "records",
  "vocabulary",
  "codec",
  "ended",
  "length",
  "labels",
  "classes",
  "classNames",
  "source",
];

/**
 * Creates a data set from lists of tokens, which are copied.
 * @returns a frozen Dataset with the shape [length] and `tokens`; its records are a Uint8Array for a vocabulary of up to 256,
 * otherwise a Float32Array; with `ended` it has a `mask`, unless no record is filled up
 * @throws RangeError if a record is empty, or too long, or without `ended` too short, or a token is not in the vocabulary; the
 * message names record and token, both from 0
 * @example [...datasets.tokens({ records: [[2, 1], [1]], ended: true }).records] // [2, 1, 0, 1, 0, 0]
 * @example datasets.tokens({ records: [[0, 1], [0, 7]], vocabulary: 3 }) // throws dataset tokens: token 1 of record 1 must be an integer from 0 to 2, found 7
 */
export function tokens(options: TokenOptions): Dataset {
  checkOptions("datasets.tokens", options, names);
  const { name = "tokens", records } = options;
  const what = `dataset ${name}`;
  const described = describedTokens(what, "record", records, options);
  const ends = described.ended ? 1 : 0;
  const longest = records.reduce((most, record) => Math.max(most, record.length), 0) + ends;
  const length = checkNumber(what, "length", options.length ?? longest, { whole: true, atLeast: 1 });
  checkLengths(what, records, length, ends);
  const values = new (described.vocabulary <= 256 ? Uint8Array : Float32Array)(records.length * length);
  const mask = new Uint8Array(values.length);
  records.forEach((record, i) => {
    values.set(record, i * length);
    mask.fill(1, i * length, i * length + record.length + ends);
  });
  const extent = [0, described.vocabulary - 1] as const;
  const { labels, classes, classNames, source } = options;
  const data = dataset({
    ...{ name, records: values, shape: [length], extent, range: extent },
    ...(labels && { labels }),
    ...(classes !== undefined && { classes }),
    ...(classNames && { classNames }),
    ...(source && { source }),
    ...(mask.includes(0) && { mask }),
  });
  return Object.freeze({ ...data, tokens: described });
}

/** Throws RangeError for a record that has more than `length` tokens with its end, or other than `length` if it has none. */
function checkLengths(what: string, records: TokenLists, length: number, ends: number): void {
  const wrong = records.findIndex((record) => (ends ? record.length + ends > length : record.length !== length));
  if (wrong < 0) return;
  const { length: found } = records[wrong];
  throw new RangeError(
    ends
      ? `${what}: a record must have at most ${length - ends} tokens, which with its end are the length ${length}, found ${found} in record ${wrong}`
      : `${what}: a record must have ${length} tokens, found ${found} in record ${wrong}; ended: true allows shorter ones`,
  );
}

/**
 * Number of tokens of each record, with its end.
 * @param data records of tokens
 * @throws TypeError if the records are not tokens
 * @example [...lengthsOf(datasets.tokens({ records: [[2, 1], [1]], ended: true }))] // [3, 2]
 */
export function lengthsOf(data: TrainingData): Int32Array {
  if (!data?.tokens)
    throw new TypeError(`lengthsOf: data must be records of tokens, found ${data?.name ?? textOf(data)}`);
  const [length] = data.shape;
  const lengths = new Int32Array(data.count).fill(length);
  if (isStreamed(data) || !data.mask) return lengths;
  const { mask } = data;
  return lengths.map((_, i) => mask.subarray(i * length, (i + 1) * length).reduce((sum, known) => sum + known, 0));
}

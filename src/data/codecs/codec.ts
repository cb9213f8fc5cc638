/**
 * Codecs of tokens: what the numbers of a record stand for, as plain values. A codec's description is kept with a data set, a run
 * and a saved model, so that samples are shown as a user reads them.
 */

/** A codec's description as JSON: its kind and all that it needs, such as the alphabet. */
export type CodecConfig = { readonly kind: string; readonly [option: string]: unknown };

/**
 * How tokens become a text, as plain values: exported generators carry them instead of a codec. Without groups, the symbols of
 * tokens stand one after the other.
 */
export interface TextForm {
  /** Text of each token. */
  readonly symbols: readonly string[];
  /** Tokens of a group: a frame of music, a column of a level. */
  readonly group?: number;
  /**
   * What groups are: frames are a line of notes each, highest first, without repetitions; columns stand side by side; of keys, those
   * whose token is 1 are a line of notes, highest first, and there is a symbol for each key in place of each token.
   */
  readonly groups?: "frames" | "columns" | "keys";
}

/** Converts between the text of a record and its tokens. */
export interface TokenCodec {
  readonly config: CodecConfig;
  /** Number of tokens; they are 0 to vocabulary - 1. */
  readonly vocabulary: number;
  /**
   * Whether records differ in length: token 0 then stands for the end of a record, which is stored with its end and filled up
   * with more of it. Otherwise token 0 is a token like any other, and records are pieces of one length.
   */
  readonly ended: boolean;
  /**
   * Tokens of a text, without an end.
   * @throws RangeError for a text that the vocabulary has no tokens for; it names the row and column, or position
   */
  encode(text: string): number[];
  /** The text of tokens, up to the first end if records end. */
  decode(tokens: ArrayLike<number>): string;
  /** What `decode` does, for exported generators. */
  readonly form: TextForm;
}

/**
 * Kinds of sequences that genloom knows more of than their tokens: text, music, molecules and levels of games. A domain reads
 * files, writes and draws samples, and measures them. Everything here works on the text form of records, see `TokenCodec`.
 */
import type { CodecConfig, TokenCodec } from "../data/codecs/codec.js";

/** What a file or folder holds. */
export interface Sequences {
  readonly name: string;
  readonly codec: TokenCodec;
  /** Tokens of each sequence: whole chorales, levels, texts, names; without ends. */
  readonly sequences: readonly ArrayLike<number>[];
  /** Tokens of a record, of data whose records are windows of sequences; default: the longest sequence and its end. */
  readonly length?: number;
  /** Tokens from one window to the next: those of a frame, a column, or one; default 1. */
  readonly stride?: number;
  /** Class of each sequence, if there are any. */
  readonly labels?: readonly number[];
  readonly classNames?: readonly string[];
}

/** Another form of sequences than that of their kind, which a preset may ask for. */
export interface SequenceForm {
  /** Music as frames of the keys of a piano, which are bits. */
  readonly form: "roll";
  /** Frames of a record; default 1. */
  readonly window?: number;
}

/** Samples, or records of data, as texts. */
export interface Texts {
  readonly codec: TokenCodec;
  readonly texts: readonly string[];
}

/** Files by name, beside or instead of a single one. */
export type Written = string | Uint8Array | ReadonlyMap<string, string | Uint8Array>;

/** Scores by name, and the same scores of records that were held out, where these have a meaning. */
export interface DomainScores {
  readonly metrics: Readonly<Record<string, number>>;
  readonly floors: Readonly<Record<string, number>>;
  /** What the scores were computed by, for people: the judge, the solver. */
  readonly judges?: readonly string[];
}

/** One kind of sequences. */
export interface Domain {
  /** The kind of its codec. */
  readonly kind: string;
  /** What likelihoods are counted by: the measure's name, such as `natsPerFrame`, and the tokens of one. */
  readonly unit?: { readonly name: string; readonly tokens: (codec: CodecConfig | undefined) => number };
  /** Files in which samples can be written, by ending without a dot. A map is a folder's files by name. */
  readonly writers: Readonly<Record<string, (samples: Texts) => Written | Promise<Written>>>;
  /** Samples as a piece of HTML for reports and pages: text, drawings, a roll with a play button. It fetches nothing. */
  html(samples: Texts): string | Promise<string>;
  /** Scores of samples against the training data and held-out data. */
  scores(
    samples: Texts,
    data: { readonly training: readonly string[]; readonly heldOut: readonly string[] },
  ): Promise<DomainScores>;
}

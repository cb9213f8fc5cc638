/**
 * Codec of music in a few voices: a frame is the set of the pitches that sound at one point of time, and is stored as `voices`
 * tokens, the pitches from the highest to the lowest and then rests. One set has one such order, so the order of a file's voices
 * does not matter. In the text form each frame is a line: MIDI pitches separated by spaces, or `-` where nothing sounds.
 *
 *     76 67 60 48
 *     74 67 59
 *     -
 */
import { checkNumber, described, textOf } from "../../options.js";
import type { CodecConfig, TokenCodec } from "./codec.js";

/** Pitches that sound together, as MIDI numbers (60 is middle C) from the highest to the lowest, each once. */
export type Frame = readonly number[];

/** Description of a codec of music as JSON. */
export interface ChoraleConfig {
  readonly kind: "chorale";
  /** The most notes of a frame, which is also its number of tokens. */
  readonly voices: number;
  /** MIDI pitches of the tokens 1, 2, …, ascending; token 0 is a rest. */
  readonly pitches: readonly number[];
  /** Frames in a beat, a quarter note: 1 for quarters, 4 for sixteenths. */
  readonly framesPerBeat: number;
}

/** A codec of music, which also converts between tokens and frames. */
export interface ChoraleCodec extends TokenCodec {
  readonly config: ChoraleConfig & CodecConfig;
  /** Tokens of frames. Throws RangeError for a frame with too many notes, or a pitch that has no token. */
  tokensOf(frames: readonly Frame[]): Uint8Array;
  /**
   * Frames of tokens in any order, also with a pitch twice, as an untrained model may draw them. Rests at the end of tokens that
   * stop within a frame are added. Throws RangeError for a number that is no token.
   */
  framesOf(tokens: ArrayLike<number>): number[][];
}

const rest = 0;
const silent = "-";
/** The most voices: channels of MIDI, without that of the drums. */
export const mostVoices = 15;

/**
 * Codec of music in at most `voices` voices.
 * @param options `pitches`: MIDI numbers 0 to 127 that have a token, ascending; `voices`: 1 to 15, default 4; `framesPerBeat`:
 * 1 to 96, default 1
 * @throws RangeError or TypeError for options outside of these ranges
 * @example choraleCodec({ pitches: [48, 55, 60, 64] }).encode("64 60 55 48\n60 48\n-") // [4, 3, 2, 1, 3, 1, 0, 0, 0, 0, 0, 0]
 * @example choraleCodec({ pitches: [48, 55, 60, 64] }).decode([4, 3, 0, 0, 0, 0, 0, 0]) // "64 60\n-"
 * @example choraleCodec({ pitches: [48, 60] }).encode("60 50") // throws line 1, column 4: a note must be of the vocabulary,
 */
export function choraleCodec(options: {
  readonly pitches: readonly number[];
  readonly voices?: number;
  readonly framesPerBeat?: number;
}): ChoraleCodec {
  const { pitches, voices = 4, framesPerBeat = 1 } = options;
  checkNumber("chorale codec", "voices", voices, { whole: true, atLeast: 1, atMost: mostVoices });
  checkNumber("chorale codec", "framesPerBeat", framesPerBeat, { whole: true, atLeast: 1, atMost: 96 });
  checkPitches(pitches);
  const config = { kind: "chorale", voices, pitches: [...pitches], framesPerBeat } as const;
  const tokens = new Map(pitches.map((pitch, index) => [pitch, index + 1]));
  const checked = (frame: Frame, place: (note: number) => string): Frame => {
    const unknown = frame.findIndex((pitch) => !tokens.has(pitch));
    if (unknown >= 0)
      throw new RangeError(
        `${place(unknown)}: a note must be of the vocabulary, ${rangeText(pitches)}, found ${frame[unknown]}`,
      );
    if (frame.length > voices)
      throw new RangeError(`${place(voices)}: a frame must have at most ${voices} notes, found ${frame.length}`);
    return frame;
  };
  const tokensOf = (frames: readonly Frame[], place = frameAndNote): Uint8Array => {
    const out = new Uint8Array(frames.length * voices).fill(rest);
    frames.forEach((frame, f) => {
      const ordered = canonical(checked(frame, (note) => place(f, note)));
      ordered.forEach((pitch, v) => {
        out[f * voices + v] = tokens.get(pitch)!;
      });
    });
    return out;
  };
  const framesOf = (list: ArrayLike<number>): number[][] => {
    const frames: number[][] = [];
    for (let i = 0; i < list.length; i++) {
      const token = list[i];
      if (!(Number.isInteger(token) && token >= 0 && token <= pitches.length))
        throw new RangeError(
          `chorale: token ${i + 1} must be an integer from 0 to ${pitches.length}, found ${textOf(token)}`,
        );
      if (i % voices === 0) frames.push([]);
      if (token !== rest) frames[frames.length - 1].push(pitches[token - 1]);
    }
    return frames.map(canonical);
  };
  return {
    config,
    vocabulary: pitches.length + 1,
    ended: false,
    tokensOf: (frames) => tokensOf(frames),
    framesOf,
    encode(text) {
      const lines = readLines(text);
      return [
        ...tokensOf(
          lines.map(({ frame }) => frame),
          (line, note) => place(line, lines[line].columns[note]),
        ),
      ];
    },
    decode: (list) => textOfFrames(framesOf(list)),
    form: { symbols: ["", ...pitches.map(String)], group: voices, groups: "frames" },
  };
}

/**
 * The codec of a description that was saved as JSON.
 * @throws TypeError or RangeError for a description that is not one of a chorale codec
 * @example choraleFromConfig(JSON.parse(JSON.stringify(choraleCodec({ pitches: [60, 62] }).config))).vocabulary // 3
 */
export function choraleFromConfig(config: CodecConfig): ChoraleCodec {
  const { kind, voices, pitches, framesPerBeat } = described("chorale codec", config as unknown as ChoraleConfig);
  if (kind !== "chorale")
    throw new TypeError(`chorale codec: the description must be of kind "chorale", found ${textOf(kind)}`);
  return choraleCodec({ voices, pitches, framesPerBeat });
}

/**
 * Frames of a text of any pitches, whatever the vocabulary and the number of voices.
 * @throws RangeError for what is not a MIDI pitch, or a pitch twice in a line; it names line and column
 * @example framesOfText("48 60 64\n-\n62") // [[64, 60, 48], [], [62]]
 */
export const framesOfText = (text: string): number[][] => readLines(text).map(({ frame }) => canonical(frame));

/**
 * Text of frames, one line each.
 * @example textOfFrames([[64, 60, 48], [], [62]]) // "64 60 48\n-\n62"
 */
export const textOfFrames = (frames: readonly Frame[]): string =>
  frames.map((frame) => (frame.length === 0 ? silent : frame.join(" "))).join("\n");

/** Each pitch once, from the highest to the lowest. */
export const canonical = (frame: Frame): number[] => [...new Set(frame)].sort((a, b) => b - a);

/**
 * All pitches from the lowest to the highest of some frames: a vocabulary. Gaps are filled, because a pitch that happens not to
 * sound in training data may well sound in others of the same voices.
 * @throws RangeError if no frame has a note
 */
export function pitchRange(sequences: readonly (readonly Frame[])[]): number[] {
  let [low, high] = [Infinity, -Infinity];
  for (const frames of sequences)
    for (const frame of frames)
      for (const pitch of frame) {
        low = Math.min(low, pitch);
        high = Math.max(high, pitch);
      }
  if (low > high) throw new RangeError("chorale: the music must have notes, found rests only");
  return Array.from({ length: high - low + 1 }, (_, index) => low + index);
}

/** Pitches of one line in the order of the text, and the columns where they begin, from 1. */
interface Line {
  readonly frame: number[];
  readonly columns: number[];
}

const place = (line: number, column: number) => `line ${line + 1}, column ${column}`;
const frameAndNote = (frame: number, note: number) => `frame ${frame + 1}, note ${note + 1}`;

/** One end of line at the end of a text adds no frame. */
function readLines(text: string): Line[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines.map(readLine);
}

function readLine(text: string, line: number): Line {
  const words = [...text.matchAll(/\S+/g)].map((match) => ({ word: match[0], column: match.index + 1 }));
  if (words.length === 0)
    throw new RangeError(`${place(line, 1)}: a frame must have pitches, or ${silent} for none, found an empty line`);
  if (words.length === 1 && words[0].word === silent) return { frame: [], columns: [] };
  const frame: number[] = [];
  for (const { word, column } of words) {
    const pitch = /^\d{1,3}$/.test(word) ? Number(word) : Number.NaN;
    if (!(pitch <= 127))
      throw new RangeError(
        `${place(line, column)}: a note must be a MIDI pitch from 0 to 127, found ${JSON.stringify(word)}`,
      );
    if (frame.includes(pitch))
      throw new RangeError(`${place(line, column)}: a frame must have each pitch once, found ${pitch} again`);
    frame.push(pitch);
  }
  return { frame, columns: words.map(({ column }) => column) };
}

function checkPitches(pitches: unknown): void {
  if (!Array.isArray(pitches) || pitches.length === 0)
    throw new TypeError(`chorale codec: pitches must be a list of MIDI pitches, found ${textOf(pitches)}`);
  pitches.forEach((pitch, index) => {
    const rule = { whole: true, atLeast: index === 0 ? 0 : pitches[index - 1] + 1, atMost: 127 };
    checkNumber("chorale codec", `pitch ${index + 1}`, pitch, rule);
  });
}

const rangeText = (pitches: readonly number[]) =>
  `${pitches.length} ${pitches.length === 1 ? "pitch" : "pitches"} from ${pitches[0]} to ${pitches[pitches.length - 1]}`;

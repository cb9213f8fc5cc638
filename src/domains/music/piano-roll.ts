/** Pictures of music: time runs to the right, pitch upwards, each voice has a colour. As an image, and as SVG for pages. */
import type { Frame } from "../../data/codecs/chorale.js";
import type { Image } from "../../data/formats/png.js";
import { checkNumber } from "../../options.js";
import { type Note, notesOf } from "./notes.js";

type Colour = readonly [red: number, green: number, blue: number];

/** Notes by voice, repeated for more than four: soprano, alto, tenor, bass. */
const voiceColours: readonly Colour[] = [
  [30, 90, 220],
  [217, 72, 15],
  [43, 138, 62],
  [156, 54, 181],
];
const paper: Colour = [255, 255, 255];
/** Rows of the piano's black keys. */
const shade: Colour = [240, 241, 244];
const beatLine: Colour = [224, 227, 232];
const barLine: Colour = [176, 182, 191];
const between: Colour = [255, 255, 255];

/** Pixels of a frame's width, a semitone's height, and the space around a roll. */
const [cellWidth, cellHeight, space] = [9, 5, 8];
/** Beats from one strong line to the next: bars of chorales are mostly of four. */
const beatsPerBar = 4;

export interface RollOptions {
  /** Frames in a quarter note; default 1. */
  readonly framesPerBeat?: number;
  /** Rolls side by side; default: as many as make the image about square. */
  readonly columns?: number;
}

/** The pitches that pieces are drawn in, with a semitone of space: all alike, so that they can be compared. */
export function drawnRange(pieces: readonly (readonly Frame[])[]): { readonly low: number; readonly high: number } {
  const pitches = pieces.flat(2);
  if (pitches.length === 0) return { low: 59, high: 73 };
  return pitches.reduce(
    ({ low, high }, pitch) => ({ low: Math.min(low, pitch - 1), high: Math.max(high, pitch + 1) }),
    { low: 127, high: 0 },
  );
}

/** Whether a pitch is one of the black keys. */
export const isBlackKey = (pitch: number): boolean => [1, 3, 6, 8, 10].includes(pitch % 12);

/** How strong the line before a frame is, if there is one: at bars and at beats. */
export const lineBefore = (frame: number, framesPerBeat: number): "bar" | "beat" | undefined =>
  frame % (framesPerBeat * beatsPerBar) === 0 ? "bar" : frame % framesPerBeat === 0 ? "beat" : undefined;

/**
 * Piano rolls of pieces as one RGB image. Lines mark beats, every fourth of them and every C more strongly; rows of black keys
 * are shaded. A pitch in consecutive frames is drawn as one note.
 * @param pieces frames of each piece, at least one, pitches from the highest to the lowest
 * @throws RangeError if there are no pieces, or numbers in the options are not integers >= 1
 * @example rollImage([[[64, 60], [62]]]).channels // 3
 */
export function rollImage(pieces: readonly (readonly Frame[])[], options: RollOptions = {}): Image {
  const { framesPerBeat = 1 } = options;
  checkNumber("rollImage", "number of pieces", pieces.length, { atLeast: 1 });
  checkNumber("rollImage", "framesPerBeat", framesPerBeat, { whole: true, atLeast: 1 });
  const range = drawnRange(pieces);
  const longest = Math.max(1, ...pieces.map((frames) => frames.length));
  const width = longest * cellWidth + 1 + space;
  const height = (range.high - range.low + 1) * cellHeight + 1 + space;
  const wanted = options.columns ?? Math.max(1, Math.round(Math.sqrt((pieces.length * height) / width)));
  const columns = Math.min(checkNumber("rollImage", "columns", wanted, { whole: true, atLeast: 1 }), pieces.length);
  const canvas = new Canvas(columns * width + space, Math.ceil(pieces.length / columns) * height + space);
  pieces.forEach((frames, index) => {
    const [left, top] = [(index % columns) * width + space, Math.floor(index / columns) * height + space];
    drawRoll(canvas, frames, { left, top, framesPerBeat, ...range });
  });
  return canvas.image;
}

interface Place {
  readonly left: number;
  readonly top: number;
  readonly low: number;
  readonly high: number;
  readonly framesPerBeat: number;
}

function drawRoll(canvas: Canvas, frames: readonly Frame[], { left, top, low, high, framesPerBeat }: Place): void {
  const width = frames.length * cellWidth + 1;
  const height = (high - low + 1) * cellHeight + 1;
  const rowOf = (pitch: number) => top + (high - pitch) * cellHeight;
  for (let pitch = low; pitch <= high; pitch++)
    canvas.fill(left, rowOf(pitch), width, cellHeight, isBlackKey(pitch) ? shade : paper);
  for (let frame = 0; frame <= frames.length; frame++) {
    const line = lineBefore(frame, framesPerBeat);
    if (line) canvas.fill(left + frame * cellWidth, top, 1, height, line === "bar" ? barLine : beatLine);
  }
  for (let pitch = low; pitch <= high; pitch++)
    if (pitch % 12 === 0) canvas.fill(left, rowOf(pitch) + cellHeight, width, 1, barLine);
  for (const note of notesOf(frames)) drawNote(canvas, note, left, rowOf(note.pitch));
}

/** A pixel stays free to the left and below, so that repeated and neighbouring notes are told apart. */
function drawNote(canvas: Canvas, { start, end, voice }: Note, left: number, top: number): void {
  const colour = voiceColours[voice % voiceColours.length];
  canvas.fill(left + start * cellWidth + 1, top + 1, (end - start) * cellWidth - 1, cellHeight - 1, colour);
}

/** RGB pixels. */
class Canvas {
  readonly #width: number;
  readonly #height: number;
  readonly #data: Uint8Array;

  constructor(width: number, height: number) {
    [this.#width, this.#height] = [width, height];
    this.#data = new Uint8Array(width * height * 3);
    this.fill(0, 0, width, height, between);
  }

  fill(left: number, top: number, width: number, height: number, colour: Colour): void {
    for (let y = top; y < top + height; y++)
      for (let x = left; x < left + width; x++) this.#data.set(colour, (y * this.#width + x) * 3);
  }

  get image(): Image {
    return { width: this.#width, height: this.#height, channels: 3, data: this.#data };
  }
}

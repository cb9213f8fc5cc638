/** The domain of music: pieces in a few voices, such as chorales, from JSON or MIDI files, to MIDI files and piano rolls. */
import { type ChoraleConfig, framesOfText } from "../../data/codecs/chorale.js";
import type { CodecConfig } from "../../data/codecs/codec.js";
import { keys, type RollConfig } from "../../data/codecs/roll.js";
import { encodePng } from "../../data/formats/png.js";
import type { Domain, Texts } from "../domain.js";
import { rollImage } from "./piano-roll.js";
import { rollsHtml, rollsPage } from "./roll-page.js";
import { musicScores } from "./scores.js";
import { writeMidi } from "./write-midi.js";

export type { MusicOptions } from "./music-data.js";
export { type Note, notesOf } from "./notes.js";
export { type RollOptions, rollImage } from "./piano-roll.js";
export { readJsb } from "./read-jsb.js";
export { type NamedFile, readMidi } from "./read-midi.js";
export { musicNames, readMusic } from "./read-music.js";
export { framesOf, framesOfRoll, rolls, type RollsOptions } from "./rolls.js";
export { type PageOptions, rollsHtml, rollsPage } from "./roll-page.js";
export { chordShare, copiedShare, inKeyShare, natsPerFrame } from "./scores.js";
export { type Music, type TranspositionOptions, transposed } from "./transposed.js";
export { type MidiOptions, writeMidi } from "./write-midi.js";

const piecesOf = ({ texts }: Texts) => texts.map(framesOfText);

/** Notes of a frame that a MIDI file has channels for, besides the one of drums. */
const mostNotes = 15;

/** Pieces that MIDI can hold: of frames with more notes (samples of machines that have learned little), the lowest and the highest. */
const playable = (samples: Texts) =>
  piecesOf(samples).map((frames) =>
    frames.map((frame) =>
      frame.length <= mostNotes ? frame : [...frame.slice(0, mostNotes - 1), frame[frame.length - 1]],
    ),
  );

/** The two codecs of music: pitches of voices, and keys of a piano. */
type MusicConfig = (ChoraleConfig | RollConfig) & CodecConfig;

const timing = ({ codec }: Texts) => ({ framesPerBeat: (codec.config as MusicConfig).framesPerBeat });

/** Tokens of a frame. */
const tokensOfFrame = (config: MusicConfig): number => (config.kind === "roll" ? keys : config.voices);

/** One file for each sample, numbered with as many digits as the last; a single one has no folder. */
function midiFiles(samples: Texts): Uint8Array | ReadonlyMap<string, Uint8Array> {
  const files = playable(samples).map((frames) => writeMidi(frames, timing(samples)));
  if (files.length === 1) return files[0];
  const digits = `${files.length}`.length;
  return new Map(files.map((file, index) => [`sample-${`${index + 1}`.padStart(digits, "0")}.mid`, file]));
}

/** Music: samples as MIDI files, piano rolls and frames of MIDI pitches. */
export const music: Domain = {
  kind: "chorale",
  unit: { name: "natsPerFrame", tokens: (codec) => (codec ? tokensOfFrame(codec as MusicConfig) : 1) },
  writers: {
    mid: midiFiles,
    png: (samples) => encodePng(rollImage(piecesOf(samples), timing(samples))),
    html: (samples) => rollsPage(playable(samples), timing(samples)),
    // An empty line stands between samples; none is within one.
    txt: ({ texts }) => `${texts.join("\n\n")}\n`,
  },
  html: (samples) => rollsHtml(playable(samples), timing(samples)),
  scores: musicScores,
};

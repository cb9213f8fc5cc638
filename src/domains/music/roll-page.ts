/** Samples of music within a page: piano rolls with a play button and a link to the MIDI file. Nothing is fetched. */
import type { Frame } from "../../data/codecs/chorale.js";
import { notesOf } from "./notes.js";
import { drawnRange } from "./piano-roll.js";
import { playerScript } from "./player.js";
import { rollSvg } from "./roll-svg.js";
import { defaultTempo, writeMidi } from "./write-midi.js";

export interface PageOptions {
  /** Frames in a quarter note; default 1. */
  readonly framesPerBeat?: number;
  /** Tempo in quarter notes a minute; default 80. */
  readonly beatsPerMinute?: number;
}

/** The custom properties are those of one scheme each; the rest of the style only names them. */
const style = `
.rolls { --note-0: #1e5adc; --note-1: #d9480f; --note-2: #2b8a3e; --note-3: #9c36b5; --shade: #f0f1f4; --beat: #e0e3e8;
  --bar: #b0b6bf; --text: #4d5662; --head: #c2255c; --sheet: #fff;
  display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.2rem; }
@media (prefers-color-scheme: dark) { .rolls { --note-0: #74a3ff; --note-1: #ff9a62; --note-2: #69db7c; --note-3: #da9bf0;
  --shade: #1f242b; --beat: #2a3038; --bar: #4a535f; --text: #a9b3bf; --head: #ff8fb3; --sheet: #15181c; } }
.rolls figure { margin: 0; }
.rolls figcaption { display: flex; flex-wrap: wrap; gap: .4rem 1rem; align-items: center; margin-bottom: .4rem;
  color: inherit; font-size: .95rem; }
.rolls button { min-width: 4.5rem; min-height: 2.25rem; padding: 0 .8rem; border: 1px solid var(--text);
  border-radius: .4rem; background: transparent; color: inherit; font: inherit; cursor: pointer; }
.rolls button[hidden] { display: none; }
.rolls a { color: inherit; }
.rolls :focus-visible { outline: 3px solid var(--note-0); outline-offset: 2px; }
.rolls .scroll { overflow-x: auto; background: var(--sheet); }
.rolls svg { display: block; width: 100%; height: auto; }
.rolls svg text { fill: var(--text); font: 10px system-ui, sans-serif; text-anchor: end; }
${["shade", "beat", "bar", "head"].map((name) => `.rolls .${name} { fill: var(--${name}); }`).join("\n")}
${[0, 1, 2, 3].map((voice) => `.rolls .voice-${voice} { fill: var(--note-${voice}); }`).join("\n")}
`;

/**
 * A piece of HTML with a style and a script of its own.
 * @param pieces frames of each sample, pitches from the highest to the lowest
 */
export function rollsHtml(pieces: readonly (readonly Frame[])[], options: PageOptions = {}): string {
  const range = drawnRange(pieces);
  const figures = pieces.map((frames, index) =>
    figureOf(frames, { name: `Sample ${index + 1}`, ...range, ...options }),
  );
  return `<style>${style}</style>\n<div class="rolls">\n${figures.join("\n")}\n</div>\n<script>${playerScript}</script>`;
}

interface FigureOptions extends PageOptions {
  readonly name: string;
  readonly low: number;
  readonly high: number;
}

function figureOf(frames: readonly Frame[], options: FigureOptions): string {
  const { name, low, high, framesPerBeat = 1, beatsPerMinute = defaultTempo } = options;
  const pitches = frames.flat();
  const sounding =
    pitches.length === 0 ? "no notes" : `MIDI pitches ${Math.min(...pitches)} to ${Math.max(...pitches)}`;
  const label = `${name}: piano roll of ${frames.length} frames, ${sounding}`;
  const notes = notesOf(frames).map(({ pitch, start, end }) => `${pitch},${start},${end}`);
  const seconds = 60 / beatsPerMinute / framesPerBeat;
  const midi = `data:audio/midi;base64,${base64(writeMidi(frames, { framesPerBeat, beatsPerMinute }))}`;
  const file = `${name.toLowerCase().replace(" ", "-")}.mid`;
  const svg = rollSvg(frames, { label, framesPerBeat, low, high });
  return `<figure class="roll" data-seconds="${seconds}" data-notes="${notes.join(" ")}">
<figcaption>
<strong>${name}</strong>
<button type="button" aria-label="Play ${name}" hidden>Play</button>
<a download="${file}" href="${midi}">${file}</a>
</figcaption>
<div class="scroll" tabindex="0" role="group" aria-label="${name}, scrolls sideways">${svg}</div>
</figure>`;
}

const base64 = (bytes: Uint8Array) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));

/** A page of its own that opens from a disk. */
export function rollsPage(pieces: readonly (readonly Frame[])[], options: PageOptions = {}): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Samples of music</title>
<style>
:root { color-scheme: light dark; }
body { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; font: 16px/1.5 system-ui, sans-serif; }
</style>
</head>
<body>
<main>
<h1>Samples of music</h1>
${rollsHtml(pieces, options)}
</main>
</body>
</html>
`;
}

/** A piano roll as SVG within a page: colours come from the page's style (`roll-page.ts`), so that light and dark both work. */
import type { Frame } from "../../data/codecs/chorale.js";
import { escapeHtml } from "../../export/escape-html.js";
import { notesOf } from "./notes.js";
import { isBlackKey, lineBefore } from "./piano-roll.js";

/** Units of a frame's width and a semitone's height, and of the labels on the left. */
export const svgCell = { width: 12, height: 6, left: 30 } as const;

export interface SvgOptions {
  /** What the picture shows, for who does not see it. */
  readonly label: string;
  readonly framesPerBeat: number;
  /** Lowest and highest pitch drawn. */
  readonly low: number;
  readonly high: number;
}

/** The `<svg>` of one piece. The element of class `head` marks the place while it plays. */
export function rollSvg(frames: readonly Frame[], { label, framesPerBeat, low, high }: SvgOptions): string {
  const { width: w, height: h, left } = svgCell;
  const [width, height] = [left + frames.length * w + 1, (high - low + 1) * h + 1];
  const rowOf = (pitch: number) => (high - pitch) * h;
  const pitches = Array.from({ length: high - low + 1 }, (_, index) => low + index);
  const rows = pitches
    .filter(isBlackKey)
    .map((pitch) => rect("shade", left, rowOf(pitch), width - left, h))
    .join("");
  const lines = Array.from({ length: frames.length + 1 }, (_, frame) => {
    const kind = lineBefore(frame, framesPerBeat);
    return kind ? rect(kind, left + frame * w, 0, 1, height) : "";
  }).join("");
  const octaves = pitches
    .filter((pitch) => pitch % 12 === 0)
    .map((pitch) => rect("bar", left, rowOf(pitch) + h, width - left, 1) + octaveName(pitch, rowOf(pitch) + h))
    .join("");
  const notes = notesOf(frames)
    .map(({ pitch, start, end, voice }) =>
      rect(`voice-${voice % 4}`, left + start * w + 1, rowOf(pitch) + 1, (end - start) * w - 1, h - 1),
    )
    .join("");
  const head = `<rect class="head" x="${left}" y="0" width="2" height="${height}" visibility="hidden"/>`;
  const size = `viewBox="0 0 ${width} ${height}" style="min-width:${Math.round(width * 0.8)}px;max-width:${width * 2}px"`;
  const drawn = [rows, lines, octaves, notes, head].join("");
  return `<svg role="img" aria-label="${escapeHtml(label)}" ${size}>${drawn}</svg>`;
}

const rect = (kind: string, x: number, y: number, width: number, height: number) =>
  `<rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${height}"/>`;

/** Middle C is C4. */
const octaveName = (pitch: number, y: number) => `<text x="${svgCell.left - 6}" y="${y}">C${pitch / 12 - 1}</text>`;

/** Scatter plots as images: the data in grey, with the samples in blue over them. */
import type { Image } from "../data/formats/png.js";

export interface ScatterOptions {
  /** Side of the square image in pixels; default 480. */
  readonly side?: number;
}

type Color = readonly [red: number, green: number, blue: number];

const paper: Color = [255, 255, 255];
const dataColor: Color = [170, 170, 170];
const sampleColor: Color = [30, 90, 220];

/**
 * Plots points [n, 2] of data and samples. The data (or the samples, if there are no data) define the frame, with a
 * margin of a tenth; samples outside are drawn at its border, so that all are visible.
 */
export function scatter(
  data: ArrayLike<number>,
  samples: ArrayLike<number>,
  { side = 480 }: ScatterOptions = {},
): Image {
  const pixels = new Uint8Array(side * side * 3);
  for (let i = 0; i < pixels.length; i++) pixels[i] = paper[i % 3];
  const frame = frameOf(data.length > 0 ? data : samples);
  const draw = (points: ArrayLike<number>, color: Color, opacity: number) => {
    for (let i = 0; i + 1 < points.length; i += 2) {
      const x = place(points[i], frame.x, frame.span, side);
      const y = side - 1 - place(points[i + 1], frame.y, frame.span, side);
      dot(pixels, side, x, y, color, opacity);
    }
  };
  draw(data, dataColor, 0.5);
  draw(samples, sampleColor, 0.6);
  return { width: side, height: side, channels: 3, data: pixels };
}

/** Left and lower border of the frame, and the common length of both axes. */
function frameOf(points: ArrayLike<number>): { x: number; y: number; span: number } {
  const low = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const high = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < points.length; i++) {
    low[i % 2] = Math.min(low[i % 2], points[i]);
    high[i % 2] = Math.max(high[i % 2], points[i]);
  }
  const span = Math.max(high[0] - low[0], high[1] - low[1], 1e-6) * 1.2;
  return { x: (low[0] + high[0] - span) / 2, y: (low[1] + high[1] - span) / 2, span };
}

function place(value: number, start: number, span: number, side: number): number {
  return Math.min(side - 2, Math.max(1, Math.round(((value - start) / span) * (side - 1))));
}

/** A plus sign of five pixels, blended with the pixels below it. */
function dot(pixels: Uint8Array, side: number, x: number, y: number, color: Color, opacity: number): void {
  for (const [dx, dy] of [
    [0, 0],
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, -1],
  ] as const) {
    const at = ((y + dy) * side + x + dx) * 3;
    const share = dx === 0 && dy === 0 ? opacity : opacity / 2;
    for (let c = 0; c < 3; c++) pixels[at + c] += (color[c] - pixels[at + c]) * share;
  }
}

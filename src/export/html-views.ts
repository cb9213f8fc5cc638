/** How the page shows records: as images, as points in the plane, as rows of numbers. One view shows many, or one. */
import { csvText } from "../data/formats/csv-text.js";
import { sizeOf } from "../graph/shape.js";
import { ticks } from "../numbers/ticks.js";
import type { GeneratorDescription } from "./description.js";
import { encodePng, rgbaOf, sheetOf } from "./js-image.js";
import { rangeOf, type Samples } from "./js-generator.js";
import type { TableDescription } from "../data/training-data.js";
import { csvOfRows, rowsOfRecords } from "./js-rows.js";
import { textsOfTokens } from "./js-texts.js";

/** A place on the page that shows records. */
export interface View {
  readonly element: HTMLElement;
  /**
   * Shows samples, of which there will be `total`; `text` says to those who do not see them what they are.
   */
  show(samples: Samples, text: string, total?: number): void;
  /** What is shown, as a file. */
  file(): Promise<Blob>;
}

/** The views of one generator's records. */
export interface Views {
  readonly kind: "images" | "points" | "rows" | "texts";
  /** Number of records on a sheet. */
  readonly count: number;
  /** Ending of the files that views save. */
  readonly ending: "png" | "csv" | "txt";
  /** A new view. */
  view(): View;
  /** The sample that a click on a sheet means, where samples have places of their own. */
  indexAt?(sheet: HTMLElement, click: MouseEvent): number;
}

/** The views that suit the records of a description. */
export function viewsOf(description: GeneratorDescription): Views {
  const { shape, columns, codec } = description.records;
  const names = columns?.map((name, index) => name ?? `${index + 1}`);
  if (codec === "images") {
    const range = rangeOf(description);
    return { kind: "images", count: 64, ending: "png", view: () => imagesView(range), indexAt };
  }
  if (codec === "points") {
    const frame = new Frame();
    return { kind: "points", count: 1500, ending: "png", view: () => pointsView(frame, names) };
  }
  const { text } = description.records;
  if (text)
    return { kind: "texts", count: text.form.groups ? 6 : 40, ending: "txt", view: () => textsView(shape[0], text) };
  const { table } = description.records;
  if (table) return { kind: "rows", count: 20, ending: "csv", view: () => tableView(table) };
  const header = names ?? Array.from({ length: sizeOf(shape) }, (_, index) => `${index + 1}`);
  return { kind: "rows", count: 20, ending: "csv", view: () => rowsView(header) };
}

/** In a sheet of 8 x 8. */
function indexAt(sheet: HTMLElement, { offsetX, offsetY }: MouseEvent): number {
  return Math.floor((offsetY / sheet.clientHeight) * 8) * 8 + Math.floor((offsetX / sheet.clientWidth) * 8);
}

/** The canvas of a view, as an image for those who do not see it. */
function canvasOf(text: string): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", text);
  return canvas;
}

function imagesView(range: readonly [number, number]): View {
  const element = canvasOf("No image yet");
  let shown: Samples | undefined;
  return {
    element,
    show(samples, text, total = samples.shape[0]) {
      shown = samples;
      const [count, height, width] = samples.shape;
      const columns = Math.ceil(Math.sqrt(total));
      const gap = total > 1 ? Math.max(1, Math.round(width / 16)) : 0;
      const [across, down] = [columns * (width + gap) - gap, Math.ceil(total / columns) * (height + gap) - gap];
      if (element.width !== across || element.height !== down) [element.width, element.height] = [across, down];
      element.setAttribute("aria-label", text);
      const brush = element.getContext("2d");
      const size = samples.data.length / count;
      for (let i = 0; i < count; i++) {
        const data = samples.data.subarray(i * size, (i + 1) * size);
        const pixels = sheetOf({ data, shape: [1, ...samples.shape.slice(1)] }, range);
        const [x, y] = [(i % columns) * (width + gap), Math.floor(i / columns) * (height + gap)];
        brush?.putImageData(new ImageData(rgbaOf(pixels), pixels.width, pixels.height), x, y);
      }
    },
    async file() {
      if (!shown) throw new Error("nothing is shown yet");
      const zoom = Math.max(1, Math.floor(128 / shown.shape[1]));
      return new Blob([await encodePng(sheetOf(shown, range, { zoom, gap: 4 }))], { type: "image/png" });
    },
  };
}

/** A square of the plane, the same in all views, and the samples that chose it. */
class Frame {
  left = -1;
  bottom = -1;
  span = 2;
  cloud: Float32Array = new Float32Array();

  /** Takes the samples as the cloud; the first ones choose the square. */
  take(points: Float32Array): void {
    const first = this.cloud.length === 0;
    this.cloud = points;
    if (!first) return;
    const [xs, ys] = [0, 1].map((axis) => points.filter((_, i) => i % 2 === axis).sort());
    const ends = [xs, ys].map((values) => [values[0], values[values.length - 1]] as const);
    this.span = Math.max(...ends.map(([low, high]) => high - low), 1e-6) * 1.15;
    [this.left, this.bottom] = ends.map(([low, high]) => (low + high - this.span) / 2);
  }
}

/** A number with as many digits as a reader needs. */
const short = (value: number): string => `${Number(value.toPrecision(4))}`;

function pointsView(frame: Frame, names: readonly string[] = ["x", "y"]): View {
  const element = canvasOf("No points yet");
  let shown: Float32Array = new Float32Array();
  let many = false;
  const paint = () => {
    const side = Math.round(element.clientWidth * devicePixelRatio);
    const brush = element.getContext("2d");
    if (!brush || side === 0) return;
    const unit = devicePixelRatio;
    const height = Math.round(side - 18 * unit); // the numbers below the square are lower than those beside it are wide
    if (element.width !== side || element.height !== height) [element.width, element.height] = [side, height];
    brush.clearRect(0, 0, side, height);
    const colour = (name: string) => getComputedStyle(element).getPropertyValue(name);
    const [left, low, inner] = [44 * unit, 26 * unit, side - 52 * unit];
    const x = (value: number) => left + ((value - frame.left) / frame.span) * inner;
    const y = (value: number) => height - low - ((value - frame.bottom) / frame.span) * inner;
    brush.strokeStyle = colour("--rule");
    brush.lineWidth = unit;
    brush.strokeRect(left, height - low - inner, inner, inner);
    brush.fillStyle = colour("--soft");
    brush.font = `${12 * unit}px system-ui, sans-serif`;
    brush.textAlign = "center";
    for (const value of ticks(frame.left, frame.left + frame.span, 3))
      brush.fillText(`${value}`, x(value), height - 8 * unit);
    brush.fillText(names[0], left + inner, height - 8 * unit, left);
    brush.textAlign = "right";
    for (const value of ticks(frame.bottom, frame.bottom + frame.span, 3))
      brush.fillText(`${value}`, left - 6 * unit, y(value) + 4 * unit, left - 8 * unit);
    brush.fillText(names[1], left - 6 * unit, height - low - inner + 10 * unit, left - 8 * unit);
    const dots = (points: Float32Array, radius: number, name: string, opacity: number) => {
      brush.fillStyle = colour(name);
      brush.globalAlpha = opacity;
      for (let i = 0; i < points.length; i += 2) {
        brush.beginPath();
        brush.arc(x(points[i]), y(points[i + 1]), radius * unit, 0, 7);
        brush.fill();
      }
      brush.globalAlpha = 1;
    };
    if (many) dots(shown, 1.8, "--accent", 0.6);
    else {
      dots(frame.cloud, 1.5, "--soft", 0.35);
      dots(shown, 6, "--accent", 1);
    }
  };
  new ResizeObserver(paint).observe(element);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  return {
    element,
    show({ data, shape }, text, total = shape[0]) {
      [shown, many] = [data, total > 1];
      if (many && shape[0] === total) frame.take(data);
      const place = many ? "" : `: ${names[0]} ${short(data[0])}, ${names[1]} ${short(data[1])}`;
      element.setAttribute("aria-label", text + place);
      paint();
    },
    file: () =>
      new Promise((resolve, reject) => {
        element.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the browser made no PNG"))), "image/png");
      }),
  };
}

/** Texts in blocks that keep their lines; short ones stand side by side. */
function textsView(length: number, text: NonNullable<GeneratorDescription["records"]["text"]>): View {
  const element = document.createElement("div");
  element.className = "scroll texts";
  element.tabIndex = 0;
  element.setAttribute("role", "region");
  let shown: string[] = [];
  return {
    element,
    show(samples, words) {
      shown = textsOfTokens(samples.data, length, text);
      element.setAttribute("aria-label", words);
      element.replaceChildren(
        ...shown.map((one) => {
          const block = document.createElement("pre");
          block.textContent = one;
          return block;
        }),
      );
    },
    file: async () => new Blob([`${shown.join(text.form.groups ? "\n\n" : "\n")}\n`], { type: "text/plain" }),
  };
}

/** An empty table with names of columns, and its body. */
function tableOf(names: readonly string[]): { element: HTMLElement; body: HTMLTableSectionElement } {
  const element = document.createElement("div");
  element.className = "scroll";
  element.tabIndex = 0; // rows that are wider than the page are scrolled by the keyboard too
  element.setAttribute("role", "region");
  const table = element.appendChild(document.createElement("table"));
  const head = table.createTHead().insertRow();
  for (const name of names) {
    const cell = head.appendChild(document.createElement("th"));
    cell.scope = "col";
    cell.textContent = name;
  }
  return { element, body: table.createTBody() };
}

/** Rows of a table with columns of different kinds, as its file has them. */
function tableView(description: TableDescription): View {
  const { element, body } = tableOf(description.columns.map(({ name }) => name));
  let shown: string[][] = [];
  return {
    element,
    show(samples, text) {
      shown = rowsOfRecords(samples.data, description);
      element.setAttribute("aria-label", text);
      body.replaceChildren();
      for (const cells of shown.slice(1)) {
        const row = body.insertRow();
        for (const cell of cells) row.insertCell().textContent = cell;
      }
    },
    file: async () => new Blob([csvOfRows(shown)], { type: "text/csv" }),
  };
}

function rowsView(names: readonly string[]): View {
  const { element, body } = tableOf(names);
  let shown: Samples = { data: new Float32Array(), shape: [0] };
  return {
    element,
    show(samples, text) {
      shown = samples;
      element.setAttribute("aria-label", text);
      body.replaceChildren();
      for (let from = 0; from < samples.data.length; from += names.length) {
        const row = body.insertRow();
        for (let i = 0; i < names.length; i++) row.insertCell().textContent = short(samples.data[from + i]);
      }
    },
    async file() {
      return new Blob([csvText(shown.data, names.length, names)], { type: "text/csv" });
    },
  };
}

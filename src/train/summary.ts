/** Summaries of models: layers with their shapes and parameters, memory, and the operations that one sample takes. */
import { bytesText } from "../host/listing.js";
import type { Runtime } from "../host/runtime.js";
import { type Shape, shapeText } from "../graph/shape.js";
import type { LayerSummary } from "../layers/layer.js";
import { rowsOf, type Sampler, samplesOf } from "./sampler.js";

/** A summary as data; `toString` makes a table of it. */
export interface Summary {
  /** The layers of all networks of the model, in the order of their computation. */
  readonly layers: readonly LayerSummary[];
  /** Number of values that training sets, in all layers. */
  readonly parameters: number;
  /** Bytes of these values. */
  readonly bytes: number;
  /** Floating-point operations of one sample, by the definition of each operation. */
  readonly flop: number;
  toString(): string;
}

/** 1,536 -> `1.5 k` */
const countText = (count: number) => bytesText(count).replace(/B$/, "").trimEnd();

/** Lines of columns that are as wide as their widest cell; the last column is aligned to the right. */
function tableOf(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const cell = (text: string, column: number, { length }: readonly string[]) =>
    column === length - 1 ? text.padStart(widths[column]) : text.padEnd(widths[column]);
  return rows.map((row) => row.map((text, column) => cell(text, column, row)).join("  "));
}

/** What a summary needs of a family. */
interface Summarised {
  sampler(shape: Shape): Sampler;
  layers(shape: Shape): readonly LayerSummary[];
}

/** The summary of a family's model for records of a shape. */
export function summaryOf(runtime: Runtime, family: Summarised, shape: Shape): Summary {
  const sampler = family.sampler(shape);
  const rows = rowsOf(sampler);
  const program = runtime.compile(() => ({ outputs: { samples: samplesOf(sampler, rows) } }), { name: "summary" });
  const { waves } = program.compiled();
  const flop = Math.round(waves.flat().reduce((sum, { flops }) => sum + flops, 0) / rows);
  program.release();
  const layers = family.layers(shape);
  const parameters = layers.reduce((sum, one) => sum + one.parameters, 0);
  const bytes = 4 * parameters;
  return {
    layers,
    parameters,
    bytes,
    flop,
    toString: () =>
      [
        ...tableOf([
          ["layer", "kind", "shape", "parameters"],
          ...layers.map((one) => [one.name, one.kind, shapeText(one.shape), one.parameters.toLocaleString("en")]),
        ]),
        `${parameters.toLocaleString("en")} parameters, ${bytesText(bytes)}; ${countText(flop)}FLOP for a sample`,
      ].join("\n"),
  };
}

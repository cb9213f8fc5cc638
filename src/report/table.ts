/** Report parts of models of tables: rows, every column beside the data's, pairs of columns that depend on each other most. */
import { isNumbers, type NumberColumn } from "../data/tables/column-spec.js";
import { textRows } from "../data/tables/write-cell.js";
import { decodeTable } from "../data/tables/decode.js";
import { type Table, tableRows } from "../data/tables/table.js";
import { tableOf } from "../data/tables/table-data.js";
import { escapeHtml } from "../export/escape-html.js";
import { correlation } from "../numbers/correlation.js";
import type { TrainedModel } from "../train/trained.js";
import type { ReportContext } from "./context.js";
import type { ReportPart } from "./page.js";

/** Samples whose columns are compared with the data's, rows that are shown, and pairs that are drawn. */
const compared = 2000;
const shownRows = 12;
const shownPairs = 4;

/** Samples of a model of a table. */
async function samplesOf(model: TrainedModel, count: number): Promise<Table | undefined> {
  const { table, name } = model.data;
  if (!table) return undefined;
  const { data } = await model.sample(count, { untrained: true });
  return decodeTable(data, { name, columns: table.columns });
}

/** Rows, columns and pairs of columns; nothing if the records are not rows of a table. */
export async function tableParts(model: TrainedModel, { data }: ReportContext): Promise<ReportPart[]> {
  const samples = await samplesOf(model, compared);
  if (!samples || !data.table) return [];
  const { columnChart, pairChart } = await import("./table-charts.js");
  const real = tableOf(data);
  const [names, ...rows] = textRows(
    tableRows(
      samples,
      Array.from({ length: shownRows }, (_, i) => i),
    ),
  );
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join("")}</tr>`;
  const columns = samples.columns.map((column, i) => columnChart(column, real.cells[i], samples.cells[i]));
  const pairs = pairsOf(real).map(([a, b]) =>
    pairChart(
      [real.columns[a] as NumberColumn, real.columns[b] as NumberColumn],
      [real.cells[a], real.cells[b]],
      [samples.cells[a], samples.cells[b]],
    ),
  );
  const grid = (figures: readonly string[]) => `<div class="images">${figures.join("\n")}</div>`;
  return [
    {
      title: "Rows",
      html: `<div class="scroll rows"><table>${line(names, "th")}${rows.map((row) => line(row, "td")).join("\n")}</table></div>`,
    },
    { title: "Columns: data above, samples below", html: grid(columns) },
    ...(pairs.length > 0 ? [{ title: "Pairs of numbers", html: grid(pairs) }] : []),
  ];
}

/** The pairs of columns of numbers with the largest correlations. */
function pairsOf({ columns, cells }: Table): (readonly [number, number])[] {
  const numbers = columns.flatMap((column, i) => (isNumbers(column) ? [i] : []));
  const pairs = numbers.flatMap((a, i) => numbers.slice(i + 1).map((b) => [a, b] as const));
  const size = ([a, b]: readonly [number, number]) => Math.abs(correlation(cells[a], cells[b]) ?? 0);
  return pairs.sort((p, q) => size(q) - size(p)).slice(0, shownPairs);
}

/** Rows of a preview. */
const previewed = 16;

/** Rows of a model of a table as CSV; undefined if it is none. */
export async function tablePreview(model: TrainedModel): Promise<string | undefined> {
  const samples = await samplesOf(model, previewed);
  if (!samples) return undefined;
  const { tableCsv } = await import("../domains/tables/table-cells.js");
  return tableCsv(samples);
}

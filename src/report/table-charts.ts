/** Drawings of columns of tables as SVG: bars of data and samples, one above the other, and points of pairs of columns. */
import {
  type CategoryColumn,
  isCategories,
  type LearnedColumn,
  type NumberColumn,
} from "../data/tables/column-spec.js";
import { cellText } from "../data/tables/write-cell.js";
import { escapeHtml } from "../export/escape-html.js";

const width = 340;
const row = 58;
const bottom = 30;

/** Bars of a histogram, at most; values of a category that are shown. */
const mostBars = 24;
const mostValues = 16;

/** Shares of the cells in each bar, and what stands below the bars. */
interface Bars {
  readonly shares: readonly number[];
  readonly labels: readonly string[];
}

const sharesOf = (counts: readonly number[], total: number) => counts.map((count) => (total === 0 ? 0 : count / total));

function categoryBars(column: CategoryColumn, cells: Float64Array): Bars {
  const counts = new Array<number>(column.values.length + 1).fill(0);
  for (const cell of cells) counts[Number.isNaN(cell) ? column.values.length : cell]++;
  const shown = Math.min(mostValues, column.values.length);
  const others = column.values.length - shown;
  const rest = counts.slice(shown, -1).reduce((sum, count) => sum + count, 0);
  const missing = column.missing === undefined ? [] : [counts[column.values.length]];
  return {
    shares: sharesOf([...counts.slice(0, shown), ...(others > 0 ? [rest] : []), ...missing], cells.length),
    labels: [
      ...column.values.slice(0, shown),
      ...(others > 0 ? [`${others} others`] : []),
      ...missing.map(() => "missing"),
    ],
  };
}

function numberBars(column: NumberColumn, cells: Float64Array): Bars {
  const { low, high } = column;
  const different = column.kind === "number" ? mostBars : Math.min(mostBars, high - low + 1);
  const bars = Math.max(1, Math.floor(different));
  const counts = new Array<number>(bars).fill(0);
  let missing = 0;
  for (const cell of cells) {
    if (Number.isNaN(cell)) missing++;
    else counts[Math.min(bars - 1, Math.floor(((cell - low) / (high - low || 1)) * bars))]++;
  }
  const ends = counts.map((_, i) => (i === 0 ? cellText(low, column) : i === bars - 1 ? cellText(high, column) : ""));
  return column.missing === undefined
    ? { shares: sharesOf(counts, cells.length), labels: ends }
    : { shares: sharesOf([...counts, missing], cells.length), labels: [...ends, "missing"] };
}

const barsOf = (column: LearnedColumn, cells: Float64Array): Bars =>
  isCategories(column) ? categoryBars(column, cells) : numberBars(column, cells);

/** One row of bars; `top` is its upper end, `most` the share that fills it. */
function drawn({ shares, labels }: Bars, top: number, most: number, series: number): string {
  const step = width / shares.length;
  return shares
    .map((share, i) => {
      const high = Math.max(share > 0 ? 0.5 : 0, (share / most) * (row - 8));
      const place = `x="${(i * step + 1).toFixed(1)}" y="${(top + row - high).toFixed(1)}" width="${Math.max(1, step - 2).toFixed(1)}" height="${high.toFixed(1)}"`;
      return `<rect class="bar series-${series}" ${place}><title>${escapeHtml(`${labels[i]} ${(100 * share).toFixed(1)}%`)}</title></rect>`;
    })
    .join("");
}

/** Labels below the bars: all of a few, otherwise the first and the last. */
function labelTexts({ labels }: Bars, at: number): string {
  const step = width / labels.length;
  const few = labels.length <= 4;
  return labels
    .map((label, i) => {
      const ends = i === 0 || i === labels.length - 1;
      if (label === "" || !(few || ends)) return "";
      const [x, anchor] = few ? [(i + 0.5) * step, "middle"] : i === 0 ? [0, "start"] : [width, "end"];
      const most = Math.floor(few ? step / 6.5 : width / 14);
      const text = label.length > most ? `${label.slice(0, most - 1)}…` : label;
      return `<text x="${x.toFixed(1)}" y="${at}" text-anchor="${anchor}">${escapeHtml(text)}</text>`;
    })
    .join("");
}

/** The bars of a column: data above, samples below. */
export function columnChart(column: LearnedColumn, data: Float64Array, samples: Float64Array): string {
  const [above, below] = [barsOf(column, data), barsOf(column, samples)];
  const most = Math.max(...above.shares, ...below.shares, 1e-9);
  const height = 2 * row + bottom;
  return `<figure class="column"><figcaption><b>${escapeHtml(column.name)}</b></figcaption><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(`${column.name}: data above, samples below`)}">
${drawn(above, 0, most, 0)}${drawn(below, row + 6, most, 1)}<line class="rule" x1="0" x2="${width}" y1="${row}" y2="${row}"/><line class="rule" x1="0" x2="${width}" y1="${2 * row + 6}" y2="${2 * row + 6}"/>
${labelTexts(above, height - 8)}</svg></figure>`;
}

const side = 220;

/** Points that are drawn of a pair of columns. */
const mostPoints = 400;

/** Points of two columns of numbers: data left, samples right. */
export function pairChart(
  columns: readonly [NumberColumn, NumberColumn],
  data: readonly [Float64Array, Float64Array],
  samples: readonly [Float64Array, Float64Array],
): string {
  const [across, up] = columns;
  const share = (value: number, { low, high }: NumberColumn) => (value - low) / (high - low || 1);
  const points = ([xs, ys]: readonly [Float64Array, Float64Array], left: number, series: number) => {
    const step = Math.max(1, xs.length / mostPoints);
    return Array.from({ length: Math.min(xs.length, mostPoints) }, (_, i) => Math.floor(i * step))
      .filter((i) => !Number.isNaN(xs[i]) && !Number.isNaN(ys[i]))
      .map((i) => {
        const [x, y] = [left + 4 + share(xs[i], across) * (side - 8), 4 + (1 - share(ys[i], up)) * (side - 8)];
        return `<circle class="bar series-${series}" cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="1.6"/>`;
      })
      .join("");
  };
  const caption = `${up.name} over ${across.name}: data left, samples right`;
  return `<figure class="column"><figcaption>${escapeHtml(caption)}</figcaption><svg viewBox="0 0 ${2 * side + 12} ${side}" role="img" aria-label="${escapeHtml(caption)}">
${points(data, 0, 0)}${points(samples, side + 12, 1)}</svg></figure>`;
}

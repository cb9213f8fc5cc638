/** Line charts as SVG: no library, no script; colours follow the page's light or dark scheme through its classes. */

import { escapeHtml } from "../export/escape-html.js";
import { ticks } from "../numbers/ticks.js";

export interface Series {
  readonly name: string;
  /** Points in order of increasing x. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface ChartOptions {
  readonly title: string;
  readonly xLabel: string;
}

const width = 720;
const height = 300;
const margin = { left: 58, right: 24, top: 14, bottom: 40 };

/** At most `most` points: keeps the lowest and the highest of each group of neighbours, so peaks are kept. */
function thinned(points: Series["points"], most: number): Series["points"] {
  if (points.length <= most) return points;
  const size = Math.ceil((2 * points.length) / most);
  const kept: (readonly [number, number])[] = [];
  for (let from = 0; from < points.length; from += size) {
    const part = points.slice(from, from + size);
    const low = part.reduce((a, b) => (b[1] < a[1] ? b : a));
    const high = part.reduce((a, b) => (b[1] > a[1] ? b : a));
    kept.push(...(low === high ? [low] : low[0] < high[0] ? [low, high] : [high, low]));
  }
  return kept;
}

function extentOf(values: readonly number[]): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low < high ? [low, high] : [low - 0.5, high + 0.5];
}

/** A chart of several lines over one x axis, as an `<svg>` with its legend; empty series are omitted. */
export function lineChart(series: readonly Series[], { title, xLabel }: ChartOptions): string {
  const shown = series.filter(({ points }) => points.length > 0);
  if (shown.length === 0) return "<p>No values yet.</p>";
  const all = shown.flatMap(({ points }) => points);
  const [left, right] = extentOf(all.map(([x]) => x));
  const [bottom, top] = extentOf(all.map(([, y]) => y));
  const x = (value: number) => margin.left + ((value - left) / (right - left)) * (width - margin.left - margin.right);
  const y = (value: number) =>
    height - margin.bottom - ((value - bottom) / (top - bottom)) * (height - margin.top - margin.bottom);
  const at = (value: number) => value.toFixed(1);
  const across = ticks(bottom, top, 5).map(
    (value) =>
      `<line class="rule" x1="${margin.left}" x2="${width - margin.right}" y1="${at(y(value))}" y2="${at(y(value))}"/><text x="${margin.left - 8}" y="${at(y(value) + 4)}" text-anchor="end">${value}</text>`,
  );
  const along = ticks(left, right, 6).map(
    (value) => `<text x="${at(x(value))}" y="${height - margin.bottom + 18}" text-anchor="middle">${value}</text>`,
  );
  const lines = shown.map(({ points }, index) => {
    const path = thinned(points, 600).map(([px, py], i) => `${i === 0 ? "M" : "L"}${at(x(px))} ${at(y(py))}`);
    return `<path class="line series-${index % 6}" d="${path.join("")}"/>`;
  });
  const legend = shown.map(({ name, points }, index) => {
    const last = points[points.length - 1][1];
    return `<li><span class="key series-${index % 6}"></span>${escapeHtml(name)} <b>${last.toPrecision(4)}</b></li>`;
  });
  return `<figure class="chart"><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(title)}">
${across.join("\n")}
${along.join("\n")}
<text x="${(margin.left + width - margin.right) / 2}" y="${height - 6}" text-anchor="middle">${escapeHtml(xLabel)}</text>
${lines.join("\n")}
</svg><ul class="legend">${legend.join("")}</ul></figure>`;
}

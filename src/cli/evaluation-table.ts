/** The results of an evaluation as text: a table of scores with their floors, and the other measures. */
import type { Evaluated } from "./evaluate-run.js";

/** A number with four significant digits, without an exponent where it stays short. */
export function scoreText(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return String(Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(4)));
}

const columns = ["score", "floor", "multiple"] as const;

/** Lines of a table; scores with a floor first, then what has none. */
export function evaluationLines(found: Evaluated): string[] {
  if (found.comparison) return tableLines(found);
  const { metrics, floors, multiples, counts, heldOut } = found;
  const isScore = (name: string) => floors[name] !== undefined;
  const scores = Object.keys(metrics).filter(isScore);
  const width = Math.max(20, ...Object.keys(metrics).map((name) => name.length + 2));
  const row = (name: string, cells: readonly string[]) =>
    `${name.padEnd(width)}${cells.map((cell) => cell.padStart(12)).join("")}`.trimEnd();
  const cells = (name: string) => [
    scoreText(metrics[name] as number),
    scoreText(floors[name]),
    multiples[name] === undefined ? "" : scoreText(multiples[name]),
    countsText(counts[name]),
  ];
  const others = Object.keys(metrics).filter((name) => !isScore(name));
  return [
    ...(scores.length > 0 ? [row("", columns), ...scores.map((name) => row(name, cells(name)))] : []),
    ...others.map((name) => `${name.padEnd(width)}${[metrics[name]].flat().map(scoreText)}`),
    ...(heldOut && scores.length > 0 ? [`floors: ${heldOut.count} records, ${heldOut.source}`] : []),
  ];
}

/** Lines of the measures of a table, with the copula's, and what they mean. */
function tableLines({ metrics, floors, copula = {}, comparison, heldOut }: Evaluated): string[] {
  const names = Object.keys(metrics);
  const width = Math.max(...names.map((name) => name.length)) + 2;
  const cell = (value: number | undefined) => (value === undefined ? "" : scoreText(value)).padStart(12);
  const row = (name: string) =>
    `${name.padEnd(width)}${cell(metrics[name] as number)}${cell(floors[name])}${cell(copula[name])}`.trimEnd();
  const head = `${"".padEnd(width)}${["samples", "floor", "copula"].map((one) => one.padStart(12)).join("")}`;
  return [
    ...[head, ...names.map(row)],
    ...(heldOut ? [`floors: ${heldOut.count} rows, ${heldOut.source}`] : []),
    ...(comparison?.sentences ?? []),
  ];
}

/** What a score was computed from. */
function countsText(counts: Evaluated["counts"][string] | undefined): string {
  if (!counts) return "";
  const { samples, training } = counts;
  return `  ${samples} samples${training === undefined ? "" : `, ${training} training records`}`;
}

/** Scores in a report: a paragraph in words and a table for an evaluation, a curve and the best step for those of a training. */
import { escapeHtml } from "../export/escape-html.js";
import type { Evaluation } from "../metrics/evaluation/compare.js";
import { type ScoreName, scoreTable } from "../metrics/evaluation/scores.js";
import type { Watch } from "../metrics/evaluation/watch.js";
import { lineChart } from "./chart.js";
import type { ReportPart } from "./page.js";

/** A number with four significant digits. */
const text = (value: number) =>
  Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(4)));

const counted = (count: number) => count.toLocaleString("en");

/** What a report says of an evaluation. */
export interface EvaluationFacts extends Evaluation {
  readonly step: number;
  /** Where the held-out records come from. */
  readonly heldOut?: { readonly source: string; readonly count: number };
  /** What made the features. */
  readonly features?: Readonly<Record<string, unknown>>;
}

/** Names of scores that are abbreviations. */
const titles: Readonly<Partial<Record<ScoreName, string>>> = { fid: "FID", kid: "KID", mmd: "MMD", msSsim: "MS-SSIM" };

/** `FID 12.7, 9.9 times the floor of 1.28: distance of …` */
function sentence(name: ScoreName, { metrics, floors, multiples }: EvaluationFacts): string {
  const [score, floor, multiple] = [metrics[name] as number, floors[name], multiples[name]];
  const { better, says } = scoreTable[name];
  const relation =
    multiple === undefined
      ? `with a floor of ${text(floor)}`
      : better === "higher"
        ? `${Number((100 * multiple).toPrecision(2))}% of the floor of ${text(floor)}`
        : `${text(multiple)} times the floor of ${text(floor)}`;
  return `${titles[name] ?? name} ${text(score)}, ${relation}: ${says}.`;
}

/** The part of a report about an evaluation. */
export function evaluationPart(facts: EvaluationFacts): ReportPart {
  const { metrics, floors, multiples, counts, step, heldOut } = facts;
  const names = Object.keys(counts).filter((name) => floors[name] !== undefined) as ScoreName[];
  const cells = (name: ScoreName) => [
    ...[text(metrics[name] as number), text(floors[name])],
    multiples[name] === undefined ? "" : text(multiples[name]),
    ...[counted(counts[name].samples), counts[name].training === undefined ? "" : counted(counts[name].training)],
    counted(counts[name].heldOut),
  ];
  const heads = ["score", "value", "floor", "multiple", "samples", "training records", "held-out records"];
  const rows = names.map(
    (name) =>
      `<tr><th scope="row">${name}</th>${cells(name)
        .map((cell) => `<td>${cell}</td>`)
        .join("")}</tr>`,
  );
  const about = `Of the model at step ${step}. The floor of a score is that of held-out records in the place of the samples${heldOut ? ` (${counted(heldOut.count)} records: ${heldOut.source})` : ""}: no model is expected to do better.`;
  const words = [about, ...names.map((name) => sentence(name, facts))].map(escapeHtml).join(" ");
  const head = heads.map((one) => `<th scope="col">${one}</th>`).join("");
  return {
    title: "Evaluation",
    html: `<p>${words}</p><div class="scroll"><table><tr>${head}</tr>${rows.join("\n")}</table></div>`,
  };
}

/** The parts of a report about the evaluations of a training. */
export function watchParts({ history: all, best }: Pick<Watch, "history" | "best">): ReportPart[] {
  if (!best) return [];
  const { metric, step, value } = best;
  // Evaluations before a run was resumed may be of other scores.
  const history = all.filter(({ metrics }) => metrics[metric] !== undefined);
  if (history.length === 0) return [];
  const points = history.map((one) => [one.step, one.metrics[metric] as number] as const);
  const seconds = history.reduce((sum, one) => sum + one.seconds, 0);
  const floor = history[0].floors[metric];
  const words = `Best ${metric}: ${text(value)} at step ${step}${floor === undefined ? "" : `, with a floor of ${text(floor)}`}; ${history.length} evaluations took ${seconds.toFixed(1)} s.`;
  const chart = lineChart([{ name: metric, points }], { title: `${metric} by step`, xLabel: "step" });
  return [{ title: "Evaluations during training", html: `<p>${escapeHtml(words)}</p>${chart}` }];
}

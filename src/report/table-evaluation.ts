/** The part of a report about an evaluation of a table: sentences, all measures, and each column. */
import { escapeHtml } from "../export/escape-html.js";
import type { TableComparison } from "../metrics/tables/comparison.js";
import type { ReportPart } from "./page.js";

/** What a report says of it. */
export interface TableEvaluationFacts
  extends Pick<TableComparison, "perColumn" | "sentences" | "prediction" | "counts"> {
  readonly metrics: Readonly<Record<string, number>>;
  readonly floors: Readonly<Record<string, number>>;
  readonly copula: Readonly<Record<string, number>>;
  readonly step: number;
}

const text = (value: number | undefined) => (value === undefined ? "" : String(Number(value.toPrecision(4))));

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const cell = (tag: string, scope: string) => (one: string) => `<${tag}${scope}>${escapeHtml(one)}</${tag}>`;
  const head = heads.map(cell("th", ' scope="col"')).join("");
  const body = rows.map(
    ([name, ...cells]) => `<tr>${cell("th", ' scope="row"')(name)}${cells.map(cell("td", "")).join("")}</tr>`,
  );
  return `<div class="scroll"><table><tr>${head}</tr>${body.join("\n")}</table></div>`;
}

/** The part of a report about an evaluation of a model of a table. */
export function tableEvaluationPart(facts: TableEvaluationFacts): ReportPart {
  const { metrics, floors, copula, perColumn, sentences, prediction, counts, step } = facts;
  const about = `Of the model at step ${step}: ${counts.synthetic.toLocaleString("en")} samples, ${counts.train.toLocaleString("en")} training rows, ${counts.heldOut.toLocaleString("en")} held-out rows. A floor is what held-out rows get in the place of samples: no model is expected to do better. A Gaussian copula is what a model must beat. ${prediction.target} is predicted by ${prediction.model}.`;
  const words = [about, ...sentences].map((one) => `<p>${escapeHtml(one)}</p>`).join("\n");
  const all = table(
    ["measure", "samples", "floor", "copula"],
    Object.keys(metrics).map((name) => [name, text(metrics[name]), text(floors[name]), text(copula[name])]),
  );
  const columns = table(
    ["column", "measure", "samples", "floor", "copula"],
    perColumn.map(({ name, measure, value, floor, copula: other }) => [
      name,
      measure,
      text(value),
      text(floor),
      text(other),
    ]),
  );
  return { title: "Evaluation", html: `${words}\n${all}\n${columns}` };
}

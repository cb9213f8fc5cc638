/** Measures of `genloom evaluate` for models of tables: each beside its floor and beside a Gaussian copula's. */
import { take } from "../data/dataset.js";
import { holdOut } from "../data/hold-out.js";
import { layoutOf, tableClasses } from "../data/tables/spans.js";
import type { Table } from "../data/tables/table.js";
import { tableOf } from "../data/tables/table-data.js";
import type { Dataset } from "../data/training-data.js";
import { UsageError } from "../errors.js";
import type { Watched } from "../metrics/evaluation/watch.js";
import type { TableComparison } from "../metrics/tables/comparison.js";
import { textOf } from "../options.js";
import type { EvaluationSettings } from "../train/run-evaluations.js";
import type { TrainedModel } from "../train/trained.js";
import { type DataWish, evaluationData } from "./evaluate-data.js";
import type { tableMeasures } from "./evaluation-settings.js";
import type { LoadedRun } from "./loaded-run.js";
import type { Terminal } from "./terminal.js";
import type { Plan } from "./train-settings.js";

/** An evaluation of a model of a table. */
export interface TableEvaluation {
  readonly metrics: Readonly<Record<string, number>>;
  readonly floors: Readonly<Record<string, number>>;
  /** The same of a Gaussian copula's samples. */
  readonly copula: Readonly<Record<string, number>>;
  readonly comparison: Omit<TableComparison, "metrics" | "floors" | "copula">;
  readonly samples: number;
  readonly heldOut: { readonly source: string; readonly count: number };
}

/** Options of `genloom evaluate` that concern tables. */
export interface TableEvaluateOptions extends DataWish {
  readonly samples?: number;
  readonly seed: number;
  readonly metrics?: readonly string[];
  readonly target?: string;
}

/** Samples at most, if none are asked for. */
const mostSamples = 10_000;

/** Share of the data that stands for held-out rows if there are none. */
const shareOfNone = 5;

/** The rows to compare with. Without held-out rows a fifth of the training data has to do, which the model has seen. */
async function setsOf({ run }: LoadedRun, options: TableEvaluateOptions, terminal: Terminal) {
  const { train, heldOut, missing } = await evaluationData(run.settings.data, options);
  if (!train) throw missing;
  if (heldOut) return { train, heldOut: heldOut.data, source: heldOut.source };
  terminal.message(
    "no rows were held out: a fifth of the training data has to do for floors; train with --held-out 0.2, or give --on",
  );
  const parts = holdOut(train, { count: Math.max(1, Math.floor(train.count / shareOfNone)), seed: 0 });
  return { train: parts.train as Dataset, heldOut: parts.heldOut as Dataset, source: "a part of the training data" };
}

/** Evaluates a model of a table. */
export async function evaluateTable(
  loaded: LoadedRun,
  options: TableEvaluateOptions,
  terminal: Terminal,
): Promise<TableEvaluation> {
  if (options.metrics !== undefined && !options.metrics.includes("all"))
    throw new UsageError(
      `evaluate: --metrics must be all for models of tables, found ${textOf(options.metrics.join())}`,
      {
        hint: "leave it out: tables have measures of their own",
      },
    );
  const { model } = loaded;
  const { drawRows } = await import("../domains/tables/index.js");
  const { compareTables } = await import("../metrics/tables/index.js");
  const { train, heldOut, source } = await setsOf(loaded, options, terminal);
  const { seed, target, samples = Math.min(mostSamples, heldOut.count) } = options;
  terminal.message(`comparing ${samples} samples with ${train.count} rows`);
  const { table: synthetic } = await drawRows(model, samples, { seed });
  const found = compareTables(
    { train: tableOf(train), heldOut: tableOf(heldOut), synthetic },
    { seed, ...(target !== undefined && { target }) },
  );
  const { metrics, floors, copula, ...comparison } = found;
  const held = await conditionsHeld(model, seed);
  return {
    metrics: { ...metrics, ...(held !== undefined && { conditionsHeld: held }) },
    floors: { ...floors },
    copula: { ...copula },
    comparison,
    samples,
    heldOut: { source, count: heldOut.count },
  };
}

/** A measure of samples beside rows of the data; without a value if the table has no columns for it. */
type Measure = (real: Table, synthetic: Table) => { readonly value?: number };

/** Rows of the data that samples are compared with during a training. */
const watchedRows = 20_000;

/** What a training of a model of a table is watched by: how alike columns and pairs of columns of samples are to the rows. */
export async function tableWatched(
  { shown }: Pick<Plan, "shown">,
  model: TrainedModel,
  { metrics, samples }: EvaluationSettings,
): Promise<Watched> {
  const tables = await import("../domains/tables/index.js");
  const rows = tableOf(take(shown, watchedRows));
  const { contingencySimilarity, correlationSimilarity, ksComplement, tvComplement } = tables;
  const measures: Readonly<Record<(typeof tableMeasures)[number], Measure>> = {
    ...{ contingencySimilarity, correlationSimilarity, ksComplement, tvComplement },
  };
  return {
    names: metrics,
    better: "higher",
    async measure() {
      const { table } = await tables.drawRows(model, samples);
      const found = metrics.flatMap((name) => {
        const { value } = measures[name as keyof typeof measures](rows, table);
        return value === undefined ? [] : [[name, value] as const];
      });
      return { metrics: Object.fromEntries(found), floors: {}, multiples: {}, counts: {} };
    },
  };
}

/** Rows that are asked for of each value of a column of categories. */
const rowsOfClass = 20;

/**
 * The share of first draws of a conditional model that have the value they were asked for, as many of each value of a column:
 * the mean over the columns. Undefined for a model that is not conditional.
 */
async function conditionsHeld(model: TrainedModel, seed: number): Promise<number | undefined> {
  const { data, family } = model;
  if (!data.table || family.classes === undefined) return undefined;
  const { decodeTable } = await import("../data/tables/decode.js");
  const classes = tableClasses(layoutOf(data.table.columns));
  const labels = classes.flatMap((_, i) => new Array<number>(rowsOfClass).fill(i));
  const records = await model.sample(labels.length, { seed, labels });
  const table: Table = decodeTable(records.data, { name: data.name, columns: data.table.columns });
  const { cellText } = await import("../data/tables/write-cell.js");
  const shares = new Map<string, { held: number; all: number }>();
  labels.forEach((label, row) => {
    const { column, value } = classes[label];
    const at = table.columns.findIndex(({ name }) => name === column);
    const share = shares.get(column) ?? { held: 0, all: 0 };
    share.all++;
    if (cellText(table.cells[at][row], table.columns[at]) === value) share.held++;
    shares.set(column, share);
  });
  const list = [...shares.values()].map(({ held, all }) => held / all);
  return list.reduce((sum, one) => sum + one, 0) / list.length;
}

/** Values of metrics that a run folder holds: of evaluations, and of the losses and signals of its history. */
import { join } from "node:path";
import { isObject } from "../train/json-fields.js";
import { parse, read, stepName } from "../train/run-files.js";
import type { RunFolder } from "../train/run-folder.js";

export interface RunValue {
  readonly value: number;
  readonly floor?: number;
  /** Step of the checkpoint that was measured. */
  readonly step: number;
}

type Numbers = Readonly<Record<string, unknown>>;

interface Entry {
  readonly step: number;
  readonly metrics: Numbers;
  readonly floors: Numbers;
}

/** Evaluations during the training and by `genloom evaluate`, which replace those of the same step; the last one last. */
async function entriesOf(run: RunFolder): Promise<Entry[]> {
  const found = new Map<number, Entry>();
  for (const { step, metrics, floors } of await run.evaluations()) found.set(step, { step, metrics, floors });
  for (const step of await run.evaluated()) {
    const file = join(run.path, "evaluations", `${stepName(step)}.json`);
    const value = parse(await read(file), file);
    if (!isObject(value) || !isObject(value.metrics)) continue;
    const [metrics, floors] = [value.metrics, isObject(value.floors) ? value.floors : {}];
    const before = found.get(step);
    found.set(step, {
      step,
      metrics: { ...before?.metrics, ...metrics },
      floors: { ...before?.floors, ...floors },
    });
  }
  return [...found.values()].sort((a, b) => a.step - b.step);
}

/** Losses and signals, in the order of metrics.jsonl. */
async function historyOf(run: RunFolder): Promise<Entry[]> {
  const bytes = await read(join(run.path, "metrics.jsonl")).catch(() => new Uint8Array(0));
  const lines = new TextDecoder().decode(bytes).split("\n");
  return lines.flatMap((line) => {
    try {
      const value = JSON.parse(line);
      return isObject(value) && !isObject(value.evaluation)
        ? [{ step: Number(value.step), metrics: value, floors: {} }]
        : [];
    } catch {
      return [];
    }
  });
}

function valueIn(entries: readonly Entry[], metric: string): RunValue | undefined {
  const found = entries.findLast(({ metrics }) => typeof metrics[metric] === "number");
  if (!found) return undefined;
  const { step, metrics, floors } = found;
  const floor = floors[metric];
  return { value: metrics[metric] as number, step, ...(typeof floor === "number" && { floor }) };
}

/**
 * The value of a metric: of the best checkpoint if the run keeps it by this metric, otherwise of the last evaluation that has
 * it, or of the history. Undefined if the run does not have it.
 */
export async function runValue(run: RunFolder, metric: string): Promise<RunValue | undefined> {
  const entries = await entriesOf(run);
  const mark = await run.best.mark();
  if (mark?.metric === metric) {
    const own = entries.filter(({ step }) => step === mark.step);
    return { ...valueIn(own, metric), value: mark.value, step: mark.step };
  }
  return valueIn(entries, metric) ?? (metric === "step" ? undefined : valueIn(await historyOf(run), metric));
}

/** The names of all metrics of a run's evaluations. */
export async function evaluatedNames(run: RunFolder): Promise<string[]> {
  const numbers = (await entriesOf(run)).flatMap(({ metrics }) =>
    Object.keys(metrics).filter((name) => typeof metrics[name] === "number"),
  );
  return [...new Set(numbers)];
}

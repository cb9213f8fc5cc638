/** The report of a run: losses, samples over time, parts about what the model can do, settings. */
import { can } from "../models/abilities.js";
import type { AlarmRecord } from "../train/alarms.js";
import type { HistoryEntry } from "../train/checkpoint.js";
import type { RunFolder } from "../train/run-folder.js";
import { alarmPart, signalPart } from "./alarms.js";
import type { ReportContext } from "./context.js";
import { foldedPart, imagePart, imagesPart, lossPart, type ReportPart, reportPage, tablePart } from "./page.js";
import { machineParts } from "./machine.js";
import { latentParts, reconstructionParts } from "./latents.js";
import { tableParts } from "./table.js";
import { tokenParts } from "./tokens.js";

/** Parts about what some models can do, shown between samples and settings. */
async function partsOf(context: ReportContext): Promise<ReportPart[]> {
  const { model } = context;
  return [
    ...(await tokenParts(model)),
    ...(await tableParts(model, context)),
    ...(can(model, "reconstruct") ? await reconstructionParts(model, context) : []),
    ...(can(model, "encode") ? await latentParts(model, context) : []),
    ...(can(model, "machine") ? await machineParts(model, context) : []),
  ];
}

export interface ReportOptions extends ReportContext {
  readonly run: RunFolder;
  readonly history: readonly HistoryEntry[];
  readonly alarms: readonly AlarmRecord[];
  /** Measured values and other results, shown first. */
  readonly results: Readonly<Record<string, string | number>>;
  /** Further parts, shown after the results. */
  readonly extra?: readonly ReportPart[];
}

/** The page of a run; its sample images are read from the folder. */
export async function reportOf({
  run,
  history,
  alarms,
  results,
  extra = [],
  ...context
}: ReportOptions): Promise<string> {
  const { settings } = run;
  const images = (await run.samples()).map(({ step, png }) => ({ caption: `step ${step}`, png }));
  const last = images.at(-1);
  const own = await partsOf(context);
  const { data } = settings;
  return reportPage({
    title: `${settings.model} on ${data.name}`,
    lead: `genloom ${settings.genloom}, preset ${settings.preset}, ${settings.steps} steps of ${settings.batchSize} records`,
    parts: [
      ...(last ? [imagePart("Samples", last)] : []),
      tablePart("Results", results),
      ...extra,
      ...(alarms.length > 0 ? [alarmPart(alarms)] : []),
      lossPart(history),
      ...(history.some(({ signals }) => signals) ? [signalPart(history)] : []),
      ...(images.length > 1 ? [imagesPart("Samples over time", images)] : []),
      ...own,
      tablePart("Settings", {
        data: `${data.name}: ${data.count} records of [${data.shape.join(", ")}]`,
        steps: settings.steps,
        "batch size": settings.batchSize,
        seed: settings.seed,
        deterministic: String(settings.deterministic),
      }),
      foldedPart("Model", JSON.stringify(settings.config, null, 2)),
    ],
  });
}

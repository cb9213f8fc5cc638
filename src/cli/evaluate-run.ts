/** An evaluation of a run: chooses measures, loads data, makes what judges samples, and measures. */
import { UsageError } from "../errors.js";
import { isImage } from "../graph/shape.js";
import type { Runtime } from "../host/runtime.js";
import { chooseScores, type Lacking, needClassifier, needFeatures } from "../metrics/evaluation/choose-scores.js";
import { classesOfModel, otherJudge } from "../metrics/evaluation/conditional-samples.js";
import { compare, type Evaluation, floorsOf } from "../metrics/evaluation/compare.js";
import { evaluator } from "../metrics/evaluation/evaluator.js";
import { scoreNames } from "../metrics/evaluation/scores.js";
import { can } from "../models/abilities.js";
import { meant, textOf } from "../options.js";
import { labelsIn } from "../train/labels.js";
import type { TrainedModel } from "../train/trained.js";
import { type EvaluationData, evaluationData, floorsNote, loadForFeatures } from "./evaluate-data.js";
import { canClassify, type FeatureName, featureNames, type JudgeFacts, judgesOf } from "./evaluate-judges.js";
import { evaluateTable, type TableEvaluation } from "./evaluate-table.js";
import { evaluateTokens } from "./evaluate-tokens.js";
import { featureSides } from "./feature-files.js";
import type { LoadedRun } from "./loaded-run.js";
import { measureKinds, measureNames, modeFloors } from "./measure.js";
import { flagOf, type HostOptions, type OutputOptions } from "./options.js";
import type { Terminal } from "./terminal.js";
import type { DrawFlags } from "./token-options.js";

/** Options of `genloom evaluate`. */
export interface EvaluateOptions extends HostOptions, OutputOptions, DrawFlags {
  readonly samples?: number;
  readonly seed: number;
  readonly k: number;
  readonly metrics?: readonly string[];
  readonly features?: string;
  readonly featuresFrom?: string;
  readonly data?: string;
  readonly on?: string;
  /** Column that is predicted, of tables. */
  readonly target?: string;
  readonly step?: number | "best";
}

/** Results of an evaluation, as plain values. */
export interface Evaluated extends Evaluation, JudgeFacts {
  /** Number of samples of the scores. */
  readonly samples: number;
  /** How samples of tokens were drawn, if not by default. */
  readonly drawing?: DrawFlags;
  readonly heldOut?: { readonly source: string; readonly count: number };
  /** What judged the samples, in words: parsers, solvers. */
  readonly judges?: readonly string[];
  /** Of a table: the measures of a Gaussian copula's samples, and values of columns, counts and sentences. */
  readonly copula?: TableEvaluation["copula"];
  readonly comparison?: TableEvaluation["comparison"];
  /** Seconds that the measures took, without the training of classifiers. */
  readonly seconds: number;
}

/** Measures that are wanted, in two kinds. */
interface Wanted {
  /** Names of scores; undefined for the usual ones. */
  readonly scores: readonly string[] | undefined;
  readonly measures: readonly string[];
}

/** The names of all measures. */
const known = [...scoreNames, ...measureNames];

/** Samples for measures of known modes, as in the papers that defined them. */
const usualSamples = 2500;

function wantedOf({ metrics }: EvaluateOptions): Wanted {
  if (metrics === undefined || metrics.includes("all")) return { scores: metrics && ["all"], measures: measureNames };
  const unknown = metrics.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`evaluate: unknown metric ${textOf(unknown)}`, {
      hint: `${meant(unknown, known)}known metrics: ${known.join(", ")}, all`,
    });
  return {
    scores: metrics.filter((name) => (scoreNames as readonly string[]).includes(name)),
    measures: metrics.filter((name) => measureNames.includes(name)),
  };
}

/** Evaluates the model of a run. */
export async function evaluateRun(loaded: LoadedRun, options: EvaluateOptions, terminal: Terminal): Promise<Evaluated> {
  const wanted = wantedOf(options);
  const { features, seed, k } = options;
  if (features?.includes(".npy"))
    return evaluateFiles(loaded.runtime, features.split(","), { wanted, options, terminal });
  if (features !== undefined && !isFeatureName(features))
    throw new UsageError(`evaluate: --features must be ${featureNames.join(", ")} or .npy files, found ${features}`, {
      hint: "features of another program are two or three files: --features data.npy,samples.npy,held-out.npy",
    });
  const { model, runtime, run } = loaded;
  if (model.data.table) return evaluatedTable(loaded, options, terminal);
  if (options.target !== undefined)
    throw new UsageError(
      `evaluate: --target is an option of models of tables, and this is one of ${run.settings.data.name}`,
      {
        hint: "leave it out",
      },
    );
  if (model.data.tokens) return evaluatedTokens(loaded, options, terminal);
  const drawn = (["temperature", "topK", "topP"] as const).find((name) => options[name] !== undefined);
  if (drawn !== undefined)
    throw new UsageError(
      `evaluate: --${flagOf(drawn)} is an option of models of tokens, and this is one of ${run.settings.data.name}`,
      {
        hint: "leave it out: other samples are scored as they come",
      },
    );
  const data = await evaluationData(run.settings.data, options);
  const scored = await scoresOf(loaded, { wanted, data, options: { ...options, features }, terminal });
  const begin = performance.now();
  const { samples = usualSamples } = options;
  const context = { model, runtime, data: data.measured, seed, k };
  const own = await measureKinds(context, { samples, seed }, wanted.measures);
  const absent = options.metrics && wanted.measures.find((name) => own[name] === undefined);
  if (absent !== undefined && !options.metrics?.includes("all"))
    throw new UsageError(`evaluate: ${absent} is not a measure of a ${run.settings.model} on ${data.measured.name}`, {
      hint: "leave it out of --metrics",
    });
  const floors = own.modes !== undefined && data.heldOut ? modeFloors(data.heldOut.data) : {};
  return {
    ...(scored ?? { multiples: {}, counts: {}, samples }),
    metrics: { ...own, ...scored?.metrics },
    floors: { ...floors, ...scored?.floors },
    seconds: Number(((scored?.seconds ?? 0) + (performance.now() - begin) / 1000).toFixed(3)),
  };
}

/** The evaluation of a model of tokens, whose measures are those of its domain. */
async function evaluatedTokens(loaded: LoadedRun, options: EvaluateOptions, terminal: Terminal): Promise<Evaluated> {
  const begin = performance.now();
  const { judges, ...found } = await evaluateTokens(loaded, options, terminal);
  const seconds = Number(((performance.now() - begin) / 1000).toFixed(3));
  return { ...found, multiples: {}, counts: {}, ...(judges.length > 0 && { judges }), seconds };
}

/** The evaluation of a model of a table. */
async function evaluatedTable(loaded: LoadedRun, options: EvaluateOptions, terminal: Terminal): Promise<Evaluated> {
  const begin = performance.now();
  const found = await evaluateTable(loaded, options, terminal);
  const seconds = Number(((performance.now() - begin) / 1000).toFixed(3));
  return { ...found, multiples: {}, counts: {}, seconds };
}

const isFeatureName = (name: string): name is FeatureName => (featureNames as readonly string[]).includes(name);

interface ScoreWish {
  readonly wanted: Wanted;
  readonly data: EvaluationData;
  readonly options: Omit<EvaluateOptions, "features"> & { readonly features: FeatureName | undefined };
  readonly terminal: Terminal;
}

/** The scores that compare samples with data; undefined if none is wanted. */
async function scoresOf(
  { model, runtime, run }: LoadedRun,
  { wanted: { scores }, data, options, terminal }: ScoreWish,
): Promise<Evaluated | undefined> {
  const { train, heldOut } = data;
  if (scores?.length === 0 || (scores === undefined && !isImage(model.shape))) return undefined;
  if (!train) {
    if (options.metrics) throw data.missing;
    terminal.message(`scores that compare with the training data are left out: ${(data.missing as Error).message}`);
    return undefined;
  }
  const { featuresFrom, features, seed } = options;
  const teaching = featuresFrom === undefined ? train : await loadForFeatures(run.settings.data, featuresFrom);
  // Before a classifier is trained, which takes a minute: what can be known of a score that cannot be computed.
  const others = heldOut?.data.count ?? Math.floor(train.count / 2);
  const conditional = classesOfModel(model) !== undefined;
  const { names } = chooseScores(scores, {
    images: isImage(train.shape) && train.shape.length === 3,
    ...{ classifier: canClassify(teaching), conditional, size: 0 },
    otherJudge: conditional ? otherJudge(model, teaching) : undefined,
    ...{ samples: options.samples ?? others, training: train.count, heldOut: others, unseen: heldOut !== undefined },
  });
  if (heldOut && names.includes("asked")) labelsIn("evaluate", heldOut.data, model.data);
  const wish = { data: teaching, features, classify: needClassifier(scores), compare: needFeatures(scores) };
  const { judges, facts } = await judgesOf(runtime, wish, { host: options, terminal });
  const begin = performance.now();
  const made = await evaluator(model, {
    data: train,
    ...(heldOut && { heldOut: heldOut.data }),
    ...{ ...judges, seed },
    ...(scores && { metrics: scores }),
    ...samplesOf(model, options),
  });
  tellLacking(made.lacking, terminal, conditional);
  if (made.names.length > 0) terminal.message(`comparing ${made.samples} samples with the data`);
  const note = floorsNote(made.samples, others);
  if (note !== undefined) terminal.message(note);
  const evaluation = await made.measure();
  const { accuracy } = judges.classifier ?? {};
  // Under the names that they had before floors.
  const before = { certainOfData: evaluation.floors.certain, classifierAccuracy: accuracy as number };
  return {
    ...{ ...evaluation, ...facts, samples: made.samples },
    metrics: { ...evaluation.metrics, ...(evaluation.metrics.certain !== undefined && before) },
    heldOut: { source: heldOut?.source ?? "a part of the training data", count: others },
    seconds: (performance.now() - begin) / 1000,
  };
}

/** Says which scores are left out, and why. */
function tellLacking(lacking: readonly Lacking[], terminal: Terminal, conditional = false): void {
  for (const { name, why, hint } of lacking)
    if (name !== "asked" || conditional) terminal.message(`${name} is left out: it ${why}; ${hint}`);
}

/** Samples of Markov chains take long, so fewer are drawn of them. */
const samplesOf = (model: TrainedModel, { samples }: Pick<EvaluateOptions, "samples">) =>
  samples !== undefined ? { samples } : can(model, "chains") ? { samples: usualSamples } : {};

interface FilesWish extends Pick<ScoreWish, "wanted" | "terminal"> {
  readonly options: EvaluateOptions;
}

/** The scores of features that another program computed. */
async function evaluateFiles(
  runtime: Runtime,
  paths: readonly string[],
  { wanted: { scores }, options: { seed }, terminal }: FilesWish,
): Promise<Evaluated> {
  const begin = performance.now();
  const { reference, samples, heldOut = reference } = await featureSides(paths);
  const { names, lacking } = chooseScores(scores, {
    ...{ images: false, classifier: false, conditional: false },
    ...{ samples: samples.count, training: reference.count, heldOut: heldOut.count, unseen: heldOut !== reference },
    size: (await reference.features()).size,
  });
  tellLacking(lacking, terminal);
  const comparison = { runtime, seed, classes: 0, reference, heldOut };
  const floors = heldOut === reference ? {} : await floorsOf(names, comparison);
  return {
    ...(await compare(names, comparison, { samples }, floors)),
    features: { kind: "files", files: paths, size: (await reference.features()).size },
    samples: samples.count,
    seconds: Number(((performance.now() - begin) / 1000).toFixed(3)),
  };
}

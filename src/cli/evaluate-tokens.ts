/**
 * An evaluation of a model of tokens: how many nats a token of held-out sequences costs, how much latents tell of them, and the
 * scores of the data's domain, each beside that of held-out sequences.
 */
import type { Domain, Texts } from "../domains/domain.js";
import { domainOf } from "../domains/index.js";
import { type LabelledSequences, sequencesOf, textsOf } from "../domains/texts.js";
import { groupOf } from "../data/codecs/index.js";
import { datasets } from "../data/index.js";
import { inMemory } from "../data/stream.js";
import { evaluationWindows } from "../data/windows.js";
import type { TokenLists } from "../data/token-lists.js";
import { closeData, type TokenDescription, type TrainingData } from "../data/training-data.js";
import { type BadFileError, UsageError } from "../errors.js";
import { manySamples } from "../metrics/evaluation/many-samples.js";
import { can, type AbleTo } from "../models/abilities.js";
import type { RunData } from "../train/run-folder.js";
import type { TrainedModel } from "../train/trained.js";
import { codesOf } from "./evaluate-codes.js";
import { type LoadedRun, loadAlike, reloadParts } from "./loaded-run.js";
import type { Watched } from "../metrics/evaluation/watch.js";
import { tokenMeasure } from "./evaluation-settings.js";
import { machineMeasures } from "./measure-machine.js";
import type { MeasureContext } from "./measure-context.js";
import type { Terminal } from "./terminal.js";
import { type DrawFlags, tokenOptions } from "./token-options.js";
import type { Plan } from "./train-settings.js";

/** Options of an evaluation that concern tokens. */
export interface TokenOptions extends DrawFlags {
  readonly samples?: number;
  readonly seed: number;
  readonly data?: string;
  readonly on?: string;
}

/** Results of an evaluation of tokens. */
export interface TokenScores {
  readonly metrics: Readonly<Record<string, number>>;
  readonly floors: Readonly<Record<string, number>>;
  readonly judges: readonly string[];
  readonly samples: number;
  /** How samples were drawn, if not at temperature 1 from all tokens. */
  readonly drawing?: DrawFlags;
  readonly heldOut: { readonly source: string; readonly count: number };
}

/**
 * What a training of a model of tokens is watched by: the nats per token of the records that the run holds out, or of the
 * validation part of its data; never of the test part, which is for its end. Throws UsageError if there are neither.
 */
export async function tokenWatched({ settings, heldOut, data }: Plan, model: TrainedModel): Promise<Watched> {
  if (!can(model, "tokens"))
    throw new UsageError(
      `train: --eval-every needs a model with a likelihood of tokens, and this is a ${model.family.kind}`,
      {
        hint: "leave it out; genloom evaluate has scores of samples",
      },
    );
  const { source } = settings.data;
  const others = heldOut ?? (await partOf(settings.data, source, "valid"));
  if (!others)
    throw new UsageError(
      `train: --eval-every needs records that training does not see, and ${source} has no validation part`,
      {
        hint: "hold some out: --held-out 0.1",
      },
    );
  const sequences = classedFor(model, await sequencesOf(others), others.classNames);
  if (!sequences)
    throw new UsageError(`train: --eval-every of a conditional model needs held-out records with its classes`, {
      hint: "hold some out: --held-out 0.1",
    });
  return {
    names: [tokenMeasure],
    better: "lower",
    measure: async () => {
      const found = await natsOf(model, sequences, data.tokens as TokenDescription, undefined, watchedTokens);
      return { metrics: found, floors: {}, multiples: {}, counts: {} };
    },
  };
}

/** Tokens of an evaluation during a training: some seconds. */
const watchedTokens = 50_000;

/** Samples of domain scores, unless the options say how many. */
const usualSamples = 1000;

/** Tokens that a likelihood is measured of, at most: some minutes of a network of width 128. */
const mostTokens = 400_000;

/** Windows or records that a machine's likelihood is measured of, at most. */
const mostWindows = 10_000;

/** Scores of the samples of a run's model, and the likelihood of held-out sequences if it has one. */
export async function evaluateTokens(
  loaded: LoadedRun,
  options: TokenOptions,
  terminal: Terminal,
): Promise<TokenScores> {
  const { model, run, runtime } = loaded;
  const tokens = model.data.tokens as TokenDescription;
  const { temperature, samples = usualSamples, seed } = options;
  const drawing = { ...tokenOptions("evaluate", model, options), ...(temperature !== undefined && { temperature }) };
  const domain = await domainOf(tokens.codec);
  const parts = await partsOf(run.settings.data, options, terminal);
  const { training, source } = parts;
  const heldOut = parts.heldOut.sequences;
  const codes = await codesOf(model, heldOut, tokens.ended);
  const nats = await likelihoodOf({ model, runtime, seed }, parts, { tokens, domain, terminal });
  const scored = domain && (await scoresOf(domain, model, { training, heldOut, samples, seed, drawing }));
  return {
    metrics: { ...nats, ...codes, ...scored?.metrics },
    floors: scored?.floors ?? {},
    judges: scored?.judges ?? [],
    samples,
    ...(Object.keys(drawing).length > 0 && { drawing }),
    heldOut: { source, count: heldOut.length },
  };
}

interface Parts {
  readonly training: TokenLists;
  readonly heldOut: LabelledSequences;
  readonly classNames: readonly string[] | undefined;
  /** Where the held-out sequences come from, in words. */
  readonly source: string;
}

/** The sequences of training, and those that were named, held out, or belong to the test part of the source. */
async function partsOf(run: RunData, { data = run.source, on }: TokenOptions, terminal: Terminal): Promise<Parts> {
  const { train, heldOut } = await reloadParts(run, data);
  const training = await taken(train);
  const parts = async (others: TrainingData, source: string) => ({
    ...{ training: training.sequences, heldOut: await taken(others), source },
    classNames: others.classNames,
  });
  if (on !== undefined) return parts(await loadAlike(run, on), on);
  if (heldOut) return parts(heldOut, "records that the run held out");
  const test = await partOf(run, data, "test");
  if (test) return parts(test, `the test part of ${data}`);
  terminal.message(
    "there are no held-out sequences: scores are those on the training data; --on or --held-out gives others",
  );
  const { classNames } = train;
  return { training: training.sequences, heldOut: training, classNames, source: "the training data" };
}

/** A part of a run's data; undefined if they have none. A part that is there and cannot be read is an error. */
export async function partOf(run: RunData, source: string, part: "valid" | "test"): Promise<TrainingData | undefined> {
  try {
    return await loadAlike(run, source, { part });
  } catch (error) {
    if (error instanceof UsageError || (error as BadFileError).code === "ERR_DIRECTORY_WITHOUT_DATA") return undefined;
    throw error;
  }
}

async function taken(data: TrainingData): Promise<LabelledSequences> {
  try {
    return await sequencesOf(data);
  } finally {
    await closeData(data);
  }
}

/**
 * Sequences with classes for a conditional model; undefined if they have none, or those of other names than the model's. For other
 * models the sequences alone.
 */
function classedFor(
  { family, data }: TrainedModel,
  { sequences, labels }: LabelledSequences,
  classNames: readonly string[] | undefined,
): LabelledSequences | undefined {
  if (family.classes === undefined) return { sequences };
  return labels && classNames?.join("\n") === data.classNames?.join("\n") ? { sequences, labels } : undefined;
}

interface LikelihoodWish {
  readonly tokens: TokenDescription;
  readonly domain: Domain | undefined;
  readonly terminal: Terminal;
}

/** The likelihood of held-out sequences by a model that has one; of a conditional model only if they have its classes. */
async function likelihoodOf(
  context: Omit<MeasureContext<TrainedModel>, "data">,
  { heldOut, classNames }: Parts,
  { tokens, domain, terminal }: LikelihoodWish,
): Promise<Record<string, number>> {
  const { model } = context;
  if (can(model, "tokens")) {
    const classed = classedFor(model, heldOut, classNames);
    if (classed) return natsOf(model, classed, tokens, domain);
    terminal.message("there is no likelihood: the held-out sequences have no classes, or others than the model's");
    return {};
  }
  return can(model, "machine") ? machineNatsOf({ ...context, model }, heldOut.sequences, tokens, domain) : {};
}

/**
 * Nats per token, and per character or frame, of sequences; each token is scored once, windows begin with half of context. They begin
 * with a whole frame or column, as those of training do: a network may count positions by them.
 */
async function natsOf(
  model: AbleTo["tokens"],
  { sequences, labels }: LabelledSequences,
  { ended, codec }: TokenDescription,
  domain: Domain | undefined,
  most = mostTokens,
): Promise<Record<string, number>> {
  const [length] = model.shape;
  const group = codec ? groupOf(codec) : 1;
  const pieces = ended
    ? sequences.map((_, sequence) => ({ sequence, start: 0, length, context: 0 }))
    : evaluationWindows(sequences, length, group * Math.floor(length / 2 / group));
  const some = pieces.slice(0, Math.max(1, Math.floor(most / length)));
  const rows = new Float32Array(some.length * length);
  some.forEach(({ sequence, start }, i) => {
    const own = sequences[sequence];
    for (let at = 0; at < length && start + at < own.length; at++) rows[i * length + at] = own[start + at];
  });
  const classes = labels && { labels: Int32Array.from(some, ({ sequence }) => labels[sequence]) };
  const { tokens } = await model.logLikelihood(rows, classes);
  let [total, count] = [0, 0];
  some.forEach(({ sequence, start, context, length: size }, i) => {
    // A record is scored with its end.
    const to = ended
      ? Math.min(length, sequences[sequence].length + 1)
      : Math.min(size, sequences[sequence].length - start);
    for (let at = context; at < to; at++) total -= tokens.data[i * length + at];
    count += to - context;
  });
  const perToken = total / count;
  return {
    natsPerToken: perToken,
    ...(domain?.unit && { [domain.unit.name]: perToken * domain.unit.tokens(model.data.tokens?.codec) }),
  };
}

/**
 * Nats per character or frame of windows of the sequences, or of whole records, by annealed importance sampling, and by reverse
 * annealing; with the other measures of a machine, whose likelihoods are those of records.
 */
async function machineNatsOf(
  context: Omit<MeasureContext<AbleTo["machine"]>, "data">,
  sequences: TokenLists,
  { ended, vocabulary, codec }: TokenDescription,
  domain: Domain | undefined,
): Promise<Record<string, number>> {
  const [length] = context.model.shape;
  const meaning = { vocabulary, length, ...(codec && { codec }) };
  const own = domain?.unit?.tokens(codec) ?? 1;
  const all = sequences.reduce((total, one) => total + one.length, 0) / own;
  // Evenly spread over long sequences, whose windows overlap.
  const stride = own * Math.max(1, Math.ceil(all / mostWindows));
  const records = sequences.slice(0, mostWindows);
  const data = ended
    ? datasets.tokens({ ...meaning, ended, records })
    : datasets.windows({ ...meaning, sequences, stride });
  const found = await machineMeasures({ ...context, data: await inMemory(data, Number.POSITIVE_INFINITY) });
  if (!domain?.unit) return { ...found };
  // A record is scored with its end; what fills it up is part of its likelihood too, and never makes it greater.
  const tokens = ended ? records.reduce((total, one) => total + one.length + 1, 0) / records.length : length;
  const { logLikelihood, logLikelihoodReverse } = found;
  const { name } = domain.unit;
  return {
    [name]: (-logLikelihood * own) / tokens,
    ...(logLikelihoodReverse !== undefined && { [`${name}Reverse`]: (-logLikelihoodReverse * own) / tokens }),
    ...found,
  };
}

interface Wish {
  readonly training: TokenLists;
  readonly heldOut: TokenLists;
  readonly samples: number;
  readonly seed: number;
  readonly drawing: DrawFlags;
}

async function scoresOf(domain: Domain, model: TrainedModel, { training, heldOut, samples, seed, drawing }: Wish) {
  const [length] = model.shape;
  const { data } = can(model, "tokens")
    ? await model.sample(samples, { seed, ...drawing })
    : await manySamples(model, samples, seed, drawing.temperature);
  const drawn = textsOf(model.data.tokens as TokenDescription, data, length) as Texts;
  const texts = (lists: TokenLists) => lists.map((tokens) => drawn.codec.decode(tokens));
  return domain.scores(drawn, { training: texts(training), heldOut: texts(heldOut) });
}

/** What `genloom score --by` knows: how strange records are to a model, by the abilities that its family lists. */
import type { Dataset } from "../data/training-data.js";
import { UsageError } from "../errors.js";
import { fieldsOf } from "./score-output.js";
import { Values } from "../graph/values.js";
import { independentColumns } from "../metrics/tables/independent-columns.js";
import { can } from "../models/abilities.js";
import type { Labels } from "../train/labels.js";
import type { TrainedModel } from "../train/trained.js";
import { askedClass } from "./asked-class.js";

/** How records are scored. */
export interface MeasureOptions {
  readonly by?: MeasureName;
  /** Latents of a record. */
  readonly samples?: number;
  readonly seed: number;
  /** The class of all records, of a conditional model. */
  readonly label?: string;
  readonly fields?: boolean;
}

/** Classes of records for the model's methods. */
type Asked = { readonly labels?: Labels };

/** The scores of records, and of their values if the family has them. */
interface Scorer {
  /** Latents of a record that the score is estimated with. */
  readonly samples?: number;
  scores(data: Dataset, asked: Asked): Promise<Values>;
  fields?(data: Dataset, asked: Asked): Promise<Values>;
}

/** Records of the training data, or others like them, from which a background is estimated. */
export type Reference = () => Promise<Dataset>;

/** 64 latents are decoded at once; more tell little of the order of records. */
const usualSamples = 64;

function byLatents(model: TrainedModel, estimate: "importance" | "elbo", options: MeasureOptions): Scorer | undefined {
  if (!can(model, "likelihood")) return undefined;
  const { seed, samples = usualSamples } = options;
  const how = { estimate, k: samples, seed };
  return {
    samples,
    scores: (data, asked) => model.score(data, { ...how, ...asked }),
    fields: (data, asked) => model.fieldScores(data, { ...how, ...asked }),
  };
}

/** The likelihood by latents, less that of independent columns: what is strange is how cells go together. */
function byRatio(model: TrainedModel, options: MeasureOptions, reference: Reference): Scorer | undefined {
  const whole = model.data.table && byLatents(model, "importance", options);
  if (!whole) return undefined;
  let background: Promise<(records: ArrayLike<number>) => Float32Array> | undefined;
  /** Scores with the log densities of the places that each is about: those of a record, or one. */
  const against = async ({ data: scores, shape }: Values, { records }: Dataset) => {
    background ??= reference().then(independentColumns);
    const logs = (await background)(records);
    const size = logs.length / scores.length;
    const sums = scores.map((score, i) => logs.subarray(i * size, (i + 1) * size).reduce((a, b) => a + b, score));
    return new Values(sums, shape);
  };
  const { samples, scores, fields } = whole;
  return {
    ...(samples !== undefined && { samples }),
    scores: async (data, asked) => against(await scores(data, asked), data),
    ...(fields && {
      fields: async (data: Dataset, asked: Asked) => against(await fields(data, asked), data),
    }),
  };
}

function byTokens(model: TrainedModel): Scorer | undefined {
  if (!can(model, "tokens")) return undefined;
  return {
    scores: (data, asked) => model.score(data, asked),
    fields: (data, asked) => model.fieldScores(data, asked),
  };
}

/** The measures, the usual one of each family before its others. Each is undefined for a model that lacks it. */
const measures = {
  likelihood: (model, options) => byLatents(model, "importance", options) ?? byTokens(model),
  elbo: (model, options) => byLatents(model, "elbo", options),
  "likelihood-ratio": byRatio,
  "token-likelihood": (model) => {
    const whole = byTokens(model);
    return (
      whole && {
        ...whole,
        async scores(data, asked) {
          const { data: scores, shape } = await whole.scores(data, asked);
          const tokens = tokensOf(data);
          return new Values(
            scores.map((score, i) => score / tokens[i]),
            shape,
          );
        },
      }
    );
  },
  "free-energy": (model, { seed }) =>
    can(model, "machine")
      ? {
          scores: (data, asked) => model.score(data, { seed, ...asked }),
          fields: (data, asked) => model.fieldScores(data, { seed, ...asked }),
        }
      : undefined,
  discriminator: (model) =>
    can(model, "score") && !can(model, "fieldScores")
      ? { scores: (data, asked) => model.score(data, asked) }
      : undefined,
} satisfies Record<string, (model: TrainedModel, options: MeasureOptions, reference: Reference) => Scorer | undefined>;

export type MeasureName = keyof typeof measures;

export const measureNames = Object.keys(measures) as readonly MeasureName[];

/** Tokens of each record that count: those up to the first end. */
function tokensOf({ records, shape: [length], tokens, count }: Dataset): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => {
    const end = tokens?.ended ? records.subarray(i * length, (i + 1) * length).indexOf(0) : -1;
    return end < 0 ? length : end + 1;
  });
}

/** A measure of a model, with its options. */
export interface Measure {
  readonly name: MeasureName;
  readonly samples?: number;
  /** Scores of records, and those of their values [count, ...shape] if they are asked for. */
  of(data: Dataset, fields?: boolean): Promise<{ readonly scores: Float32Array; readonly fields?: Float32Array }>;
}

/** The measure that is asked for, or the usual one. Throws UsageError if the model's family lacks it. */
export function measureOf(model: TrainedModel, options: MeasureOptions, reference: Reference): Measure {
  const family = model.family.kind.toUpperCase();
  const known = measureNames.filter((name) => measures[name](model, options, reference));
  if (known.length === 0)
    throw new UsageError(
      `score: this ${family} has no score of single records: its discriminator judges packs of them, or rows that were asked for certain values`,
      {
        hint: "train a VAE or an RBM on the data",
      },
    );
  const { by: name = known[0], label } = options;
  const found = name && (measures[name](model, options, reference) as Scorer | undefined);
  if (!found)
    throw new UsageError(`score: --by must be ${known.join(" or ")} of a ${family}, found ${name}`, {
      hint: "leave it out: each family has a usual measure",
    });
  const { samples, scores, fields } = found;
  if (options.samples !== undefined && samples === undefined)
    throw new UsageError(`score: --samples is an option of measures that draw latents, and ${name} draws none`, {
      hint: "leave it out",
    });
  if (options.fields && !fields)
    throw new UsageError(`score: a ${family} has no scores of fields: its discriminator judges whole records`, {
      hint: "leave out --fields, or train a VAE, an RBM or a sequence model",
    });
  return {
    name,
    ...(samples !== undefined && { samples }),
    async of(data, withFields = false) {
      const asked = classesOf(model, data, label);
      const { data: found } = await scores(data, asked);
      if (!withFields || !fields) return { scores: found };
      return { scores: found, fields: fieldsOf((await fields(data, asked)).data, data.count, model.data) };
    },
  };
}

/**
 * The classes of records for a conditional model: the one that is asked for, or those of the data, by name if they have names, even
 * if a name is a number. A machine sums over the classes, unless one is asked for.
 */
function classesOf(model: TrainedModel, { labels, classNames }: Dataset, label: string | undefined): Asked {
  if (label !== undefined) return { labels: askedClass(model.data, label) };
  if (model.family.classes === undefined || !labels || !classNames || can(model, "machine")) return {};
  return { labels: Array.from(labels, (one) => classNames[one]) };
}

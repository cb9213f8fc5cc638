/**
 * The table of scores that compare samples with data, by the names of the command line and of results: what each needs, how
 * many records, which direction is better, and its computation. A floor is the same computation with held-out records in
 * the place of the samples.
 */
import { sizeOf } from "../../graph/shape.js";
import type { Runtime } from "../../host/runtime.js";
import { classCoverage } from "../class-coverage.js";
import { meanDiscrepancy } from "../discrepancy.js";
import { frechetDistance } from "../frechet.js";
import { imageDiversity } from "../image-diversity.js";
import { kernelDistance } from "../kernel-distance.js";
import { memorisation } from "../memorisation.js";
import { type NeighbourScores, neighbourScores } from "../neighbour-scores.js";
import { slicedWasserstein } from "../sliced-wasserstein.js";
import type { Side } from "./side.js";

/** What a score is computed from. */
export interface Scoring {
  readonly runtime: Runtime;
  readonly seed: number;
  /** Number of classes that the classifier knows; 0 without one. */
  readonly classes: number;
  /** Records of the training data. */
  readonly reference: Side;
  /** Samples of the model, or held-out records. */
  readonly side: Side;
  /** Held-out records. */
  readonly heldOut: Side;
  /** A result that several scores share, computed once for this side. */
  shared<T>(name: string, make: () => Promise<T>): Promise<T>;
}

/** Numbers by name, and lists of them (one per class). */
export type ScoreValues = Readonly<Record<string, number | readonly number[]>>;

/**
 * What a score needs: features of records; images; a classifier of the data's classes; or a model that samples classes that
 * are asked for, besides a classifier.
 */
export type ScoreNeeds = "features" | "images" | "classifier" | "conditions";

export interface ScoreRow {
  readonly needs: ScoreNeeds;
  /** Whether a lower or a higher value is closer to the data; `floor`: the closer to its floor. */
  readonly better: "lower" | "higher" | "floor";
  /** What it measures, for reports. */
  readonly says: string;
  /** Fewest records of each side, for features of a size; default 1. */
  readonly fewest?: (size: number) => number;
  /** Whether its floor is 0 but for chance, so that a multiple of it says nothing. */
  readonly unbiased?: boolean;
  /** Whether it needs held-out records that the model was not trained on. */
  readonly unseen?: boolean;
  /** Whether it is computed if no scores are named. */
  readonly usual?: boolean;
  /** The score under its own name first, and what belongs to it. */
  compute(scoring: Scoring): Promise<ScoreValues>;
  /** Floors that are not the score of held-out records, for the samples. */
  readonly floors?: (scoring: Scoring) => Promise<Readonly<Record<string, number>>>;
}

/** Neighbours of the scores by balls, as in the papers. */
const k = 5;

const moreThan = (size: number) => size + 1;

/** A score of `neighbourScores`, which computes six of them at once. */
const byNeighbours = (
  name: Exclude<keyof NeighbourScores, "uncalibrated">,
  says: string,
  { usual = false } = {},
): ScoreRow => ({
  ...{ needs: "features", better: "higher", says, usual, fewest: () => k + 1 },
  compute: async ({ runtime, reference, side, shared }) => {
    const scores = await shared("neighbours", async () =>
      neighbourScores(runtime, await reference.features(), await side.features(), { k }),
    );
    return { [name]: scores[name] };
  },
});

/** The test for copies, of which a score and its floors are parts. */
const copiesOf = ({ runtime, reference, side, heldOut, shared }: Scoring) =>
  shared("memorisation", async () =>
    memorisation(runtime, {
      samples: await side.features(),
      training: await reference.features(),
      heldOut: await heldOut.features(),
    }),
  );

/** The scores, in the order of tables. */
const rows = {
  fid: {
    ...{ needs: "features", better: "lower", usual: true, fewest: moreThan },
    says: "distance of samples and data as if their features were normally distributed",
    compute: async ({ reference, side }) => ({
      fid: await frechetDistance(await reference.features(), await side.features()),
    }),
  },
  kid: {
    ...{ needs: "features", better: "lower", usual: true, unbiased: true, fewest: () => 2 },
    says: "distance of samples and data by a polynomial kernel of features, unbiased",
    compute: async ({ reference, side, seed }) => {
      const found = kernelDistance(await reference.features(), await side.features(), { seed });
      return { kid: found.value, ...(found.blocks > 1 && { kidError: found.standardError }) };
    },
  },
  clippedDensity: byNeighbours("clippedDensity", "share of samples as realistic as the data", { usual: true }),
  clippedCoverage: byNeighbours("clippedCoverage", "share of the data that samples cover", { usual: true }),
  precision: byNeighbours("precision", "share of samples near some record"),
  recall: byNeighbours("recall", "share of records near some sample"),
  density: byNeighbours("density", "records near a sample, relative to those near a record"),
  coverage: byNeighbours("coverage", "share of records with a sample near them"),
  mmd: {
    ...{ needs: "features", better: "lower", unbiased: true, fewest: () => 2 },
    says: "distance of samples and data by a Gaussian kernel of features, unbiased",
    compute: async ({ runtime, reference, side, seed }) => ({
      mmd: (await meanDiscrepancy(runtime, await reference.features(), await side.features(), { seed })).value,
    }),
  },
  slicedWasserstein: {
    ...{ needs: "features", better: "lower" },
    says: "distance of samples and data along random directions of features",
    compute: async ({ reference, side, seed }) => ({
      slicedWasserstein: slicedWasserstein(await reference.features(), await side.features(), { seed }),
    }),
  },
  msSsim: {
    ...{ needs: "images", better: "floor", fewest: () => 2 },
    says: "mean similarity of pairs of samples",
    compute: async ({ side: { records, count }, seed }) => {
      const [, ...shape] = records.shape;
      const found = imageDiversity(
        { values: records.data, count, size: sizeOf(shape) },
        { shape: shape as [number, number, number], range: [-1, 1], seed },
      );
      return { msSsim: found.value, msSsimError: found.standardError };
    },
  },
  copies: {
    ...{ needs: "features", better: "floor", unseen: true },
    says: "samples whose features equal those of a training record",
    compute: async (scoring) => {
      const { copies, nearerToTraining, closerThanHeldOut } = await copiesOf(scoring);
      return { copies, nearerToTraining, closerThanHeldOut };
    },
    floors: async (scoring) => ({ ...(await copiesOf(scoring)).floors }),
  },
  certain: {
    ...{ needs: "classifier", better: "higher", usual: true },
    says: "share of samples that the classifier gives a class a probability of 0.9 or more",
    compute: async ({ side, classes }) => {
      const { certain, ...coverage } = classCoverage(await side.classification(), classes);
      return { certain, ...coverage };
    },
  },
  asked: {
    ...{ needs: "conditions", better: "higher", usual: true },
    says: "share of samples of a class that the classifier finds to be of that class",
    compute: async ({ side }) => {
      const { classes } = await side.classification();
      const labels = side.labels as ArrayLike<number>;
      return { asked: classes.filter((found, i) => found === labels[i]).length / classes.length };
    },
  },
} satisfies Readonly<Record<string, ScoreRow>>;

export type ScoreName = keyof typeof rows;

/** The scores by name. */
export const scoreTable: Readonly<Record<ScoreName, ScoreRow>> = rows;

/** The names of the scores. */
export const scoreNames = /* @__PURE__ */ Object.keys(rows) as readonly ScoreName[];

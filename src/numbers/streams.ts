/**
 * Streams of random numbers: the first stream of every use in genloom. Philox finds a word by (seed, stream, step,
 * element), so two draws with the same seed and step need different streams to get different numbers. The random nodes
 * of a program take streams in order of creation, from 0 on unless its user gives another start. genloom's own uses
 * take higher streams. Changing one of these numbers changes the results of every seed.
 */

/** Order of the records in a training. */
export const orderStream = 0x1000_0000;

/**
 * Classes of the samples of a conditional model. Of their own, so that latents and all that follows have the same bits
 * whether classes are drawn or asked for.
 */
export const labelStream = 0x1100_0000;

/** Samples: the latents first, then other draws of a sampler. */
export const sampleStreams = 0x2000_0000;

/** Gibbs sweeps of sampling chains, and the initial states of these chains. */
export const sweepStreams = 0x2100_0000;
export const startStreams = 0x2200_0000;

/** Annealed chains, and their initial states. */
export const annealStreams = 0x2300_0000;
export const baseRateStreams = 0x2400_0000;

/** Evaluating and mapping records. */
export const evaluationStreams = 0x3000_0000;

/** Signals of a training. */
export const signalStreams = 0x3800_0000;

/** Samples that are fitted to the data when a training ends. */
export const fitStreams = 0x3a00_0000;

/** Initial values of variables. */
export const initialStreams = 0x4000_0000;

/** Seed of the steps after a divergence, drawn on the host. */
export const recoveryStream = 0x5000_0000;

/** Binarisation of grey values, drawn on the host. */
export const bitStream = 0x6269_7473;

/**
 * Data generated on the host, and its order: one stream per purpose, so that the same seed gives different numbers to
 * each.
 */
export const dataStreams = {
  shuffle: 0xda7a_0001,
  split: 0xda7a_0002,
  batch: 0xda7a_0003,
  evaluation: 0xda7a_0004,
  ring: 0xda7a_0011,
  grid: 0xda7a_0012,
  moons: 0xda7a_0013,
  spiral: 0xda7a_0014,
  checkerboard: 0xda7a_0015,
  digitLabels: 0xda7a_0021,
  digitImages: 0xda7a_0022,
  benchmark: 0xda7a_0031,
  metricOrder: 0xda7a_0041,
  metricPairs: 0xda7a_0042,
  metricProjections: 0xda7a_0043,
  metricRows: 0xda7a_0044,
  metricRandomRows: 0xda7a_0045,
  copulaScores: 0xda7a_0051,
  copulaSamples: 0xda7a_0052,
  tableModes: 0xda7a_0053,
} as const;

/** Values of the options of a sweep's trials, and their seeds, drawn on the host. */
export const trialValueStream = 0x5100_0000;
export const trialSeedStream = 0x5200_0000;

/** Number of streams reserved from each first stream; each stream in `dataStreams` is a single one. */
export const streamRanges: readonly (readonly [name: string, first: number, count: number])[] = [
  ["programs", 0, 2 ** 28],
  ["orderStream", orderStream, 1],
  ["labelStream", labelStream, 1],
  ["sampleStreams", sampleStreams, 2 ** 24],
  ["sweepStreams", sweepStreams, 2 ** 24],
  ["startStreams", startStreams, 2 ** 24],
  ["annealStreams", annealStreams, 2 ** 24],
  ["baseRateStreams", baseRateStreams, 2 ** 24],
  ["evaluationStreams", evaluationStreams, 2 ** 24],
  ["signalStreams", signalStreams, 2 ** 24],
  ["fitStreams", fitStreams, 2 ** 24],
  ["initialStreams", initialStreams, 2 ** 24],
  ["recoveryStream", recoveryStream, 1],
  ["trialValueStream", trialValueStream, 1],
  ["trialSeedStream", trialSeedStream, 1],
  ["bitStream", bitStream, 1],
];

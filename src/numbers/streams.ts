/**
 * Streams of random numbers: all first streams that genloom uses. A word of Philox is determined by (seed, stream,
 * step, element), so uses with the same seed and step need different streams, or they would get the same words. Random
 * nodes of a program take streams in order of creation, starting from the program's first one (default 0); genloom's
 * own streams are higher. Changing one of these numbers changes the results for a seed.
 */

/** The order in which training draws records. */
export const orderStream = 0x1000_0000;

/** Samples: latents, then other numbers that a sampler draws. */
export const sampleStreams = 0x2000_0000;

/** Gibbs sweeps over sampled chains, and the initial states of the chains. */
export const sweepStreams = 0x2100_0000;
export const startStreams = 0x2200_0000;

/** Annealing chains, and their initial states. */
export const annealStreams = 0x2300_0000;
export const baseRateStreams = 0x2400_0000;

/** Evaluation and encoding of records. */
export const evaluationStreams = 0x3000_0000;

/** Initial values of variables. */
export const initialStreams = 0x4000_0000;

/** Bits for grey values, drawn on the host. */
export const bitStream = 0x6269_7473;

/**
 * Generated data and orders of records on the host: one stream per purpose, so that one seed gives different numbers
 * for each.
 */
export const dataStreams = {
  shuffle: 0xda7a_0001,
  split: 0xda7a_0002,
  batch: 0xda7a_0003,
  ring: 0xda7a_0011,
  grid: 0xda7a_0012,
  moons: 0xda7a_0013,
  spiral: 0xda7a_0014,
  checkerboard: 0xda7a_0015,
  digitLabels: 0xda7a_0021,
  digitImages: 0xda7a_0022,
  benchmark: 0xda7a_0031,
} as const;

/** Number of streams available from each first one; those of data are single streams. */
export const streamRanges: readonly (readonly [name: string, first: number, count: number])[] = [
  ["programs", 0, 2 ** 28],
  ["orderStream", orderStream, 1],
  ["sampleStreams", sampleStreams, 2 ** 24],
  ["sweepStreams", sweepStreams, 2 ** 24],
  ["startStreams", startStreams, 2 ** 24],
  ["annealStreams", annealStreams, 2 ** 24],
  ["baseRateStreams", baseRateStreams, 2 ** 24],
  ["evaluationStreams", evaluationStreams, 2 ** 24],
  ["initialStreams", initialStreams, 2 ** 24],
  ["bitStream", bitStream, 1],
];

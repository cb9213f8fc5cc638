/**
 * Streams of random numbers: every first stream that genloom uses, in one place. A word of Philox is found by (seed, stream,
 * step, element), so what draws by the same seed and step has to draw in streams of its own, or it would see the same words. Random
 * nodes of a program take streams in order of creation from the program's first one, which is 0 where its user names none;
 * what genloom draws beside lies higher. These numbers are part of what a seed means: another value is another result.
 */

/** The order in which training draws records. */
export const orderStream = 0x1000_0000;

/** Samples: latents, then what else a sampler draws. */
export const sampleStreams = 0x2000_0000;

/** Gibbs sweeps over chains that are sampled, and the chains' first states. */
export const sweepStreams = 0x2100_0000;
export const startStreams = 0x2200_0000;

/** Annealed chains, and their first states. */
export const annealStreams = 0x2300_0000;
export const baseRateStreams = 0x2400_0000;

/** What records are evaluated or mapped by. */
export const evaluationStreams = 0x3000_0000;

/** First values of variables. */
export const initialStreams = 0x4000_0000;

/** Bits of grey values, drawn on the host. */
export const bitStream = 0x6269_7473;

/** Data made on the host, and its orders there: one for each purpose, so that one seed does not repeat itself. */
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

/** Streams that may be taken from each first one on; those of data are single. */
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

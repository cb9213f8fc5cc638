/** Diversity of images: mean multi-scale structural similarity of random pairs. */
import { randomSource } from "../data/random-source.js";
import { dataStreams } from "../numbers/streams.js";
import { checkNumber, checkNumbers, checkOptions, checkSeed, textOf } from "../options.js";
import { checkFeatures, type Features } from "./features.js";
import { checkImageShape, type ImageShape, imageSimilarity, msSsimScales } from "./ms-ssim.js";

export interface ImageDiversityOptions {
  /** Height, width and channels of an image. */
  readonly shape: ImageShape;
  /** Least and greatest value of a pixel. */
  readonly range: readonly [low: number, high: number];
  /** Class of each image, integers >= 0: pairs are drawn within a class. */
  readonly labels?: ArrayLike<number>;
  /** Pairs; of each class, if there are labels. Default 1,000, or 100 of each class. */
  readonly pairs?: number;
  /** Seed of the pairs; default 0. */
  readonly seed?: number;
}

export interface ImageDiversity {
  /** Mean similarity of the pairs, in [0, 1]; with labels, the mean of the classes' means. */
  readonly value: number;
  /** Standard deviation of the pairs' similarities (within classes) divided by the root of the number of pairs. */
  readonly standardError: number;
  /** Mean similarity of each class; NaN for one with less than two images. Only with labels. */
  readonly byClass?: readonly number[];
  /** Scales of the similarity: 5, or fewer for images whose shorter side is below 176. */
  readonly scales: number;
}

/**
 * Mean MS-SSIM of random pairs of different images: Odena, Olah, Shlens 2017, section 4.2, who draw 100 pairs in each class.
 * Less means more diverse. There is no absolute scale: compare with the value of the data, which a collapsed model exceeds.
 * @param images pixels, [count, height x width x channels]
 * @throws RangeError if there are less than two images (of any class), or if shape, labels or range do not fit
 * @example metrics.imageDiversity({ values: new Float32Array(2 * 144), count: 2, size: 144 }, { shape: [12, 12, 1], range: [0, 1] }).value // 1
 */
export function imageDiversity(images: Features, options: ImageDiversityOptions): ImageDiversity {
  const what = "imageDiversity";
  checkOptions(what, options, ["shape", "range", "labels", "pairs", "seed"]);
  checkFeatures(what, "images", images, 2);
  const { shape, range, labels, seed = 0, pairs = labels ? 100 : 1000 } = options;
  checkImages(what, images, options);
  checkSeed(what, seed);
  checkNumber(what, "pairs", pairs, { whole: true, atLeast: 1 });
  const image = (i: number) => images.values.subarray(i * images.size, (i + 1) * images.size);
  const groups = labels ? membersOf(what, labels, images.count) : [Array.from({ length: images.count }, (_, i) => i)];
  const similarities = groups.map((members, group) => {
    if (members.length < 2) return [];
    const source = randomSource(seed, dataStreams.metricPairs, group);
    return Array.from({ length: pairs }, () => {
      const first = source.integer(members.length);
      const other = source.integer(members.length - 1);
      const second = other < first ? other : other + 1;
      return imageSimilarity(image(members[first]), image(members[second]), { shape, range });
    });
  });
  const present = similarities.filter(({ length }) => length > 0);
  if (present.length === 0) throw new RangeError(`${what}: a class must have at least two images, found none that has`);
  const means = similarities.map((group) => group.reduce((sum, one) => sum + one, 0) / group.length);
  const value = means.reduce((sum, one) => sum + (Number.isNaN(one) ? 0 : one), 0) / present.length;
  const squares = similarities.flatMap((group, i) => group.map((one) => (one - means[i]) ** 2));
  const free = squares.length - present.length;
  const variance = squares.reduce((sum, one) => sum + one, 0) / free;
  return {
    value,
    standardError: free > 0 ? Math.sqrt(variance / squares.length) : Number.NaN,
    ...(labels ? { byClass: means } : {}),
    scales: msSsimScales(shape),
  };
}

function checkImages(what: string, { size }: Features, { shape, range }: ImageDiversityOptions): void {
  checkImageShape(what, shape);
  const [height, width, channels] = shape;
  if (height * width * channels !== size)
    throw new RangeError(`${what}: images must have ${shape.join(" x ")} values each, found ${size}`);
  checkNumbers(what, "range", range, { length: 2 });
  if (range[0] >= range[1])
    throw new RangeError(`${what}: range must be [low, high] with low < high, found ${textOf(range)}`);
}

/** Indices of the images of each class. */
function membersOf(what: string, labels: ArrayLike<number>, count: number): number[][] {
  checkNumbers(what, "labels", labels, { length: count, whole: true, atLeast: 0, below: 2 ** 24 });
  const groups: number[][] = [];
  for (let i = 0; i < count; i++) {
    while (groups.length <= labels[i]) groups.push([]);
    groups[labels[i]].push(i);
  }
  return groups;
}

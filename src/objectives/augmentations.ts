/**
 * Augmentations: random changes of all images that a GAN's discriminator sees, real and generated ones. They keep a
 * discriminator from learning a small data set by heart. Plain values, for the option `augment` of `gan`.
 */
import { makeKind } from "../kinds/kind.js";
import { withProbability } from "../layers/augment/chance.js";
import { cut } from "../layers/augment/cutout.js";
import { checkImages, moved, reachOf } from "../layers/augment/moves.js";
import { recoloured } from "../layers/augment/recolour.js";
import { type Tint, tinted } from "../layers/augment/tint.js";
import * as plane from "../layers/augment/warp.js";
import type { TensorLike } from "../ops/constant.js";
import { sqrt, sub } from "../ops/elementwise.js";
import type { Schedule } from "../optimizers/schedules.js";
import { shapeText } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";
import { type AdaptiveOptions, type Augmentation, augmentation } from "./augmentation.js";

export type { AdaptiveOptions, Augmentation };

export interface ProbabilityOption {
  /** Probability of each transformation of each image, from 0 to 1, or a schedule of it by training steps; default 1. */
  readonly probability?: number | Schedule;
}

const probabilityRule = { default: 1, part: "schedule", orNumber: true, atLeast: 0, atMost: 1 } as const;
const fraction = { atLeast: 0, below: 1 } as const;

export interface DiffOptions extends ProbabilityOption {
  /**
   * Changes brightness (adds -0.5 to 0.5), saturation (times 0 to 2) and contrast (times 0.5 to 1.5), in this order;
   * default true.
   */
  readonly colour?: boolean;
  /** Largest shift up, down, left and right, as a fraction of height and width; default 1/8; 0 for none. */
  readonly translation?: number;
  /** Height and width of a rectangle that is cut out, as a fraction of the image's; default 1/2; 0 for none. */
  readonly cutout?: number;
  /** Mirrors images left to right with probability 1/2; default false. */
  readonly flip?: boolean;
  /** Value of pixels that are moved in at the border or cut out; default 0. */
  readonly fill?: number;
}

/**
 * DiffAugment (Zhao et al. 2020, "Differentiable Augmentation for Data-Efficient GAN Training", section 3 and the paper's
 * code): colour, translation, cutout, in this order. For images [n, height, width, channels] with values in [-1, 1].
 * @throws TypeError for an unknown option, RangeError for a number outside of its range; `apply` throws RangeError if
 * the input does not have the shape of images
 * @example augmentations.diff({ cutout: 0 }).apply(randomNormal([5, 8, 8, 3]), 0.5).shape // [5, 8, 8, 3]
 * @example show(augmentations.diff().apply(t([[[[0.25]]]]), 0)) // [[[[0.25]]]]
 * @example augmentations.diff({ cutout: 2 }) // throws diff: cutout must be a finite number >= 0 and <= 1, found 2
 */
export const diff: (options?: DiffOptions) => Augmentation = /* @__PURE__ */ makeKind(
  "augmentation",
  {
    kind: "diff",
    options: {
      colour: { default: true },
      translation: { default: 1 / 8, ...fraction },
      cutout: { default: 0.5, atLeast: 0, atMost: 1 },
      flip: { default: false },
      fill: { default: 0 },
      probability: probabilityRule,
    },
    make: ({ colour, translation, cutout, flip, fill, probability }: Required<DiffOptions>) => ({
      probability,
      apply(images: Tensor, p: TensorLike) {
        checkImages(images, "diff");
        const chance = withProbability(p);
        const reach = reachOf(images, translation);
        const coloured = colour ? recoloured(images, chance) : images;
        const shifted = flip || reach[0] + reach[1] > 0 ? moved(coloured, { reach, flip, fill }, chance) : coloured;
        return cutout > 0 ? cut(shifted, cutout, fill, chance) : shifted;
      },
    }),
  },
  augmentation,
);

export interface PipelineOptions extends ProbabilityOption, Partial<Tint> {
  /** Mirrors images left to right with probability 1/2; default true. */
  readonly flip?: boolean;
  /** Turns images by 0, 90, 180 or 270 degrees; images must be square; default true. */
  readonly quarterTurns?: boolean;
  /** Largest shift by whole pixels, as a fraction of height and width; default 1/8; 0 for none. */
  readonly translation?: number;
  /** Standard deviation of the logarithm, to base 2, of the size; default 0.2; 0 for none. */
  readonly scale?: number;
  /** Largest turn by any angle, before and after stretching, as a fraction of half a turn; default 1; 0 for none. */
  readonly rotation?: number;
  /** Standard deviation of the logarithm, to base 2, of the width, whose inverse is the height; default 0.2; 0 for none. */
  readonly stretch?: number;
  /** Standard deviation of a shift by parts of pixels, as a fraction of height and width; default 1/8; 0 for none. */
  readonly shift?: number;
  /** Height and width of a rectangle that is cut out, as a fraction of the image's; default 0, for none. */
  readonly cutout?: number;
  /** Value of pixels outside of the image; default 0. */
  readonly fill?: number;
}

const deviation = { atLeast: 0 } as const;

/** The maps of the plane that these options ask for, the first one nearest to the image. */
function mapsOf(images: Tensor, options: Required<PipelineOptions>, p: TensorLike): plane.PlaneMap[] {
  const { flip, quarterTurns, translation, scale, rotation, stretch, shift } = options;
  const [, h, w] = images.shape;
  if (quarterTurns && h !== w)
    throw new RangeError(
      `pipeline: images must be square for quarterTurns, found ${shapeText(images.shape)}; quarterTurns: false allows others`,
    );
  const reach = reachOf(images, translation);
  // Of two rotations each has the probability with which at least one is applied with probability p.
  const share = withProbability(p === 1 ? 1 : sub(1, sqrt(sub(1, p))));
  const turn: plane.PlaneMap = (points, count, chance) =>
    plane.rotation(rotation * Math.PI)(points, count, stretch > 0 ? share : chance);
  return [
    ...(flip ? [plane.mirror] : []),
    ...(quarterTurns ? [plane.quarterTurn] : []),
    ...(reach[0] + reach[1] > 0 ? [plane.wholeShift(reach)] : []),
    ...(scale > 0 ? [plane.scale(scale)] : []),
    ...(rotation > 0 ? [turn] : []),
    ...(stretch > 0 ? [plane.stretch(stretch)] : []),
    ...(rotation > 0 && stretch > 0 ? [turn] : []),
    ...(shift > 0 ? [plane.shift([h * shift, w * shift])] : []),
  ];
}

/**
 * The pipeline of Karras et al. 2020 ("Training Generative Adversarial Networks with Limited Data", appendix B): maps of
 * the plane, then colours, then cutout, for images [n, height, width, channels] with values in [-1, 1]. Defaults are those
 * of the paper's best choice, which has no cutout. It differs from the paper in two points: interpolation is bilinear
 * without a filter against aliasing, and `fill` surrounds the images instead of their reflection. The generator imitates
 * changes that most images show, so the probability should stay below 0.8: use it with `adaptive` or a probability.
 * @throws TypeError for an unknown option, RangeError for a number outside of its range; `apply` throws RangeError if
 * the input does not have the shape of images
 * @example augmentations.pipeline({ cutout: 0.5 }).apply(randomNormal([5, 8, 8, 3]), 0.5).shape // [5, 8, 8, 3]
 * @example show(augmentations.pipeline().apply(t([[[[0.25], [0.5]], [[0.75], [1]]]]), 0)) // [[[[0.25], [0.5]], [[0.75], [1]]]]
 * @example augmentations.pipeline().apply(randomNormal([5, 8, 6, 1]), 1) // throws pipeline: images must be square for quarterTurns, found [5, 8, 6, 1]
 */
export const pipeline: (options?: PipelineOptions) => Augmentation = /* @__PURE__ */ makeKind(
  "augmentation",
  {
    kind: "pipeline",
    options: {
      flip: { default: true },
      quarterTurns: { default: true },
      translation: { default: 1 / 8, ...fraction },
      scale: { default: 0.2, ...deviation },
      rotation: { default: 1, atLeast: 0, atMost: 1 },
      stretch: { default: 0.2, ...deviation },
      shift: { default: 1 / 8, ...deviation },
      brightness: { default: 0.2, ...deviation },
      contrast: { default: 0.5, ...deviation },
      lumaFlip: { default: true },
      hue: { default: 1, atLeast: 0, atMost: 1 },
      saturation: { default: 1, ...deviation },
      cutout: { default: 0, atLeast: 0, atMost: 1 },
      fill: { default: 0 },
      probability: probabilityRule,
    },
    make: (options: Required<PipelineOptions>) => ({
      probability: options.probability,
      apply(images: Tensor, p: TensorLike) {
        checkImages(images, "pipeline");
        const chance = withProbability(p);
        const maps = mapsOf(images, options, p);
        const seen = maps.length > 0 ? plane.warped(images, maps, options.fill, chance) : images;
        const coloured = tinted(seen, options, chance);
        return options.cutout > 0 ? cut(coloured, options.cutout, options.fill, chance) : coloured;
      },
    }),
  },
  augmentation,
);

/**
 * Adaptive augmentation (Karras et al. 2020, "Training Generative Adversarial Networks with Limited Data", section 3): the
 * probability starts at 0. After every fourth batch it rises if the mean sign of the discriminator's logits of real images
 * in these batches is above the target, a sign of overfitting, and falls if it is below. The probability is a variable of the training,
 * saved in checkpoints. The loss must have positive logits for real records: not `wasserstein` or
 * `relativistic`, which only compare logits.
 * @param augmentation one without a probability of its own
 * @throws TypeError for an unknown option, RangeError for a number outside of its range or if the augmentation has a
 * probability
 * @example augmentations.adaptive(augmentations.diff({ flip: true })).config.target // 0.6
 * @example augmentations.adaptive(augmentations.diff({ probability: 0.5 })) // throws adaptive: its augmentation must not have a probability of its own
 */
export const adaptive: (augmentation: Augmentation, options?: AdaptiveOptions) => Augmentation =
  /* @__PURE__ */ makeKind(
    "augmentation",
    {
      kind: "adaptive",
      options: {
        augmentation: { part: "augmentation" },
        target: { default: 0.6, atLeast: -1, atMost: 1 },
        images: { default: 500_000, above: 0 },
        every: { default: 4, atLeast: 1, whole: true },
        most: { default: 1, atLeast: 0, atMost: 1 },
      },
      positional: ["augmentation"],
      check({ augmentation: inner }: { augmentation: Augmentation }) {
        if (inner.adaptive || (inner.probability ?? 1) !== 1)
          throw new RangeError(
            `adaptive: its augmentation must not have a probability of its own, found one in ${inner.config.kind}`,
          );
      },
      make: ({ augmentation: inner, ...options }: Required<AdaptiveOptions> & { augmentation: Augmentation }) => ({
        adaptive: options,
        apply: (images: Tensor, p: TensorLike) => inner.apply(images, p),
      }),
    },
    augmentation,
  );

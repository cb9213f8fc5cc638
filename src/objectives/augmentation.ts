/**
 * An augmentation as a value: the random changes of images, and their place in the training step of a GAN. They act in
 * front of the discriminator, with a probability that training may move.
 */
import type { KindConfig } from "../kinds/kind.js";
import { zeros } from "../layers/initializers.js";
import type { Updates } from "../layers/layer.js";
import { meanOfRanks, wholeBatch } from "../ops/all-reduce.js";
import type { TensorLike } from "../ops/constant.js";
import { add, clamp, lessEqual, mul, sign, sub, where } from "../ops/elementwise.js";
import { mean } from "../ops/reduction.js";
import type { Schedule } from "../optimizers/schedules.js";
import { Tensor } from "../graph/tensor.js";
import { Variable } from "../graph/variable.js";
import type { AdversarialLoss } from "./adversarial.js";

export interface AdaptiveOptions {
  /** The mean sign of the discriminator's logits of real images that training aims at, from -1 to 1; default 0.6. */
  readonly target?: number;
  /** Real images in which the probability can rise from 0 to 1; default 500,000. */
  readonly images?: number;
  /** Batches between two changes of the probability; default 4. */
  readonly every?: number;
  /** Largest probability; default 1. */
  readonly most?: number;
}

/** What a kind of augmentation makes. */
export interface Changes {
  /**
   * Images [n, height, width, channels], each changed at random: each transformation is applied to each image with the given
   * probability, a number or a scalar. Gradients flow to the images.
   */
  apply(images: Tensor, probability: TensorLike): Tensor;
  /** The probability, or its schedule by training steps; default 1. */
  readonly probability?: number | Schedule;
  /** How training moves the probability; undefined if it does not. */
  readonly adaptive?: Required<AdaptiveOptions>;
}

export interface Augmentation extends Changes {
  /** As JSON; `fromConfig("augmentation", config)` reads it back. */
  readonly config: KindConfig;
  /**
   * Prepares the training of a GAN with a loss: returns a function that adds the augmentation to a training step.
   * Throws RangeError if the probability is adaptive and the loss only compares logits.
   */
  training(loss: AdversarialLoss): (step: Step) => StepAugmentation;
}

type Discriminate = (x: Tensor, updating?: boolean) => Tensor;

/** Augmentation in one training step. */
export interface StepAugmentation {
  /** The discriminator with the augmentation in front of it. A tensor that is judged again is changed in the same way. */
  readonly discriminate: Discriminate;
  /** Moves an adaptive probability by the logits of real images, which must have been judged in this step. */
  observe(real: Tensor): void;
  /** The probability at the end of the step, if it can change from step to step: a scalar to report. */
  reported(): { readonly augmentation?: Tensor };
}

/** What a training step gives. */
export interface Step {
  readonly batchSize: number;
  readonly updates: Updates;
  readonly discriminate: Discriminate;
  /** Number of training steps so far, a scalar. */
  step(): Tensor;
}

/** Losses that only compare logits, whose sign therefore does not tell real from generated. */
const comparing = ["wasserstein", "relativistic"];

/** See `Augmentation.training`. */
function training(changes: Changes, loss: AdversarialLoss): (step: Step) => StepAugmentation {
  const { adaptive, probability = 1 } = changes;
  const { kind } = loss.config;
  const { undecided = 0 } = loss;
  if (adaptive && comparing.includes(kind))
    throw new RangeError(
      `gan: the loss must have positive logits for real records with adaptive augmentation, found ${kind}, which only compares logits`,
    );
  const variable = (name: string) => new Variable({ name: `augment/${name}`, shape: [], initializer: zeros });
  const [moving, signs, batches] = ["probability", "signs", "batches"].map(variable);
  return ({ batchSize, updates, discriminate, step }) => {
    const present = (one: Variable): Tensor => updates.get(one) ?? one;
    // A schedule's value may be above 1 by rounding, or by a kind of a user's own, and has no root of 1 - p then.
    const fixed: TensorLike = typeof probability === "number" ? probability : clamp(probability.at(step()), 0, 1);
    const chance = () => (adaptive ? present(moving) : fixed);
    const changed = new Map<Tensor, Tensor>();
    const judged = new Map<Tensor, Tensor>();
    return {
      discriminate(x, updating) {
        const seen = changed.get(x) ?? changes.apply(x, chance());
        changed.set(x, seen);
        const logits = discriminate(seen, updating);
        if (!judged.has(x)) judged.set(x, logits);
        return logits;
      },
      observe(real) {
        if (!adaptive) return;
        const { target, images, every, most } = adaptive;
        const mark = meanOfRanks(mean(sign(sub(judged.get(real) as Tensor, undecided))), "the signs of logits");
        const [sum, number] = [add(present(signs), mark), add(present(batches), 1)];
        const due = lessEqual(every, number);
        const move = mul(sign(sub(sum, every * target)), (wholeBatch(batchSize) * every) / images);
        updates.set(moving, where(due, clamp(add(present(moving), move), 0, most), present(moving)));
        updates.set(signs, where(due, 0, sum));
        updates.set(batches, where(due, 0, number));
      },
      reported() {
        const value = chance();
        return value instanceof Tensor ? { augmentation: value } : {};
      },
    };
  };
}

/** Adds the training to what a kind made. */
export const augmentation = (changes: Changes & Pick<Augmentation, "config">): Augmentation =>
  Object.assign(changes, { training: (loss: AdversarialLoss) => training(changes, loss) });

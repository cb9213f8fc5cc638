/** Augmentation of the images that a GAN's discriminator sees, and the probability of it, which training may move. */
import { zeros } from "../../layers/initializers.js";
import type { Updates } from "../../layers/layer.js";
import type { AdversarialLoss } from "../../objectives/adversarial.js";
import type { Augmentation } from "../../objectives/augmentations.js";
import type { TensorLike } from "../../ops/constant.js";
import { add, clamp, lessEqual, mul, sign, sub, where } from "../../ops/elementwise.js";
import { mean } from "../../ops/reduction.js";
import { Tensor } from "../../graph/tensor.js";
import { Variable } from "../../graph/variable.js";

/** Augmentation in one training step. */
export interface StepAugmentation {
  /** The images as the discriminator sees them. The same images are changed alike whenever they are seen in a step. */
  seen(images: Tensor): Tensor;
  /** Takes the discriminator's logits of a batch of real images, by which an adaptive probability moves. */
  observe(realLogits: Tensor): void;
  /** The probability at the end of the step, a scalar, if training changes it. */
  readonly probability: Tensor | undefined;
}

/** What a training step gives. */
export interface Step {
  readonly batchSize: number;
  readonly updates: Updates;
  /** Number of training steps so far, a scalar. */
  count(): Tensor;
}

/** Losses that only compare logits, whose sign therefore does not tell real from generated. */
const comparing = ["wasserstein", "relativistic"];

/** The augmentation of a GAN's training steps. Throws RangeError if it is adaptive and the loss only compares logits. */
export function augmentationOf(augmentation: Augmentation, loss: AdversarialLoss): (step: Step) => StepAugmentation {
  const { adaptive, probability = 1 } = augmentation;
  const { kind } = loss.config;
  if (adaptive && comparing.includes(kind))
    throw new RangeError(
      `gan: the loss must have positive logits for real records with adaptive augmentation, found ${kind}, which only compares logits`,
    );
  const variable = (name: string) => new Variable({ name: `augment/${name}`, shape: [], initializer: zeros });
  const [moving, signs, batches] = ["probability", "signs", "batches"].map(variable);
  return ({ batchSize, updates, count }) => {
    const present = (one: Variable): Tensor => updates.get(one) ?? one;
    const fixed: TensorLike = typeof probability === "number" ? probability : probability.at(count());
    const chance = () => (adaptive ? present(moving) : fixed);
    const known = new Map<Tensor, Tensor>();
    return {
      seen(images) {
        const made = known.get(images) ?? augmentation.apply(images, chance());
        known.set(images, made);
        return made;
      },
      observe(realLogits) {
        if (!adaptive) return;
        const { target, images, every, most } = adaptive;
        const [sum, number] = [add(present(signs), mean(sign(realLogits))), add(present(batches), 1)];
        const due = lessEqual(every, number);
        const move = mul(sign(sub(sum, every * target)), (batchSize * every) / images);
        updates.set(moving, where(due, clamp(add(present(moving), move), 0, most), present(moving)));
        updates.set(signs, where(due, 0, sum));
        updates.set(batches, where(due, 0, number));
      },
      get probability() {
        const value = chance();
        return value instanceof Tensor ? value : undefined;
      },
    };
  };
}

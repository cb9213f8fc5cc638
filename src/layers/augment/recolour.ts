/** Colours changed as in differentiable augmentation (Zhao et al. 2020): brightness, saturation, contrast. */
import type { Tensor } from "../../graph/tensor.js";
import { add, mul, sub } from "../../ops/elementwise.js";
import { randomUniform } from "../../ops/random.js";
import { mean } from "../../ops/reduction.js";
import { always, type Chance, ifChanged } from "./chance.js";

/**
 * Images [n, h, w, c]: -0.5 to 0.5 is added to the values, then the distance of each pixel to its mean over the channels
 * is multiplied by 0 to 2, then the distance to the image's mean by 0.5 to 1.5.
 */
export function recoloured(x: Tensor, chance: Chance = always): Tensor {
  const [n] = x.shape;
  const drawn = (low: number, high: number, identity: number) => {
    const value = randomUniform([n, 1, 1, 1], { low, high });
    return ifChanged(chance(n, 4), value, identity);
  };
  const around = (image: Tensor, axes: readonly number[], by: Tensor) => {
    const middle = mean(image, { axes, keepAxes: true });
    return add(middle, mul(sub(image, middle), by));
  };
  const saturated = around(add(x, drawn(-0.5, 0.5, 0)), [3], drawn(0, 2, 1));
  return around(saturated, [1, 2, 3], drawn(0.5, 1.5, 1));
}

/** Images with a rectangle cut out of each. */
import type { Shape } from "../../graph/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import { abs, add, less, maximum, mul, sub, where } from "../../ops/elementwise.js";
import { always, type Chance } from "./chance.js";
import { counting, pick } from "./moves.js";

/**
 * Images [n, h, w, c] with a rectangle of h * part by w * part in each replaced by `fill`; up to half of each side may
 * lie outside.
 */
export function cut(x: Tensor, part: number, fill: number, chance: Chance = always): Tensor {
  const [n, h, w] = x.shape;
  const outside = (length: number, counted: Shape) => {
    const size = Math.round(length * part);
    // The centre lies between two pixels if the size is even, otherwise on a pixel.
    const odd = size % 2;
    const centre = pick(n, length + 1 - odd, 4);
    return less(size / 2, abs(sub(add(counting(length, counted), 0.5 - odd / 2), centre)));
  };
  const kept = maximum(outside(h, [1, h, 1, 1]), outside(w, [1, 1, w, 1]));
  const cutting = chance(n, 4);
  // Exact where nothing is cut out, unlike the sum below, whose bits `layers.augment` keeps.
  if (cutting) return where(where(cutting, kept, 1), x, fill);
  return fill === 0 ? mul(x, kept) : add(mul(sub(x, fill), kept), fill);
}

/** What lets a discriminator see how much the records of a batch differ. */
import { minibatchStd as appended, type MinibatchStdOptions } from "../ops/minibatch.js";
import { checkNumber, checkOptions } from "../options.js";
import { within } from "./input-rule.js";
import type { Layer } from "./layer.js";

/**
 * Appends a channel with the mean deviation over groups of records (Karras et al. 2018, section 3). No variables.
 * @example shape(layers.minibatchStd(), 8, 4, 4, 16) // [8, 4, 4, 17]
 */
export function minibatchStd(options: MinibatchStdOptions = {}): Layer {
  checkOptions("minibatchStd", options, ["groupSize", "epsilon"]);
  const { groupSize = 4, epsilon = 1e-8 } = options;
  checkNumber("minibatchStd", "groupSize", groupSize, { atLeast: 1, whole: true });
  checkNumber("minibatchStd", "epsilon", epsilon, { above: 0 });
  return {
    config: { kind: "minibatchStd", groupSize, epsilon },
    apply: (x, scope) => within("minibatchStd", scope, () => appended(x, { groupSize, epsilon })),
  };
}

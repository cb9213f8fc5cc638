/** A layer that shows a discriminator how much the records of a batch differ. */
import { makeKind } from "../kinds/kind.js";
import { gatherRanks, rowsOfRank } from "../ops/all-reduce.js";
import { minibatchStd as appended, type MinibatchStdOptions } from "../ops/minibatch.js";
import { within } from "./input-rule.js";
import type { Layer } from "./layer.js";

/**
 * Appends a channel with the mean standard deviation over groups of records (Karras et al. 2018, section 3).
 * No variables.
 * @example shape(layers.minibatchStd(), 8, 4, 4, 16) // [8, 4, 4, 17]
 */
export const minibatchStd: (options?: MinibatchStdOptions) => Layer = /* @__PURE__ */ makeKind("layer", {
  kind: "minibatchStd",
  options: { groupSize: { default: 4, atLeast: 1, whole: true }, epsilon: { default: 1e-8, above: 0 } },
  make: (options: Required<MinibatchStdOptions>) => ({
    apply: (x, scope) =>
      within("minibatchStd", scope, () => rowsOfRank(appended(gatherRanks(x, "features for minibatchStd"), options))),
  }),
});

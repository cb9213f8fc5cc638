/**
 * THE table: one row per operation, layer, loss, penalty, likelihood and objective. From it come the f64 gradient checks of orders 1 and 2
 * (`gradient.test.ts`), the f32 kernels against the reference, bit-equality for any number of lanes, and the kernel
 * benchmarks. A row is built `instances` times, each time with other shapes and values; see `case-random.ts`.
 *
 * A row's name is its function's name (`layers.`, `losses.` and so on before it), perhaps followed by a space
 * and a variant.
 */
import { CaseRandom, instances } from "./case-random.js";
import { augmentationCases } from "./cases/augmentations.js";
import { likelihoodCases, objectiveCases, posteriorCases } from "./cases/bounds.js";
import type { Built, Case } from "./cases/case.js";
import { categoricalCases } from "./cases/categorical.js";
import { convolutionCases } from "./cases/convolution.js";
import { elementwiseCases } from "./cases/elementwise.js";
import { imageCases } from "./cases/images.js";
import { indexingCases } from "./cases/indexing.js";
import { layerCases } from "./cases/layers.js";
import { loopCases } from "./cases/loops.js";
import { lossCases, penaltyCases } from "./cases/losses.js";
import { movementCases } from "./cases/movement.js";
import { normalizationCases } from "./cases/normalization.js";
import { productCases } from "./cases/product.js";
import { randomCases } from "./cases/random.js";
import { rankCases } from "./cases/ranks.js";
import { reductionCases } from "./cases/reduction.js";

/** `Case.tolerance` where a row gives none. */
export const defaultTolerance = 2e-6;

export const operationCases: readonly Case[] = [
  ...elementwiseCases,
  ...movementCases,
  ...reductionCases,
  ...productCases,
  ...convolutionCases,
  ...imageCases,
  ...normalizationCases,
  ...indexingCases,
  ...randomCases,
  ...loopCases,
  ...categoricalCases,
];

const prefixed = (prefix: string, rows: readonly Case[]) =>
  rows.map((row) => ({ ...row, name: `${prefix}.${row.name}` }));

export const cases: readonly Case[] = [
  ...operationCases,
  ...rankCases,
  ...prefixed("layers", layerCases),
  ...prefixed("losses", lossCases),
  ...prefixed("penalties", penaltyCases),
  ...prefixed("augmentations", augmentationCases),
  ...prefixed("likelihoods", likelihoodCases),
  ...prefixed("objectives", objectiveCases),
  ...prefixed("posteriors", posteriorCases),
];

/** One build of a row, with its input values drawn. */
export interface Instance extends Built {
  readonly index: number;
  readonly values: readonly Float64Array[];
}

/** All builds of a row: small ones for gradient checks, large ones for kernels. */
export function* instancesOf(row: Case, size: "small" | "large"): Generator<Instance> {
  for (let index = 0; index < instances; index++) {
    const random = new CaseRandom(row.name, index, size === "large");
    const built = row.build(random);
    const values = built.inputs.map(({ shape, domain }) =>
      domain(
        shape.reduce((product, length) => product * length, 1),
        random,
      ),
    );
    yield { ...built, index, values };
  }
}

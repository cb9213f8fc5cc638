/** Rows of layers that read the classes of their records. The labels are an input of the row like any other. */
import * as L from "#src/layers/index";
import type { Shape } from "#src/graph/shape";
import { type CaseRandom, domains } from "../case-random.js";
import type { LayerPlan } from "./layer-plan.js";

/** Vectors or images, perhaps none. */
const records = (random: CaseRandom): Shape => {
  const lead = random.index === 0 ? 0 : random.integer(1, 5);
  const channels = random.length();
  return random.chance(0.5) ? [lead, channels] : [lead, random.integer(1, 3), random.integer(1, 3), channels];
};

const plan = (
  name: string,
  make: (random: CaseRandom, classes: number) => L.Layer,
  shapeOf: (random: CaseRandom) => Shape = records,
): LayerPlan => ({
  name,
  tolerance: 1e-5,
  plan(random) {
    const classes = random.integer(2, 5);
    return { layer: make(random, classes), shape: shapeOf(random), classes };
  },
});

/** As of `batchNorm`: two values of each channel or more, whose variances do not vanish. */
const batchNorm = (name: string, training: boolean): LayerPlan => ({
  name,
  tolerance: 1e-4,
  plan(random) {
    const classes = random.integer(2, 4);
    const shape = [random.integer(2, 4), random.integer(1, 3), random.integer(1, 3), random.integer(1, 4)];
    const layer = L.conditionalBatchNorm(classes, { epsilon: 0.1 });
    return { layer, shape, classes, training, values: { variance: domains.positive } };
  },
});

/** The same for records that have several classes. */
const several = (one: LayerPlan): LayerPlan => ({
  ...one,
  name: `${one.name} of several classes`,
  plan: (random) => ({ ...one.plan(random), several: true }),
});

const plans: readonly LayerPlan[] = [
  plan("film", (_random, classes) => L.film(classes)),
  plan("joinLabel", (random, classes) => L.joinLabel(classes, random.length())),
  plan(
    "projection",
    (random, classes) => L.projection(classes, { bias: random.chance(0.7) }),
    (random) => [random.index === 0 ? 0 : random.integer(1, 5), random.length()],
  ),
];

export const conditionalPlans: readonly LayerPlan[] = [
  batchNorm("conditionalBatchNorm", true),
  batchNorm("conditionalBatchNorm outside of training", false),
  ...plans,
  ...plans.map(several),
];

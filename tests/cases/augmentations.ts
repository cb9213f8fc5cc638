/** Rows of augmentations. Their random numbers do not depend on the images, so they are differentiated as fixed maps. */
import * as augmentations from "#src/objectives/augmentations";
import { type CaseRandom, domains } from "../case-random.js";
import type { Case } from "./case.js";

const row = (
  name: string,
  make: (random: CaseRandom) => augmentations.Augmentation,
  probability: (random: CaseRandom) => number,
  tolerance: number,
): Case => ({
  name,
  order: 2,
  tolerance,
  build(random) {
    const side = random.integer(1, random.large ? 9 : 3);
    const shape = [random.integer(1, random.large ? 6 : 3), side, side, random.integer(1, 4)];
    const [augmentation, p] = [make(random), probability(random)];
    return {
      inputs: [{ name: "images", shape, domain: domains.real }],
      apply: ([images]) => augmentation.apply(images, p),
    };
  },
});

const diff = (random: CaseRandom) =>
  augmentations.diff({
    colour: random.chance(0.7),
    translation: random.pick([0, 1 / 8, 0.5]),
    cutout: random.pick([0, 0.5]),
    flip: random.chance(0.5),
    fill: random.pick([0, -1]),
  });

const pipeline = (random: CaseRandom) =>
  augmentations.pipeline({
    flip: random.chance(0.7),
    quarterTurns: random.chance(0.7),
    translation: random.pick([0, 0.4]),
    scale: random.pick([0, 0.2]),
    rotation: random.pick([0, 1]),
    stretch: random.pick([0, 0.2]),
    shift: random.pick([0, 1 / 8]),
    brightness: random.pick([0, 0.2]),
    contrast: random.pick([0, 0.5]),
    lumaFlip: random.chance(0.5),
    hue: random.pick([0, 1]),
    saturation: random.pick([0, 1]),
    cutout: random.pick([0, 0.5]),
    fill: random.pick([0, -1]),
  });

const always = () => 1;
const sometimes = (random: CaseRandom) => random.pick([0, 0.3, 0.8]);

export const augmentationCases: readonly Case[] = [
  row("diff", diff, always, 2e-5),
  row("diff with a probability", diff, sometimes, 2e-5),
  row("pipeline", pipeline, always, 1e-4),
  row("pipeline with a probability", pipeline, sometimes, 1e-4),
  row("adaptive", (random) => augmentations.adaptive(diff(random)), sometimes, 2e-5),
];

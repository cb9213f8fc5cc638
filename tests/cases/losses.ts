/** Rows of losses and penalties: one per function of each. */
import type { AdversarialLoss } from "#src/objectives/losses";
import { fromConfig, kindNames } from "#src/models/from-config";
import { add, tanh } from "#src/ops/elementwise";
import { matmul } from "#src/ops/matmul";
import type { Penalty } from "#src/objectives/penalties";
import type { Shape } from "#src/graph/shape";
import type { Tensor } from "#src/graph/tensor";
import { domains } from "../case-random.js";
import type { Case } from "./case.js";

const { between, positive, real } = domains;

/** Losses that compare real and fake records in pairs: both have one shape, and the generator's loss reads both. */
const paired = new Set(["relativistic"]);

// `between` keeps away from the corners of the hinge at -1 and 1.
function lossRows(kind: string, loss: AdversarialLoss, variant = ""): Case[] {
  const rank = { minRank: 1, maxRank: 2, full: true } as const;
  const input = (name: string, shape: Shape) => ({ name, shape, domain: between });
  return [
    {
      name: `${kind} discriminator${variant}`,
      order: 2,
      tolerance: 1e-5,
      build(random) {
        const shape = random.shape(rank);
        const inputs = [input("real", shape), input("fake", paired.has(kind) ? shape : random.shape(rank))];
        return { inputs, apply: ([realLogits, fakeLogits]) => loss.discriminator(realLogits, fakeLogits) };
      },
    },
    {
      name: `${kind} generator${variant}`,
      order: 2,
      tolerance: 1e-5,
      build(random) {
        const shape = random.shape(rank);
        const inputs = [input("fake", shape), ...(paired.has(kind) ? [input("real", shape)] : [])];
        return { inputs, apply: ([fake, real]) => loss.generator(fake, () => real) };
      },
    },
  ];
}

/**
 * A penalty on a discriminator of one hidden layer, differentiated by its weights, by the records, and by the step if its
 * weight is a schedule.
 */
function penaltyRow(kind: string, penalty: Penalty, variant = ""): Case {
  return {
    name: `${kind}${variant}`,
    order: 2,
    tolerance: 1e-4,
    build(random) {
      const [batch, features, hidden] = [random.length(), random.length(), random.length()];
      const inputs = [
        { name: "real", shape: [batch, features], domain: real },
        { name: "fake", shape: [batch, features], domain: real },
        { name: "w1", shape: [features, hidden], domain: real },
        { name: "b1", shape: [hidden], domain: real },
        { name: "w2", shape: [hidden, 1], domain: real },
        ...(scheduled(penalty) ? [{ name: "step", shape: [], domain: positive }] : []),
      ];
      return {
        inputs,
        apply([x, fake, w1, b1, w2, step]) {
          const discriminate = (at: Tensor) => matmul(tanh(add(matmul(at, w1), b1)), w2);
          return penalty.apply({ discriminate, real: x, fake, step: () => step });
        },
      };
    },
  };
}

const scheduled = ({ config }: Penalty) => typeof config.weight === "object";

const smoothable = ["minimax", "nonSaturating", "leastSquares"];

export const lossCases: readonly Case[] = [
  ...kindNames("loss").flatMap((kind) => lossRows(kind, fromConfig("loss", { kind }))),
  ...smoothable.flatMap((kind) => lossRows(kind, fromConfig("loss", { kind, smoothing: 0.1 }), ", smoothing")),
];

/** Falls smoothly, so that it can be differentiated by the step. */
const weight = { kind: "exponential", from: 2, decay: 0.5, steps: 3 };

export const penaltyCases: readonly Case[] = kindNames("penalty").flatMap((kind) => [
  penaltyRow(kind, fromConfig("penalty", { kind })),
  penaltyRow(kind, fromConfig("penalty", { kind, every: 4 }), " of every 4th step"),
  penaltyRow(kind, fromConfig("penalty", { kind, weight }), " with a scheduled weight"),
]);

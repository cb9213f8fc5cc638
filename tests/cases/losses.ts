/** Rows of losses and penalties: one per function of each. */
import type { AdversarialLoss } from "#src/objectives/losses";
import { fromConfig, kindNames } from "#src/models/from-config";
import { add, tanh } from "#src/ops/elementwise";
import { matmul } from "#src/ops/matmul";
import type { Penalty } from "#src/objectives/penalties";
import type { Tensor } from "#src/graph/tensor";
import { domains } from "../case-random.js";
import type { Case } from "./case.js";

const { between, real } = domains;

// `between` keeps away from the corners of the hinge at -1 and 1.
function lossRows(kind: string, loss: AdversarialLoss): Case[] {
  const rank = { minRank: 1, maxRank: 2, full: true } as const;
  return [
    {
      name: `${kind} discriminator`,
      order: 2,
      tolerance: 1e-5,
      build(random) {
        const inputs = ["real", "fake"].map((name) => ({ name, shape: random.shape(rank), domain: between }));
        return { inputs, apply: ([realLogits, fakeLogits]) => loss.discriminator(realLogits, fakeLogits) };
      },
    },
    {
      name: `${kind} generator`,
      order: 2,
      tolerance: 1e-5,
      build(random) {
        return {
          inputs: [{ name: "fake", shape: random.shape(rank), domain: between }],
          apply: ([fake]) => loss.generator(fake),
        };
      },
    },
  ];
}

/** A penalty on a discriminator of one hidden layer, differentiated by its weights and by the records. */
function penaltyRow(kind: string, penalty: Penalty): Case {
  return {
    name: kind,
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
      ];
      return {
        inputs,
        apply([x, fake, w1, b1, w2]) {
          const discriminate = (at: Tensor) => matmul(tanh(add(matmul(at, w1), b1)), w2);
          return penalty.apply({ discriminate, real: x, fake });
        },
      };
    },
  };
}

export const lossCases: readonly Case[] = kindNames("loss").flatMap((kind) =>
  lossRows(kind, fromConfig("loss", { kind })),
);

export const penaltyCases: readonly Case[] = kindNames("penalty").map((kind) =>
  penaltyRow(kind, fromConfig("penalty", { kind })),
);

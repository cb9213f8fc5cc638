/** Rows of what variational autoencoders are made of: likelihoods, posteriors, objectives. */
import { Network, Scope } from "#src/layers/layer";
import {
  bernoulli,
  categorical,
  discretisedLogistic,
  gaussian,
  type Likelihood,
  tabular,
} from "#src/objectives/likelihoods";
import { beta, elbo, iwae, type Objective } from "#src/objectives/bounds";
import { constant } from "#src/ops/constant";
import { add } from "#src/ops/elementwise";
import { cast } from "#src/ops/indexing";
import { sum } from "#src/ops/reduction";
import { diagonalNormal } from "#src/objectives/posteriors";
import { linear } from "#src/optimizers/schedules";
import type { Tensor } from "#src/graph/tensor";
import type { Variable } from "#src/graph/variable";
import { type Domain, domains } from "../case-random.js";
import type { Case } from "./case.js";

const { real } = domains;

/** Values on 5 levels from -1 to 1. */
const levels: Domain = (count, random) => Float64Array.from({ length: count }, () => random.integer(-2, 2) / 2);

/** Within the limits that a learned variance has. */
const logVariances: Domain = (count, random) => Float64Array.from({ length: count }, () => random.integer(-30, -2) / 4);

/** log p of records [batch, values] for outputs [samples, batch, values], differentiated by all that it depends on. */
function likelihoodRow(name: string, likelihood: Likelihood, domain = real): Case {
  const learned = likelihood.config.variance === "shared";
  return {
    name,
    order: 2,
    tolerance: 1e-5,
    build(random) {
      const [samples, batch, values] = [random.integer(1, 3), random.length(), random.length()];
      const outputs = Array.from({ length: likelihood.parameters }, (_, i) => `output ${i}`);
      return {
        inputs: [
          { name: "x", shape: [batch, values], domain },
          ...outputs.map((output) => ({ name: output, shape: [samples, batch, values], domain: real })),
          ...(learned ? [{ name: "log variance", shape: [], domain: real }] : []),
        ],
        apply([x, ...rest]) {
          const network = new Network("net", { config: { kind: "none" }, apply: (input) => input });
          const given = new Map<Variable, Tensor>();
          if (learned) {
            const spec = { shape: [], initializer: () => constant(0) };
            given.set(network.variable("likelihood/logVariance", spec), rest[outputs.length]);
          }
          const scope = new Scope(network, "likelihood", { values: given });
          return likelihood.observe(rest.slice(0, outputs.length), scope).logProbability(x);
        },
      };
    },
  };
}

/** log p of records of tokens [batch, values] for logits [samples, batch, values, vocabulary], differentiated by the logits. */
function categoricalRow(name: string, ended: boolean): Case {
  return {
    name,
    order: 2,
    tolerance: 1e-5,
    build(random) {
      const [samples, batch, values, vocabulary] = [
        random.integer(1, 3),
        random.length(),
        random.length(),
        random.integer(2, 5),
      ];
      return {
        inputs: [
          { name: "x", shape: [batch, values], dtype: "i32", domain: domains.inside(vocabulary) },
          { name: "logits", shape: [samples, batch, values, vocabulary], domain: real },
        ],
        apply([x, logits]) {
          const network = new Network("net", { config: { kind: "none" }, apply: (input) => input });
          const { logProbability } = categorical({ vocabulary, ended }).observe(
            [logits],
            new Scope(network, "likelihood", {}),
          );
          return logProbability(cast(x, "f32"));
        },
      };
    },
  };
}

/** log p of rows in spans, differentiated by what the decoder returns, by the choices' weights and by the logarithms of the variances. */
const tabularRow: Case = {
  name: "tabular",
  order: 2,
  tolerance: 1e-5,
  build(random) {
    const spans = Array.from({ length: random.integer(1, 5) }, () => random.integer(1, 4));
    const values = spans.filter((size) => size === 1).length;
    const [samples, batch] = [random.integer(1, 3), random.length()];
    const width = spans.reduce((sum, size) => sum + size, 0);
    return {
      inputs: [
        { name: "x", shape: [batch, width], domain: levels },
        { name: "output", shape: [samples, batch, width], domain: real },
        ...(values > 0 ? [{ name: "logVariance", shape: [values], domain: logVariances }] : []),
      ],
      apply([x, output, logVariance]) {
        const network = new Network("net", { config: { kind: "none" }, apply: (input) => input });
        const given = new Map<Variable, Tensor>();
        if (logVariance) {
          const spec = { shape: [values], initializer: () => constant(0) };
          given.set(network.variable("likelihood/logVariance", spec), logVariance);
        }
        return tabular({ spans })
          .observe([output], new Scope(network, "likelihood", { values: given }))
          .logProbability(x);
      },
    };
  },
};

function objectiveRow(name: string, objective: Objective): Case {
  return {
    name,
    order: 2,
    tolerance: 1e-5,
    build(random) {
      const [batch, latent] = [random.integer(1, 9), random.integer(1, 5)];
      const perSample = [objective.samples, batch];
      return {
        inputs: [
          { name: "log likelihood", shape: perSample, domain: real },
          { name: "log ratio", shape: perSample, domain: real },
          { name: "kl", shape: [batch, latent], domain: real },
        ],
        apply: ([logLikelihood, logRatio, kl]) => objective.loss({ logLikelihood, logRatio, kl }, constant(3)),
      };
    },
  };
}

export const likelihoodCases: readonly Case[] = [
  likelihoodRow("bernoulli", bernoulli()),
  likelihoodRow("gaussian fixed", gaussian({ variance: 0.5 })),
  likelihoodRow("gaussian shared", gaussian({ variance: "shared" })),
  likelihoodRow("gaussian learned", gaussian({ variance: "learned", floor: 0.1 })),
  categoricalRow("categorical", false),
  categoricalRow("categorical ended", true),
  tabularRow,
  likelihoodRow("discretisedLogistic", discretisedLogistic({ levels: 5, range: [-1, 1] }), levels),
];

export const objectiveCases: readonly Case[] = [
  objectiveRow("elbo", elbo({ klWeight: linear(0, { to: 1, steps: 5 }), samples: 2 })),
  objectiveRow("elbo freeBits", elbo({ freeBits: 0.01 })),
  objectiveRow("beta", beta(4)),
  objectiveRow("iwae", iwae(5)),
];

export const posteriorCases: readonly Case[] = [
  {
    name: "diagonalNormal kl",
    order: 2,
    tolerance: 1e-5,
    build(random) {
      return {
        inputs: [{ name: "parameters", shape: [random.length(), 2 * random.integer(1, 5)], domain: real }],
        apply: ([parameters]) => diagonalNormal(parameters).kl,
      };
    },
  },
  {
    name: "diagonalNormal draw",
    order: 2,
    tolerance: 1e-4,
    build(random) {
      return {
        inputs: [{ name: "parameters", shape: [random.length(), 2 * random.integer(1, 5)], domain: real }],
        apply([parameters]) {
          const { latents, logRatio } = diagonalNormal(parameters).draw(3);
          return add(sum(latents, { axes: -1 }), logRatio);
        },
      };
    },
  },
];

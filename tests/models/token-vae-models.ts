/** Models of small records of tokens, of each kind of decoder. */
import { adam, datasets, layers as L, likelihoods, networks, objectives, vae } from "#binding";

export const vocabulary = 4;
export const length = 6;
export const latent = 3;

/** Records of the tokens 1 to 3, each counted up from the one before; how long a record is depends on its first token. */
const records = Array.from({ length: 300 }, (_, i) => {
  const first = 1 + (i % 3);
  return Array.from({ length: first + 2 }, (_, at) => 1 + ((first - 1 + at) % 3));
});
const labels = Int32Array.from(records, ([first]) => first - 1);
export const data = datasets.tokens({ name: "counts", records, vocabulary, ended: true, length, labels });
export const kinds = Array.from({ length: 3 }, (_, i) => data.records.subarray(i * length, (i + 1) * length).join());

const encoder = () => L.sequential(L.tokens(vocabulary, 4), L.flatten(), L.dense(24), L.relu(), L.dense(2 * latent));
export const causal = (network: L.Layer, wordDropout = 0) =>
  L.causalDecoder({ network, vocabulary, width: 4, wordDropout });
export const decoders = {
  gru: (wordDropout = 0) => causal(networks.gru({ width: 16 }), wordDropout),
  causalConv: (wordDropout = 0) =>
    causal(networks.causalConv({ width: 16, kernelSize: 2, dilations: [1, 2] }), wordDropout),
  transformer: (wordDropout = 0) => causal(networks.transformer({ width: 16, layers: 1, heads: 2 }), wordDropout),
  independent: () => L.sequential(L.dense(24), L.relu(), L.dense(length * vocabulary)),
};
export type Kind = keyof typeof decoders;

export const modelOf = (kind: Kind, options: Partial<Parameters<typeof vae>[0]> = {}) =>
  vae({
    latent,
    encoder: encoder(),
    decoder: decoders[kind](0.3),
    likelihood: likelihoods.categorical({ vocabulary, ended: true }),
    objective: objectives.elbo({ freeBits: 0.5 }),
    optimizer: adam(1e-2),
    ...options,
  });

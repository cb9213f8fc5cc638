// Missing in jax-js (its optimizer package is not published): Adam, and one training step of a GAN.
import { grad, nn, numpy as np, random, tree, vjp } from "@jax-js/jax";

const zeros = (parameters) => tree.map((one) => np.zeros(one.shape), parameters);

/** Adam (Kingma and Ba, 2015) with bias corrections. */
export const adam = {
  start: (parameters) => ({
    parameters,
    m: zeros(parameters),
    v: zeros(parameters),
    power1: np.ones([]),
    power2: np.ones([]),
  }),
  update({ parameters, m, v, power1, power2 }, gradients, { rate, beta1, beta2 }) {
    const left1 = power1.mul(beta1);
    const left2 = power2.mul(beta2);
    const mean = tree.map((old, g) => old.mul(beta1).add(g.mul(1 - beta1)), m, tree.ref(gradients));
    const square = tree.map((old, g) => old.mul(beta2).add(np.square(g).mul(1 - beta2)), v, gradients);
    const scale1 = np.divide(rate, np.subtract(1, left1.ref));
    const scale2 = np.reciprocal(np.subtract(1, left2.ref));
    const next = tree.map(
      (p, mm, vv) => p.sub(mm.mul(scale1.ref).div(np.sqrt(vv.mul(scale2.ref)).add(1e-8))),
      parameters,
      tree.ref(mean),
      tree.ref(square),
    );
    scale1.dispose();
    scale2.dispose();
    return { parameters: next, m: mean, v: square, power1: left1, power2: left2 };
  },
};

/** The step of torch_bench.py: fakes are generated once, D learns from real and fake, then G from the updated D. */
export function ganUpdate(generate, discriminate, latent) {
  const options = { rate: 2e-4, beta1: 0.5, beta2: 0.999 };
  const realLoss = (d, x) => nn.softplus(discriminate(d, x).neg()).mean();
  const loss = (d, real, fake) => realLoss(tree.ref(d), real).add(nn.softplus(discriminate(d, fake)).mean());
  return ({ g, d, key }, real) => {
    const [next, own] = random.split(key, 2);
    const z = random.normal(own, latent);
    const [fake, pullBack] = vjp((parameters) => generate(parameters, z), [tree.ref(g.parameters)]);
    const nextD = adam.update(d, grad(loss)(tree.ref(d.parameters), real, fake.ref), options);
    const slope = grad(realLoss, { argnums: 1 })(tree.ref(nextD.parameters), fake);
    const [gradients] = pullBack(slope);
    return { g: adam.update(g, gradients, options), d: nextD, key: next };
  };
}

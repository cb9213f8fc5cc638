/** Results of PyTorch's optimizers for the problem of `optimizers.test.ts`, as its reference. */
import { add, mul, sin, square } from "#src/ops/elementwise";
import { literal } from "#src/ops/literal";
import { slice } from "#src/ops/movement";
import { sum } from "#src/ops/reduction";
import { accumulate, adam, adamw, type Minimizer, rmsprop, sgd } from "#src/optimizers/index";
import { cosine, exponential, linear } from "#src/optimizers/schedules";
import type { Tensor } from "#src/graph/tensor";

/** sum a p^2 / 2 + sin(p0 q) + q^2 sum p, for p [3] and q [1]. */
export function lossOf(p: Tensor, q: Tensor): Tensor {
  const a = literal(Float32Array.of(1, 3, 0.5), [3]);
  const quadratic = mul(sum(mul(a, square(p))), 0.5);
  return add(add(quadratic, sum(sin(mul(slice(p, [0], [1]), q)))), sum(mul(square(q), p)));
}

/** Initial values of p and q. */
export const start = [[1, -2, 0.5], [0.3]];

type Trajectory = { name: string; optimizer: Minimizer; after: Record<number, number[]> };

/** Values of p and q after some steps by PyTorch 1.13.0 in float64. */
const trained: Trajectory[] = [
  {
    name: "sgd",
    optimizer: sgd(0.1),
    after: {
      1: [0.862339905326, -1.409, 0.466, 0.234466351087],
      2: [0.747639459323, -0.991797446979, 0.437202553021, 0.153771431186],
      5: [0.523374824332, -0.341724680413, 0.372197707783, -0.0557899313284],
    },
  },
  {
    name: "sgd with momentum",
    optimizer: sgd(0.1, { momentum: 0.9 }),
    after: {
      1: [0.862339905326, -1.409, 0.466, 0.234466351087],
      2: [0.623745374116, -0.459897446979, 0.406602553021, 0.0947911471645],
      5: [-0.186171670613, 1.53408778977, 0.149763602648, -0.374537067104],
    },
  },
  {
    name: "sgd, Nesterov, weight decay",
    optimizer: sgd(0.1, { momentum: 0.9, nesterov: true, weightDecay: 0.05 }),
    after: {
      1: [0.72894582012, -0.8581, 0.43065, 0.172636067066],
      2: [0.429762368772, 0.120316339786, 0.350419464786, -0.0404843624412],
      5: [-0.162013173369, 0.657071283246, 0.0659466644762, -0.266906517485],
    },
  },
  {
    name: "rmsprop",
    optimizer: rmsprop(0.05),
    after: {
      1: [0.500000036321, -1.50000000846, 1.47058780486e-7, -0.199999923703],
      2: [0.379207681026, -1.19784868377, -0.0587107861494, -0.604513040366],
      5: [-0.0506706810565, -0.8359185568, -1.27006504296, -1.81791601758],
    },
  },
  {
    name: "rmsprop, centered, momentum, weight decay",
    optimizer: rmsprop(0.05, { decay: 0.9, epsilon: 1e-6, momentum: 0.5, centered: true, weightDecay: 0.1 }),
    after: {
      1: [0.833333709572, -1.83333342426, 0.333334757823, 0.133334143961],
      2: [0.643869884826, -1.62722140071, 0.16167218806, -0.0754980262568],
      5: [0.293078619351, -1.06745368619, -0.240730382738, -0.802106824117],
    },
  },
  {
    name: "adam",
    optimizer: adam(0.1),
    after: {
      1: [0.900000000726, -1.90000000017, 0.400000002941, 0.200000001526],
      2: [0.800947456536, -1.80013595535, 0.302340061172, 0.100042468993],
      5: [0.518799113851, -1.50265845732, 0.0393918261205, -0.200942026496],
    },
  },
  {
    name: "adam, beta1 0.5",
    optimizer: adam(0.1, { beta1: 0.5, beta2: 0.99 }),
    after: {
      1: [0.900000000726, -1.90000000017, 0.400000002941, 0.200000001526],
      2: [0.803572727115, -1.80073264795, 0.307039309133, 0.10025217827],
      5: [0.560220348348, -1.51274456972, 0.097685563807, -0.209247150163],
    },
  },
  {
    name: "adam, weight decay",
    optimizer: adam(0.1, { weightDecay: 0.1, epsilon: 1e-4 }),
    after: {
      1: [0.900006771852, -1.90000163663, 0.400025634453, 0.200014589244],
      2: [0.800918015937, -1.80014023173, 0.302219631041, 0.100116905212],
      5: [0.517881936418, -1.5026763189, 0.0377622177641, -0.200347589994],
    },
  },
  {
    name: "adam, beta1 0",
    optimizer: adam(0.1, { beta1: 0, beta2: 0.9 }),
    after: {
      1: [0.900000000726, -1.90000000017, 0.400000002941, 0.200000001526],
      2: [0.809499758391, -1.80207221395, 0.317716341455, 0.10072250003],
      5: [0.599612753197, -1.52282872199, 0.140853045656, -0.223406252454],
    },
  },
  {
    name: "adamw",
    optimizer: adamw(0.1),
    after: {
      1: [0.899000000726, -1.89800000017, 0.399500002941, 0.199700001526],
      2: [0.799057351084, -1.79624179666, 0.301456667205, 0.0995443858542],
      5: [0.514971916232, -1.4937466644, 0.0380979625578, -0.201414773288],
    },
  },
  {
    name: "adamw, other betas and decay",
    optimizer: adamw(0.1, { beta1: 0.8, beta2: 0.9, weightDecay: 0.3 }),
    after: {
      1: [0.870000000726, -1.84000000017, 0.385000002941, 0.191000001526],
      2: [0.745215838545, -1.68508924439, 0.276464503742, 0.0853773009546],
      5: [0.414026499939, -1.25195724904, 0.00802666847547, -0.213375542498],
    },
  },
  {
    name: "sgd, clipped",
    optimizer: sgd(0.1, { clipNorm: 1.5 }),
    after: {
      1: [0.966220891354, -1.85498009967, 0.491657061571, 0.283919317709],
      2: [0.931445008338, -1.71050806702, 0.483057786382, 0.265358221119],
      5: [0.820975643299, -1.28123671637, 0.455570117807, 0.193200123336],
    },
  },
  {
    name: "adam, clipped",
    optimizer: adam(0.1, { clipNorm: 0.5 }),
    after: {
      1: [0.900000008881, -1.90000000207, 0.400000035959, 0.200000018656],
      2: [0.80061452185, -1.79998254807, 0.301840739982, 0.0999242018139],
      5: [0.513049941503, -1.49980424713, 0.0326503772671, -0.201975561493],
    },
  },
  {
    name: "sgd on a cosine",
    optimizer: sgd(cosine(0.1, { to: 0.01, steps: 4 })),
    after: {
      1: [0.862339905326, -1.409, 0.466, 0.234466351087],
      2: [0.762757201596, -1.04678555637, 0.440998112643, 0.16440717886],
      5: [0.682747484531, -0.79065385039, 0.41988241886, 0.0945832597742],
    },
  },
  {
    name: "adam on a line",
    optimizer: adam(linear(0.1, { to: 0.025, steps: 4 })),
    after: {
      1: [0.900000000726, -1.90000000017, 0.400000002941, 0.200000001526],
      2: [0.819519808571, -1.81886046375, 0.320651300254, 0.118784506343],
      5: [0.692983992114, -1.68829689357, 0.200274852017, -0.0125991559706],
    },
  },
  {
    name: "sgd, exponential",
    optimizer: sgd(exponential(0.1, { decay: 0.8 })),
    after: {
      1: [0.862339905326, -1.409, 0.466, 0.234466351087],
      2: [0.770579548523, -1.07523795758, 0.442962042417, 0.169910415166],
      5: [0.634883498098, -0.647236936806, 0.406538294013, 0.0492126223934],
    },
  },
];

/**
 * With accumulation over two steps, every second step is one of the inner optimizer, because gradients do not change in
 * between.
 */
const accumulated: Trajectory[] = trained.map(({ name, optimizer, after }) => ({
  name: `${name}, accumulated`,
  optimizer: accumulate(optimizer, 2),
  after: { 1: start.flat(), 2: after[1], 3: after[1], 4: after[2] },
}));

export const trajectories = [...trained, ...accumulated];

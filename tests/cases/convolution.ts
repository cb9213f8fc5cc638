/** Rows of convolutions: the three products of images, weights and results, and what is special of them. */
import { gradient } from "#src/ops/differentiate";
import * as ops from "#src/ops/convolution";
import { add, leakyRelu, mul } from "#src/ops/elementwise";
import { literal } from "#src/ops/literal";
import { sizeOf } from "#src/graph/shape";
import type { Tensor } from "#src/graph/tensor";
import { type Margins, type Pair, reach, windowCount } from "#src/ops/convolution/window";
import { type CaseRandom, domains, instances } from "../case-random.js";
import type { Built, Case } from "./case.js";

const { real } = domains;

/** One convolution's sizes, every number worked out. */
interface Geometry {
  readonly batch: number;
  readonly size: Pair;
  readonly channels: number;
  readonly features: number;
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly padding: Margins;
  readonly dilation: Pair;
  readonly groups: number;
}

const plain = {
  batch: 2,
  size: [5, 5],
  channels: 2,
  features: 3,
  kernel: [3, 3],
  stride: [1, 1],
  padding: [1, 1, 1, 1],
  dilation: [1, 1],
  groups: 1,
} satisfies Geometry;

const dcgan = { ...plain, kernel: [4, 4], stride: [2, 2], size: [8, 8] } satisfies Geometry;

/** Small ones: one of each kind. */
const smallCorners: readonly Geometry[] = [
  { ...plain, batch: 0 },
  { ...plain, batch: 1, size: [1, 1], kernel: [1, 1], padding: [0, 0, 0, 0], channels: 1, features: 1 },
  { ...plain, size: [3, 4], channels: 1 },
  { ...dcgan, size: [4, 4], channels: 1 },
  { ...dcgan, size: [4, 4], kernel: [4, 4], padding: [0, 0, 0, 0], features: 1 },
  { ...plain, size: [4, 3], channels: 3, features: 3, groups: 3 },
  { ...plain, batch: 1, size: [4, 4], channels: 4, features: 6, groups: 2, stride: [2, 1] },
  { ...plain, batch: 1, size: [6, 5], kernel: [3, 2], dilation: [2, 3], padding: [2, 0, 1, 3] },
  { ...plain, batch: 1, size: [5, 4], kernel: [2, 2], stride: [3, 3], padding: [0, 0, 0, 0] },
];

/** Tails of the micro-kernel in every direction, and the layers that models are made of. */
const largeCorners: readonly Geometry[] = [
  ...smallCorners,
  { ...dcgan, batch: 3, size: [16, 16], channels: 1, features: 16 },
  { ...dcgan, batch: 2, size: [8, 8], channels: 16, features: 24 },
  { ...dcgan, batch: 5, size: [4, 4], channels: 32, features: 1, padding: [0, 0, 0, 0] },
  { ...plain, batch: 2, size: [12, 13], channels: 3, features: 16 },
  { ...plain, batch: 1, size: [9, 10], channels: 17, features: 9 },
  { ...plain, batch: 1, size: [11, 7], channels: 40, features: 40, groups: 40 },
  { ...plain, batch: 2, size: [9, 9], channels: 8, features: 16, groups: 8, stride: [2, 2] },
  {
    ...plain,
    batch: 1,
    size: [1, 40],
    kernel: [1, 3],
    channels: 5,
    features: 7,
    dilation: [1, 4],
    padding: [0, 0, 8, 0],
  },
  { ...plain, batch: 1, size: [4, 4], kernel: [1, 1], channels: 300, features: 20, padding: [0, 0, 0, 0] },
  // Few features, of many channels, both ways round.
  { ...plain, batch: 2, size: [7, 6], channels: 24, features: 3 },
  { ...dcgan, batch: 1, size: [10, 6], channels: 4, features: 40 },
  { ...plain, batch: 3, size: [10, 9], channels: 2, features: 20, kernel: [5, 4], stride: [2, 3], dilation: [2, 1] },
  {
    ...plain,
    batch: 2,
    size: [5, 8],
    channels: 1,
    features: 17,
    kernel: [2, 2],
    stride: [3, 3],
    padding: [0, 1, 2, 0],
  },
  // More taps than pointers at a time, of few channels; images of no width.
  { ...plain, batch: 1, size: [14, 15], channels: 8, features: 16, kernel: [7, 7], padding: [3, 3, 3, 3] },
  { ...plain, batch: 1, size: [13, 24], channels: 16, features: 8, kernel: [7, 6], padding: [3, 3, 3, 2] },
  { ...plain, batch: 1, size: [1, 290], channels: 8, features: 9, kernel: [1, 40], padding: [0, 0, 0, 0] },
  { ...plain, batch: 1, size: [12, 11], channels: 16, features: 10, kernel: [7, 7], padding: [3, 3, 3, 3], groups: 2 },
  { ...plain, batch: 1, size: [3, 0], channels: 16, features: 2, kernel: [2, 2] },
  // More features than a block has, forth and back; phases without taps.
  { ...plain, batch: 1, size: [4, 3], channels: 2, features: 264 },
  { ...dcgan, batch: 1, size: [6, 6], channels: 3, features: 272 },
  { ...plain, batch: 1, size: [6, 5], channels: 3, features: 18, stride: [2, 2], dilation: [2, 3] },
  // So many taps that an image is done in parts.
  { ...plain, batch: 1, size: [24, 30], channels: 16, features: 4, kernel: [7, 7], padding: [3, 3, 3, 3] },
];

/** Groups: few, an odd number, more channels than features and fewer, strides, tails of tiles. Small ones first. */
const smallGroups: readonly Geometry[] = [
  { ...plain, batch: 1, size: [3, 4], channels: 8, features: 8, groups: 2 },
  { ...plain, batch: 1, size: [4, 3], channels: 6, features: 3, groups: 3 },
  { ...dcgan, batch: 1, size: [4, 4], channels: 3, features: 6, groups: 3 },
];

const largeGroups: readonly Geometry[] = [
  ...smallGroups,
  { ...plain, batch: 3, size: [16, 16], channels: 16, features: 16 },
  { ...plain, batch: 4, size: [12, 12], channels: 32, features: 32, groups: 2 },
  { ...plain, batch: 4, size: [13, 10], channels: 48, features: 48, groups: 3 },
  { ...plain, batch: 16, size: [4, 4], channels: 80, features: 80, groups: 5 },
  { ...plain, batch: 2, size: [9, 9], channels: 48, features: 48, groups: 3, stride: [2, 2] },
  { ...plain, batch: 2, size: [9, 11], channels: 32, features: 32, groups: 2, dilation: [2, 1], padding: [2, 2, 1, 1] },
  { ...dcgan, batch: 4, size: [12, 10], channels: 32, features: 48, groups: 2 },
  { ...dcgan, batch: 4, size: [10, 8], channels: 64, features: 32, groups: 4 },
  { ...plain, batch: 3, size: [10, 14], channels: 24, features: 72, groups: 3 },
  { ...plain, batch: 3, size: [10, 9], channels: 36, features: 36, groups: 3 },
];

/** `largeCorners` beyond the number of times that a row is built. */
const otherCorners = largeCorners.slice(instances);

type Corners = Readonly<Record<"small" | "large", readonly Geometry[]>>;

const usual: Corners = { small: smallCorners, large: largeCorners };
const grouped: Corners = { small: smallGroups, large: [...largeGroups, ...otherCorners] };

function geometryOf(random: CaseRandom, { small, large }: Corners): Geometry {
  const corners = random.large ? large : small;
  if (random.index < corners.length) return corners[random.index];
  const most = random.large ? 12 : 4;
  const kernel = [random.integer(1, 4), random.integer(1, 4)] as const;
  const dilation = [random.pick([1, 1, 2]), random.pick([1, 1, 3])] as const;
  const padding = [0, 1, 2, 3].map(() => random.integer(0, 2)) as unknown as Margins;
  const length = (axis: 0 | 1) => {
    const least = reach(kernel[axis], dilation[axis]) - padding[2 * axis] - padding[2 * axis + 1];
    return random.integer(Math.max(1, least), Math.max(1, least) + (random.large ? 9 : 2));
  };
  const groups = random.pick([1, 1, 1, 2, 3]);
  return {
    batch: random.integer(1, random.large ? 3 : 2),
    size: [length(0), length(1)],
    channels: groups * random.integer(1, Math.ceil(most / groups)),
    features: groups * random.integer(1, Math.ceil(most / groups)),
    kernel,
    stride: [random.integer(1, 3), random.integer(1, 3)],
    padding,
    dilation,
    groups,
  };
}

/** Shapes of images, weights and results. */
function shapesOf(geometry: Geometry) {
  const { batch, size, channels, features, kernel, groups } = geometry;
  const [rows, columns] = windowCount(size, kernel, geometry, "case");
  return {
    x: [batch, ...size, channels],
    w: [...kernel, channels / groups, features],
    y: [batch, rows, columns, features],
    flops: (2 * batch * rows * columns * features * kernel[0] * kernel[1] * channels) / groups,
  };
}

/** A row over the geometries; `plan` names the inputs and the graph. Up to some thousand products are summed. */
const convolution = (name: string, plan: (geometry: Geometry) => Omit<Built, "flops">, corners = usual): Case => ({
  name,
  order: 2,
  tolerance: 2e-5,
  build(random) {
    const geometry = geometryOf(random, corners);
    return { ...plan(geometry), flops: shapesOf(geometry).flops };
  },
});

const windowsOf = ({ stride, padding, dilation, groups }: Geometry) => ({ stride, padding, dilation, groups });

const conv2d = (geometry: Geometry) => (x: Tensor, w: Tensor) => ops.conv2d(x, w, windowsOf(geometry));

const input = (name: string, shape: readonly number[]) => ({ name, shape, domain: real });

/** Convolution, and its gradient to the weights as a function of images and results. */
const toImages = (geometry: Geometry) => {
  const { x, w } = shapesOf(geometry);
  return { inputs: [input("x", x), input("w", w)], apply: ([a, b]: readonly Tensor[]) => conv2d(geometry)(a, b) };
};

const toWeights = (geometry: Geometry) => {
  const { x, w, y } = shapesOf(geometry);
  // The product does not depend on the weights, only on their shape.
  const weights = literal(new Float32Array(sizeOf(w)), w);
  return {
    inputs: [input("x", x), input("y", y)],
    apply: ([a, upstream]: readonly Tensor[]) => gradient(conv2d(geometry)(a, weights), [weights], { upstream })[0],
  };
};

export const convolutionCases: readonly Case[] = [
  convolution("conv2d", toImages),
  convolution("conv2d groups", toImages, grouped),
  convolution("conv2d weight gradient", toWeights),
  convolution("conv2d weight gradient groups", toWeights, grouped),
  convolution("conv2d epilogue", (geometry) => {
    const { x, w, y } = shapesOf(geometry);
    return {
      inputs: [input("x", x), input("w", w), input("bias", [y[3]])],
      apply: ([a, b, bias]) => leakyRelu(add(add(mul(conv2d(geometry)(a, b), 0.1), bias), 20)),
    };
  }),
  {
    name: "conv2d same",
    order: 2,
    tolerance: 2e-5,
    build(random) {
      const kernel = [random.integer(1, 5), random.integer(1, 4)];
      const stride = random.integer(1, 3);
      return {
        inputs: [
          input("x", [1, random.integer(1, 7), random.integer(1, 7), 2]),
          input("w", [...kernel, 2, random.integer(1, 3)]),
        ],
        apply: ([x, w]) => ops.conv2d(x, w, { padding: "same", stride, dilation: random.index % 2 === 0 ? 1 : [1, 2] }),
      };
    },
  },
  convolution("convTranspose2d", (geometry) => {
    const { padding, stride, dilation, kernel } = geometry;
    // Padding that leaves nothing of a result is no case of this one.
    const fits = [0, 1].every(
      (axis) =>
        (shapesOf(geometry).y[1 + axis] - 1) * stride[axis] + reach(kernel[axis], dilation[axis]) >
        padding[2 * axis] + padding[2 * axis + 1],
    );
    const margins = fits ? padding : 0;
    const { w, y } = shapesOf(geometry);
    const outputPadding = stride.map(
      (step, axis) => (geometry.size[axis] + geometry.channels) % step,
    ) as unknown as Pair;
    return {
      inputs: [input("x", y), input("w", w)],
      apply: ([a, b]) => ops.convTranspose2d(a, b, { ...windowsOf(geometry), padding: margins, outputPadding }),
    };
  }),
  convolution("convTranspose2d epilogue", (geometry) => {
    const { w, y } = shapesOf(geometry);
    return {
      inputs: [input("x", y), input("w", w), input("bias", [geometry.channels])],
      apply: ([a, b, bias]) =>
        leakyRelu(add(add(mul(ops.convTranspose2d(a, b, { ...windowsOf(geometry), padding: 0 }), 0.1), bias), 20)),
    };
  }),
  {
    name: "convTranspose2d same",
    order: 2,
    tolerance: 2e-5,
    build(random) {
      const [stride, features] = [random.integer(1, 3), random.integer(1, 3)];
      const kernel = [random.integer(1, 5), random.integer(1, 4)];
      return {
        inputs: [input("x", [2, random.integer(1, 3), random.integer(1, 3), 2]), input("w", [...kernel, features, 2])],
        apply: ([x, w]) => ops.convTranspose2d(x, w, { padding: "same", stride }),
      };
    },
  },
  {
    name: "conv1d",
    order: 2,
    tolerance: 2e-5,
    build(random) {
      const groups = random.pick([1, 1, 2]);
      const [kernel, dilation] = [random.integer(1, 4), random.integer(1, 3)];
      const length = reach(kernel, dilation) + random.integer(0, random.large ? 40 : 3);
      const [channels, features] = [groups * random.integer(1, 3), groups * random.integer(1, random.large ? 12 : 2)];
      const padding = random.pick([0, 2, [1, 0], "same", "valid"] as const);
      const stride = random.integer(1, 2);
      return {
        inputs: [
          input("x", [random.integer(1, 3), length, channels]),
          input("w", [kernel, channels / groups, features]),
        ],
        apply: ([x, w]) => ops.conv1d(x, w, { padding, stride, dilation, groups }),
      };
    },
  },
  {
    name: "conv1d causal",
    order: 2,
    tolerance: 2e-5,
    build(random) {
      const [kernel, dilation] = [random.integer(1, 4), random.integer(1, 3)];
      return {
        inputs: [input("x", [2, random.integer(1, 9), 3]), input("w", [kernel, 3, random.integer(1, 5)])],
        apply: ([x, w]) => ops.conv1d(x, w, { padding: "causal", dilation }),
      };
    },
  },
];

/** Operations and layers on images against PyTorch's values, what batch and spectral norm keep, and wrong uses. */
import { describe, expect, test } from "vitest";
import { fromConfig } from "#src/models/from-config";
import * as L from "#src/layers/index";
import * as convolution from "#src/ops/convolution";
import { literal } from "#src/ops/literal";
import { attention } from "#src/ops/attention";
import { batchNorm, groupNorm, instanceNorm } from "#src/ops/normalization";
import { averagePool2d, maxPool2d } from "#src/ops/pooling";
import { pixelShuffle, upsample2d } from "#src/ops/resampling";
import { spectralNorm } from "#src/ops/spectral";
import { minibatchStd } from "#src/ops/minibatch";
import { dcgan } from "#src/models/gan/dcgan";
import { evaluate } from "#src/graph/reference";
import { type Shape, sizeOf } from "#src/graph/shape";
import { Input, type Tensor } from "#src/graph/tensor";
import type { Variable } from "#src/graph/variable";

/** A tensor of f(0), f(1), f(2) and so on. */
const of = (shape: Shape, f: (i: number) => number) =>
  literal(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => f(i)),
    shape,
  );

const valuesOf = (x: Tensor) => [...evaluate([x])[0]];

function expectClose(found: readonly number[], wanted: readonly number[], digits = 6): void {
  expect(found.length).toBe(wanted.length);
  for (const [i, value] of wanted.entries()) expect(found[i]).toBeCloseTo(value, digits);
}

const x = of([1, 4, 5, 2], (i) => (i % 7) - 3);
const small = of([1, 3, 3, 1], (i) => (i % 5) - 2);
const two = of([2, 2, 1, 2], (i) => ((i * i) % 11) - 3);

// By PyTorch 1.13.0 in float64, its channels moved to the last axis.
test.each<[string, Tensor, number[]]>([
  [
    "conv2d: strides, dilations, four paddings",
    convolution.conv2d(
      x,
      of([3, 2, 2, 3], (i) => ((i % 5) - 2) / 10),
      { stride: [2, 1], dilation: [1, 2], padding: [1, 2, 0, 1] },
    ),
    [
      0.7, 0.1, 0, 1.2, 0.5, -0.7, -1.1, 0.2, 0.0, 0.4, 0.8, 0.7, -0.6, 0.5, 1.1, 0.6, 0.7, -0.7, 1.1, -1.9, -0.4, -0.8,
      0.3, 0.4, -0.7, 0.7, 0.6, 0.0, 0.5, -0.5, -0.7, -1.1, 0.5, 0.3, 0.0, 0.2,
    ],
  ],
  [
    "convTranspose2d: output padding below and not beside",
    convolution.convTranspose2d(
      of([1, 2, 3, 2], (i) => (i % 7) - 3),
      of([4, 4, 1, 2], (i) => ((i % 5) - 2) / 10),
      { stride: 2, padding: 1, outputPadding: [1, 0] },
    ),
    [
      0.8, -0.3, 0, 0.5, -0.6, 0.2, -1.0, 2.6, -0.7, -0.2, 0.8, -0.6, 0.0, -1.6, 2.6, -0.2, -0.2, 0.6, -0.3, -0.1, -0.7,
      0.5, 0.1, -0.1, -0.3, -0.5, -0.1, -0.6, 0.5, 0.2,
    ],
  ],
  [
    "upsample2d, bilinear, by 2",
    upsample2d(small, 2, { mode: "bilinear" }),
    [
      -2.0, -1.75, -1.25, -0.75, -0.25, 0.0, -1.25, -1.0, -0.5, -0.3125, -0.4375, -0.5, 0.25, 0.5, 1.0, 0.5625, -0.8125,
      -1.5, 0.5, 0.75, 1.25, 0.8125, -0.5625, -1.25, -0.5, -0.25, 0.25, 0.4375, 0.3125, 0.25, -1.0, -0.75, -0.25, 0.25,
      0.75, 1.0,
    ],
  ],
  [
    "upsample2d, bilinear, by 3",
    upsample2d(small, 3, { mode: "bilinear" }),
    [
      -2.0, -2.0, -1.666667, -1.333333, -1.0, -0.666667, -0.333333, 0, 0.0, -2.0, -2.0, -1.666667, -1.333333, -1.0,
      -0.666667, -0.333333, 0, 0.0, -1.0, -1.0, -0.666667, -0.333333, 0, -0.222222, -0.444444, -0.666667, -0.666667, 0,
      0, 0.333333, 0.666667, 1.0, 0.222222, -0.555556, -1.333333, -1.333333, 1.0, 1.0, 1.333333, 1.666667, 2.0,
      0.666667, -0.666667, -2.0, -2.0, 0.333333, 0.333333, 0.666667, 1.0, 1.333333, 0.555556, -0.222222, -1.0, -1.0,
      -0.333333, -0.333333, 0.0, 0.333333, 0.666667, 0.444444, 0.222222, 0, 0, -1.0, -1.0, -0.666667, -0.333333, 0.0,
      0.333333, 0.666667, 1.0, 1.0, -1.0, -1.0, -0.666667, -0.333333, 0, 0.333333, 0.666667, 1.0, 1.0,
    ],
  ],
  [
    "batchNorm",
    batchNorm(two),
    [-1.60356516, -1.18321528, 0.53452172, 1.52127679, 1.06904344, -0.50709226, 0.0, 0.16903075],
  ],
  [
    "instanceNorm",
    instanceNorm(two),
    [-0.99999875, -0.99999969, 0.99999875, 0.99999969, 0.999995, -0.999995, -0.999995, 0.999995],
  ],
  [
    "groupNorm",
    groupNorm(
      of([1, 2, 1, 4], (i) => ((i * i) % 11) - 3),
      2,
    ),
    [-1.17169861, -0.65094367, -0.54882077, 1.64646231, 1.43207608, 0.3905662, -0.98787739, -0.10976415],
  ],
  [
    "maxPool2d",
    maxPool2d(x, 3, { stride: 2, padding: 1 }),
    [2.0, 3.0, 3.0, 3.0, 3.0, 2.0, 3.0, 3.0, 3.0, 3.0, 2.0, 3.0],
  ],
  [
    "averagePool2d",
    averagePool2d(x, 3, { stride: 2, padding: 1 }),
    [-0.5, 0.5, 0.166667, 0.0, 0.25, -0.5, 0.5, 0.333333, 0.0, 0.222222, -0.5, 0.5],
  ],
])("%s gives PyTorch's values", (_name, tensor, wanted) => {
  expectClose(valuesOf(tensor), wanted);
});

describe("values", () => {
  test("conv1d, causal: no result sees what comes later", () => {
    const y = convolution.conv1d(
      of([1, 5, 1], (i) => i + 1),
      of([2, 1, 1], (i) => i + 1),
      { padding: "causal", dilation: 2 },
    );
    // y[t] = x[t - 2] + 2 x[t]
    expect(valuesOf(y)).toEqual([2, 4, 7, 10, 13]);
  });

  test("pixelShuffle: runs of channels become the pixels of a block, row by row", () => {
    expect(
      valuesOf(
        pixelShuffle(
          of([1, 1, 2, 4], (i) => i),
          2,
        ),
      ),
    ).toEqual([0, 1, 4, 5, 2, 3, 6, 7]);
  });

  test("minibatchStd appends the mean deviation of every group", () => {
    // Groups of two: records 0 and 2 differ by 2 in both features, records 1 and 3 by 6.
    const y = minibatchStd(literal(Float32Array.of(0, 1, 0, 0, 2, 3, 6, 6), [4, 2]), { groupSize: 2 });
    expectClose(valuesOf(y), [0, 1, 1, 0, 0, 3, 2, 3, 1, 6, 6, 3]);
  });

  test("attention of one query to equal keys is the mean of the values", () => {
    const [queries, keys] = [of([1, 1, 3], (i) => i), of([1, 4, 3], () => 0.5)];
    expectClose(valuesOf(attention({ queries, keys, values: of([1, 4, 2], (i) => i) })), [3, 4]);
  });

  test("spectralNorm divides by the greatest singular value", () => {
    // Singular values of [[3, 0], [4, 5]] are 3 sqrt 5 and sqrt 5.
    const weight = literal(Float32Array.of(3, 0, 4, 5), [2, 2]);
    const direction = literal(Float32Array.of(1, 0), [2]);
    const found = spectralNorm(weight, direction, { iterations: 30 });
    const sigma = 3 * Math.sqrt(5);
    expectClose(valuesOf(found.weight), [3 / sigma, 0, 4 / sigma, 5 / sigma]);
    expectClose(valuesOf(found.direction), [Math.SQRT1_2, Math.SQRT1_2]);
  });

  test("a self-attention layer and the inner part of a resnet block change nothing at first", () => {
    const networks = [L.selfAttention(), L.resnetBlock(2)].map((layer) => new L.Network("net", layer));
    for (const network of networks) {
      const y = network.apply(x);
      const feeds = new Map(
        network.variables.map((variable) => [
          variable,
          evaluate([variable.initializer?.(variable.shape) as Tensor])[0],
        ]),
      );
      expectClose([...evaluate([y], { feeds })[0]], valuesOf(x), 12);
    }
  });
});

describe("what a layer keeps", () => {
  test("batchNorm: running statistics as PyTorch keeps them, used outside of training and never trained", () => {
    const network = new L.Network("net", L.batchNorm());
    const updates: L.Updates = new Map();
    network.apply(two, { training: true, updates });
    const named = (name: string) => network.variables.find((variable) => variable.name === `net/${name}`) as Variable;
    expect(network.parameters.map(({ name }) => name)).toEqual(["net/scale", "net/shift"]);
    const feeds = new Map([
      [named("mean"), [0, 0]],
      [named("variance"), [1, 1]],
      [named("scale"), [1, 2]],
      [named("shift"), [0, 1]],
    ]);
    const next = ["mean", "variance"].map((name) => evaluate([updates.get(named(name)) as Tensor], { feeds })[0]);
    expectClose([...next[0]], [0.0, 0.15]);
    expectClose([...next[1]], [1.36666666667, 2.06666666667]);
    const used = evaluate([network.apply(two)], { feeds })[0];
    const scale = 1 / Math.sqrt(1 + 1e-5);
    expectClose([...used.slice(0, 2)], [-3 * scale, 1 - 4 * scale]);
  });

  test("spectralNorm: directions are kept in training alone, and variables stand under the part's names", () => {
    const network = new L.Network("net", L.spectralNorm(L.sequential(L.conv2d(3, 2), L.flatten(), L.dense(2))));
    const updates: L.Updates = new Map();
    network.apply(x, { updates });
    expect(updates.size).toBe(0);
    network.apply(x, { training: true, updates });
    expect([...updates.keys()].map(({ name }) => name)).toEqual([
      "net/inner/0/weightDirection",
      "net/inner/2/weightDirection",
    ]);
    expect(network.parameters.map(({ name }) => name)).toEqual([
      "net/inner/0/weight",
      "net/inner/0/bias",
      "net/inner/2/weight",
      "net/inner/2/bias",
    ]);
  });
});

describe("the preset dcgan", () => {
  test.each([16, 32, 64, 128].flatMap((size) => [1, 4].map((channels) => ({ size, channels }))))(
    "$size pixels, $channels channels: from latents to images to logits",
    ({ size, channels }) => {
      const { generator, discriminator, latent } = dcgan({ size, channels, features: 2, latent: 5 });
      const images = new L.Network("generator", generator).apply(new Input("z", [3, latent]));
      expect(images.shape).toEqual([3, size, size, channels]);
      expect(new L.Network("discriminator", discriminator).apply(images).shape).toEqual([3, 1]);
      for (const layer of [generator, discriminator]) {
        expect(fromConfig("layer", JSON.parse(JSON.stringify(layer.config))).config).toEqual(layer.config);
      }
    },
  );

  test.each([undefined, 3])("maps latents by dense layers of twice as many units, classes %s", (classes) => {
    const { generator } = dcgan({ size: 16, features: 2, latent: 8, mapping: 2, ...(classes && { classes }) });
    const network = new L.Network("generator", generator);
    const labels = classes && { labels: new Input("labels", [3], "i32") };
    expect(network.apply(new Input("z", [3, 8]), { ...labels }).shape).toEqual([3, 16, 16, 1]);
    const found = network.parameters.filter(({ name }) => name.endsWith("/weight")).map(({ shape }) => shape);
    // The vector of a class joins the latents first.
    const joined = found.filter((shape) => shape.length === 2);
    expect(joined).toEqual([
      [classes ? 10 : 8, 16],
      [16, 16],
    ]);
    expect(found).toContainEqual([4, 4, 4, 16]);
  });

  test("has the weights of the workload", () => {
    const { generator, discriminator } = dcgan();
    const networks = [new L.Network("generator", generator), new L.Network("discriminator", discriminator)];
    const images = networks[0].apply(new Input("z", [1, 100]));
    networks[1].apply(images);
    const shapes = networks.map(({ parameters }) =>
      parameters.filter(({ rank }) => rank === 4).map(({ shape }) => shape),
    );
    expect(shapes[0]).toEqual([
      [4, 4, 256, 100],
      [4, 4, 128, 256],
      [4, 4, 64, 128],
      [4, 4, 1, 64],
    ]);
    expect(shapes[1]).toEqual([
      [4, 4, 1, 64],
      [4, 4, 64, 128],
      [4, 4, 128, 256],
      [4, 4, 256, 1],
    ]);
    const values = networks.map(
      ({ parameters }) => evaluate([parameters[0].initializer?.(parameters[0].shape) as Tensor])[0],
    );
    for (const drawn of values) {
      const deviation = Math.sqrt(drawn.reduce((sum, value) => sum + value * value, 0) / drawn.length);
      // Five deviations of an estimate from 1,024 normal numbers or more.
      expect(Math.abs(deviation / 0.02 - 1)).toBeLessThan(5 / Math.sqrt(2 * drawn.length));
    }
  });
});

describe("what is wrong is named", () => {
  const images = new Input("x", [2, 8, 8, 3]);
  const weights = (shape: Shape) => new Input("w", shape);
  const at = (layer: L.Layer, shape: Shape) => () =>
    new L.Network("critic", L.sequential(layer)).apply(new Input("x", shape));
  test.each([
    [
      () => convolution.conv2d(images, weights([3, 3, 4, 8])),
      "conv2d: images must have 4 channels for weights [3, 3, 4, 8] and groups 1, found [2, 8, 8, 3]",
    ],
    [
      () => convolution.conv2d(images, weights([3, 3, 3])),
      "conv2d: weights must have shape [kernel height, kernel width, channels / groups, features], all >= 1, found [3, 3, 3]",
    ],
    [
      () => convolution.conv2d(weights([8, 8, 3]), images),
      "conv2d: images must have shape [batch, height, width, channels], found [8, 8, 3]",
    ],
    [
      () => convolution.conv2d(images, weights([3, 3, 1, 8]), { groups: 3 }),
      "conv2d: groups must be an integer >= 1 that divides the 8 features, found 3",
    ],
    [
      () => convolution.conv2d(images, weights([5, 3, 3, 8]), { dilation: 3 }),
      "conv2d: a window of height 13 (kernel 5, dilation 3) does not fit an image of height 8 padded to 8",
    ],
    [
      () => convolution.conv2d(images, weights([3, 3, 3, 8]), { stride: 0 }),
      "conv2d: stride must be an integer >= 1 or [height, width] of them, found 0",
    ],
    [
      () => convolution.conv2d(images, weights([3, 3, 3, 8]), { padding: [1, 2, 3] as never }),
      'conv2d: padding must be "same", "valid", an integer >= 0, [height, width] or [top, bottom, left, right], found [1, 2, 3]',
    ],
    [
      () => convolution.convTranspose2d(images, weights([4, 4, 8, 5])),
      "convTranspose2d: images must have 5 channels for weights [4, 4, 8, 5], found [2, 8, 8, 3]",
    ],
    [
      () => convolution.convTranspose2d(images, weights([4, 4, 8, 3]), { stride: 2, outputPadding: 2 }),
      "convTranspose2d: outputPadding must be smaller than the stride 2, found 2",
    ],
    [
      () => convolution.conv1d(images, weights([3, 3, 8])),
      "conv1d: sequences must have shape [batch, length, channels], found [2, 8, 8, 3]",
    ],
    [
      () => maxPool2d(images, 2, { padding: 2 }),
      "maxPool2d: padding must be smaller than the window's size 2, and 0 if the window is dilated, found 2",
    ],
    [() => upsample2d(images, 1.5), "upsample2d: factor must be an integer >= 1 or [height, width] of them, found 1.5"],
    [
      () => pixelShuffle(images, 2),
      "pixelShuffle: factor^2 must divide the number of channels, found factor 2 for [2, 8, 8, 3]",
    ],
    [() => groupNorm(images, 2), "groupNorm: groups must be an integer >= 1 that divides the 3 channels, found 2"],
    [
      () => minibatchStd(new Input("x", [6, 2])),
      "minibatchStd: groupSize must be an integer >= 1 that divides the batch, found 4 for [6, 2]",
    ],
    [() => L.conv2d(8, 0), "conv2d: kernelSize must be an integer >= 1 or [height, width] of them, found 0"],
    [() => L.conv2d(8, 3, { groups: 3 }), "conv2d: groups must divide the 8 features, found 3"],
    [
      () => L.resnetBlock(8, { resample: "half" as never }),
      'resnetBlock: resample must be "up", "down" or "none", found "half"',
    ],
    [
      at(L.conv2d(8, 5), [2, 4, 4, 3]),
      "conv2d at critic/0: a window of height 5 (kernel 5, dilation 1) does not fit an image of height 4 padded to 4",
    ],
    [
      at(L.conv2d(8, 3, { groups: 2 }), [2, 4, 4, 3]),
      "conv2d at critic/0: the input must have channels that groups (2) divides, found [2, 4, 4, 3]",
    ],
    [
      at(L.conv2d(8, 3), [2, 16]),
      "conv2d at critic/0: the input must have shape [batch, height, width, channels], found [2, 16]",
    ],
    [
      at(L.pixelShuffle(2), [2, 4, 4, 3]),
      "pixelShuffle at critic/0: factor^2 must divide the number of channels, found factor 2 for [2, 4, 4, 3]",
    ],
    [() => dcgan({ size: 48 }), "dcgan: size must be 16, 32, 64 or 128, found 48"],
    [() => dcgan({ mapping: -1 }), "dcgan: mapping must be an integer >= 0 and <= 16, found -1"],
    [() => dcgan({ channels: 5 }), "dcgan: channels must be an integer >= 1 and <= 4, found 5"],
  ])("%s", (build, message) => {
    expect(build).toThrow(RangeError);
    expect(build).toThrow(message);
  });
});

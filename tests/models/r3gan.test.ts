/** The networks of R3GAN: shapes, layers, initial weights; and options of dcgan beside them. */
import { afterAll, describe, expect, test } from "vitest";
import { createRuntime, dcgan, layers as L, r3gan } from "#binding";
import type { R3ganOptions } from "#src/models/gan/r3gan";

const runtime = await createRuntime({ threads: 1 });
afterAll(() => runtime.close());

const networks = (options: R3ganOptions) => {
  const { latent, generator, discriminator } = r3gan(options);
  return { latent, generator: new L.Network("g", generator), discriminator: new L.Network("d", discriminator) };
};

describe.each([16, 32, 64, 128])("size %d", (size) => {
  test.each([1, 3])("%d channels", (channels) => {
    const { latent, generator, discriminator } = networks({ size, channels, width: 8, most: 32, latent: 5 });
    expect(generator.init([latent])).toEqual([size, size, channels]);
    expect(discriminator.init([size, size, channels])).toEqual([1]);
  });
});

describe("32 pixels, widths 32, 24, 16 and 8, two blocks each", () => {
  const widths = [32, 24, 16, 8];
  const { generator, discriminator } = networks({ size: 32, width: widths, blocks: 2 });
  generator.init([64]);
  discriminator.init([32, 32, 1]);

  /** Parameters of a block: 1x1 to 2 w with biases, 3x3 in groups of 16 with biases, 1x1 back. */
  const block = (w: number) => w * 2 * w + 2 * w + 9 * 16 * 2 * w + 2 * w + 2 * w * w;
  const blocks = widths.reduce((sum, w) => sum + 2 * block(w), 0);
  const changes = 32 * 24 + 24 * 16 + 16 * 8;
  const sizeOf = ({ variables }: L.Network) => variables.reduce((sum, { size }) => sum + size, 0);

  test("both have the blocks, the changes of width, a base of 4x4 images and a dense layer", () => {
    expect(sizeOf(generator)).toBe(64 * 32 + 16 * 32 + blocks + changes + 8);
    expect(sizeOf(discriminator)).toBe(8 + blocks + changes + 16 * 32 + 32);
  });

  test("biases are in the first two convolutions of a block alone", () => {
    for (const { variables } of [generator, discriminator]) {
      const biases = variables.filter(({ name }) => name.endsWith("/bias")).map(({ name }) => name);
      expect(biases).toHaveLength(2 * 2 * widths.length);
      expect(biases.every((name) => /\/inner\/[02]\/bias$/.test(name))).toBe(true);
    }
  });

  test("initial weights have deviation gain / sqrt(fan in), 0 in the last convolution of a block", async () => {
    const all = [...generator.variables, ...discriminator.variables];
    await runtime.initialize(all, { seed: 1 });
    const gain = Math.sqrt(2 / 1.04) / 8 ** 0.25;
    for (const one of all) {
      const { data } = await runtime.read(one);
      const deviation = Math.sqrt(Array.from(data).reduce((sum, x) => sum + x * x, 0) / data.length);
      const fanIn = one.shape.slice(0, -1).reduce((product, length) => product * length, 1);
      const inBlock = /\/inner\/[02]\/weight$/.test(one.name);
      if (/\/inner\/4\/weight$|\/bias$/.test(one.name)) expect(deviation, one.name).toBe(0);
      else {
        // The generator's 4x4 images are normal with deviation 1.
        const wanted = one.name === "g/2/weight" ? 1 : (inBlock ? gain : 1) / Math.sqrt(fanIn);
        expect(Math.abs(deviation / wanted - 1), one.name).toBeLessThan(5 / Math.sqrt(2 * data.length));
      }
    }
  });
});

test("wrong options are named", () => {
  expect(() => r3gan({ size: 20 })).toThrow("r3gan: size must be 16, 32, 64 or 128, found 20");
  expect(() => r3gan({ width: [8, 8] })).toThrow(
    "r3gan: width must be a number or 4 of them for size 32, found [8, 8]",
  );
  expect(() => r3gan({ width: 20 })).toThrow("r3gan: width must be a multiple of 8, found 20");
  expect(() => r3gan({ most: 20 })).toThrow("r3gan: most must be a multiple of 8, found 20");
  expect(() => r3gan({ blocks: 0 })).toThrow("r3gan: blocks must be an integer >= 1, found 0");
  expect(() => dcgan({ norm: "layer" as never })).toThrow(
    'dcgan: norm must be "batch", "spectral" or "none", found "layer"',
  );
});

test("dcgan: the norm of the discriminator", () => {
  const kinds = (norm?: "batch" | "spectral" | "none") => {
    const { discriminator } = dcgan({ size: 16, features: 8, ...(norm && { norm }) });
    return (discriminator.config.layers as L.LayerConfig[]).map(({ kind }) => kind);
  };
  expect(kinds()).toEqual(kinds("batch"));
  expect(kinds("batch")).toEqual(["conv2d", "leakyRelu", "conv2d", "batchNorm", "leakyRelu", "conv2d", "flatten"]);
  expect(kinds("none")).toEqual(["conv2d", "leakyRelu", "conv2d", "leakyRelu", "conv2d", "flatten"]);
  expect(kinds("spectral").filter((kind) => kind === "spectralNorm")).toHaveLength(3);
});

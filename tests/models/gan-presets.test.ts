/** Dependence of presets on the data. */
import { expect, test } from "vitest";
import { dataset } from "#src/data/dataset";
import { ganPresets } from "#src/presets/gan";
import type { LayerConfig } from "#src/layers/layer";

const { dcgan, r3gan } = ganPresets.presets;

/** A description of `count` images. */
const images = (count: number) => ({
  ...dataset({ name: "images", records: new Uint8Array(16 * 16), shape: [16, 16, 1] }),
  count,
});

/** Kinds of the discriminator's layers in preset dcgan for a given number of images. */
function kinds(count: number): string[] {
  const { discriminator } = dcgan.make(images(count), 10).config as unknown as { discriminator: LayerConfig };
  return (discriminator.layers as LayerConfig[]).map(({ kind }) => kind);
}

test("dcgan shifts images if there are few", () => {
  expect(kinds(3_437)).toEqual(["augment", "sequential"]);
  expect(kinds(60_000)[0]).toBe("conv2d");
});

test("r3gan shifts images if there are few", () => {
  const augment = (count: number) => r3gan.make(images(count), 10).config.augment;
  expect(augment(3_437)).toMatchObject({ kind: "diff", colour: false, cutout: 0, translation: 1 / 8, fill: -1 });
  expect(augment(60_000)).toBeUndefined();
});

/** What presets make of the data they are given. */
import { expect, test } from "vitest";
import { dataset } from "#src/data/dataset";
import { ganPresets } from "#src/presets/gan";
import type { LayerConfig } from "#src/layers/layer";

const { dcgan } = ganPresets.presets;

/** A description of so many images. */
const images = (count: number) => ({
  ...dataset({ name: "images", records: new Uint8Array(16 * 16), shape: [16, 16, 1] }),
  count,
});

/** Kinds of the layers that preset dcgan gives to the discriminator of so many images. */
function kinds(count: number): string[] {
  const { discriminator } = dcgan.make(images(count), 10).config as unknown as { discriminator: LayerConfig };
  return (discriminator.layers as LayerConfig[]).map(({ kind }) => kind);
}

test("dcgan moves images about where they are few", () => {
  expect(kinds(3_437)).toEqual(["augment", "sequential"]);
  expect(kinds(60_000)[0]).toBe("conv2d");
});

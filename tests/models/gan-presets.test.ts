/** What presets make of the data they are given. */
import { expect, test } from "vitest";
import { dataset } from "#src/data/dataset";
import { ganPresets } from "#src/presets/gan";
import type { LayerConfig } from "#src/layers/layer";

/** Kinds of the discriminator's layers that preset dcgan gives to so many images. */
function kinds(count: number): string[] {
  const data = { ...dataset({ name: "images", records: new Uint8Array(16 * 16), shape: [16, 16, 1] }), count };
  const { discriminator } = ganPresets.presets.dcgan.make(data, 10).config as unknown as { discriminator: LayerConfig };
  return (discriminator.layers as LayerConfig[]).map(({ kind }) => kind);
}

test("dcgan moves images about where they are few", () => {
  expect(kinds(3_437)).toEqual(["augment", "sequential"]);
  expect(kinds(60_000)[0]).toBe("conv2d");
});

/** Paths into recipes. */
import { expect, test } from "vitest";
import { isPath, withValue } from "#src/sweep/recipe-path";

const recipe = {
  steps: 10,
  config: {
    optimizers: { generator: { rate: 1 }, discriminator: { rate: 2, beta1: 0 } },
    layers: [{ units: 8 }, { kind: "relu" }, { units: 2 }],
  },
};

test("a name with a dot or a bracket is a path", () => {
  expect(["config.ema", "config[0]", "batch", "eval-every"].map(isPath)).toEqual([true, true, false, false]);
});

test("sets a field, an element, and all places of a star, in a copy", () => {
  const before = structuredClone(recipe);
  expect(withValue(recipe, "config.optimizers.generator.rate", { kind: "cosine" }, "file").config.optimizers).toEqual({
    generator: { rate: { kind: "cosine" } },
    discriminator: { rate: 2, beta1: 0 },
  });
  expect(withValue(recipe, "config.optimizers.*.rate", 7, "file").config.optimizers).toEqual({
    generator: { rate: 7 },
    discriminator: { rate: 7, beta1: 0 },
  });
  // Only where there is such a field.
  expect(withValue(recipe, "config.optimizers.*.beta1", 7, "file").config.optimizers.generator).toEqual({ rate: 1 });
  expect(withValue(recipe, "config.layers[0].units", 4, "file").config.layers[0]).toEqual({ units: 4 });
  expect(withValue(recipe, "config.layers.2.units", 4, "file").config.layers[2]).toEqual({ units: 4 });
  expect(recipe).toEqual(before);
});

test("a place that is not there is an error with the nearest name and those that are there", () => {
  expect(() => withValue(recipe, "config.optimisers.generator.rate", 1, "file")).toThrow(
    'file: vary.config.optimisers.generator.rate must be a place in the recipe, found no "optimisers" in config of the recipe; did you mean "optimizers"? fields: optimizers, layers',
  );
  expect(() => withValue(recipe, "config.layers[3].units", 1, "file")).toThrow(
    /found no "3" in config\.layers of the recipe; fields: 0, 1, 2/,
  );
  expect(() => withValue(recipe, "steps.x", 1, "file")).toThrow(
    /found no "x" in steps of the recipe; it has no fields/,
  );
  expect(() => withValue(recipe, "config.*.gamma", 1, "file")).toThrow(/found no "\*" in config of the recipe/);
});

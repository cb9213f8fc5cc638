/** Every preset is trained by two ranks as by one. */
import { describe, expect, test } from "vitest";
import { presetList } from "#src/presets/index";
import { normalised } from "#src/presets/normalisation";
import { Training } from "#src/train/training";
import { presetData } from "../preset-data.js";
import { trainRanks } from "./ranks.js";

describe.each(presetList().map((one) => [`${one.kind}/${one.name}`, one] as const))("%s", (_, one) => {
  test("two ranks have one hash, and the losses of one rank", async () => {
    const raw = presetData(one);
    const data = normalised(raw, one.preset.normalisation(raw));
    const train = (size: number) =>
      trainRanks(size, (runtime, group) => {
        const family = one.preset.make(data, 2);
        return new Training(family, runtime, data, { steps: 1, batchSize: 40, seed: 1, ...group });
      });
    const [[alone], both] = [await train(1), await train(2)];
    expect(both[0].result.weightHash).toBe(both[1].result.weightHash);
    const { losses } = alone.result;
    for (const [name, loss] of Object.entries(losses))
      expect(Math.abs(both[0].result.losses[name] - loss), name).toBeLessThan(1e-3 * Math.max(1, Math.abs(loss)));
  }, 60_000);
});

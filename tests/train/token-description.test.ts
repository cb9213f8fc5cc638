/** The description of tokens: kept in checkpoints, saved models and runs, and compared when a training goes on. */
import { describe, expect, test } from "vitest";
import { characterCodec, codecFrom, datasets } from "#src/data/index";
import { type Checkpoint, checkpointVersion } from "#src/train/checkpoint";
import { checkpointOf, dataOf, savedOf } from "#src/train/checkpoint-form";
import { checkAlike, codecOf, type DataDescription, descriptionOf } from "#src/train/data-description";
import { checkSame, type NewRun, readSettings, runFormat, runVersion, settingsText } from "#src/train/run-settings";
import { readModel, writeModel } from "#src/train/saved-model";
import { Values } from "#src/graph/values";

const codec = characterCodec({ alphabet: ["a", "é", "🦓"], ended: true });
const records = [codec.encode("aé"), codec.encode("🦓")];
const described = descriptionOf(datasets.tokens({ name: "words", records, codec }));
const { name, ...fields } = described;
const tensors = new Map([["weight", new Values(Float32Array.of(1, 2), [2])]]);
const checkpoint: Checkpoint = {
  ...{ ...fields, data: name, version: checkpointVersion, config: { kind: "gan" }, tensors },
  ...{ batchSize: 4, seed: 1, step: 10, history: [{ step: 10, losses: { loss: 0.5 } }] },
};

test("a description has the vocabulary and the codec", () => {
  expect(described).toEqual({
    name: "words",
    shape: [3],
    range: { scale: 1, shift: 0 },
    extent: [0, 3],
    tokens: { vocabulary: 4, ended: true, codec: { kind: "characters", alphabet: ["a", "é", "🦓"], ended: true } },
  });
  expect(codecOf(described)).toBe("tokens");
});

describe("a saved model", () => {
  test("has the tokens that its checkpoint had, also as bytes", async () => {
    const saved = savedOf(checkpoint);
    const read = await readModel(await writeModel(saved));
    expect(read.data).toEqual(described);
    expect(dataOf(checkpointOf(read, "file"))).toEqual(described);
    expect(codecFrom(read.data.tokens?.codec ?? { kind: "none" }).decode([3, 2, 0])).toBe("🦓é");
  });

  test.each([
    [{ vocabulary: 0, ended: true }, "data.tokens.vocabulary must be an integer >= 1, found 0"],
    [{ vocabulary: 3 }, "data.tokens.ended is missing"],
    [{ vocabulary: 3, ended: false, codec: "characters" }, 'data.tokens.codec must be an object, found "characters"'],
    [
      { vocabulary: 3, ended: false, codec: { alphabet: [] } },
      "data.tokens.codec.kind must be a string, found undefined",
    ],
    [{ vocabulary: 3, ended: false, codecs: {} }, 'unknown field "data.tokens.codecs"'],
  ])("with damaged tokens is refused: %o", async (tokens, message) => {
    const bytes = await writeModel({
      ...savedOf(checkpoint),
      data: { ...described, tokens } as unknown as DataDescription,
    });
    await expect(readModel(bytes, "model")).rejects.toThrow(`model: corrupt: ${message}`);
  });
});

describe("a run", () => {
  const settings: NewRun = {
    ...{
      model: "gan",
      preset: "none",
      steps: 100,
      batchSize: 4,
      seed: 1,
      deterministic: false,
      saveEvery: 10,
      keep: 3,
    },
    config: { kind: "gan" },
    data: {
      ...{ source: "words.txt", name, count: 2, shape: [3], scale: 1, shift: 0, extent: [0, 3], sha256: "" },
      tokens: described.tokens,
    },
  };
  const own = { format: runFormat, version: runVersion, genloom: "0", ...settings } as const;

  test("keeps the tokens in config.json", async () => {
    const read = await readSettings(new TextEncoder().encode(await settingsText(own)), "config.json");
    expect(read.data.tokens).toEqual(described.tokens);
    expect(() => checkSame(read, checkpoint, "config.json")).not.toThrow();
  });

  test("is not that of a checkpoint with other tokens", () => {
    const tokens = { vocabulary: 4, ended: true, codec: { ...codec.config, alphabet: ["a", "b", "🦓"] } };
    expect(() => checkSame(own, { ...checkpoint, tokens }, "config.json")).toThrow(
      "its data.tokens.codec.alphabet[1] is not that of the checkpoint of step 10",
    );
  });
});

describe("a training goes on", () => {
  const check = (found: Partial<DataDescription>) => () =>
    checkAlike("train", "the model's", described, { ...described, ...found });
  const { tokens: _, ...plain } = described;

  test("with the same tokens", () => {
    expect(check(JSON.parse(JSON.stringify(described)))).not.toThrow();
  });

  test.each([
    [
      { vocabulary: 5, ended: true },
      "train: records must be tokens of a vocabulary of 4 like the model's, found tokens of a vocabulary of 5",
    ],
    [{ vocabulary: 4, ended: true }, "train: tokens stand for something else than the model's: tokens.codec differs"],
    [
      { vocabulary: 4, ended: true, codec: characterCodec({ alphabet: ["a", "b", "🦓"], ended: true }).config },
      "train: tokens stand for something else than the model's: tokens.codec.alphabet[1] differs",
    ],
    [{ vocabulary: 4, ended: false, codec: codec.config }, "tokens.ended differs"],
  ])("not with others: %o", (tokens, message) => {
    expect(check({ tokens })).toThrow(RangeError);
    expect(check({ tokens })).toThrow(message);
  });

  test("not from tokens to values, or back", () => {
    expect(() => checkAlike("train", "the model's", described, plain)).toThrow(
      "train: records must be tokens of a vocabulary of 4 like the model's, found values",
    );
    expect(() => checkAlike("train", "the model's", plain, described)).toThrow(
      "train: records must be values like the model's, found tokens of a vocabulary of 4",
    );
  });
});

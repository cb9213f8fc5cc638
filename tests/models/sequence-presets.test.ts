/** Networks of the presets of sequences: which tokens a position sees. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRuntime, datasets, type Runtime, type Sequence } from "#binding";
import { choraleCodec } from "#src/data/codecs/chorale";
import type { TokenCodec } from "#src/data/codecs/codec";
import { levelCodec } from "#src/data/codecs/level";
import { presetNamed } from "#src/presets/index";
import { recipeOf } from "#src/presets/recipe";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

/** The distances back from the last token at which another token changes its likelihood under the preset's untrained model. */
async function seen(
  preset: string,
  codec: TokenCodec,
  length: number,
  distances: readonly number[],
): Promise<number[]> {
  const data = datasets.tokens({
    records: [Array(length).fill(1), Array(length).fill(2)],
    vocabulary: codec.vocabulary,
    codec,
  });
  const model = presetNamed("sequence", preset).make(data, 10) as Sequence;
  const record = Array.from({ length }, (_, i) => i % 3);
  const changed = distances.map((distance) =>
    record.map((token, i) => (i === length - 1 - distance ? 3 - token : token)),
  );
  const trained = model.trained(runtime, [length]);
  const { tokens } = await trained.logLikelihood([record, ...changed].flat(), { untrained: true });
  const last = (row: number) => tokens.data[(row + 1) * length - 1];
  return distances.filter((_, i) => last(i + 1) !== last(0));
}

test.each([7, 11, 14, 16, 20])(
  "level: the column to the left, and the same row of the two before it, %i rows",
  async (rows) => {
    const codec = levelCodec({ kind: "level", rows, tiles: ["-", "X", "S", "o"] });
    const column = Array.from({ length: rows }, (_, i) => i + 1);
    const wanted = [...column, 2 * rows, 3 * rows];
    expect(await seen("level", codec, 4 * rows, wanted)).toEqual(wanted);
  },
);

test("chorale: the other voices of the frame, and the same voice of the eight frames before", async () => {
  const codec = choraleCodec({ voices: 4, framesPerBeat: 1, pitches: [60, 62, 64] });
  const wanted = [1, 2, 3, ...Array.from({ length: 8 }, (_, i) => 4 * (i + 1))];
  expect(await seen("chorale", codec, 48, wanted)).toEqual(wanted);
});

test("characters: lines in more steps than windows of a long text, in the recipe too", () => {
  const preset = presetNamed("sequence", "characters");
  const lines = datasets.tokens({ records: [[1, 2], [2]], vocabulary: 3, ended: true });
  const text = datasets.windows({ sequences: [[0, 1, 2, 0, 1, 2]], length: 4 });
  const steps = [lines, text].map((data) => recipeOf(preset, data, { preset: "sequence/characters" }).steps);
  expect(steps[0]).toBe(preset.steps);
  expect(steps[1]).toBeLessThan(steps[0] / 2);
});

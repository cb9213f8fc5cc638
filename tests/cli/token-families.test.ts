/** The other families on tokens: machines of frames of music and of any tokens, and GANs of levels. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { document, expectFailure, freshFolder, genloom } from "./genloom.js";

const folder = freshFolder();
const music = join(folder, "scales-quarter.json");
const names = join(folder, "names.txt");

beforeAll(() => {
  const piece = (from: number) => Array.from({ length: 40 }, (_, i) => [60 + ((from + i) % 12), 48]);
  const parts = { train: [piece(0), piece(3), piece(5)], valid: [piece(1)], test: [piece(2), [[30, 100]]] };
  writeFileSync(music, JSON.stringify(parts));
  writeFileSync(
    names,
    `${["anna", "ben", "carla", "dora", "eva", "fred", "gina", "hugo", "ida", "jan", "kim", "lea"].join("\n")}\n`,
  );
});

const quick = ["--steps", "20", "--batch", "8", "--threads", "1"];

describe("rbm chorale", () => {
  const path = (window: number) => join(folder, `rbm-${window}`);
  test.each([1, 2])("windows of %i frames: a run, nats a frame of the test part, MIDI files", async (window) => {
    const out = path(window);
    // Fewer hidden units than the preset has, so that annealing takes seconds.
    const recipe = await document(["presets", "rbm/chorale", "--data", music, "--window", `${window}`]);
    expect(recipe.sequences).toEqual({ form: "roll", window });
    const file = join(folder, `recipe-${window}.json`);
    writeFileSync(file, JSON.stringify({ ...recipe, config: { ...recipe.config, hidden: 24 } }));
    await document(["train", "rbm", "--model", file, "--data", music, "--out", out, ...quick]);
    const { data } = JSON.parse(readFileSync(join(out, "config.json"), "utf8"));
    expect(data.shape).toEqual([88 * window]);
    expect(data.tokens).toEqual({ vocabulary: 2, ended: false, codec: { kind: "roll", framesPerBeat: 1 } });
    expect(data.count).toBe(3 * (40 - window + 1));
    const evaluated = await document(["evaluate", out, "--samples", "20", "--threads", "1"]);
    const { natsPerFrame, natsPerFrameReverse, logLikelihood, records } = evaluated.metrics;
    // 40 frames and one of pitches that the training part does not have, which is no window of two.
    expect(records).toBe(window === 1 ? 41 : 39);
    expect(natsPerFrame).toBeCloseTo(-logLikelihood / window, 9);
    expect(natsPerFrame).toBeGreaterThan(0);
    expect(Math.abs(natsPerFrameReverse - natsPerFrame)).toBeLessThan(0.1);
    expect(evaluated.heldOut.source).toBe(`the test part of ${music}`);
    const midi = join(folder, `drawn-${window}.mid`);
    const drawn = await document(["sample", out, "--count", "3", "--out", midi]);
    expect(readdirSync(drawn.file).length).toBe(3);
    expect(readFileSync(join(drawn.file, "sample-1.mid")).subarray(0, 4).toString()).toBe("MThd");
  });

  test("is what music chooses, and goes on after an interruption", async () => {
    const out = join(folder, "chosen");
    const made = await document(["train", "rbm", "--data", music, "--window", "2", "--out", out, ...quick]);
    expect(made.preset).toBe("chorale");
    const more = await document(["train", "rbm", "--resume", out, "--steps", "25", "--threads", "1"]);
    expect(more.steps).toBe(25);
    expect(JSON.parse(readFileSync(join(out, "config.json"), "utf8")).data.shape).toEqual([176]);
  });

  test.each([
    [
      ["rbm", "--preset", "bernoulli", "--window", "8"],
      /--window is an option of presets that read music as frames/,
      /rbm chorale/,
    ],
    [["rbm", "--preset", "chorale", "--data", names], /rbm chorale: data must be music/, /JSB chorales/],
    [["gan", "--preset", "level", "--data", names], /gan level: data must be levels/, /VGLC/],
  ])("%j are refused", async (args, error, hint) => {
    expectFailure(await genloom(["train", ...args, "--out", join(folder, "refused")]), 2, error, hint);
  });
});

test("rbm tokens: names of a unit for each letter", async () => {
  mkdirSync(join(folder, "tokens"));
  const out = join(folder, "tokens", "run");
  const made = await document(["train", "rbm", "--data", names, "--out", out, ...quick]);
  expect(made.preset).toBe("tokens");
  const { config } = JSON.parse(readFileSync(join(out, "config.json"), "utf8"));
  expect(config.units.visible.kind).toBe("categorical");
  const drawn = await document(["sample", out, "--count", "4"]);
  expect(drawn.samples.length).toBe(4);
  for (const text of drawn.samples) expect(text).toMatch(/^[a-v]*$/);
  const { metrics } = await document(["evaluate", out, "--samples", "20", "--threads", "1"]);
  // Twelve names of 43 letters, and as many ends.
  expect(metrics.records).toBe(12);
  expect(metrics.natsPerCharacter).toBeCloseTo((-metrics.logLikelihood * 12) / (43 + 12), 9);
});

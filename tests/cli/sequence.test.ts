/** Sequence models on the command line: texts, music and levels are trained on, sampled, evaluated, resumed and exported. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { createRuntime, load } from "#binding";
import { evaluationWindows } from "#src/data/windows";
import { openSource } from "#src/domains/load";
import { sequencesOf } from "#src/domains/texts";
import type { TrainedSequence } from "#src/models/sequence/trained-sequence";
import { document, expectFailure, freshFolder, genloom } from "./genloom.js";

const folder = freshFolder();
const names = join(folder, "names.txt");
const others = join(folder, "others.txt");
const run = join(folder, "names");
const common = ["--batch", "8", "--seed", "3", "--threads", "1"];

/** Names of three syllables, more than the ten lines by which a list is known. */
const syllables = ["ma", "ri", "lo", "te", "ka", "no"];
const nameOf = (i: number) => [i, i * 7 + 1, i * 3 + 2].map((one) => syllables[one % syllables.length]).join("");
const some = Array.from({ length: 60 }, (_, i) => nameOf(i * 5 + (i >> 2)));

beforeAll(async () => {
  writeFileSync(names, `${some.slice(0, 48).join("\n")}\n`);
  writeFileSync(others, `${some.slice(48).join("\n")}\n`);
  const made = await document([
    "train",
    "sequence",
    "--data",
    names,
    "--steps",
    "6",
    "--save-every",
    "3",
    ...common,
    "--out",
    run,
  ]);
  expect(made).toMatchObject({ model: "sequence", preset: "characters", steps: 6 });
});

describe("names of two classes", () => {
  const source = join(folder, "classes");
  const conditional = join(folder, "conditional");

  test("a class is asked for by the name of its file, and held-out names are scored with theirs", async () => {
    mkdirSync(source);
    writeFileSync(join(source, "first.txt"), `${some.slice(0, 30).join("\n")}\n`);
    writeFileSync(join(source, "second.txt"), `${some.slice(30).join("\n")}\n`);
    const training = ["--data", source, "--conditional", "--held-out", "0.2", "--eval-every", "6", "--steps", "12"];
    await document(["train", "sequence", ...training, ...common, "--out", conditional]);
    const asked = ["sample", conditional, "--count", "60", "--seed", "2", "--label"];
    const { samples } = await document([...asked, "second"]);
    expect(samples).toEqual((await document([...asked, "1"])).samples);
    expect(samples).not.toEqual((await document([...asked, "first"])).samples);
    expectFailure(await genloom([...asked, "third"]), 2, /number of a class, found "third"/, /classes: first, second/);
    const { metrics } = await document(["evaluate", conditional, "--samples", "20"]);
    expect(metrics.natsPerToken).toBeGreaterThan(0);
    // Names of a file have no class.
    expect((await document(["evaluate", conditional, "--samples", "20", "--on", others])).metrics).not.toHaveProperty(
      "natsPerToken",
    );
  });
});

describe("names", () => {
  test("samples are texts, the same for the same seed, and begin with the prompt", async () => {
    const { samples } = await document(["sample", run, "--count", "5", "--seed", "2"]);
    expect(samples).toHaveLength(5);
    expect((await document(["sample", run, "--count", "2", "--seed", "2", "--first", "3"])).samples).toEqual(
      samples.slice(3),
    );
    const prompted = await document([
      "sample",
      run,
      "--count",
      "4",
      "--prompt",
      "mar",
      "--top-k",
      "3",
      "--temperature",
      "0.7",
    ]);
    for (const text of prompted.samples) expect(text).toMatch(/^mar[a-z]*$/);
    const greedy = await document(["sample", run, "--count", "2", "--temperature", "0", "--top-p", "0.9"]);
    expect(new Set(greedy.samples).size).toBe(1);
    const out = join(folder, "out.txt");
    await document(["sample", run, "--count", "3", "--out", out]);
    expect(readFileSync(out, "utf8").split("\n")).toHaveLength(4);
  });

  test("an evaluation has nats and scores, with the held-out file's beside them", async () => {
    const { metrics, floors, heldOut } = await document(["evaluate", run, "--on", others, "--samples", "30"]);
    expect(metrics.natsPerCharacter).toBe(metrics.natsPerToken);
    // At most the nats of an even draw among the alphabet and the end.
    expect(metrics.natsPerToken).toBeLessThan(Math.log(12) + 0.5);
    expect(Object.keys(floors)).toEqual(["unique", "novel"]);
    expect(heldOut).toEqual({ source: others, count: 12 });
    const greedy = await document(["evaluate", run, "--on", others, "--samples", "30", "--temperature", "0"]);
    expect(greedy.metrics).toMatchObject({ natsPerToken: metrics.natsPerToken, unique: 1 / 30 });
    expect(greedy.drawing).toEqual({ temperature: 0 });
  });

  test("a run that is resumed ends where it would have; a saved model has the same samples", async () => {
    const half = join(folder, "half");
    await document(["train", "sequence", "--data", names, "--steps", "3", ...common, "--out", half]);
    const resumed = await document(["train", "--resume", half, "--steps", "3", "--threads", "2"]);
    expect(resumed.steps).toBe(3);
    const again = await document(["train", "--resume", run, "--step", "3"]);
    expect(again.weightHash).toBe((await document(["inspect", run])).weightHash);
    const file = join(folder, "names.safetensors");
    await document(["export", run, "--format", "safetensors", "--out", file]);
    const drawn = async (path: string) => (await document(["sample", path, "--count", "4"])).samples;
    expect(await drawn(file)).toEqual(await drawn(run));
    const tuned = join(folder, "tuned");
    const from = await document(["train", "--from", file, "--data", names, "--steps", "2", ...common, "--out", tuned]);
    expect(from.steps).toBe(2);
  });

  test("held-out nats are followed, the best checkpoint is kept, and a training without them ends early", async () => {
    const out = join(folder, "watched");
    const watched = ["--held-out", "10", "--eval-every", "2", "--keep-best", "natsPerToken", "--patience", "1"];
    const made = await document([
      ...["train", "sequence", "--data", names, "--steps", "8", ...watched, ...common, "--out", out],
    ]);
    const nats = made.evaluations.map(({ metrics }: { metrics: Record<string, number> }) => metrics.natsPerToken);
    expect(made.best).toMatchObject({ metric: "natsPerToken", value: Math.min(...nats) });
    expect(readdirSync(join(out, "samples"))).toContain("step-00000002.txt");
    const best = await document(["evaluate", out, "--step", "best", "--samples", "5"]);
    expect(best.metrics.natsPerToken).toBeCloseTo(made.best.value, 5);
    expectFailure(
      await genloom(["train", "sequence", "--data", names, "--eval-every", "2", "--out", join(folder, "none")]),
      2,
      /needs records that training does not see/,
      /--held-out 0.1/,
    );
    expectFailure(
      await genloom([
        "train",
        "sequence",
        "--data",
        names,
        "--eval-every",
        "2",
        "--keep-best",
        "fid",
        "--out",
        join(folder, "fid"),
      ]),
      2,
      /must be evaluated by natsPerToken during its training, found fid/,
      /genloom evaluate/,
    );
  });

  test("the report shows samples as text", () => {
    const report = readFileSync(join(run, "report.html"), "utf8");
    expect(report).toContain("Samples");
    expect(report).toContain("<li");
  });
});

test("one long text is cut into windows; the end of it is held out on demand", async () => {
  const text = join(folder, "story.txt");
  const sentence =
    "It was late, and the lamp by the door had burned low. Nobody came; nobody ever came at that hour, she thought,\n";
  writeFileSync(text, sentence.repeat(60));
  const out = join(folder, "story");
  const made = await document([
    "train",
    "sequence",
    "--data",
    text,
    "--steps",
    "2",
    "--held-out",
    "0.1",
    ...common,
    "--out",
    out,
  ]);
  expect(made.preset).toBe("characters");
  const { metrics, heldOut } = await document(["evaluate", out, "--samples", "3"]);
  expect(heldOut.source).toBe("records that the run held out");
  expect(Object.keys(metrics).sort()).toEqual(["copies", "natsPerCharacter", "natsPerToken"]);
  const { samples } = await document(["sample", out, "--count", "2", "--length", "40", "--prompt", "It was"]);
  for (const one of samples) expect([...one].slice(0, 6).join("")).toBe("It was");
  expect([...samples[0]]).toHaveLength(40);
});

test("chorales: samples as MIDI files, a piano roll and text; the test part is found", async () => {
  const data = join(folder, "jsb-chorales-quarter.json");
  const piece = (shift: number) =>
    Array.from({ length: 40 }, (_, i) => [72, 67, 64, 48].map((pitch) => pitch + ((i + shift) % 5)));
  const parts = { train: [piece(0), piece(1)], valid: [piece(2)], test: [piece(3)] };
  writeFileSync(data, JSON.stringify(parts));
  const out = join(folder, "chorales");
  await document(["train", "sequence", "--data", data, "--steps", "2", "--eval-every", "2", ...common, "--out", out]);
  const [watched] = readFileSync(join(out, "metrics.jsonl"), "utf8").match(/(?<="natsPerToken":)[\d.]+/) ?? [];
  const { metrics, floors, heldOut } = await document(["evaluate", out, "--samples", "4"]);
  expect(metrics.natsPerFrame).toBeCloseTo(4 * metrics.natsPerToken, 5);
  // The training was followed by the validation part.
  expect(Number(watched)).toBeGreaterThan(0);
  expect(Number(watched)).not.toBe(metrics.natsPerToken);
  expect(Object.keys(floors)).toEqual(["chords", "inKey", "copies"]);
  expect(heldOut).toEqual({ source: `the test part of ${data}`, count: 1 });
  const { file } = await document(["sample", out, "--count", "3", "--out", join(folder, "bach.mid")]);
  expect(readdirSync(file)).toEqual(["sample-1.mid", "sample-2.mid", "sample-3.mid"]);
  await document(["sample", out, "--count", "2", "--out", join(folder, "bach.png")]);
  expect([...readFileSync(join(folder, "bach.png")).subarray(1, 4)]).toEqual([80, 78, 71]);
});

test("levels: samples as text and tile maps", async () => {
  const path = join(folder, "levels");
  mkdirSync(path);
  const rows = (gap: number) =>
    [...Array.from({ length: 12 }, () => "-".repeat(40)), `${"-".repeat(20)}E${"-".repeat(19)}`]
      .concat([`${"X".repeat(gap)}--${"X".repeat(38 - gap)}`])
      .join("\n");
  for (const gap of [8, 15, 30]) writeFileSync(join(path, `level-${gap}.txt`), `${rows(gap)}\n`);
  const out = join(folder, "level-run");
  const made = await document(["train", "sequence", "--data", path, "--steps", "2", ...common, "--out", out]);
  expect(made.preset).toBe("level");
  const { samples } = await document(["sample", out, "--count", "2"]);
  expect(samples[0].split("\n").map((row: string) => row.length)).toEqual(new Array(14).fill(28));
  await document(["sample", out, "--count", "2", "--out", join(folder, "levels.png")]);
  expect(existsSync(join(folder, "levels.png"))).toBe(true);
});

test("held-out levels are scored in windows that begin with a whole column", async () => {
  const path = join(folder, "odd-columns");
  mkdirSync(path);
  const rows = (columns: number) =>
    Array.from({ length: 11 }, (_, row) =>
      Array.from({ length: columns }, (_, i) => (row * i > 60 ? "X" : "-")).join(""),
    );
  for (const columns of [27, 90]) writeFileSync(join(path, `level-${columns}.txt`), `${rows(columns).join("\n")}\n`);
  const out = join(folder, "odd-run");
  await document(["train", "sequence", "--data", path, "--steps", "3", ...common, "--out", out]);
  const { metrics } = await document(["evaluate", out, "--samples", "2"]);

  const runtime = await createRuntime({ threads: 1 });
  const model = (await load(runtime, out)) as TrainedSequence;
  const [length] = model.shape;
  expect(length).toBe(27 * 11);
  const { sequences } = await sequencesOf(await openSource(path));
  // Half of a window is 13.5 columns.
  const pieces = evaluationWindows(sequences, length, 13 * 11);
  const windows = pieces.flatMap(({ sequence, start }) => Array.from(sequences[sequence]).slice(start, start + length));
  const { tokens } = await model.logLikelihood(windows);
  await runtime.close();
  const scored = pieces.flatMap(({ context }, i) => [...tokens.data.subarray(i * length + context, (i + 1) * length)]);
  expect(scored).toHaveLength((27 + 90) * 11);
  expect(metrics.natsPerToken).toBeCloseTo(-scored.reduce((sum, log) => sum + log, 0) / scored.length, 5);
});

describe("what does not fit is refused", () => {
  test.each<[string, () => string[], RegExp]>([
    [
      "images",
      () => ["train", "sequence", "--data", "digits"],
      /must be tokens|must be text, molecules, music or levels/,
    ],
    ["text for a GAN of images", () => ["sample", run, "--prompt", "m9"], /"9" .*is not in the alphabet/],
    [
      "a file of another kind",
      () => ["sample", run, "--out", join(folder, "a.mid")],
      /must end in \.npy, \.csv, \.txt/,
    ],
    ["a prompt that is too long", () => ["sample", run, "--prompt", "ma".repeat(30)], /at most \d+ tokens/],
    ["a share above 1", () => ["sample", run, "--top-p", "2"], /at most 1/],
  ])("%s", async (_, args, message) => {
    const outcome = await genloom(args());
    expect(outcome.stderr).toMatch(message);
    expect([2, 3]).toContain(outcome.code);
  });

  test("options of sequence models, for another model", async () => {
    const gan = join(folder, "ring");
    await document(["train", "gan", "--preset", "ring", "--steps", "2", "--threads", "1", "--out", gan]);
    expectFailure(
      await genloom(["sample", gan, "--top-k", "3"]),
      2,
      /--top-k is an option of sequence models/,
      /leave it out/,
    );
    expectFailure(
      await genloom(["evaluate", gan, "--temperature", "0.5"]),
      2,
      /--temperature is an option of models of tokens/,
      /scored as they come/,
    );
  });

  test("a text with characters that the model does not know names line and column", async () => {
    const odd = join(folder, "odd.txt");
    writeFileSync(odd, `${some.slice(0, 12).join("\n")}\nXavier\n`);
    expectFailure(await genloom(["evaluate", run, "--on", odd]), 3, /line 13, column 1/, /characters/);
  });
});

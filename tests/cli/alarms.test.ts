/** What the command line says of a training that goes wrong, and where it is written down. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { document, expectFailure, freshFolder, genloom, type Outcome, quick } from "./genloom.js";

const folder = freshFolder();
const lines = (text: string) => text.trimEnd().split("\n");

/** A description of a GAN for the ring, as a file. */
function model(name: string, optimizers: { generator: object; discriminator: object }, loss = "nonSaturating"): string {
  const network = (units: number) => ({
    kind: "sequential",
    layers: [
      { kind: "dense", units: 64 },
      { kind: "relu" },
      { kind: "dense", units: 64 },
      { kind: "relu" },
      { kind: "dense", units },
    ],
  });
  const gan = {
    ...{ kind: "gan", latent: 2, generator: network(2), discriminator: network(1), loss: { kind: loss } },
    ...{ penalties: [], optimizers, ema: 0, discriminatorSteps: 1 },
  };
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(gan));
  return file;
}

/** The section of a report with this title. */
function section(run: string, title: string): string {
  const report = readFileSync(join(run, "report.html"), "utf8");
  return report.split("<section>").find((part) => part.startsWith(`<h2>${title}</h2>`)) ?? "";
}

const adam = (learningRate: number) => ({ kind: "adam", learningRate });
const sgd = (learningRate: number) => ({ kind: "sgd", learningRate });

describe("a discriminator that has won", () => {
  const run = join(folder, "won");
  const weak = model("won", { generator: adam(1e-6), discriminator: adam(5e-3) });
  let outcome: Outcome;
  beforeAll(async () => {
    outcome = await genloom(["train", "gan", ...quick, "--model", weak, "--steps", "500", "--jsonl", "--out", run]);
  });

  test("is told once on stderr: an alarm, and a hint", () => {
    expect(outcome.code, outcome.stderr).toBe(0);
    const found = lines(outcome.stderr);
    const at = found.findIndex((line) => line.startsWith("alarm: discriminatorWon at step "));
    expect(found[at]).toMatch(
      /^alarm: discriminatorWon at step \d+: for 250 steps the discriminator has told .* apart/,
    );
    expect(found[at + 1]).toMatch(/^hint: lower the discriminator's learning rate/);
    expect(found.filter((line) => line.includes("discriminatorWon"))).toHaveLength(1);
  });

  test("is in the JSON lines, in metrics.jsonl, in the checkpoint and in the report", async () => {
    const events = lines(outcome.stdout).map((line) => JSON.parse(line));
    const alarms = events.filter(({ event }) => event === "progress").flatMap((event) => event.alarms ?? []);
    expect(alarms.filter(({ name }) => name === "discriminatorWon")).toEqual([
      { name: "discriminatorWon", step: expect.any(Number), message: expect.any(String), hint: expect.any(String) },
    ]);
    const { step } = alarms.find(({ name }) => name === "discriminatorWon");
    const done = events.at(-1);
    expect(done.event).toBe("done");
    expect(done.alarms).toContainEqual(expect.objectContaining({ name: "discriminatorWon", step, until: 500 }));
    const metrics = lines(readFileSync(join(run, "metrics.jsonl"), "utf8")).map((line) => JSON.parse(line));
    const marked = metrics.filter((one) => one.alarms?.includes("discriminatorWon"));
    expect(marked.map((one) => one.step)).toEqual(metrics.map((one) => one.step).filter((one) => one >= step));
    expect(metrics.at(-1)).toMatchObject({ separation: expect.any(Number), diversity: expect.any(Number) });
    expect(section(run, "Alarms")).toMatch(new RegExp(`discriminatorWon<br>steps ${step} to 500`));
    expect(section(run, "Signals")).toContain("separation by step");
  });

  test("a resumed run remembers it, and says nothing new", async () => {
    const { stderr } = await genloom(["train", "--resume", run, "--steps", "600", "--threads", "1"]);
    expect(stderr).not.toContain("discriminatorWon");
    expect(section(run, "Alarms")).toMatch(/discriminatorWon<br>steps \d+ to 600/);
  });
});

describe("--on-divergence", () => {
  const steep = model("steep", { generator: adam(1e-3), discriminator: sgd(1e4) }, "leastSquares");
  const train = ["train", "gan", ...quick, "--model", steep, "--steps", "300"];

  test("a second divergence ends the training as the first one does by default", async () => {
    const failed = await genloom([...train, "--on-divergence", "retry", "--out", join(folder, "twice")]);
    expect(lines(failed.stderr).filter((line) => /^(note|alarm|hint): /.test(line))).toEqual([
      expect.stringMatching(
        /^note: training diverged at step \d+: .+ is not finite; back to step \d+, with other random/,
      ),
      expect.stringMatching(/^alarm: nonFinite at step \d+: .+ is not finite$/),
      expect.stringMatching(/^hint: lower the learning rate/),
      expect.stringMatching(/^hint: lower the learning rate.*last checkpoint is not affected$/),
    ]);
    expectFailure(failed, 4, /training diverged at step \d+, for the second time: .+ is not finite/, /learning rate/);
  });

  test("is a setting of the run, and half the rate is kept when it is resumed", async () => {
    const [run, other] = [join(folder, "halved"), join(folder, "halved-whole")];
    const rate = 1.8;
    const file = model("fast", { generator: sgd(1e-3), discriminator: sgd(rate) }, "leastSquares");
    const args = ["train", "gan", ...quick, "--model", file, "--on-divergence", "half-rate", "--save-every", "50"];
    const whole = await document([...args, "--steps", "200", "--out", other]);
    expect(whole.alarms).toMatchObject([{ name: "nonFinite" }]);
    await document([...args, "--steps", "150", "--out", run]);
    expect(JSON.parse(readFileSync(join(run, "config.json"), "utf8")).onDivergence).toBe("half-rate");
    const resumed = await document(["train", "--resume", run, "--steps", "200"]);
    expect(resumed.weightHash).toBe(whole.weightHash);
  });

  test("another word is a usage error", async () => {
    const { code, stderr } = await genloom([...train, "--on-divergence", "again"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/--on-divergence.*stop, retry, half-rate/);
  });
});

describe("a model whose weights are finite and whose samples are not", () => {
  const run = join(folder, "overflowing");
  let trained: Outcome;
  beforeAll(async () => {
    const wild = model("overflowing", { generator: sgd(1e20), discriminator: sgd(1e-3) });
    trained = await genloom(["train", "gan", ...quick, "--model", wild, "--steps", "1", "--out", run]);
  });

  test("is trained to its end, with a note", () => {
    expect(trained.code, trained.stderr).toBe(0);
    expect(trained.stderr).toContain("note: evaluate: samples of this model are not finite numbers");
    expect(trained.stdout).not.toContain("modes");
  });

  test.each(["sample", "evaluate"])("has nothing to %s: exit code 4", async (command) => {
    const failed = await genloom([command, run, "--threads", "1"]);
    expectFailure(failed, 4, /samples of this (run|model) are not finite numbers: its training has diverged/, /rate/);
  });
});

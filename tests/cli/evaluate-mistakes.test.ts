/** What a user of `genloom evaluate`, and of evaluations during `genloom train`, is told when something does not fit. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { formatNpy } from "#src/data/formats/npy";
import { document, expectFailure, freshFolder, genloom } from "./genloom.js";

const folder = freshFolder();
/** One cache for all commands, so that a classifier is trained once. */
const env = { GENLOOM_CACHE: join(folder, "cache") };
/** A run of labelled images, and one of images without labels. */
const run = join(folder, "digits");
const bare = join(folder, "bare");

beforeAll(async () => {
  const held = ["--preset", "digits", "--count", "300", "--held-out", "0.5"];
  await document(["train", "gan", ...held, "--steps", "2", "--threads", "1", "--out", run]);
  writeFileSync(
    join(folder, "bare.npy"),
    formatNpy(
      Float32Array.from({ length: 40 * 64 }, (_, i) => Math.abs(Math.sin(i))),
      [40, 8, 8, 1],
    ),
  );
  const args = ["--data", join(folder, "bare.npy"), "--steps", "2", "--threads", "1", "--out", bare];
  await document(["train", "gan", ...args]);
}, 60_000);

test("an unknown metric: the list, and a near one", async () => {
  const failed = await genloom(["evaluate", run, "--metrics", "fid,recal"], { env });
  expectFailure(failed, 2, /unknown metric "recal"/, /did you mean "recall"\? known metrics: fid, kid, .*modes.*elbo/);
});

test.each([
  [["--metrics", "certain"], /certain must have a classifier, found none/, /--features-from/],
  [
    ["--features", "classifier"],
    /--features classifier must have labelled images, found 40 records of \[8, 8, 1\] without labels/,
    /--features-from SOURCE, or use --features pixels/,
  ],
  [
    ["--features-from", "ring"],
    /ring: images for --features-from must have shape \[8, 8, 1\] like the run's records, found \[2\]/,
    /same kind/,
  ],
  [
    ["--features-from", join(folder, "bare.npy")],
    /bare\.npy: --features-from must have at least 10 images of two classes or more, found 40 without labels/,
    /a sub-folder for each class, an IDX file with its file of labels/,
  ],
  [["--metrics", "fid"], /fid must have at least 65 samples \(for features of 64 numbers\), found 20/, /draw more/],
  [["--metrics", "modes"], /modes is not a measure of a gan/, /leave it out/],
  [
    ["--features", "inception"],
    /--features must be classifier, pixels or \.npy files, found inception/,
    /data\.npy,samples\.npy/,
  ],
])("of unlabelled images: %s", async (args, error, hint) => {
  expectFailure(await genloom(["evaluate", bare, ...args], { env }), 2, error, hint);
});

test("of a score that cannot be computed before any classifier is trained", async () => {
  const failed = await genloom(["evaluate", run, "--metrics", "fid,asked"], {
    env: { GENLOOM_CACHE: join(folder, "none") },
  });
  expectFailure(failed, 2, /asked must have a model that was trained with classes, found one without/, /--conditional/);
  expect(failed.stderr).not.toContain("training a classifier");
});

test("of labelled points: a classifier must have images", async () => {
  const points = join(folder, "points");
  const data = ["--data", "moons", "--count", "40"];
  await document(["train", "gan", ...data, "--steps", "2", "--threads", "1", "--out", points]);
  const failed = await genloom(["evaluate", points, "--metrics", "certain"], { env });
  expectFailure(
    failed,
    2,
    /certain needs a classifier, which must have images \[height, width, channels\], found other records/,
    /leave out certain/,
  );
});

test("with too few records the usual scores are left out, with the reason", async () => {
  const { code, stderr, stdout } = await genloom(["evaluate", bare, "--json"], { env });
  expect(code, stderr).toBe(0);
  expect(stderr).toContain("fid is left out: it must have at least 65 samples (for features of 64 numbers), found 20");
  expect(Object.keys(JSON.parse(stdout).floors)).toEqual(["kid", "clippedDensity", "clippedCoverage"]);
});

test("images of another size can teach the classifiers: they are resized", async () => {
  const args = ["--features-from", "digits", "--metrics", "certain", "--samples", "20"];
  const { metrics } = await document(["evaluate", bare, ...args], { env });
  expect(metrics).toMatchObject({ classesOf: 10 });
}, 240_000);

test.each([
  [["--keep-best", "fid"], /--keep-best needs --eval-every/, /every N steps/],
  [["--eval-every", "5", "--keep-best", "fit"], /unknown metric "fit"/, /./],
  [
    ["--eval-every", "5", "--save-every", "2"],
    /--eval-every must be a multiple of --save-every, 2, found 5/,
    /checkpoints/,
  ],
  [["--eval-every", "5", "--keep-best", "all"], /--keep-best must be the name of one score, found all/, /fid, kid/],
  [["--eval-every", "5", "--keep-best", "all", "--patience", "2"], /must be the name of one score, found all/, /./],
  [
    ["--eval-every", "5", "--eval-metrics", "all", "--keep-best", "asked"],
    /the score of --keep-best, asked, must have a classifier/,
    /--features-from/,
  ],
  [["--eval-every", "5", "--eval-metrics", "certain"], /certain must have a classifier/, /./],
  [["--eval-every", "5"], /fid must have at least 65 training records/, /./],
  [
    ["--eval-every", "5", "--eval-metrics", "kid", "--eval-samples", "1"],
    /kid must have at least 2 samples .*, found 1/,
    /./,
  ],
  [
    ["--eval-every", "5", "--eval-metrics", "kid", "--keep-best", "asked"],
    /asked must have a classifier/,
    /--features-from/,
  ],
  [["--held-out", "40"], /count must be an integer >= 1 and <= 39, found 40/, /hold out fewer/],
  [["--held-out", "many"], /It must be a share between 0 and 1, or a number of records >= 1/, /./],
])("of train, which leaves no folder: %s", async (args, error, hint) => {
  const data = ["--data", join(folder, "bare.npy"), "--steps", "10", "--threads", "1"];
  const never = join(folder, "never");
  expectFailure(await genloom(["train", "gan", ...data, ...args, "--out", join(never, "run")]), 2, error, hint);
  expect(existsSync(never)).toBe(false);
});

test("of train into a folder that is there: what is in it stays, and the corrected command uses it", async () => {
  const path = join(folder, "there");
  mkdirSync(join(path, "samples"), { recursive: true });
  writeFileSync(join(path, "notes.txt"), "mine");
  const train = ["train", "gan", "--data", join(folder, "bare.npy"), "--steps", "4", "--threads", "1", "--out", path];
  const kid = [...train, "--eval-every", "4", "--eval-metrics", "kid", "--eval-features", "pixels"];
  expectFailure(await genloom([...kid, "--eval-samples", "1"]), 2, /kid must have at least 2 samples/, /./);
  expect(readdirSync(path).sort()).toEqual(["notes.txt", "samples"]);
  expect((await document([...kid, "--eval-samples", "20"])).steps).toBe(4);
});

test("features that are asked for need no classifier", async () => {
  const path = join(folder, "by-pixels");
  const args = ["--data", "digits", "--count", "80", "--steps", "4", "--eval-every", "4", "--eval-metrics", "kid"];
  const { code, stderr } = await genloom(
    ["train", "gan", ...args, "--eval-features", "pixels", "--eval-samples", "20", "--threads", "1", "--out", path],
    { env: { GENLOOM_CACHE: join(folder, "none") } },
  );
  expect(code, stderr).toBe(0);
  expect(stderr).toContain("step 4: kid ");
  // A built-in set has 10,000 other records; the run's own are told in the next test.
  expect(stderr).not.toContain("floors are those of");
  expect(stderr).not.toContain("training a classifier");
  const lines = readFileSync(join(path, "metrics.jsonl"), "utf8").trim().split("\n");
  expect(lines.filter((line) => "evaluation" in JSON.parse(line))).toHaveLength(1);
});

test("more samples than held-out records: a note that scores and floors differ in their count", async () => {
  const args = ["--data", join(folder, "bare.npy"), "--steps", "4", "--eval-every", "2", "--eval-metrics", "kid"];
  const path = join(folder, "floors");
  const { code, stderr, stdout } = await genloom(
    ["train", "gan", ...args, "--held-out", "10", "--eval-samples", "16", "--threads", "1", "--out", path],
    { env },
  );
  expect(code, stderr).toBe(0);
  expect(stderr).toContain("floors are those of 10 held-out records, scores those of 16 samples");
  expect(stdout).toMatch(/^best kid: .* at step \d, of 2 evaluations$/m);
  // Going on by another score: evaluations before are not of it.
  const more = await genloom(
    ["train", "--resume", path, "--steps", "6", "--eval-metrics", "clippedDensity", "--keep-best", "clippedDensity"],
    { env },
  );
  expect(more.code, more.stderr).toBe(0);
  expect(more.stdout).toMatch(/^best clippedDensity: .* at step 6, of 1 evaluation$/m);
});

test("no evaluation that was due is told as such", async () => {
  const args = ["--data", join(folder, "bare.npy"), "--steps", "2", "--eval-every", "4", "--eval-metrics", "kid"];
  const { code, stderr, stdout } = await genloom(
    ["train", "gan", ...args, "--save-every", "2", "--threads", "1", "--out", join(folder, "undue")],
    { env },
  );
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/^no evaluation was due$/m);
});

test("held-out records cannot change when a run is resumed", async () => {
  const failed = await genloom(["train", "--resume", run, "--held-out", "0.1"]);
  expectFailure(failed, 2, /--held-out cannot change when a run is resumed/, /holds its settings/);
});

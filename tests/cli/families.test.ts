/** The command line's options mean the same for every family: a row each. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { document, freshFolder, start } from "./genloom.js";

const folder = freshFolder();

interface Row {
  readonly kind: string;
  readonly settings: readonly string[];
  readonly losses: readonly string[];
  /** Titles of the family's own parts of the report. */
  readonly parts: readonly string[];
  readonly metrics: readonly string[];
}

const rows: readonly Row[] = [
  {
    kind: "vae",
    settings: ["--preset", "mlp", "--data", "digits", "--count", "300", "--batch", "20"],
    losses: ["loss", "reconstruction", "kl"],
    parts: ["Reconstructions", "Latent map", "Latents"],
    metrics: ["logLikelihood", "logLikelihoodError", "elbo", "activeLatents"],
  },
  {
    kind: "vae",
    settings: ["--preset", "iwae", "--data", "digits", "--count", "100", "--batch", "2"],
    losses: ["loss", "reconstruction", "kl"],
    parts: ["Reconstructions", "Latent map", "Latents"],
    metrics: ["logLikelihood", "elbo"],
  },
  {
    kind: "vae",
    settings: ["--preset", "points", "--count", "500"],
    losses: ["loss", "reconstruction", "kl"],
    parts: ["Reconstructions", "Latent map", "Latents"],
    metrics: ["logLikelihood", "elbo"],
  },
  {
    kind: "rbm",
    settings: ["--preset", "bars"],
    losses: ["contrast"],
    parts: ["Filters", "Gibbs chains", "Free energies"],
    metrics: ["logPartition", "logLikelihood", "pseudoLikelihood"],
  },
  {
    kind: "rbm",
    settings: ["--preset", "bernoulli", "--data", "bars"],
    losses: ["contrast"],
    parts: ["Filters", "Gibbs chains", "Free energies"],
    metrics: ["logPartition", "logLikelihood", "pseudoLikelihood"],
  },
];

describe.each(rows)("$kind $settings.1", ({ kind, settings, losses, parts, metrics }) => {
  const run = join(folder, `${kind}-${settings[1]}`);
  const steps = 30;
  const train = ["train", kind, ...settings, "--steps", String(steps), "--save-every", "5", "--seed", "5"];

  test("killed and resumed it ends where it would have, for any threads", async () => {
    const whole = await document([...train, "--threads", "1", "--out", run]);
    expect(whole).toMatchObject({ model: kind, steps });
    expect(Object.keys(whole.losses)).toEqual(losses);
    const running = start([...train, "--threads", "2", "--jsonl", "--out", `${run}-killed`]);
    // A checkpoint is there from step 5 on.
    await running.written('"step":7,');
    running.process.kill("SIGKILL");
    expect((await running.outcome).code).toBeNull();
    const resumed = await document(["train", kind, "--resume", `${run}-killed`, "--threads", "3"]);
    expect(resumed).toMatchObject({ weightHash: whole.weightHash, steps });
  }, 180_000);

  test("sample, evaluate, inspect and the report", async () => {
    const metricsFound = (await document(["evaluate", run])).metrics;
    for (const name of metrics) expect(metricsFound[name], name).toBeTypeOf("number");
    if (metrics.includes("elbo")) {
      // Of one latent each the estimate is a draw of the bound itself.
      const single = (await document(["evaluate", run, "--k", "1"])).metrics;
      expect(single.logLikelihood).toBeLessThan(metricsFound.logLikelihood);
    }
    const sampled = await document(["sample", run, "--count", "3", "--out", `${run}.npy`]);
    expect(sampled.count ?? sampled.samples).toBe(3);
    expect((await document(["inspect", run])).step).toBe(steps);
    const report = readFileSync(join(run, "report.html"), "utf8");
    for (const title of parts) expect(report).toContain(`<h2>${title}</h2>`);
  }, 180_000);
});

// A GAN learns handwritten digits in this page. From the top: the model, its data, one training from start to reset, the
// download; then the page around them: buttons, samples, curves. The first half runs as it is in Node, Deno and Bun.
import {
  adam,
  createRuntime,
  datasets,
  gan,
  layers as L,
  losses,
  penalties,
  schedules,
  writeSafetensors,
} from "genloom";

/**
 * Dense networks but for one transposed convolution, which draws clean strokes: digits can be read after some 400 steps.
 * Networks of convolutions throughout showed none after 640.
 */
function digitGan() {
  const optimizer = () => adam(schedules.cosine(1.5e-3, { steps: 5000, to: 1e-4 }), { beta1: 0 });
  return gan({
    latent: 24,
    generator: L.sequential(
      L.dense(128),
      L.leakyRelu(),
      L.dense(14 * 14 * 4),
      L.leakyRelu(),
      L.reshape(14, 14, 4),
      L.convTranspose2d(1, 4, { stride: 2, padding: 1 }), // to [28, 28, 1]
      L.tanh(),
    ),
    discriminator: L.sequential(
      L.flatten(),
      L.dense(128, { initializer: { name: "normal", deviation: 0.005 } }),
      L.leakyRelu(),
      L.dense(128),
      L.leakyRelu(),
      L.dense(1),
    ),
    loss: losses.nonSaturating(),
    penalties: [penalties.r1(0.4)],
    optimizers: { generator: optimizer(), discriminator: optimizer() },
    ema: 0.995,
  });
}

/** Training images, written in small portions so that the page answers in between. */
async function writeDigits(count = 4000, portion = 25) {
  const records = new Uint8Array(count * 28 * 28);
  for (let done = 0; done < count; done += portion) {
    await new Promise((resolve) => setTimeout(resolve));
    records.set(datasets.digits({ count: portion, seed: done }).records, done * 28 * 28);
  }
  return datasets.from({ name: "digits", records, shape: [28, 28, 1] });
}

/**
 * One training, from untrained networks until Reset ends it.
 * @param {Awaited<ReturnType<typeof writeDigits>>} digits @param {number} seed
 */
async function session(digits, seed) {
  const runtime = await createRuntime({ seed }); // in workers: the page never waits for it
  const model = digitGan();
  const stop = new AbortController();
  const training = model.train(runtime, digits, {
    steps: Number.MAX_SAFE_INTEGER,
    batchSize: 64,
    seed,
    signal: stop.signal,
  });
  const draw = async () => samples.draw(await training.model.sample(64, { seed: 1, untrained: true }));

  resetButton.onclick = () => {
    setState("resetting");
    stop.abort();
  };
  saveButton.onclick = () => download(runtime, model, training.history.at(-1)?.step ?? 0).catch(fail);
  describeHost(runtime.info);
  curves.clear();
  readouts(0, 0, await runtime.memory());
  await draw();
  setState("ready");
  await untilRunning();

  let before = { step: 0, time: performance.now() };
  for await (const { step, losses } of training) {
    const now = performance.now();
    readouts(step, (1000 * (step - before.step)) / (now - before.time), await runtime.memory());
    curves.add(step, [losses.discriminator, losses.generator]);
    if (samples.due(now)) await draw();
    before = { step, time: now };
    if (state === "paused") {
      await draw();
      status.value = `Paused at step ${step}.`;
      await untilRunning(); // training waits with us: its next steps run when this loop asks for them
      before.time = performance.now();
    }
  }
  await runtime.close();
}

/**
 * Saves what sampling needs; the discriminator stays behind. Every machine-learning library reads the file.
 * @param {Awaited<ReturnType<typeof createRuntime>>} runtime @param {ReturnType<typeof digitGan>} model @param {number} step
 */
async function download(runtime, model, step) {
  const weights = new Map();
  for (const variable of model.sampler([28, 28, 1]).variables) weights.set(variable.name, await runtime.read(variable));
  const file = writeSafetensors(weights, { model: JSON.stringify(model.config), step: `${step}` });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([/** @type {BlobPart} */ (file)]));
  link.download = `digits-generator-${step}.safetensors`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// ---- The page around it: nothing of genloom from here on.

const [startButton, resetButton, saveButton] = document.querySelectorAll("button");
const [stepField, speedField, memoryField] = document.querySelectorAll("dd");
const [status] = document.querySelectorAll("output");
const [sampleCanvas, curveCanvas] = document.querySelectorAll("canvas");
const lossFields = document.querySelectorAll("b");

const states = {
  ready: { label: "Start training", message: "Ready. Both networks are untrained." },
  running: { label: "Pause", message: "Training: digits can be read after some seconds." },
  paused: { label: "Continue", message: "Pausing after the step in hand." },
  resetting: { label: "Start training", message: "Starting anew." },
  failed: { label: "Start training", message: "" },
};
/** @type {keyof typeof states} */
let state = "resetting";

/** @param {keyof typeof states} next */
function setState(next) {
  state = next;
  startButton.textContent = states[state].label;
  status.value = states[state].message;
  startButton.disabled = resetButton.disabled = saveButton.disabled = state === "resetting" || state === "failed";
}

startButton.onclick = () => setState(state === "running" ? "paused" : "running");

async function untilRunning() {
  while (state === "ready" || state === "paused") {
    await new Promise((resolve) => addEventListener("click", resolve, { once: true }));
  }
}

/** @param {any} error those of genloom say in `hint` what can be done */
function fail(error) {
  setState("failed");
  status.value = [error.message, error.hint].filter(Boolean).join(". ");
}

/** @param {number} step @param {number} stepsPerSecond @param {number} bytes */
function readouts(step, stepsPerSecond, bytes) {
  stepField.textContent = step.toLocaleString("en");
  speedField.textContent = stepsPerSecond > 0 ? stepsPerSecond.toFixed(stepsPerSecond < 10 ? 1 : 0) : "–";
  memoryField.textContent = `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** @param {import("genloom").RuntimeInfo} info */
function describeHost({ version, build, lanes, reasons }) {
  const [heading, list] = document.querySelectorAll("#build, #reasons");
  heading.textContent = `${version}: ${build} build, ${lanes} ${lanes === 1 ? "lane" : "lanes"}`;
  const lines = reasons.length > 0 ? reasons : ["Everything that this device has is in use."];
  list.replaceChildren(...lines.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
}

/** A colour of the style sheet, light or dark as the page is now. @param {string} name */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);

/** The grid of samples: ink on the page's own background. */
const samples = (() => {
  const [side, tile, gap] = [8, 28, 4];
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  sampleCanvas.width = sampleCanvas.height = side * (tile + gap) - gap;
  const brush = /** @type {CanvasRenderingContext2D} */ (sampleCanvas.getContext("2d"));
  let shown = /** @type {Float32Array} */ (new Float32Array());
  let time = 0;
  /** @param {import("genloom").Values} images [64, 28, 28, 1], -1 paper to 1 ink */
  function draw(images) {
    shown = images.data;
    time = performance.now();
    paint();
  }
  function paint() {
    const picture = brush.createImageData(sampleCanvas.width, sampleCanvas.height);
    const [red, green, blue] = getComputedStyle(sampleCanvas).color.match(/\d+/g)?.map(Number) ?? [];
    shown.forEach((value, i) => {
      const [image, y, x] = [Math.floor(i / tile ** 2), Math.floor(i / tile) % tile, i % tile];
      const top = Math.floor(image / side) * (tile + gap) + y;
      const left = (image % side) * (tile + gap) + x;
      picture.data.set([red, green, blue, 127.5 * (value + 1)], 4 * (top * picture.width + left));
    });
    brush.putImageData(picture, 0, 0);
  }
  return { draw, paint, due: (/** @type {number} */ now) => now - time > (calm.matches ? 3000 : 0) };
})();

/** Curves of the losses: faint as they are, and averaged. */
const curves = (() => {
  const colours = ["--first", "--second"];
  const brush = /** @type {CanvasRenderingContext2D} */ (curveCanvas.getContext("2d"));
  /** @type {{ step: number, values: number[], means: number[] }[]} */
  let points = [];
  function clear() {
    points = [];
    for (const field of lossFields) field.textContent = "";
    paint();
  }
  /** @param {number} step @param {number[]} values */
  function add(step, values) {
    const last = points.at(-1)?.means ?? values;
    points.push({ step, values, means: values.map((value, i) => last[i] + 0.1 * (value - last[i])) });
    if (points.length > 600) points = points.filter((_, i) => i % 2 === 1); // as many as pixels are enough
    values.forEach((value, i) => {
      lossFields[i].textContent = value.toFixed(2);
    });
    paint();
  }
  function paint() {
    const { clientWidth: width, clientHeight: height } = curveCanvas;
    curveCanvas.width = width * devicePixelRatio;
    curveCanvas.height = height * devicePixelRatio;
    brush.scale(devicePixelRatio, devicePixelRatio);
    brush.font = "12px system-ui, sans-serif";
    const [left, bottom] = [28, height - 20];
    const most = Math.max(2, Math.ceil(1.3 * Math.max(...points.flatMap(({ means }) => means))));
    const lastStep = points.at(-1)?.step ?? 0;
    const x = (/** @type {number} */ step) => left + ((width - left - 2) * step) / Math.max(lastStep, 1);
    const y = (/** @type {number} */ value) => bottom - Math.min(value / most, 1) * (bottom - 8);
    brush.fillStyle = colour("--soft");
    brush.strokeStyle = colour("--rule");
    for (const value of [0, most / 2, most]) {
      brush.fillText(`${value}`, 0, y(value) + 4);
      line(
        [
          [left, y(value)],
          [width, y(value)],
        ],
        1,
      );
    }
    brush.fillText("step 0", left, height - 3);
    brush.textAlign = "right";
    if (lastStep > 0) brush.fillText(lastStep.toLocaleString("en"), width, height - 3);
    colours.forEach((name, i) => {
      brush.strokeStyle = colour(name);
      brush.globalAlpha = 0.3;
      line(
        points.map(({ step, values }) => [x(step), y(values[i])]),
        1,
      );
      brush.globalAlpha = 1;
      line(
        points.map(({ step, means }) => [x(step), y(means[i])]),
        2,
      );
    });
  }
  /** @param {number[][]} corners @param {number} thickness */
  function line(corners, thickness) {
    brush.lineWidth = thickness;
    brush.beginPath();
    for (const [x, y] of corners) brush.lineTo(x, y);
    brush.stroke();
  }
  return { clear, add, paint };
})();

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  samples.paint();
  curves.paint();
});
new ResizeObserver(curves.paint).observe(curveCanvas);

try {
  const digits = await writeDigits();
  for (let seed = 1; ; seed++) await session(digits, seed);
} catch (error) {
  fail(error);
}

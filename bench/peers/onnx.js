// ONNX Runtime Web on WebAssembly: inference only. The models are built here, so that they are the same as the others'.
import * as ort from "onnxruntime-web";
import { generatorModel, productModel } from "./onnx-models.js";
import { matrixSizes, measure, noise, threads, versionOf } from "./protocol.js";

ort.env.wasm.numThreads = threads;

const sessionOf = (model) =>
  ort.InferenceSession.create(model, { executionProviders: ["wasm"], graphOptimizationLevel: "all" });

async function sampleStep(batch) {
  const session = await sessionOf(generatorModel(batch));
  return () => session.run({});
}

/** B belongs to the model, as weights do: the runtime packs it once. */
async function matmulStep(n) {
  const session = await sessionOf(productModel(n, noise(n * n)));
  const a = new ort.Tensor("float32", noise(n * n), [n, n]);
  return () => session.run({ a });
}

await measure(`onnxruntime-web-${versionOf("onnxruntime-web")}`, {
  "dcgan-sample-1": () => sampleStep(1),
  "dcgan-sample-64": () => sampleStep(64),
  ...Object.fromEntries(matrixSizes.map((n) => [`matmul-${n}`, () => matmulStep(n)])),
});

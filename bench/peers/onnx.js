// ONNX Runtime Web on WebAssembly: inference only. The models are built here, to match those of the other libraries.
import * as ort from "onnxruntime-web";
import { generatorModel, productModel } from "./onnx-models.js";
import { measure, noise, threads, versionOf } from "./protocol.js";
import { products, samples } from "./workloads.js";

ort.env.wasm.numThreads = threads;

const sessionOf = (model) =>
  ort.InferenceSession.create(model, { executionProviders: ["wasm"], graphOptimizationLevel: "all" });

async function sampleStep(batch) {
  const session = await sessionOf(generatorModel(batch));
  return () => session.run({});
}

/** B is part of the model, as weights are: the runtime packs it once. */
async function matmulStep(n) {
  const session = await sessionOf(productModel(n, noise(n * n)));
  const a = new ort.Tensor("float32", noise(n * n), [n, n]);
  return () => session.run({ a });
}

await measure(`onnxruntime-web-${versionOf("onnxruntime-web")}`, {
  ...samples(sampleStep),
  ...products(matmulStep),
});

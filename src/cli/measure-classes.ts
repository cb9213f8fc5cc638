/** Measures of `genloom evaluate` for labelled images: the distribution of samples over the classes. */
import { classCoverage } from "../metrics/class-coverage.js";
import { trainClassifier } from "../metrics/classifier.js";
import { manySamples } from "./many-samples.js";
import { isImage } from "../report/preview.js";
import type { MeasureContext, MeasureOptions, Metrics } from "./measure-context.js";

/** Fewer than ten records cannot be split into a training and a test part. */
const fewest = 10;

/** Samples judged by a classifier trained on the data; undefined if the data are not labelled images. */
export async function classMeasures(
  { model, runtime, data, seed }: MeasureContext,
  { samples = 2500 }: MeasureOptions,
): Promise<Metrics | undefined> {
  if (data.labels === undefined || data.count < fewest || !isImage(data.shape) || data.shape.length !== 3)
    return undefined;
  const classifier = await trainClassifier(runtime, data, { seed });
  const coverage = classCoverage(
    await classifier.classify(await manySamples(model, samples, seed)),
    classifier.classes,
  );
  const { certain } = classCoverage(classifier.onHeldOut, classifier.classes);
  return { ...coverage, certainOfData: certain, classifierAccuracy: classifier.accuracy };
}

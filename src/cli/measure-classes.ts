/** What `genloom evaluate` measures of images whose data have labels: which classes the samples show. */
import { classCoverage } from "../metrics/class-coverage.js";
import { trainClassifier } from "../metrics/classifier.js";
import { isImage } from "../report/preview.js";
import type { MeasureContext, MeasureOptions, Metrics } from "./measure.js";

/** Fewer than ten records cannot be split into some to learn from and some to be tested on. */
const fewest = 10;

/** Samples seen by a classifier that is trained on the data; undefined where they are not labelled images. */
export async function classMeasures(
  { model, runtime, data, seed }: MeasureContext,
  { samples = 2500 }: MeasureOptions,
): Promise<Metrics | undefined> {
  if (data.labels === undefined || data.count < fewest || !isImage(data.shape) || data.shape.length !== 3)
    return undefined;
  const classifier = await trainClassifier(runtime, data, { seed });
  const coverage = classCoverage(await classifier.classify(await model.sample(samples, { seed })), classifier.classes);
  const { certain } = classCoverage(classifier.onHeldOut, classifier.classes);
  return { ...coverage, certainOfData: certain, classifierAccuracy: classifier.accuracy };
}

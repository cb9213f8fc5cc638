/** Samples of a model as one image: a sheet of images, or a scatter plot over the training data. */
import type { Dataset } from "../data/training-data.js";
import { grid, type Image } from "../data/formats/png.js";
import { isImage, type Shape, sizeOf } from "../graph/shape.js";
import type { SampleOptions } from "../train/sample-options.js";
import type { TrainedModel } from "../train/trained.js";
import { scatter } from "./scatter.js";

/** Number of samples in a preview. */
export function previewCount(shape: Shape): number {
  return isPoints(shape) ? 2500 : 64;
}

/** Whether records of the shape are points in the plane. */
export const isPoints = (shape: Shape): boolean => shape.length === 1 && shape[0] === 2;

export { isImage };

/** Maps normalised values to black and white, or to the coordinates of a plane. */
export type Scaling = Pick<Dataset, "extent" | "scale" | "shift">;

/** A sheet of images [n, ...shape] given in normalised values, as many columns as rows if their number is not given. */
export function sheet(values: Float32Array, shape: Shape, { extent, scale, shift }: Scaling, columns?: number): Image {
  const height = shape[0] as number;
  const zoom = Math.max(1, Math.floor(64 / height));
  const range = [extent[0] * scale + shift, extent[1] * scale + shift] as const;
  const count = values.length / shape.reduce((size, length) => size * length, 1);
  const layout = { zoom, padding: 4, background: 64, ...(columns !== undefined && { columns }) };
  return grid(values, { shape: [count, ...shape], range, ...layout });
}

/** Maximum number of classes that a sheet of classes shows; samples of each in a preview. */
export const mostClassRows = 100;
export const classColumns = 8;

/**
 * Samples of a conditional model, `columns` of each class, class by class [classes * columns, ...shape]. Those of one column
 * have the same latents. Of more than `mostClassRows` classes, the first ones.
 */
export async function samplesByClass(
  model: TrainedModel,
  columns: number,
  options: Pick<SampleOptions, "seed" | "first" | "temperature" | "untrained">,
): Promise<{ readonly values: Float32Array; readonly labels: Int32Array }> {
  const rows = Math.min(model.family.classes ?? 1, mostClassRows);
  const labels = Int32Array.from({ length: rows * columns }, (_, i) => Math.floor(i / columns));
  const values = new Float32Array(labels.length * sizeOf(model.shape));
  for (let label = 0; label < rows; label++) {
    const { data } = await model.sample(columns, { ...options, labels: label });
    values.set(data, label * data.length);
  }
  return { values, labels };
}

/** Samples for a preview: of a conditional model of images a row per class. */
async function samplesFor(model: TrainedModel): Promise<{ readonly values: Float32Array; readonly columns?: number }> {
  const { shape, family } = model;
  if (family.classes === undefined || !isImage(shape))
    return { values: (await model.sample(previewCount(shape), { untrained: true })).data };
  const { values } = await samplesByClass(model, classColumns, { untrained: true });
  return { values, columns: classColumns };
}

/** The preview of a model, or undefined if its records are neither images nor points. */
export async function previewOf(model: TrainedModel, data: Dataset): Promise<Image | undefined> {
  const { values, columns } = await samplesFor(model);
  return previewImage(values, data, columns);
}

/** The preview of samples [n, ...shape], or undefined if records are neither images nor points. */
export function previewImage(values: Float32Array, data: Dataset, columns?: number): Image | undefined {
  const { shape, records, scale, shift } = data;
  if (isPoints(shape)) {
    const some = records.subarray(0, Math.min(records.length, values.length));
    return scatter(
      Float32Array.from(some, (value) => value * scale + shift),
      values,
    );
  }
  return isImage(shape) ? sheet(values, shape, data, columns) : undefined;
}

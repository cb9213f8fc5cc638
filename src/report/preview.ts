/** Samples of a model as one image: a sheet of images, or a scatter plot over the training data. */
import type { Dataset } from "../data/dataset.js";
import { grid, type Image } from "../data/formats/png.js";
import { isImage, type Shape } from "../graph/shape.js";
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

/** A sheet of images [n, ...shape] given in normalised values. */
export function sheet(values: Float32Array, shape: Shape, { extent, scale, shift }: Scaling): Image {
  const height = shape[0] as number;
  const zoom = Math.max(1, Math.floor(64 / height));
  const range = [extent[0] * scale + shift, extent[1] * scale + shift] as const;
  const count = values.length / shape.reduce((size, length) => size * length, 1);
  return grid(values, { shape: [count, ...shape], range, zoom, padding: 4, background: 64 });
}

/** The preview of samples [n, ...shape], or undefined if records are neither images nor points. */
export function previewImage(values: Float32Array, data: Dataset): Image | undefined {
  const { shape, records, scale, shift } = data;
  if (isPoints(shape)) {
    const some = records.subarray(0, Math.min(records.length, values.length));
    return scatter(
      Float32Array.from(some, (value) => value * scale + shift),
      values,
    );
  }
  return isImage(shape) ? sheet(values, shape, data) : undefined;
}

/**
 * Networks of classifiers of images: `pooled` to make features, `strided` to judge. They have different architectures, so
 * that a score by features and a judgement by classes do not share the errors of one network.
 */
import type { Shape } from "../graph/shape.js";
import * as L from "../layers/index.js";

/** The networks by name. */
export const networkNames = ["pooled", "strided"] as const;

export type NetworkName = (typeof networkNames)[number];

/** Length of the features: the values before the last layer. */
export const featureSize = 64;

/** A network of a classifier in two parts: from images to features, and from features to logits of classes. */
export interface ClassifierLayers {
  readonly body: L.Layer;
  readonly head: L.Layer;
}

const initializer = "heNormal";

/** How often an image is halved until its side is about 4 to 8 pixels: at most three times. */
function halvingsOf([height, width]: Shape): number {
  return Math.max(0, Math.min(3, Math.floor(Math.log2(Math.min(height, width) / 4))));
}

/** Convolutions of 3 x 3 with batch norm, halved by max pooling. */
function pooled(halvings: number): L.Layer[] {
  const convolved = (channels: number) => [
    L.conv2d(channels, 3, { padding: "same", bias: false, initializer }),
    L.batchNorm(),
    L.leakyRelu(),
  ];
  const levels = Array.from({ length: halvings }, (_, level) => [...convolved(16 * 2 ** level), L.maxPool2d(2)]);
  // Batch norm gives the features variances of about 1, in whose units distances are.
  const features = [L.dense(featureSize, { bias: false, initializer }), L.batchNorm(), L.leakyRelu()];
  return [...levels.flat(), ...convolved(64), L.flatten(), ...features];
}

/** Convolutions of 5 x 5 that halve the image by their stride, and two dense layers. */
function strided(halvings: number): L.Layer[] {
  const levels = Array.from({ length: halvings }, (_, level) => [
    L.conv2d(16 * 2 ** level, 5, { stride: 2, padding: "same", initializer }),
    L.leakyRelu(),
  ]);
  return [
    ...levels.flat(),
    L.flatten(),
    L.dense(128, { initializer }),
    L.leakyRelu(),
    L.dropout(0.3),
    L.dense(featureSize, { initializer }),
    L.leakyRelu(),
  ];
}

/** The layers of a network for images of a shape. */
export function classifierLayers(name: NetworkName, shape: Shape, classes: number): ClassifierLayers {
  const halvings = halvingsOf(shape);
  const body = name === "pooled" ? pooled(halvings) : strided(halvings);
  return {
    body: L.sequential(L.augment({ translation: translationOf(shape), fill: -1 }), ...body),
    head: L.dense(classes),
  };
}

/** Shifts in training of up to two pixels of 28, filled with the lowest value: they raise the accuracy on held-out digits. */
const translationOf = ([height, width]: Shape) => Math.min(1 / 14, 2 / Math.min(height, width));

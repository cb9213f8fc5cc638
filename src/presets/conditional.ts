/** Parts of the presets' networks in their conditional form, in which `classes` is given. */
import { dense, joinLabel, type Layer, projection } from "../layers/index.js";

/** Numbers of a class's vector: enough to tell the classes apart. */
const sizeOf = (classes: number) => Math.min(16, classes);

/** The first layer of a generator, an encoder or a decoder: appends a vector of the class. */
export const joined = (classes: number | undefined): Layer[] =>
  classes === undefined ? [] : [joinLabel(classes, sizeOf(classes))];

/** The last layer of a discriminator. */
export const head = (classes: number | undefined): Layer => (classes === undefined ? dense(1) : projection(classes));

/** Options of a model. */
export const conditionalOn = (classes: number | undefined) => (classes === undefined ? {} : { classes });

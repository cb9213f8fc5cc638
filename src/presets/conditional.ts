/** Parts of the presets' networks in their conditional form, in which `classes` is given. */
import { dense, film, joinLabel, type Layer, projection } from "../layers/index.js";

/** The first layer of a generator, an encoder or a decoder: appends a vector of the class. */
export const joined = (classes: number | undefined, size = 16): Layer[] =>
  classes === undefined ? [] : [joinLabel(classes, size)];

/** A layer between the product and the activation of a hidden layer. */
export const modulated = (classes: number | undefined): Layer[] => (classes === undefined ? [] : [film(classes)]);

/** The last layer of a discriminator. */
export const head = (classes: number | undefined): Layer => (classes === undefined ? dense(1) : projection(classes));

/** Options of a model. */
export const conditionalOn = (classes: number | undefined) => (classes === undefined ? {} : { classes });

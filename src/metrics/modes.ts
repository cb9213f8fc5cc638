/**
 * Modes that samples of labelled data capture, according to a classifier: the measures of Stacked MNIST, images of three
 * digits in three colours with 1,000 classes.
 */
import { checkNumber, checkNumbers } from "../options.js";

export interface ModesAndKl {
  /** Classes of the data with at least one sample. */
  readonly modes: number;
  /** Classes with at least one record of the data. */
  readonly modesOf: number;
  /** KL(samples' distribution over the classes || the data's) in nats; Infinity if a sample has a class that the data lack. */
  readonly kl: number;
  /** KL that as many samples of the data itself have on average, to first order: (modesOf - 1) / (2 n). */
  readonly klFloor: number;
}

/**
 * Number of classes among the samples, and the divergence of their distribution from that of the data: Metz, Poole, Pfau,
 * Sohl-Dickstein 2017, section 3.3; Lin, Khetan, Fanti, Oh 2018 (PacGAN, section 4.2), who use 26,000 samples.
 * @param samples class of each sample by a classifier, integers from 0 to `classes` - 1
 * @param data class of each record of the data
 * @throws RangeError if there are no samples or records, or if a class is not in range
 * @example metrics.modesAndKl([0, 0, 1, 1], [0, 1, 2, 0, 1, 2], 3).modes // 2
 */
export function modesAndKl(samples: ArrayLike<number>, data: ArrayLike<number>, classes: number): ModesAndKl {
  checkNumber("modesAndKl", "classes", classes, { whole: true, atLeast: 1 });
  const counts = countsOf("samples", samples, classes);
  const expected = countsOf("data", data, classes);
  let kl = 0;
  counts.forEach((count, one) => {
    const share = count / samples.length;
    if (count > 0) kl += share * Math.log(share / (expected[one] / data.length));
  });
  const modesOf = expected.filter((count) => count > 0).length;
  const modes = counts.filter((count, one) => count > 0 && expected[one] > 0).length;
  return { modes, modesOf, kl, klFloor: (modesOf - 1) / (2 * samples.length) };
}

function countsOf(name: string, labels: ArrayLike<number>, classes: number): Int32Array {
  checkNumbers("modesAndKl", name, labels, { whole: true, atLeast: 0, below: classes });
  if (labels.length === 0) throw new RangeError(`modesAndKl: ${name} must have at least one class, found none`);
  const counts = new Int32Array(classes);
  for (let i = 0; i < labels.length; i++) counts[labels[i]]++;
  return counts;
}

/**
 * Classes of stacked images: with ten classes each, the digits 1, 2, 3 of the three channels are class 123.
 * @param parts class of each channel, one list per channel, all of the same length
 * @param classes number of classes of a channel
 * @throws TypeError if a part is no list; RangeError if there are none, if they differ in length, or if a class is not in range
 * @example [...metrics.stackedClasses([[1, 0], [2, 0], [3, 7]], 10)] // [123, 7]
 */
export function stackedClasses(parts: readonly ArrayLike<number>[], classes: number): Int32Array {
  const what = "stackedClasses";
  checkNumber(what, "number of channels", parts?.length, { whole: true, atLeast: 1 });
  checkNumber(what, "classes", classes, { whole: true, atLeast: 1 });
  const length = parts[0]?.length;
  for (const [channel, part] of parts.entries())
    checkNumbers(what, `parts[${channel}]`, part, { length, whole: true, atLeast: 0, below: classes });
  return Int32Array.from({ length }, (_, i) => parts.reduce((sum, part) => sum * classes + part[i], 0));
}

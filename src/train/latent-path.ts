/** Paths between two latents. */
import { cos, sin } from "../numbers/portable-math.js";
import { checkList, checkNumber, checkOptions } from "../options.js";

export interface InterpolateOptions {
  /** Number of points on the path, including both ends; default 8. */
  readonly steps?: number;
  /** "spherical" keeps the norm that latents of a normal prior have (White 2016); default "linear". */
  readonly path?: "linear" | "spherical";
}

/**
 * Validates latents of `size` values each, and their number if `count` is given. Throws a RangeError that begins with
 * `what`.
 */
export function latentsOf(what: string, latents: ArrayLike<number>, size: number, count?: number): Float32Array {
  checkList(what, "a latent", latents);
  const values = Float32Array.from(latents);
  const odd = values.find((value) => !Number.isFinite(value)) ?? values.length;
  const rows = values.length / size;
  if (odd === values.length && rows > 0 && (count === undefined ? Number.isInteger(rows) : rows === count))
    return values;
  throw new RangeError(`${what}: a latent must have ${size} finite values, found ${odd}`);
}

/**
 * Points [steps, size] on the path from one latent of `size` values to another. Throws RangeError if an end is not such a
 * latent, TypeError or RangeError for an invalid option.
 */
export function latentPath(
  start: ArrayLike<number>,
  end: ArrayLike<number>,
  size: number,
  options: InterpolateOptions,
): number[] {
  checkOptions("interpolate", options, ["steps", "path"]);
  const { steps = 8, path = "linear" } = options;
  checkNumber("interpolate", "steps", steps, { atLeast: 2, whole: true });
  if (path !== "linear" && path !== "spherical")
    throw new RangeError(`interpolate: path must be "linear" or "spherical", found ${JSON.stringify(path)}`);
  const [from, to] = [start, end].map((one) => latentsOf("interpolate", one, size, 1));
  const angle = path === "linear" ? 0 : angleOf(from, to);
  const sine = sin(angle);
  return Array.from({ length: steps }, (_, i) => {
    const t = i / (steps - 1);
    // Shoemake 1985, section 3.3; a straight line if the ends have the same direction or one of them is 0.
    const [a, b] = sine > 1e-6 ? [sin((1 - t) * angle) / sine, sin(t * angle) / sine] : [1 - t, t];
    return Array.from(from, (value, j) => value * a + to[j] * b);
  }).flat();
}

function angleOf(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((total, value, i) => total + value * y[i], 0);
  const cosine = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  // The arc cosine bit by bit: engines' own differ in the last one.
  let angle = 0;
  for (let step = Math.PI / 2; step > 1e-17; step /= 2) if (cos(angle + step) > cosine) angle += step;
  return angle;
}

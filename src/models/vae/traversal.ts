/** The latents of a traversal: from one latent, a dimension at a time takes evenly spaced values while the others are fixed. */
import { checkNumber } from "../../options.js";
import { latentsOf } from "../../train/latent-path.js";
import type { TraverseOptions } from "./vae-options.js";

/** A list of latents for each dimension that is varied, [dimensions, steps, latent]. */
export interface Traversal {
  readonly latents: readonly (readonly number[])[];
  readonly dimensions: number;
  readonly steps: number;
}

/** The latents of `traverse`, of length `latent`. Throws RangeError if an option is outside of its range. */
export function traversalOf(
  {
    from,
    range: [low, high] = [-3, 3],
    steps = 7,
    dimensions,
  }: Pick<TraverseOptions, "from" | "range" | "steps" | "dimensions">,
  latent: number,
): Traversal {
  const varied = dimensions ?? Array.from({ length: latent }, (_, i) => i);
  checkNumber("traverse", "steps", steps, { atLeast: 2, whole: true });
  for (const one of varied) checkNumber("traverse", "dimension", one, { atLeast: 0, below: latent, whole: true });
  if (varied.length === 0) throw new RangeError("traverse: dimensions must have at least one index, found none");
  const start = latentsOf("traverse", from ?? new Float32Array(latent), latent, 1);
  const latents = varied.flatMap((dimension) =>
    Array.from({ length: steps }, (_, i) => {
      const one = Float32Array.from(start);
      one[dimension] = low + ((high - low) * i) / (steps - 1);
      return Array.from(one);
    }),
  );
  return { latents, dimensions: varied.length, steps };
}

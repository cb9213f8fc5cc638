/** The neighbour scores by their definitions, with all distances in f64. */
import type { Features } from "#src/metrics/features";

const row = ({ values, size }: Features, i: number) => [...values.subarray(i * size, (i + 1) * size)];

/** Squared distances of all pairs. */
export function distances(a: Features, b: Features): number[][] {
  const others = Array.from({ length: b.count }, (_, j) => row(b, j));
  return Array.from({ length: a.count }, (_, i) => {
    const one = row(a, i);
    return others.map((other) => one.reduce((sum, value, at) => sum + (value - other[at]) ** 2, 0));
  });
}

const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
const count = (values: readonly boolean[]) => values.filter(Boolean).length;

/** The k nearest others of each record, by distance and index. */
function neighbours(all: readonly (readonly number[])[], k: number) {
  return all.map((line, i) =>
    line
      .map((squared, j) => ({ squared, j }))
      .filter(({ j }) => j !== i)
      .sort((a, b) => a.squared - b.squared || a.j - b.j)
      .slice(0, k),
  );
}

export function bruteForce(real: Features, samples: Features, k: number) {
  const among = distances(real, real);
  const near = neighbours(among, k);
  const reach = near.map((list) => list[k - 1].squared);
  const sampleReach = neighbours(distances(samples, samples), k).map((list) => list[k - 1].squared);
  const across = distances(samples, real);
  const median = [...reach].sort((a, b) => a - b)[Math.floor((reach.length - 1) / 2)];
  const clipped = reach.map((one) => Math.min(one, median));
  const balls = across.map((line) => count(line.map((squared, j) => squared < reach[j])));
  const share = (counts: readonly number[]) => mean(counts.map((one) => Math.min(one, k) / k));
  const own = among.map((line, i) => count(line.map((squared, j) => j !== i && squared <= clipped[j])));
  return {
    precision: mean(balls.map((one) => Math.min(one, 1))),
    recall: mean(reach.map((_, j) => Number(across.some((line, i) => line[j] < sampleReach[i])))),
    density: mean(balls) / k,
    coverage: mean(reach.map((radius, j) => Number(across.some((line) => line[j] < radius)))),
    uncalibrated: {
      clippedDensity: share(across.map((line) => count(line.map((squared, j) => squared <= clipped[j])))),
      clippedDensityOfData: share(own),
      clippedCoverage: share(reach.map((radius, j) => count(across.map((line) => line[j] <= radius)))),
    },
  };
}

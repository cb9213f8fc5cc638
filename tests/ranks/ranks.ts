/** Trainings by the ranks of a group in this process. */
import { createRuntime, localGroup } from "#binding";
import type { Group } from "#src/host/group";
import type { Runtime } from "#src/host/runtime";
import type { TensorMap } from "#src/train/checkpoint";
import type { Training, TrainOptions, TrainResult } from "#src/train/training";

export interface Outcome {
  readonly result: TrainResult;
  readonly tensors: TensorMap;
}

/** Runs a task on each rank, with a runtime of one lane. */
export function eachRank<T>(
  group: readonly Group[],
  task: (runtime: Runtime, own: Group) => Promise<T>,
  threads: (rank: number) => number = () => 1,
): Promise<T[]> {
  return Promise.all(
    group.map(async (own) => {
      const runtime = await createRuntime({ threads: threads(own.rank), wide: false });
      try {
        return await task(runtime, own);
      } finally {
        await runtime.close();
      }
    }),
  );
}

/** What each rank of a group of `size` has trained. */
export const trainRanks = (
  size: number,
  train: (runtime: Runtime, options: Pick<TrainOptions, "group">) => Training,
): Promise<Outcome[]> =>
  eachRank(localGroup(size), async (runtime, group) => {
    const training = train(runtime, { group });
    const result = await training.done;
    return { result, tensors: (await training.checkpoint()).tensors };
  });

/** The greatest difference of two values of the same variable. */
export function greatestDifference(a: TensorMap, b: TensorMap): number {
  let greatest = 0;
  for (const [name, { data }] of a) {
    const other = b.get(name)?.data as Float32Array;
    data.forEach((value: number, i: number) => {
      greatest = Math.max(greatest, Math.abs(value - other[i]));
    });
  }
  return greatest;
}

/** Norm of the difference of all values, divided by their norm. */
export function relativeDifference(a: TensorMap, b: TensorMap): number {
  let [difference, norm] = [0, 0];
  for (const [name, { data }] of a) {
    const other = b.get(name)?.data as Float32Array;
    data.forEach((value: number, i: number) => {
      difference += (value - other[i]) ** 2;
      norm += value ** 2;
    });
  }
  return Math.sqrt(difference / norm);
}

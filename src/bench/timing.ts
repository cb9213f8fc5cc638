/**
 * Timing: the best of many calls, each long enough that the clock and the call itself do not matter (some
 * microseconds), and short enough that some calls are not interrupted on a shared computer.
 */

/** Minimum milliseconds of one timed call. */
const callMilliseconds = 4;

/**
 * Best milliseconds per step.
 * @param run runs `times` steps
 * @param seconds of timed calls; at least one is made
 */
export async function bestOf(run: (times: number) => Promise<unknown>, seconds: number): Promise<number> {
  let times = 1;
  let best = Number.POSITIVE_INFINITY;
  const call = async () => {
    const begin = performance.now();
    await run(times);
    return (performance.now() - begin) / times;
  };
  // Warm-up, until the engine has optimised the kernels and a call is long enough; the first calls compile.
  for (const end = performance.now() + warmSeconds(seconds) * 1000; ; ) {
    const each = await call();
    times = Math.max(1, Math.ceil(callMilliseconds / each));
    if (performance.now() > end) break;
  }
  const end = performance.now() + seconds * 1000;
  do best = Math.min(best, await call());
  while (performance.now() < end);
  return best;
}

const warmSeconds = (seconds: number) => Math.min(0.3, seconds / 2);

/**
 * Runtimes for tests of what kernels compute. With GENLOOM_WIDE=1 in the environment, those that may use relaxed SIMD run
 * the build `wide`, where this engine merges vectors; where it does not, creating one fails, so that nothing is tested by
 * another build's results.
 */
import { createRuntime as create, type Runtime } from "#binding";
import type { RuntimeOptions } from "#src/host/choose-engine";

const asked = process.env.GENLOOM_WIDE === "1";

/** Like the package's `createRuntime`. */
export async function createRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  if (!asked || options.deterministic) return create(options);
  const runtime = await create({ ...options, wide: true });
  const { build, reasons } = runtime.info;
  if (build.startsWith("wide")) return runtime;
  await runtime.close();
  throw new Error(`GENLOOM_WIDE=1: the build is ${build}: ${reasons.join("; ")}`);
}

import type { Program, Runtime } from "#binding";

/** The floating-point variables of a program: parameters, optimizer state, products. */
export function variablesOf(runtime: Runtime, program: Program): Promise<Float32Array[]> {
  const variables = program.compiled().variables.filter(({ dtype }) => dtype === "f32");
  return Promise.all(variables.map(async (one) => (await runtime.read(one)).data as Float32Array));
}

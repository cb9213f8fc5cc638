/**
 * Vectorised mathematics on four f32 at once: inlined, branch-free, without tables.
 *
 * Each function states its method, its valid range and its largest error in units in the last place (ulp), which
 * tests/kernels/vector.test.ts measures against f64: for functions of one operand it was the largest over every f32 of
 * the range in which the result changes, and the test checks those worst operands. Polynomials are our own minimax fits
 * (least squares iterated to equal ripple, Lawson 1961), with the coefficients rounded to f32 one by one and the
 * remaining ones fitted again.
 *
 * The `simd` build uses only instructions with one possible result: the same bits on every engine. The `relaxed` build
 * rounds a b + c once if the processor can, and is never less accurate than stated.
 */
export { maximum, minimum, mulAdd, negMulAdd, rsqrt, select } from "./vector/arithmetic";
export { erf } from "./vector/erf";
export { exp, expm1, sigmoid, tanh } from "./vector/exp";
export { log, log1p, softplus } from "./vector/log";
export { pow } from "./vector/pow";
export { cos, sin } from "./vector/trigonometry";

/** Vectorised mathematics of four f32: every function is inlined, branch-free and without tables. */
export { mulAdd, negMulAdd } from "./vector/arithmetic";
export { exp, expm1, sigmoid, tanh } from "./vector/exp";
export { log, log1p, softplus } from "./vector/log";
export { cos, sin } from "./vector/trigonometry";
export { erf } from "./vector/erf";
export { pow } from "./vector/pow";
export { rsqrt } from "./vector/arithmetic";

/** Turns the nodes of a fused group into one expression each, of compound micro-operations where possible. */
import { Micro } from "../../assembly/opcode.js";
import { isRandom, type Tensor } from "../graph/tensor.js";
import { floatBits } from "../graph/writer.js";
import { constantValue } from "../ops/constant.js";
import { choose, type Expression, leafOf, literalOf, micro } from "./expression.js";

export interface ExpressionSource {
  /** Whether a node is computed by the expression rather than read from memory. */
  inlined(node: Tensor): boolean;
  streamOf(node: Tensor): number;
}

/**
 * Makes a function that turns nodes into expressions. A node that is read once and not stored may become part of a
 * compound micro-operation.
 */
export function expressionBuilder(
  outputs: readonly Tensor[],
  stored: ReadonlySet<Tensor>,
  source: ExpressionSource,
): (node: Tensor) => Expression {
  const uses = new Map<Tensor, number>();
  /** Computed by this descriptor; other nodes are read from memory. */
  const here = (node: Tensor) => stored.has(node) || source.inlined(node);
  const count = (node: Tensor) => {
    const seen = uses.get(node) ?? 0;
    uses.set(node, seen + 1);
    if (seen === 0 && here(node)) for (const input of node.inputs) count(input);
  };
  for (const node of outputs) count(node);
  const made = new Map<Tensor, Expression>();
  /** Constants by their bits: 0 and -0 are different. */
  const constants = new Map<number, Expression>();
  const build = (node: Tensor): Expression => {
    let expression = made.get(node);
    if (expression) return expression;
    const value = constantValue(node);
    if (value !== undefined) {
      const bits = floatBits(value);
      expression = constants.get(bits) ?? literalOf(value);
      constants.set(bits, expression);
    } else if (!here(node)) {
      expression = leafOf(node);
    } else if (isRandom(node)) {
      const code = node.op.lowering.kind === "map" ? node.op.lowering.micro(node.attributes).op : Micro.Copy;
      expression = {
        kind: "micro",
        op: code,
        operands: [],
        p: source.streamOf(node),
        q: 0,
        random: true,
        single: true,
      };
    } else if (node.op.lowering.kind === "map") {
      const { op, p = 0, q = 0 } = node.op.lowering.micro(node.attributes);
      const operands = node.inputs.map(build);
      // A copy (a repetition) is replaced by its operand, unless it is stored: then two slots hold the value.
      const copied = op === Micro.Copy && !(operands[0].kind === "micro" && stored.has(node));
      expression = copied ? operands[0] : choose(micro(op, operands, p, q));
    } else {
      throw new Error(`map descriptor: ${node.op.name} is not elementwise`);
    }
    if (expression.kind === "micro") {
      const single = (uses.get(node) ?? 0) <= 1 && !outputs.includes(node);
      if (single !== expression.single) expression = { ...expression, single };
    }
    made.set(node, expression);
    return expression;
  };
  return build;
}

// ONNX models built in code: protocol buffers of onnx.proto, operator set 17.
import protos from "onnx-proto";

const { AttributeProto, ModelProto, TensorProto } = protos.onnx;
const { FLOAT } = TensorProto.DataType;

const valueInfo = (name, shape) => ({
  name,
  type: { tensorType: { elemType: FLOAT, shape: { dim: shape.map((dimValue) => ({ dimValue })) } } },
});

const tensor = (name, shape, values) => ({
  name,
  dims: shape,
  dataType: FLOAT,
  rawData: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
});

/** Attributes are lists of integers, or floats. */
const attribute = ([name, value]) =>
  Array.isArray(value)
    ? { name, type: AttributeProto.AttributeType.INTS, ints: value }
    : { name, type: AttributeProto.AttributeType.FLOAT, f: value };

const node = (opType, input, output, attributes = {}) => ({
  opType,
  name: output,
  input,
  output: [output],
  attribute: Object.entries(attributes).map(attribute),
});

const encode = (graph) =>
  ModelProto.encode(
    ModelProto.fromObject({ irVersion: 8, opsetImport: [{ version: 17 }], graph: { name: "genloom", ...graph } }),
  ).finish();

/** The product of an input and a constant matrix of the model. */
export function productModel(n, b) {
  return encode({
    input: [valueInfo("a", [n, n])],
    output: [valueInfo("c", [n, n])],
    initializer: [tensor("b", [n, n], b)],
    node: [node("MatMul", ["a", "b"], "c")],
  });
}

/** Standard normal numbers by Box and Muller. */
function normal(length, scale) {
  const radius = () => Math.sqrt(-2 * Math.log(1 - Math.random()));
  return Float32Array.from({ length }, () => scale * radius() * Math.cos(2 * Math.PI * Math.random()));
}

/** dcgan's generator; the model itself draws the latents. Weights are [in, out, 4, 4], images NCHW. */
export function generatorModel(batch) {
  const stages = [
    { inputs: 100, outputs: 256, stride: 1, padding: 0 },
    { inputs: 256, outputs: 128, stride: 2, padding: 1 },
    { inputs: 128, outputs: 64, stride: 2, padding: 1 },
    { inputs: 64, outputs: 1, stride: 2, padding: 1 },
  ];
  const nodes = [node("RandomNormal", [], "z", { shape: [batch, 100, 1, 1] })];
  const initializer = [];
  let from = "z";
  for (const [i, { inputs, outputs, stride, padding }] of stages.entries()) {
    const last = i === stages.length - 1;
    const weights = `weights${i}`;
    initializer.push(tensor(weights, [inputs, outputs, 4, 4], normal(inputs * outputs * 16, (inputs * 16) ** -0.5)));
    const bias = [];
    if (last) {
      initializer.push(tensor("bias", [outputs], new Float32Array(outputs)));
      bias.push("bias");
    }
    const attributes = { strides: [stride, stride], pads: [padding, padding, padding, padding] };
    nodes.push(node("ConvTranspose", [from, weights, ...bias], `conv${i}`, attributes));
    from = `conv${i}`;
    if (last) break;
    const [scale, shift, mean, variance] = ["scale", "shift", "mean", "variance"].map((name) => `${name}${i}`);
    for (const name of [scale, variance]) initializer.push(tensor(name, [outputs], new Float32Array(outputs).fill(1)));
    for (const name of [shift, mean]) initializer.push(tensor(name, [outputs], new Float32Array(outputs)));
    nodes.push(node("BatchNormalization", [from, scale, shift, mean, variance], `norm${i}`, { epsilon: 1e-5 }));
    nodes.push(node("Relu", [`norm${i}`], `relu${i}`));
    from = `relu${i}`;
  }
  nodes.push(node("Tanh", [from], "images"));
  return encode({ output: [valueInfo("images", [batch, 1, 32, 32])], initializer, node: nodes });
}

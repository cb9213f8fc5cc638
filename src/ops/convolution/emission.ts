/** Commands of convolutions: how windows slide along each axis, and which kernel computes them. */
import { Opcode } from "../../../assembly/opcode.js";
import { type Emission, type Epilogue, withEpilogue } from "../../graph/emission.js";
import { type Place, storage } from "../../graph/storage.js";
import type { Writer } from "../../graph/writer.js";
import { sizeOf, type Shape } from "../../graph/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import type { ConvolutionAttributes, InputGradientAttributes, WeightGradientAttributes } from "./attributes.js";
import { type Slide, slideBack, slideForward, type Axis, slideWords } from "./slide.js";
import { type Winograd, winogradOf, winogradWords } from "./winograd.js";

interface Convolving {
  readonly opcode: Opcode.Convolve | Opcode.ConvolveWeights;
  /** Shapes of the images that the window slides over, and of those with one pixel per window. */
  readonly windowed: Shape;
  readonly results: Shape;
  readonly weights: Shape;
  readonly operands: readonly [input: Tensor | null, weights: Tensor | null, results: Tensor | null];
  readonly transposed: boolean;
  readonly slides: readonly [Slide, Slide];
  readonly groups: number;
}

function emitConvolution(emission: Emission<Tensor>, convolving: Convolving): void {
  const { opcode, windowed, results, weights, operands, slides, groups } = convolving;
  const { node, out, place, emit, epilogue, blockRows } = emission;
  const form = opcode === Opcode.Convolve ? "images" : "weights";
  const winograd = winogradOf(slides, {
    windowed,
    results: [results[0] * blockRows, ...results.slice(1)],
    form,
    groups,
  });
  const places = operands.map((operand) => (operand ? place(operand) : out));
  if (winograd && form === "images") places[1] = transformedWeights(emission, convolving, winograd);
  const descriptors = winograd
    ? winograd.slides.map((slide) => winogradWords(slide, winograd.tile))
    : slides.map(slideWords);
  const products =
    (sizeOf(results) * weights[0] * weights[1] * windowed[3]) /
    groups /
    (slides[0].phases.length * slides[1].phases.length);
  const { stride } = node.attributes as ConvolutionAttributes;
  emit({
    opcode: winograd ? (form === "images" ? Opcode.Winograd : Opcode.WinogradGradient) : opcode,
    label: `${node.op.name} ${weights.slice(0, 2).join("x")}${stride.some((one) => one > 1) ? ` / ${stride.join("x")}` : ""} [${windowed.join(", ")}] [${results.join(", ")}]${winograd ? ` winograd ${winograd.tile}x${winograd.tile}` : ""}${epilogue ? ` + ${epilogue.label}` : ""}`,
    ...withEpilogue(
      places.filter((one) => one !== out),
      out,
      epilogue,
    ),
    work: products / 8 + node.size * (1 + (epilogue?.map.micros ?? 0)),
    flops: 2 * products,
    words: (writer) => writeConvolution(writer, convolving, { places, descriptors, epilogue }),
  });
}

/**
 * The weights in the layout that `Winograd` reads, made by a separate command. All commands of the program share its
 * result.
 */
function transformedWeights(
  { place, once, emit }: Emission<Tensor>,
  convolving: Convolving,
  { slides, tile, size }: Winograd,
): Place {
  const weights = place(convolving.operands[1] as Tensor);
  // The same words for any number of images.
  const one: Convolving = { ...convolving, windowed: [1, ...convolving.windowed.slice(1)] };
  const descriptors = slides.map((slide) => winogradWords(slide, tile));
  // The transformed weights depend only on which taps belong together, not on counts or offsets.
  const taps = slides.map(({ phases }) => phases.map(({ sets }) => sets.map(({ numbers }) => numbers)));
  const key = JSON.stringify([convolving.transposed, convolving.groups, tile, taps]);
  return once(weights, key, () => {
    const out = { storage: storage("winograd weights", [size]), offset: 0 };
    emit({
      opcode: Opcode.WinogradWeights,
      label: `winograd weights [${convolving.weights.join(", ")}]`,
      reads: [weights.storage],
      writes: [out.storage],
      work: size,
      words: (writer) => writeConvolution(writer, one, { places: [weights, weights, out], descriptors }),
    });
    return out;
  });
}

interface ConvolveParts {
  readonly places: readonly Place[];
  readonly descriptors: readonly (readonly number[])[];
  readonly epilogue?: Epilogue | undefined;
}

/** The words of a `ConvolveWord` command. */
function writeConvolution(
  writer: Writer,
  convolving: Convolving,
  { places, descriptors, epilogue }: ConvolveParts,
): void {
  const [batch, height, width, channels] = convolving.windowed;
  const [, rows, columns, features] = convolving.results;
  writer.integers(batch);
  for (const one of places) writer.place(one);
  writer.integers(height, width, channels, rows, columns, features);
  writer.integers(convolving.groups, Number(convolving.transposed), convolving.weights[1]);
  // The words that follow: offset of the epilogue, offsets of the slides along rows and columns, these two, the epilogue.
  const first = writer.offset + 3;
  const second = first + descriptors[0].length;
  writer.integers(epilogue ? second + descriptors[1].length : 0, first, second, ...descriptors[0], ...descriptors[1]);
  epilogue?.map.write(writer);
}

/** Emits the command of a convolution. */
export function emitConv2d(emission: Emission<Tensor>): void {
  const { node } = emission;
  const [x, w] = node.inputs;
  const attributes = node.attributes as ConvolutionAttributes;
  const slide = (axis: Axis) => slideForward(axis, w.shape[axis], node.shape[1 + axis], attributes);
  emitConvolution(emission, {
    opcode: Opcode.Convolve,
    windowed: x.shape,
    results: node.shape,
    weights: w.shape,
    operands: [x, w, null],
    transposed: false,
    slides: [slide(0), slide(1)],
    groups: attributes.groups,
  });
}

/** Emits the command of a convolution's gradient to its images, which is a transposed convolution. */
export function emitInputGradient(emission: Emission<Tensor>): void {
  const { node } = emission;
  const [y, w] = node.inputs;
  const attributes = node.attributes as InputGradientAttributes;
  const slide = (axis: Axis) => slideBack(axis, w.shape[axis], attributes.size[axis], attributes);
  emitConvolution(emission, {
    opcode: Opcode.Convolve,
    windowed: y.shape,
    results: node.shape,
    weights: w.shape,
    operands: [y, w, null],
    transposed: true,
    slides: [slide(0), slide(1)],
    groups: attributes.groups,
  });
}

/** Emits the command of a convolution's gradient to its weights. */
export function emitWeightGradient(emission: Emission<Tensor>): void {
  const { node } = emission;
  const [x, y] = node.inputs;
  const attributes = node.attributes as WeightGradientAttributes;
  const slide = (axis: Axis) => slideForward(axis, node.shape[axis], y.shape[1 + axis], attributes);
  emitConvolution(emission, {
    opcode: Opcode.ConvolveWeights,
    windowed: x.shape,
    results: y.shape,
    weights: node.shape,
    operands: [x, null, y],
    transposed: false,
    slides: [slide(0), slide(1)],
    groups: attributes.groups,
  });
}

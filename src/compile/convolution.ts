/** Convolutions as commands: how windows slide along each axis, and which convolutions are plain matrix products. */
import { Opcode } from "../../assembly/opcode.js";
import {
  type ConvolutionAttributes,
  conv2dOp,
  type InputGradientAttributes,
  inputGradientOp,
  type WeightGradientAttributes,
  weightGradientOp,
} from "../ops/convolution.js";
import { matmul } from "../ops/matmul.js";
import { reshape } from "../ops/movement.js";
import type { PoolAttributes } from "../ops/pooling.js";
import { sizeOf, type Shape } from "../shape.js";
import type { Tensor } from "../tensor.js";
import type { Writer } from "./encode.js";
import { type Emission, type Epilogue, withEpilogue } from "./kernels.js";
import { type Place, storage } from "./storage.js";
import { type Winograd, winogradOf, winogradRecord } from "./winograd.js";

type Tap = readonly [offset: number, index: number];

/** A `SlideWord` record. */
export interface Slide {
  readonly step: number;
  readonly phases: readonly { readonly count: number; readonly taps: readonly Tap[] }[];
}

type Axis = 0 | 1;

/** Along one axis, the window of result q begins at q stride - padding. */
function slideForward(
  axis: Axis,
  kernel: number,
  count: number,
  { stride, padding, dilation }: ConvolutionAttributes,
): Slide {
  const taps = Array.from({ length: kernel }, (_, k): Tap => [k * dilation[axis] - padding[2 * axis], k]);
  return { step: stride[axis], phases: [{ count, taps }] };
}

/**
 * The same windows seen from the image: pixel p + stride q was under tap k of the window of result
 * q + (p + padding - k dilation) / stride, for those taps where that is whole.
 */
function slideBack(
  axis: Axis,
  kernel: number,
  size: number,
  { stride, padding, dilation }: ConvolutionAttributes,
): Slide {
  const step = stride[axis];
  const phases = Array.from({ length: step }, (_, phase) => {
    const taps: Tap[] = [];
    // From the last tap on, so that offsets rise.
    for (let k = kernel - 1; k >= 0; k--) {
      const distance = phase + padding[2 * axis] - k * dilation[axis];
      if (distance % step === 0) taps.push([distance / step, k]);
    }
    return { count: Math.max(0, Math.ceil((size - phase) / step)), taps };
  });
  return { step: 1, phases };
}

/** The words of a `SlideWord` record. */
const slideRecord = ({ step, phases }: Slide): number[] => [
  step,
  phases.length,
  ...phases.flatMap(({ count, taps }) => [count, taps.length, ...taps.flat()]),
];

interface Convolving {
  readonly opcode: Opcode.Convolve | Opcode.ConvolveWeights;
  /** Images that are read under the window, and those with one pixel per window. */
  readonly windowed: Shape;
  readonly results: Shape;
  readonly weights: Shape;
  readonly operands: readonly [input: Tensor | null, weights: Tensor | null, results: Tensor | null];
  readonly transposed: boolean;
  readonly slides: readonly [Slide, Slide];
  readonly groups: number;
}

function emitConvolution(emission: Emission, convolving: Convolving): void {
  const { opcode, windowed, results, weights, operands, slides, groups } = convolving;
  const { node, out, place, emit, epilogue } = emission;
  const form = opcode === Opcode.Convolve ? "images" : "weights";
  const winograd = groups === 1 ? winogradOf(slides, { windowed, results, form }) : undefined;
  const places = operands.map((operand) => (operand ? place(operand) : out));
  if (winograd && form === "images") places[1] = transformedWeights(emission, convolving, winograd);
  const records = winograd
    ? winograd.slides.map((slide) => winogradRecord(slide, winograd.tile))
    : slides.map(slideRecord);
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
    work: products / 8 + node.size * (1 + (epilogue?.record.micros ?? 0)),
    flops: 2 * products,
    words: (writer) => writeConvolution(writer, convolving, { places, records, epilogue }),
  });
}

/** The weights as `Winograd` takes them: a command of its own, whose result all commands of the program share. */
function transformedWeights(
  { place, once, emit }: Emission,
  convolving: Convolving,
  { slides, tile, size }: Winograd,
): Place {
  const weights = place(convolving.operands[1] as Tensor);
  const records = slides.map((slide) => winogradRecord(slide, tile));
  // Neither counts nor offsets matter to weights, only which taps belong together.
  const taps = slides.map(({ phases }) => phases.map(({ sets }) => sets.map(({ numbers }) => numbers)));
  const key = JSON.stringify([convolving.transposed, tile, taps]);
  return once(weights, key, () => {
    const out = { storage: storage("winograd weights", [size]), offset: 0 };
    emit({
      opcode: Opcode.WinogradWeights,
      label: `winograd weights [${convolving.weights.join(", ")}]`,
      reads: [weights.storage],
      writes: [out.storage],
      work: size,
      words: (writer) => writeConvolution(writer, convolving, { places: [weights, weights, out], records }),
    });
    return out;
  });
}

interface ConvolveParts {
  readonly places: readonly Place[];
  readonly records: readonly (readonly number[])[];
  readonly epilogue?: Epilogue | undefined;
}

/** The words of a `ConvolveWord` command. */
function writeConvolution(writer: Writer, convolving: Convolving, { places, records, epilogue }: ConvolveParts): void {
  const [batch, height, width, channels] = convolving.windowed;
  const [, rows, columns, features] = convolving.results;
  writer.integers(batch);
  for (const one of places) writer.place(one);
  writer.integers(height, width, channels, rows, columns, features);
  writer.integers(convolving.groups, Number(convolving.transposed), convolving.weights[1]);
  // Behind this word: the places of the two slides, the slides, and the epilogue.
  const first = writer.offset + 3;
  const second = first + records[0].length;
  writer.integers(epilogue ? second + records[1].length : 0, first, second, ...records[0], ...records[1]);
  epilogue?.record.write(writer);
}

export function conv2d(emission: Emission): void {
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

export function conv2dInputGradient(emission: Emission): void {
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

export function conv2dWeightGradient(emission: Emission): void {
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

function emitWindows(
  { node, out, place, emit }: Emission,
  opcode: Opcode.WindowPick | Opcode.WindowPut,
  results: Shape,
): void {
  const [x, values] = node.inputs;
  const { kernel, stride, padding, dilation } = node.attributes as PoolAttributes;
  const [batch, height, width, channels] = x.shape;
  const [from, given] = [place(x), place(values)];
  emit({
    opcode,
    label: `${node.op.name} ${kernel.join("x")} [${x.shape.join(", ")}]`,
    reads: [from.storage, given.storage],
    writes: [out.storage],
    work: sizeOf(results) * kernel[0] * kernel[1] + node.size,
    words(writer) {
      writer.integers(batch);
      writer.place(from);
      writer.place(given);
      writer.place(out);
      writer.integers(
        height,
        width,
        channels,
        results[1],
        results[2],
        ...kernel,
        ...stride,
        padding[0],
        padding[2],
        ...dilation,
      );
    },
  });
}

export const windowPick = (emission: Emission) => emitWindows(emission, Opcode.WindowPick, emission.node.shape);
export const windowPut = (emission: Emission) => emitWindows(emission, Opcode.WindowPut, emission.node.inputs[1].shape);

/** Images, weights and results of a convolution of any kind. */
function sidesOf(node: Tensor): { x: Shape; w: Shape; y: Shape } {
  const [a, b] = node.inputs;
  if (node.op === conv2dOp) return { x: a.shape, w: b.shape, y: node.shape };
  if (node.op === inputGradientOp) return { x: node.shape, w: b.shape, y: a.shape };
  return { x: a.shape, w: node.shape, y: b.shape };
}

/**
 * A convolution whose window is one pixel, or the whole image, is a product of matrices: of all pixels, or of all images.
 * Undefined for every other one.
 */
export function convolutionAsProduct(node: Tensor): Tensor | undefined {
  if (node.op !== conv2dOp && node.op !== inputGradientOp && node.op !== weightGradientOp) return undefined;
  const { x, w, y } = sidesOf(node);
  const { stride, padding, groups } = node.attributes as ConvolutionAttributes;
  if (groups !== 1 || padding.some((margin) => margin > 0)) return undefined;
  const pixel = w[0] === 1 && w[1] === 1 && stride[0] === 1 && stride[1] === 1;
  const image =
    w[0] === x[1] &&
    w[1] === x[2] &&
    (node.attributes as ConvolutionAttributes).dilation.every((one, axis) => one === 1 || w[axis] === 1);
  if (!pixel && !image) return undefined;
  const rows = pixel ? x[0] * x[1] * x[2] : x[0];
  const depth = pixel ? x[3] : x[1] * x[2] * x[3];
  const [first, second] = node.inputs;
  const product = () => {
    if (node.op === conv2dOp) return matmul(reshape(first, [rows, depth]), reshape(second, [depth, w[3]]));
    if (node.op === inputGradientOp) {
      return matmul(reshape(first, [rows, w[3]]), reshape(second, [depth, w[3]]), { transposeB: true });
    }
    return matmul(reshape(first, [rows, depth]), reshape(second, [rows, y[3]]), { transposeA: true });
  };
  return reshape(product(), node.shape);
}

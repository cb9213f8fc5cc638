/** How the windows of a convolution slide along one axis. */
import type { ConvolutionAttributes } from "./attributes.js";

type Tap = readonly [offset: number, index: number];

/** The contents of a `SlideWord` descriptor. */
export interface Slide {
  readonly step: number;
  readonly phases: readonly { readonly count: number; readonly taps: readonly Tap[] }[];
}

/** Height or width. */
export type Axis = 0 | 1;

/** Slide of a convolution along one axis: the window of result q begins at q stride - padding. */
export function slideForward(
  axis: Axis,
  kernel: number,
  count: number,
  { stride, padding, dilation }: ConvolutionAttributes,
): Slide {
  const taps = Array.from({ length: kernel }, (_, k): Tap => [k * dilation[axis] - padding[2 * axis], k]);
  return { step: stride[axis], phases: [{ count, taps }] };
}

/**
 * Slide of an input gradient along one axis: pixel p + stride q of the image lies under tap k of the window of result q
 * + (p + padding - k dilation) / stride, for the taps k for which that is an integer.
 */
export function slideBack(
  axis: Axis,
  kernel: number,
  size: number,
  { stride, padding, dilation }: ConvolutionAttributes,
): Slide {
  const step = stride[axis];
  const phases = Array.from({ length: step }, (_, phase) => {
    const taps: Tap[] = [];
    // From the last tap to the first, so that offsets increase.
    for (let k = kernel - 1; k >= 0; k--) {
      const distance = phase + padding[2 * axis] - k * dilation[axis];
      if (distance % step === 0) taps.push([distance / step, k]);
    }
    return { count: Math.max(0, Math.ceil((size - phase) / step)), taps };
  });
  return { step: 1, phases };
}

/** The words of a `SlideWord` descriptor. */
export const slideRecord = ({ step, phases }: Slide): number[] => [
  step,
  phases.length,
  ...phases.flatMap(({ count, taps }) => [count, taps.length, ...taps.flat()]),
];

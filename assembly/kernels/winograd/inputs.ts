/** The input transform of a tile of `winograd` or of its weight gradient. */
import { columnStep, inChannels, inHeight, inWidth, rowStep } from "../convolution/geometry";
import { form, side } from "./slides";
import { spreadInputs } from "./transforms";

/**
 * Transforms `run` channels of the tile whose first pixel (y, x), at `start`, may be outside of the image, to positions
 * `step` bytes apart. `pixels` is a buffer for the addresses of its pixels, `square` one for transformed values; pixels
 * outside of the image are read from `zeros`.
 */
export function inputTile(to: usize, step: usize, start: usize, y: i32, x: i32, run: i32, pixels: usize, zeros: usize, square: usize): void {
  const right = <usize>(columnStep * inChannels) << 2, down = <usize>(rowStep * inWidth * inChannels) << 2;
  let p = pixels;
  for (let r = 0; r < side; r++, y += rowStep, start += down) {
    const inside = <u32>y < <u32>inHeight;
    let column = x, pixel = start;
    for (let c = 0; c < side; c++, column += columnStep, pixel += right, p += 4) {
      store<usize>(p, inside && <u32>column < <u32>inWidth ? pixel : zeros);
    }
  }
  spreadInputs(form, to, step, pixels, run, square);
}

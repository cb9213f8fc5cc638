/**
 * The flight of Mario over a grid of tiles of 16 x 16 pixels, from the movement tables of Super Mario Bros (1985), in its
 * commented disassembly (doppelganger, SMBDIS.ASM): `MaxRightXSpdData` $18 and $28 (sixteenths of a pixel a frame),
 * `PlayerYSpdData` $fc and $fb (-4 and -5 pixels a frame), `JumpMForceData` $1e and $28 and `FallMForceData` $60 and $90
 * (256ths of a pixel a frame²); a fall is no faster than 4 pixels a frame. A walking jump so rises 70 pixels, 4 tiles; a
 * running one 82 pixels, 5 tiles.
 */

/** A unit step over the grid; "forward" is the direction of the flight. */
export type FlightStep = "forward" | "up" | "down";

/** A jump with the button held to the top, and the fall from there; a fall may follow any part of the rise. */
export interface Flight {
  readonly rise: readonly FlightStep[];
  readonly fall: readonly FlightStep[];
}

interface Gait {
  /** Horizontal speed, pixels a frame. */
  readonly speed: number;
  /** Vertical speed at take-off, pixels a frame. */
  readonly takeOff: number;
  /** Gravity while rising and while falling, pixels a frame². */
  readonly rising: number;
  readonly falling: number;
}

const walking: Gait = { speed: 0x18 / 16, takeOff: 4, rising: 0x1e / 256, falling: 0x60 / 256 };
const running: Gait = { speed: 0x28 / 16, takeOff: 5, rising: 0x28 / 256, falling: 0x90 / 256 };

const tile = 16;
const fastestFall = 4;
/**
 * Pixels that Mario gains: he stands with the left one of two points under his feet, 3 and 12 pixels from his left side, on the
 * last pixel of a ledge, and lands with the right one (`BlockBuffer_X_Adder` of the disassembly).
 */
const ledge = 24;

/** The steps of flights at walking and at running speed, falls through at most `rows` rows. */
export const flights = (rows: number): { walking: Flight; running: Flight } => ({
  walking: { rise: rise(walking), fall: fall(walking, rows) },
  running: { rise: rise(running), fall: fall(running, rows) },
});

function rise({ speed, takeOff, rising }: Gait): FlightStep[] {
  const steps: FlightStep[] = [];
  let [x, height] = [ledge, 0];
  for (let velocity = takeOff; velocity > 0; velocity -= rising) {
    steps.push(...crossed("forward", x, x + speed), ...crossed("up", height, height + velocity));
    x += speed;
    height += velocity;
  }
  // The first forward step is that of a foot over the ledge.
  return ["forward", ...steps];
}

function fall({ speed, falling }: Gait, rows: number): FlightStep[] {
  const steps: FlightStep[] = [];
  let [x, depth, velocity] = [tile / 2, 0, 0];
  while (depth < rows * tile) {
    velocity = Math.min(fastestFall, velocity + falling);
    steps.push(...crossed("forward", x, x + speed), ...crossed("down", depth, depth + velocity));
    x += speed;
    depth += velocity;
  }
  return steps;
}

/** A step for each border of tiles between two places, in pixels. */
const crossed = (step: FlightStep, from: number, to: number): FlightStep[] =>
  new Array(Math.floor(to / tile) - Math.floor(from / tile)).fill(step);

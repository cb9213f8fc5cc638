/** The progress bar of a training: steps, losses, rate and time left, in one line of a terminal. */
import type { TrainEvent } from "../train/training.js";
import type { Terminal } from "./terminal.js";

/** 75 -> `1:15`, 3,675 -> `1:01:15` */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const two = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

const bar = (share: number, width: number) => "█".repeat(Math.round(share * width)).padEnd(width, "░");

/** One line of at most `width` characters; the bar fills the space that the text leaves. */
export function progressLine({ step, steps, losses, stepsPerSecond }: TrainEvent, width: number): string {
  const rate = stepsPerSecond >= 10 ? stepsPerSecond.toFixed(0) : stepsPerSecond.toFixed(2);
  const words = [
    `${step}/${steps}`,
    ...Object.entries(losses).map(([name, value]) => `${name} ${value.toFixed(3)}`),
    `${rate} steps/s`,
    `${durationText((steps - step) / stepsPerSecond)} left`,
  ].join("  ");
  const room = Math.min(30, width - words.length - 3);
  return room >= 5 ? `${bar(step / steps, room)}  ${words}` : words.slice(0, width - 1);
}

/** Shows progress if the terminal is interactive; `end` moves to a new line. */
export class Progress {
  #shown = false;

  constructor(private readonly terminal: Terminal) {}

  show(event: TrainEvent): void {
    if (!this.terminal.interactive) return;
    this.#shown = true;
    this.terminal.status(progressLine(event, this.terminal.width));
  }

  end(): void {
    if (this.#shown) this.terminal.error("");
    this.#shown = false;
  }
}

/**
 * The script of the play buttons, as text for a page: triangle waves by WebAudio, nothing is fetched. It binds the buttons of all
 * figures of class `roll`, whose data are `data-notes` ("pitch,start,end" in frames, separated by spaces) and `data-seconds`, the
 * length of a frame. One piece plays at a time. Without script or sound the buttons stay hidden.
 */
import { svgCell } from "./roll-svg.js";

/** A statement of JavaScript. May stand in a page more than once. */
export const playerScript = `(() => {
  if (!window.AudioContext) return;
  let stop = () => {};
  function play(figure, button) {
    const audio = new AudioContext();
    const frame = Number(figure.dataset.seconds);
    const head = figure.querySelector(".head");
    const scroll = figure.querySelector(".scroll");
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const say = (word) => {
      button.textContent = word;
      button.setAttribute("aria-label", word + " " + figure.querySelector("strong").textContent);
    };
    const begin = audio.currentTime + 0.1;
    let last = begin;
    const master = audio.createGain();
    master.gain.value = 0.15;
    master.connect(audio.destination);
    for (const note of figure.dataset.notes.split(" ").filter(Boolean)) {
      const [pitch, start, end] = note.split(",").map(Number);
      const [on, off] = [begin + start * frame, begin + end * frame];
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.type = "triangle";
      tone.frequency.value = 440 * 2 ** ((pitch - 69) / 12);
      volume.gain.setValueAtTime(0, on);
      volume.gain.linearRampToValueAtTime(1, on + 0.02);
      volume.gain.setValueAtTime(0.8, Math.max(on + 0.02, off - 0.05));
      volume.gain.linearRampToValueAtTime(0, off);
      tone.connect(volume).connect(master);
      tone.start(on);
      tone.stop(off);
      last = Math.max(last, off);
    }
    let request = 0;
    stop = () => {
      stop = () => {};
      cancelAnimationFrame(request);
      audio.close();
      say("Play");
      head.setAttribute("visibility", "hidden");
    };
    const draw = () => {
      const now = audio.currentTime;
      if (now > last) return stop();
      const x = ${svgCell.left} + (Math.max(0, now - begin) / frame) * ${svgCell.width};
      head.setAttribute("x", x);
      head.setAttribute("visibility", "visible");
      const place = head.getBoundingClientRect().left - scroll.getBoundingClientRect().left;
      if (!still && place > scroll.clientWidth * 0.8) scroll.scrollLeft += scroll.clientWidth * 0.6;
      request = requestAnimationFrame(draw);
    };
    say("Stop");
    scroll.scrollLeft = 0;
    draw();
  }
  for (const figure of document.querySelectorAll("figure.roll")) {
    const button = figure.querySelector("button");
    if (!button.hidden) continue;
    button.hidden = false;
    button.onclick = () => {
      const own = button.textContent === "Stop";
      (window.genloomStop ?? (() => {}))();
      if (own) return;
      play(figure, button);
      window.genloomStop = () => stop();
    };
  }
})();`;

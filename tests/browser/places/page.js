// The page of each place that a server can make: the first part of its address says which. It posts what it found and goes on
// to the next.
import "./train.js";
import { order, otherHost } from "./order.js";

const place = location.pathname.split("/")[1] ?? "";
const load = () => import("../../../dist/browser/genloom.js");

async function inFrame() {
  const frame = document.createElement("iframe");
  frame.sandbox.add("allow-scripts");
  frame.src = "./tests/browser/places/frame.html";
  const message = new Promise((resolve) => addEventListener("message", ({ data }) => resolve(data), { once: true }));
  document.body.append(frame);
  return message;
}

/**
 * What a service worker answers.
 * @param {string} script @param {WorkerType} type @param {string} [question]
 */
async function ask(script, type, question = "single") {
  const registration = await navigator.serviceWorker.register(`./tests/browser/places/${script}`, { type });
  const worker = registration.installing ?? registration.waiting ?? registration.active;
  while (worker?.state !== "activated") await new Promise((resolve) => setTimeout(resolve, 20));
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data)));
  worker.postMessage(question, [port2]);
  return answer;
}

async function inServiceWorkers() {
  const [single, usual] = [await ask("service-worker.js", "module"), await ask("service-worker.js", "module", "usual")];
  return { ...single, usual, script: await ask("service-script.js", "classic") };
}

/** Many runtimes that are held are refused in words; many that are dropped are not. */
async function many() {
  const { createRuntime } = await load();
  /** @type {any[]} */
  const held = [];
  let refusal;
  // Chromium refuses the 60th or the 90th, Firefox none that a test has time for.
  const most = navigator.userAgent.includes("Firefox") ? 60 : 300;
  while (!refusal && held.length < most) {
    await createRuntime().then(
      (/** @type {any} */ runtime) => held.push(runtime),
      (/** @type {any} */ { code, hint, message }) => (refusal = { code, hint, message }),
    );
  }
  const count = held.length;
  await Promise.all(held.splice(0).map((runtime) => runtime.close()));
  let dropped = 0;
  for (; dropped < count + 50; dropped++) await createRuntime();
  return { ...(await globalThis.trainSmall(await load())), count, refusal, dropped };
}

const train = async () => globalThis.trainSmall(await load());

/** @type {Record<string, () => Promise<any>>} */
const tasks = { frame: inFrame, service: inServiceWorkers, many };
const late = new Promise((_, reject) => setTimeout(() => reject(new Error("no answer within a minute")), 60_000));

const report = await Promise.race([(tasks[place] ?? train)(), late]).catch((error) => ({
  error: `${error.code ?? ""} ${error.message} ${error.stack}`,
}));
await fetch("./result", { method: "POST", body: JSON.stringify(report) });
const next = order[order.indexOf(place) + 1];
if (next) {
  const address = new URL(`../${next}/`, location.href);
  if (next === "http") address.hostname = otherHost;
  location.href = address.href;
}

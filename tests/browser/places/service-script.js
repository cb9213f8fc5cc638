// A service worker that is a script.
importScripts("../../../dist/browser/genloom.classic.js", "./train.js");

self.addEventListener("message", (event) => {
  const report = trainSmall(genloom).catch(({ code, message, hint }) => ({ error: message, code, hint }));
  event.waitUntil(report.then((found) => event.ports[0].postMessage(found)));
});

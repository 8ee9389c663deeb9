/**
 * The worker that holds the one live connection of this browser (共享连接); it ends with its last page.
 */

import { Source } from "./stream.js";

/** @type {Set<MessagePort>} */
const pages = new Set();
/** @type {Source | undefined} */
let source;
/** @type {import("./stream.js").Said} */
let last = { kind: "error" };

/** @param {import("./stream.js").Said} said */
function tell(said) {
  if (said.kind === "open" || said.kind === "beat" || said.kind === "end" || said.kind === "error") last = said;
  for (const page of pages) page.postMessage(said);
}

/** @param {MessagePort} page @param {{ask: string, url: string}} wanted */
function answer(page, { ask, url }) {
  if (ask === "leave") pages.delete(page);
  else if (ask === "silent") source?.silent();
  else {
    pages.add(page);
    // Who was told to stay away may be somebody else by now: each new page asks once more.
    if (!source || source.ended) source = new Source(url, tell);
    else page.postMessage(last);
  }
  if (!pages.size) {
    source?.close();
    source = undefined;
  }
}

/** @type {any} */ (self).onconnect = (/** @type {MessageEvent} */ event) => {
  const page = event.ports[0];
  if (!page) return;
  page.addEventListener("message", (/** @type {MessageEvent} */ { data }) => answer(page, data));
  page.start();
};

/**
 * The stream (事件流): one connection to the live server for a whole browser, whatever the number of its pages.
 *
 * The first page opens a shared worker that holds the connection; every page listens to it. Where a browser has no such
 * worker, the page holds a connection of its own. A worker belongs to one account: who signs in anew gets another.
 */

const AGAIN_AFTER = 5_000;
const AGAIN_WITHIN = 10_000;
const SILENCE = 8_000;

/** @typedef {{kind: "open" | "beat" | "hint" | "positions" | "end" | "error", data?: string}} Said */

/** One EventSource that heals: after an HTTP error the browser gives up; scattered, or every desk comes back at once. */
export class Source {
  /** @param {string} url @param {(said: Said) => void} tell */
  constructor(url, tell) {
    this.url = url;
    this.tell = tell;
    this.heard = performance.now();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.waiting = undefined;
    this.ended = false;
    this.connect();
  }

  connect() {
    this.source?.close();
    const source = new EventSource(this.url, { withCredentials: true });
    this.source = source;
    const pass = (/** @type {Said["kind"]} */ kind, /** @type {string} */ data) => {
      this.heard = performance.now();
      this.tell({ kind, data });
    };
    source.addEventListener("open", () => pass("open", ""));
    source.addEventListener("beat", () => pass("beat", ""));
    source.addEventListener("message", (event) => pass("hint", event.data));
    source.addEventListener("hint", (event) => pass("hint", event.data));
    source.addEventListener("positions", (event) => pass("positions", event.data));
    source.addEventListener("end", () => {
      source.close();
      this.ended = true;
      this.tell({ kind: "end" });
    });
    source.addEventListener("error", () => {
      this.tell({ kind: "error" });
      if (source.readyState === EventSource.CLOSED) this.again();
    });
  }

  again() {
    if (this.ended || this.waiting) return;
    this.waiting = setTimeout(() => {
      this.waiting = undefined;
      this.connect();
    }, AGAIN_AFTER + Math.random() * AGAIN_WITHIN);
  }

  /** A page has heard nothing for too long. Only one of many asks in vain: the connection is made anew once. */
  silent() {
    if (this.ended || performance.now() - this.heard < SILENCE) return;
    this.heard = performance.now();
    this.connect();
  }

  close() {
    this.source?.close();
    clearTimeout(this.waiting);
  }
}

/**
 * Listens, by the worker that all pages share or alone.
 * @param {string} url
 * @param {string} who
 * @param {(said: Said) => void} tell
 * @returns {{silent: () => void}}
 */
export function listen(url, who, tell) {
  if (typeof SharedWorker === "undefined") return new Source(url, tell);
  try {
    const worker = new SharedWorker(new URL("./stream-worker.js", import.meta.url), { type: "module", name: `live ${who} ${url}` });
    /** @type {Source | undefined} */
    let own;
    const alone = () => (own ??= new Source(url, tell));
    worker.addEventListener("error", alone);
    worker.port.addEventListener("message", (event) => own || tell(event.data));
    worker.port.start();
    worker.port.postMessage({ ask: "join", url });
    window.addEventListener("pagehide", () => worker.port.postMessage({ ask: "leave" }));
    window.addEventListener("pageshow", (event) => event.persisted && worker.port.postMessage({ ask: "join", url }));
    return { silent: () => (own ? own.silent() : worker.port.postMessage({ ask: "silent" })) };
  } catch {
    return new Source(url, tell);
  }
}

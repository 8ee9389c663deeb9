/**
 * <jd-live> (实时): listens for hints and reloads the parts that show what they name.
 *
 * A hint says which case, never what: the part is fetched again. A lost connection shows the grey line
 * and parts poll; on return everything is simply read afresh.
 */

import { isWriting, say } from "./page.js";
import { listen } from "./stream.js";

const POLL = 30_000;
const SILENCE = 8_000;
const POLLS_WHILE_UP = 4;

/** @typedef {{case?: string, verb?: string, spread?: number}} Hint */

class Live extends HTMLElement {
  connectedCallback() {
    this.state = "connecting";
    this.heard = 0;
    this.polls = 0;
    this.line = document.createElement("p");
    this.line.className = "line no-print";
    this.line.hidden = true;
    this.append(this.line);
    window.setInterval(() => this.poll(), POLL);
    window.setInterval(() => this.listenForSilence(), 1_000);
    if ("EventSource" in window && this.dataset.url) this.connect();
    else this.lost();
  }

  connect() {
    this.stream = listen(this.dataset.url ?? "", this.dataset.who ?? "", (said) => this.told(said));
  }

  /** @param {import("./stream.js").Said} said */
  told({ kind, data }) {
    if (kind === "hint") this.hint(data ?? "");
    else if (kind === "end") {
      this.lost();
      document.dispatchEvent(new CustomEvent("jd:ended"));
    } else if (kind === "error") {
      const since = this.heard ?? 0;
      window.setTimeout(() => (this.heard ?? 0) <= since && this.lost(), 4_000);
    } else {
      this.up();
      if (kind === "positions") document.dispatchEvent(new CustomEvent("jd:positions"));
    }
  }

  up() {
    this.heard = performance.now();
    if (this.state === "up") return;
    const wasLost = this.state === "lost";
    this.state = "up";
    this.show();
    if (!wasLost) return;
    parts().forEach((part) => refresh(part, this));
    document.dispatchEvent(new CustomEvent("jd:again"));
  }

  lost() {
    if (this.state === "lost") return;
    this.state = "lost";
    this.show();
  }

  // A server that stops without closing leaves the browser waiting for good: only missing beats tell.
  listenForSilence() {
    if (this.state === "up" ? performance.now() - (this.heard ?? 0) < SILENCE : this.state !== "lost") return;
    this.lost();
    this.stream?.silent();
  }

  show() {
    const isUp = this.state === "up";
    const light = document.getElementById("jd-light");
    const word = light?.querySelector("span");
    const use = light?.querySelector("use");
    if (light && word) word.textContent = (isUp ? light.dataset.live : light.dataset.paused) ?? "";
    if (use) use.setAttribute("href", (use.getAttribute("href") ?? "").replace(/#.*/, isUp ? "#live" : "#paused"));
    if (!this.line) return;
    this.line.textContent = this.dataset.lost ?? "";
    if (this.line.hidden !== isUp && !isUp) say(this.line.textContent);
    this.line.hidden = isUp;
  }

  poll() {
    this.polls = (this.polls ?? 0) + 1;
    if (this.state === "up" && this.polls % POLLS_WHILE_UP) return;
    for (const part of parts()) scatter(part, 2_000, this);
    document.dispatchEvent(new CustomEvent("jd:poll"));
  }

  /** @param {string} text */
  hint(text) {
    this.up();
    /** @type {Hint} */
    let hint;
    try {
      hint = JSON.parse(text);
    } catch {
      return;
    }
    document.dispatchEvent(new CustomEvent("jd:hint", { detail: hint }));
    if (!hint.case) return;
    const spread = Math.min(Math.max(hint.spread ?? 0, 0), 2_000);
    for (const part of parts()) {
      if (part.dataset.jdRows) {
        if (hint.verb === "look" ? shows(part, hint.case) : shows(part, hint.case) || counts(part, hint)) scatter(part, 400 + spread, this);
      } else if (hint.verb === "look") continue;
      else if (shows(part, hint.case)) scatter(part, spread, this);
      else if (part.hasAttribute("data-jd-arrivals") && counts(part, hint)) arrive(part, hint.case, this);
    }
  }
}

/** @returns {HTMLElement[]} */
function parts() {
  return [...document.querySelectorAll("[data-jd-part]")].filter((part) => part instanceof HTMLElement);
}

/**
 * @param {HTMLElement} part
 * @param {string} id
 */
function shows(part, id) {
  return part.dataset.jdCase === id || part.querySelector(`[data-jd-case="${CSS.escape(id)}"]`) !== null;
}

/**
 * @param {HTMLElement} part
 * @param {Hint} hint
 */
function counts(part, hint) {
  const verbs = (part.dataset.jdVerbs ?? "").split(" ").filter(Boolean);
  return verbs.length === 0 || verbs.includes(hint.verb ?? "");
}

/** @type {WeakMap<HTMLElement, number>} */
const scheduled = new WeakMap();

/**
 * @param {HTMLElement} part
 * @param {number} spread
 * @param {Live} live
 */
function scatter(part, spread, live) {
  if (scheduled.has(part)) return;
  const after = window.setTimeout(() => {
    scheduled.delete(part);
    refresh(part, live);
  }, Math.random() * spread);
  scheduled.set(part, after);
}

/**
 * Reads a part again, unless somebody is writing in it: then it only offers to.
 * @param {HTMLElement} part
 * @param {Live} live
 */
function refresh(part, live) {
  if (!part.isConnected) return;
  // A list that is worked on row by row is never drawn anew under the hand: it asks what changed.
  if (part.dataset.jdRows) part.querySelector(part.dataset.jdRows)?.dispatchEvent(new CustomEvent("jd:pulse"));
  else if (isBusy(part)) offer(part, live.dataset.changed ?? "", live.dataset.show ?? "");
  else part.dispatchEvent(new CustomEvent("jd:refresh"));
}

/** @param {HTMLElement} part */
function isBusy(part) {
  const active = document.activeElement;
  if (part.contains(active) && (isWriting(active) || part.hasAttribute("data-jd-calm"))) return true;
  if (part.querySelector("dialog[open]")) return true;
  return [...part.querySelectorAll("textarea, input:not([type=hidden])")].some((field) =>
    field instanceof HTMLInputElement && ["checkbox", "radio"].includes(field.type)
      ? field.checked !== field.defaultChecked
      : field instanceof HTMLInputElement && field.type === "file"
        ? (field.files?.length ?? 0) > 0
        : (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) && field.value !== field.defaultValue,
  );
}

/**
 * The bar above a part that says something new is waiting; pressing it (or N) shows it.
 * @param {HTMLElement} part
 * @param {string} text
 * @param {string} action
 */
function offer(part, text, action) {
  const bar = part.querySelector(":scope > .arrivals") ?? document.createElement("button");
  if (!(bar instanceof HTMLButtonElement)) return;
  bar.textContent = action ? `${text} · ${action}` : text;
  if (bar.isConnected) return;
  bar.type = "button";
  bar.className = "arrivals";
  bar.dataset.jdShow = "";
  bar.addEventListener("click", () => part.dispatchEvent(new CustomEvent("jd:refresh")));
  part.prepend(bar);
  say(bar.textContent);
}

/** @type {WeakMap<HTMLElement, Set<string>>} */
const arrived = new WeakMap();

/**
 * @param {HTMLElement} part
 * @param {string} id
 * @param {Live} live
 */
function arrive(part, id, live) {
  const cases = arrived.get(part) ?? new Set();
  cases.add(id);
  arrived.set(part, cases);
  offer(part, (live.dataset.arrived ?? "").replace("{n}", String(cases.size)), "");
}

// Streams and polls are no activity: the server must not count them as somebody at work.
document.addEventListener("htmx:configRequest", (event) => {
  if (event instanceof CustomEvent && event.detail.triggeringEvent?.type === "jd:refresh") event.detail.headers["JD-Poll"] = "1";
});

customElements.define("jd-live", Live);

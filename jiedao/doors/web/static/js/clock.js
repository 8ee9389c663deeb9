/**
 * <jd-clock> (时钟): ticks each minute from server time and turns its own face.
 *
 * The server wrote the first words; this writes the same words again later, so both sides of
 * `clocks.py` and this file must agree.
 */

import { isChinese, serverNow } from "./page.js";

const MINUTE = 60_000;

/**
 * Two units at most, rounded down.
 * @param {number} milliseconds
 */
export function span(milliseconds) {
  const minutes = Math.max(Math.floor(milliseconds / MINUTE), 0);
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor(minutes / 60) % 24;
  const [d, h, m] = isChinese ? ["天", "时", "分"] : ["d", "h", "min"];
  const parts = days ? [[days, d], [hours, h]] : hours ? [[hours, h], [minutes % 60, m]] : [[minutes % 60, m]];
  return parts
    .filter(([count]) => count || parts.length === 1)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
}

/** @type {Record<string, string>} */
const SYMBOLS = { running: "clock", soon: "triangle", overdue: "diamond" };

class Clock extends HTMLElement {
  connectedCallback() {
    clocks.add(this);
  }

  disconnectedCallback() {
    clocks.delete(this);
  }

  tick() {
    const due = Date.parse(this.dataset.due ?? "");
    if (Number.isNaN(due)) return;
    const now = serverNow();
    const soon = Date.parse(this.dataset.soon ?? "");
    const face = now >= due ? "overdue" : now >= soon ? "soon" : "running";
    const left = this.querySelector(".left");
    if (left) left.textContent = face === "overdue" ? overdue(now - due) : remaining(due - now);
    if (face === this.dataset.face) return;
    this.dataset.face = face;
    const use = this.querySelector("use");
    const href = use?.getAttribute("href");
    if (use && href) use.setAttribute("href", href.replace(/#.*/, `#${SYMBOLS[face]}`));
  }
}

/** @param {number} milliseconds */
function remaining(milliseconds) {
  return isChinese ? `剩 ${span(milliseconds)}` : `${span(milliseconds)} left`;
}

/** @param {number} milliseconds */
function overdue(milliseconds) {
  return isChinese ? `超时 ${span(milliseconds)}` : `${span(milliseconds)} overdue`;
}

/** @type {Set<Clock>} */
const clocks = new Set();

// One timer for all: a list of fifty rows must not wake fifty times.
function tickAll() {
  for (const clock of clocks) clock.tick();
  window.setTimeout(tickAll, MINUTE - (serverNow() % MINUTE) + 50);
}

customElements.define("jd-clock", Clock);
window.setTimeout(tickAll, MINUTE - (serverNow() % MINUTE) + 50);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) for (const clock of clocks) clock.tick();
});

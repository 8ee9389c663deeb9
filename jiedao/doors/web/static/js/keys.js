/**
 * <jd-keys> (按键): the keys of a desk. Each presses something that is on the page, so each has a button.
 *
 * Letters come from event.code: an input method changes what is typed, not which key was pressed.
 */

import { isWriting } from "./page.js";

/** @type {Record<string, string>} */
const PLACES = {
  Slash: "[data-jd-search]",
  BracketLeft: "[data-jd-prev-view]",
  BracketRight: "[data-jd-next-view]",
  Period: "[data-jd-view-toggle]",
  ArrowLeft: "[data-jd-before]",
  ArrowRight: "[data-jd-after]",
  KeyF: "[data-jd-filter]",
  KeyN: "[data-jd-show]",
};

let goesTo = 0;

/** @returns {DOMStringMap} */
const options = () => document.documentElement.dataset;

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const active = document.activeElement;
  if (document.querySelector("dialog[open]")) return;
  if (event.code === "Escape") return leave(event, active);
  if (isWriting(active) || active?.closest(".maplibregl-canvas")) return;
  if (act(event, active)) event.preventDefault();
}

/**
 * What a key does; false when it does nothing here.
 * @param {KeyboardEvent} event
 * @param {Element | null} active
 * @returns {boolean}
 */
function act(event, active) {
  if (event.code === "ArrowDown") return move(1, active);
  if (event.code === "ArrowUp") return move(-1, active);
  if (event.code === "Enter") return inRow(active, "Enter") || (isPressable(active) && !isFollowed(active) ? false : press('[data-key="Enter"]'));
  if (event.code === "ArrowRight" && openFully(active)) return true;
  if (event.code === "Space") return select(active);
  if (options().keys === "off") return false;
  if (event.key === "?") return openSheet();
  if (event.code === "KeyG") {
    goesTo = Date.now();
    return true;
  }
  const letter = event.code.startsWith("Key") ? event.code.slice(3) : event.code.replace(/^(Digit|Numpad)/, "");
  if (Date.now() - goesTo < 1_500) {
    goesTo = 0;
    return go(`[data-go="${CSS.escape(letter)}"]`);
  }
  if (event.shiftKey) return false;
  if (event.code === "KeyJ") return move(1, active);
  if (event.code === "KeyK") return move(-1, active);
  if (/^[A-Z]$/.test(letter) && inRow(active, letter)) return true;
  if (event.code in PLACES && press(PLACES[event.code] ?? "")) return true;
  return /^[A-Z0-9]$/.test(letter) && press(`[data-key="${letter}"]`);
}

/**
 * @param {KeyboardEvent} event
 * @param {Element | null} active
 */
function leave(event, active) {
  const open = document.querySelector("details[data-jd-menu][open]");
  if (open instanceof HTMLDetailsElement) open.open = false;
  else if (isWriting(active) && active instanceof HTMLElement) active.blur();
  else if (!press("[data-jd-back]")) return;
  event.preventDefault();
}

/**
 * A key of the row one is on: its own next step, its own reminder. Enter there only from the row's link.
 * @param {Element | null} active
 * @param {string} key
 */
function inRow(active, key) {
  if (key === "Enter" && !active?.matches("a.open")) return false;
  const button = active?.closest("[data-jd-row]")?.querySelector(`[data-row-key="${key}"]`);
  if (!(button instanceof HTMLElement) || !button.checkVisibility()) return false;
  if (button.getAttribute("aria-disabled") === "true") button.focus();
  else button.click();
  return true;
}

/**
 * Is it the row whose detail is open beside the list? Then Enter is the detail's main action.
 * @param {Element | null} active
 */
function isFollowed(active) {
  const row = active?.matches("a.open") ? active.closest("[data-jd-follow] [data-jd-row]") : null;
  return row ? document.getElementById("detail")?.dataset.jdDetail === row.id.replace(/^row-/, "") : false;
}

/** @param {Element | null} active */
function openFully(active) {
  const row = active?.closest("[data-jd-row]");
  const link = row?.querySelector("a.open");
  if (!(link instanceof HTMLAnchorElement) || active instanceof HTMLInputElement) return false;
  window.location.assign(link.dataset.full ?? link.href);
  return true;
}

/** @param {Element | null} element */
function isPressable(element) {
  return element instanceof HTMLElement && element.matches("a[href], button, summary, input, select, label, [role=button]");
}

/**
 * Presses the first visible element of a selector: fields take the focus, folds open, the rest is clicked.
 * @param {string} selector
 */
function press(selector) {
  const found = [...document.querySelectorAll(selector)].find(
    (element) => element instanceof HTMLElement && element.checkVisibility(),
  );
  if (!(found instanceof HTMLElement)) return false;
  if (isWriting(found)) found.focus();
  else if (found.getAttribute("aria-disabled") === "true") found.focus();
  else found.click();
  return true;
}

/**
 * Follows a link of the bars, also one that lies in a closed fold.
 * @param {string} selector
 */
function go(selector) {
  const link = document.querySelector(selector);
  if (link instanceof HTMLElement) link.click();
  return link instanceof HTMLElement;
}

/**
 * @param {number} step
 * @param {Element | null} active
 */
function move(step, active) {
  const here = active?.closest("[data-jd-row]");
  const rows = [...document.querySelectorAll("[data-jd-row]")].filter((row) => row === here || isFree(row));
  if (!rows.length) return false;
  const now = rows.findIndex((row) => row.contains(active));
  const next = rows[now < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(now + step, 0), rows.length - 1)];
  const link = next?.querySelector("a.open, a, button") ?? next;
  if (link instanceof HTMLElement) link.focus();
  return true;
}

/**
 * A row that a colleague has open, or that was taken, is passed over.
 * @param {Element} row
 */
function isFree(row) {
  return row.checkVisibility() && !row.matches(".taken, [data-jd-looked]");
}

/** @param {Element | null} active */
function select(active) {
  const box = active?.closest("[data-jd-row]")?.querySelector('input[type="checkbox"]');
  if (!(box instanceof HTMLInputElement) || box === active) return false;
  box.click();
  return true;
}

/** @returns {boolean} */
function openSheet() {
  const sheet = document.getElementById("jd-keys");
  if (!(sheet instanceof HTMLDialogElement)) return false;
  const list = sheet.querySelector("[data-jd-page-keys]");
  const keyed = [...document.querySelectorAll("[data-key], [data-row-key], [data-go]")]
    .filter((element) => element instanceof HTMLElement)
    .filter((element, at, all) => !element.dataset.rowKey || all.findIndex((one) => one.dataset.rowKey === element.dataset.rowKey) === at);
  list?.replaceChildren(...keyed.flatMap(told));
  sheet.showModal();
  return true;
}

/** @param {HTMLElement} element */
function told(element) {
  const key = element.dataset.key ?? element.dataset.rowKey ?? `G ${element.dataset.go}`;
  const term = document.createElement("dt");
  const cap = document.createElement("kbd");
  cap.textContent = key;
  term.append(cap);
  const meaning = document.createElement("dd");
  const copy = /** @type {HTMLElement} */ (element.cloneNode(true));
  copy.querySelectorAll("kbd").forEach((mark) => mark.remove());
  meaning.textContent = (element.getAttribute("aria-label") ?? copy.textContent ?? "").trim();
  return [term, meaning];
}

class Keys extends HTMLElement {
  connectedCallback() {
    document.addEventListener("keydown", onKey);
    document.querySelector("[data-jd-keys-open]")?.addEventListener("click", openSheet);
    const toggle = this.querySelector("[data-jd-keys-toggle]");
    const name = () => toggle && (toggle.textContent = (options().keys === "off" ? this.dataset.on : this.dataset.off) ?? "");
    toggle?.addEventListener("click", () => {
      const off = options().keys !== "off";
      if (off) options().keys = "off";
      else delete options().keys;
      document.cookie = `keys=${off ? "off" : ""}; path=/; max-age=${off ? 31536000 : 0}; samesite=lax`;
      name();
    });
    name();
  }
}

customElements.define("jd-keys", Keys);

/**
 * Following (跟随): at a desk the detail follows the row one is on, and its sheet is sent when nothing is missing.
 *
 * The list works without this: a row is a link, the sheet a form. Rows never move by themselves; a sent one greys.
 */

import { say } from "./page.js";

const WAIT = 120;

let waiting = 0;
/** @type {string} */
let goOnFrom = "";

/** @param {Element | null} element */
const rowOf = (element) => element?.closest("[data-jd-follow] [data-jd-row]") ?? null;

document.addEventListener("focusin", (event) => {
  const link = event.target;
  const row = link instanceof HTMLElement && link.matches("a.open") ? rowOf(link) : null;
  if (!row || !(link instanceof HTMLElement) || isShown(row)) return;
  window.clearTimeout(waiting);
  waiting = window.setTimeout(() => document.activeElement === link && link.dispatchEvent(new CustomEvent("jd:follow")), WAIT);
});

/** Is the detail that of this row? @param {Element} row */
function isShown(row) {
  return document.getElementById("detail")?.dataset.jdDetail === row.id.replace(/^row-/, "");
}

document.body.addEventListener("htmx:afterSettle", (event) => {
  if (!(event instanceof CustomEvent) || event.detail.elt?.id !== "detail") return;
  markCurrent();
  label();
  if (goOnFrom) goOn();
  else if (event.detail.requestConfig?.triggeringEvent?.type === "click") bringIn();
});

/** The row whose detail is shown carries the mark; on a phone, where it stands below, a tap leads to it. */
function markCurrent() {
  const number = document.getElementById("detail")?.dataset.jdDetail ?? "";
  for (const row of document.querySelectorAll("[data-jd-follow] [data-jd-row]"))
    if (number && row.id === `row-${number}`) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
}

function bringIn() {
  const title = document.getElementById("detail-title");
  if (!title || title.getBoundingClientRect().top < window.innerHeight) return;
  title.focus();
  title.scrollIntoView({ block: "start" });
}

document.body.addEventListener("jd:next", (event) => {
  if (event instanceof CustomEvent) goOnFrom = String(event.detail?.value ?? event.detail ?? "");
});

/** After a row was sent: on to the next that nobody has. */
function goOn() {
  const rows = [...document.querySelectorAll("[data-jd-follow] [data-jd-row]")];
  const at = rows.findIndex((row) => row.id === `row-${goOnFrom}`);
  goOnFrom = "";
  const isFree = (/** @type {Element} */ row) => !row.matches(".taken, [data-jd-looked]");
  const next = rows.slice(at + 1).find(isFree) ?? rows.slice(0, Math.max(at, 0)).find(isFree);
  const link = next?.querySelector("a.open");
  if (link instanceof HTMLElement) link.focus();
}

// A pulse says which row is open here and which are known to be gone or looked at, so that only news comes back.
document.body.addEventListener("htmx:configRequest", (event) => {
  if (!(event instanceof CustomEvent) || event.detail.triggeringEvent?.type !== "jd:pulse") return;
  const numbers = (/** @type {string} */ which) =>
    [...document.querySelectorAll(`[data-jd-row]${which}`)].map((row) => row.id.replace(/^(row|order)-/, "")).join(",");
  event.detail.headers["JD-Poll"] = "1";
  event.detail.parameters.case = document.getElementById("detail")?.dataset.jdDetail ?? "";
  event.detail.parameters.taken = numbers(".taken");
  event.detail.parameters.looked = numbers("[data-jd-looked]");
});

// The sheet

/** @param {HTMLElement} need */
function isGiven(need) {
  const name = need.dataset.jdNeedName;
  const scope = name ? `[name="${name}"]` : "";
  return (
    need.querySelector(`input${scope}:checked`) !== null ||
    [...need.querySelectorAll(`input[type=hidden]${scope}`)].some((field) => field instanceof HTMLInputElement && field.value !== "")
  );
}

document.addEventListener(
  "submit",
  (event) => {
    const sheet = event.target;
    if (!(sheet instanceof HTMLFormElement) || !sheet.matches("[data-jd-sheet]")) return;
    if (event.submitter instanceof HTMLButtonElement && event.submitter.name === "find") return;
    const needs = [...sheet.querySelectorAll("[data-jd-need]")].filter((need) => need instanceof HTMLElement && !isGiven(need));
    const first = needs[0];
    if (!(first instanceof HTMLElement)) return;
    event.preventDefault();
    event.stopPropagation();
    const fold = first.querySelector("details");
    const field = () =>
      [...first.querySelectorAll("input:not([type=hidden])")].find((one) => one instanceof HTMLElement && one.checkVisibility());
    if (!field() && fold) fold.open = true;
    const target = field();
    if (target instanceof HTMLElement) target.focus();
    say((sheet.dataset.jdMissing ?? "").replace("{what}", needs.map((need) => need.getAttribute("data-jd-need")).join(" · ")));
  },
  true,
);

/** The main button names the units that Enter would send to. */
function label() {
  const button = document.querySelector("[data-jd-send]");
  const words = button?.querySelector("span");
  if (!(button instanceof HTMLElement) || !words) return;
  const names = [...document.querySelectorAll('#sheet input[name="lead"]:checked, #sheet input[name="helpers"]:checked')].map(
    (field) => (field instanceof HTMLElement && (field.dataset.name ?? field.closest("label")?.textContent?.trim())) || "",
  );
  if (names.length) words.textContent = (button.dataset.jdSend ?? "").replace("{units}", names.join(" + "));
}

document.addEventListener("change", (event) => {
  if (event.target instanceof Element && event.target.closest("[data-jd-sheet]")) label();
});
document.body.addEventListener("htmx:afterSettle", label);
label();

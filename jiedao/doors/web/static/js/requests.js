/**
 * Requests (请求): what a page says while an answer is under way, and when none comes.
 *
 * Old content and typed text stay; only a line beside them changes.
 */

import { say } from "./page.js";

const BAR_AFTER = 300;
const TEXT_AFTER = 3_000;

const words = () => document.getElementById("jd-said")?.dataset ?? {};

/** @param {Event} event */
function isPoll(event) {
  return event instanceof CustomEvent && event.detail.requestConfig?.triggeringEvent?.type === "jd:refresh";
}

document.body.addEventListener("htmx:beforeRequest", (event) => {
  const part = event.target;
  if (!(part instanceof HTMLElement) || isPoll(event)) return;
  part.parentElement?.querySelector(":scope > .failed")?.remove();
  window.setTimeout(() => part.classList.contains("htmx-request") && part.classList.add("htmx-slow"), BAR_AFTER);
  window.setTimeout(() => part.classList.contains("htmx-request") && say(words().waiting ?? ""), TEXT_AFTER);
});

document.body.addEventListener("htmx:afterRequest", (event) => {
  if (event.target instanceof Element) event.target.classList.remove("htmx-slow");
});

for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"])
  document.body.addEventListener(name, (event) => {
    if (!(event instanceof CustomEvent) || !(event.target instanceof HTMLElement)) return;
    if (event.detail.xhr?.status === 401) signInAgain();
    else if (!isPoll(event)) failed(event.target);
  });

/**
 * The line beside what was not loaded, with the way to try again.
 * @param {HTMLElement} part
 */
function failed(part) {
  const line = document.createElement("p");
  line.className = "note failed";
  line.setAttribute("role", "alert");
  line.textContent = words().failed ?? "";
  if (!(part instanceof HTMLFormElement)) {
    const retry = document.createElement("button");
    retry.type = "button";
    retry.textContent = words().retry ?? "";
    retry.addEventListener("click", () => {
      line.remove();
      part.click();
      part.dispatchEvent(new CustomEvent("jd:refresh"));
    });
    line.append(" ", retry);
  } else delete part.dataset.jdSent;
  part.after(line);
}

/** The session ended: a sheet over the page, its text stays below. */
function signInAgain() {
  const sheet = document.getElementById("jd-signed-out");
  if (!(sheet instanceof HTMLDialogElement) || sheet.open) return;
  sheet.showModal();
  sheet.addEventListener("close", () => renewTokens().catch(() => undefined), { once: true });
}

// Signing in changes the CSRF token: the forms of this page would be refused with the old one.
async function renewTokens() {
  const answer = await fetch(window.location.href);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const token = fresh.querySelector('input[name="csrfmiddlewaretoken"]');
  if (!(token instanceof HTMLInputElement)) return;
  for (const old of document.querySelectorAll('input[name="csrfmiddlewaretoken"]'))
    if (old instanceof HTMLInputElement) old.value = token.value;
}

// One press, one sending: the key makes a second one harmless, this keeps it from being made.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.method !== "post") return;
  if (form.dataset.jdSent && Date.now() - Number(form.dataset.jdSent) < 3_000) event.preventDefault();
  else form.dataset.jdSent = String(Date.now());
});

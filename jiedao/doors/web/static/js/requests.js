/**
 * Requests (请求): what a page says while an answer is under way, and when none comes.
 *
 * Old content and typed text stay; only a line beside them changes.
 */

import { say } from "./page.js";

const BAR_AFTER = 300;
const TEXT_AFTER = 3_000;
const ASK_AFTER = 60_000;

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

/** @returns {HTMLDialogElement | null} */
function signedOut() {
  const sheet = document.getElementById("jd-signed-out");
  return sheet instanceof HTMLDialogElement ? sheet : null;
}

/** The session ended: a sheet over the page, its text stays below. */
function signInAgain() {
  const sheet = signedOut();
  if (!sheet || sheet.open) return;
  sheet.showModal();
  sheet.addEventListener("close", () => renewTokens().catch(() => undefined), { once: true });
}

/** Whether the session still stands. Asking is no act; no answer at all says nothing about it. */
async function stands() {
  const href = signedOut()?.dataset.session;
  if (!href) return true;
  const answer = await fetch(href, { headers: { "HX-Request": "true", "JD-Poll": "1" } }).catch(() => null);
  if (answer?.ok) heardAt = Date.now();
  return answer?.status !== 401;
}

let heardAt = Date.now();
document.body.addEventListener("htmx:afterRequest", (event) => {
  if (event instanceof CustomEvent && event.detail.successful) heardAt = Date.now();
});

// A form that was filled for a while is not sent into a session that ended: the answer would be the sign-in page and
// the text gone. Heard before all others, for they take a sent form for a sent form.
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.method !== "post" || !signedOut() || Date.now() - heardAt < ASK_AFTER) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { submitter } = event;
    stands().then((is) => {
      heardAt = Date.now();
      if (is) form.requestSubmit(submitter);
      else signInAgain();
    });
  },
  true,
);

// The stream says when it ends; who comes back from the window of the sign-in finds the sheet gone.
document.addEventListener("jd:ended", () => stands().then((is) => is || signInAgain()));
window.addEventListener("focus", () => {
  if (signedOut()?.open) stands().then((is) => is && signedOut()?.close());
});

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

/**
 * Drafts (草稿): a text area with data-jd-draft keeps its text through a reload of this tab.
 *
 * It lies in sessionStorage, gone with the tab: nothing somebody typed stays on the machine.
 */

const PREFIX = "jd-draft:";

/** @param {HTMLTextAreaElement} area */
function restore(area) {
  const kept = sessionStorage.getItem(PREFIX + area.dataset.jdDraft);
  if (kept && !area.value) {
    area.value = kept;
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** @param {ParentNode} root */
function areas(root) {
  // A form that the server keeps needs nothing of this.
  const own = [...root.querySelectorAll("textarea[data-jd-draft]")].filter((area) => !area.closest("form[data-jd-keep]"));
  return own.filter((area) => area instanceof HTMLTextAreaElement);
}

/** @type {Map<string, number>} */
const waiting = new Map();

document.addEventListener("input", (event) => {
  const area = event.target;
  if (!(area instanceof HTMLTextAreaElement) || !area.dataset.jdDraft || area.form?.dataset.jdKeep) return;
  const name = PREFIX + area.dataset.jdDraft;
  window.clearTimeout(waiting.get(name));
  const keep = () => (area.value ? sessionStorage.setItem(name, area.value) : sessionStorage.removeItem(name));
  waiting.set(name, window.setTimeout(keep, 1000));
});

/** @param {ParentNode} form */
function forget(form) {
  for (const area of areas(form)) {
    const name = PREFIX + area.dataset.jdDraft;
    window.clearTimeout(waiting.get(name));
    sessionStorage.removeItem(name);
  }
}

// A page that follows a sent form has been answered by the server; what was refused comes back filled in.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form instanceof HTMLFormElement) window.addEventListener("pagehide", () => forget(form), { once: true });
});
window.addEventListener("pagehide", () => {
  for (const area of areas(document)) {
    if (area.value && !area.form?.dataset.jdSent) sessionStorage.setItem(PREFIX + area.dataset.jdDraft, area.value);
  }
});
document.body.addEventListener("htmx:afterRequest", (event) => {
  if (event instanceof CustomEvent && event.detail?.successful && event.target instanceof HTMLFormElement) forget(event.target);
});
document.body.addEventListener("htmx:load", (event) => {
  if (event.target instanceof Element) areas(event.target).forEach(restore);
});
areas(document).forEach(restore);

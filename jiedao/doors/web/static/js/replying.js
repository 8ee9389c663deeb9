/**
 * Replying (答复编辑): a form with data-jd-keep lies on the server as a draft, saved three seconds after the first letter;
 * a template fills the fields that are still empty.
 *
 * Only what was typed since the last save crosses a reload in this tab's own memory, and is taken out of it at once.
 */

import { say } from "./page.js";

const EVERY = 3_000;
const GAP = "____";
const BRIDGE = "jd-typed:";

/** @typedef {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} Field */

/** @param {Element | null | undefined} element @returns {element is Field} */
const isField = (element) =>
  element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement;

/** Where the cursor stands: the field and the letter. @param {HTMLFormElement} form */
function place(form) {
  const active = document.activeElement;
  if (!isField(active) || active.form !== form || !active.name) return "";
  const at = active instanceof HTMLTextAreaElement || (active instanceof HTMLInputElement && active.type === "text");
  return `${active.name}:${at ? active.selectionStart : ""}`;
}

/** @param {HTMLFormElement} form @param {string} where */
function goTo(form, where) {
  const [name, at] = where.split(":");
  const field = [...form.elements].find((one) => isField(one) && one.name === name) ?? null;
  if (!isField(field) || field.type === "hidden" || document.querySelector("[data-jd-focus]")) return;
  field.focus();
  if (at && "setSelectionRange" in field) field.setSelectionRange(Number(at), Number(at));
}

class Keeper {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.name = form.dataset.jdKeep ?? "";
    this.timer = 0;
    this.dirty = false;
    this.sent = false;
    form.addEventListener("input", () => this.typed());
    form.addEventListener("change", () => this.typed());
    form.addEventListener("submit", () => this.stop());
    window.addEventListener("pagehide", () => this.leave());
    this.restore();
  }

  typed() {
    this.dirty = true;
    if (!this.timer) this.timer = window.setTimeout(() => this.save(), EVERY);
  }

  stop() {
    this.sent = true;
    window.clearTimeout(this.timer);
  }

  body() {
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(this.form)) if (typeof value === "string") body.append(name, value);
    body.set("draft", this.name);
    body.set("place", place(this.form));
    return body;
  }

  async save() {
    this.timer = 0;
    if (this.sent || !this.form.isConnected) return;
    this.dirty = false;
    const out = this.form.querySelector("[data-jd-kept]");
    try {
      const answer = await fetch(this.form.dataset.jdKeepUrl ?? "", {
        method: "POST",
        body: this.body(),
        headers: { "HX-Request": "true" },
      });
      const told = answer.status === 200 || answer.status === 422 ? (await answer.json()).said : "";
      if (out) out.textContent = told || (answer.ok ? "" : (this.form.dataset.jdKeepFailed ?? ""));
      this.dirty ||= !answer.ok;
    } catch {
      this.dirty = true;
      if (out) out.textContent = this.form.dataset.jdKeepFailed ?? "";
      this.typed();
    }
  }

  leave() {
    if (!this.dirty || this.sent) return;
    const body = this.body();
    body.delete("csrfmiddlewaretoken");
    sessionStorage.setItem(BRIDGE + this.name, body.toString());
  }

  restore() {
    const typed = sessionStorage.getItem(BRIDGE + this.name);
    sessionStorage.removeItem(BRIDGE + this.name);
    const told = new URLSearchParams(typed ?? "");
    if (typed) for (const field of this.form.elements) if (isField(field)) put(field, told);
    const where = typed ? (told.get("place") ?? "") : (this.form.dataset.jdPlace ?? "");
    if (where) goTo(this.form, where);
    if (typed) this.form.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** @param {Field} field @param {URLSearchParams} told */
function put(field, told) {
  if (!field.name || ["hidden", "file", "submit", "button"].includes(field.type)) return;
  if (field instanceof HTMLInputElement && ["radio", "checkbox"].includes(field.type)) {
    field.checked = told.getAll(field.name).includes(field.value);
  } else field.value = told.get(field.name) ?? "";
}

/** @type {WeakMap<HTMLFormElement, Record<string, string>>} */
const filledBefore = new WeakMap();

/** What the page proposed; of a form that came back as a draft everything is somebody's own. @param {Field} field */
const isUntouched = (field) =>
  !(field instanceof HTMLSelectElement) && field.value === field.defaultValue && !("jdPlace" in (field.form?.dataset ?? {}));

/** What somebody wrote stays; what an earlier template wrote makes room. @param {HTMLSelectElement} choice */
function fill(choice) {
  const form = choice.form;
  const known = JSON.parse(document.getElementById("reply-templates")?.textContent ?? "[]");
  /** @type {{says: Record<string, string>, name: string} | undefined} */
  const chosen = known.find((/** @type {{code: string}} */ one) => one.code === choice.value);
  if (!form || !chosen) return;
  const before = filledBefore.get(form) ?? {};
  for (const [name, text] of Object.entries(chosen.says)) {
    for (const field of form.elements) {
      if (!isField(field) || field.name !== name) continue;
      if (field instanceof HTMLInputElement && field.type === "radio") {
        const none = ![...form.elements].some((one) => one instanceof HTMLInputElement && one.name === name && one.checked);
        if (field.value === text && (none || before[name])) field.checked = true;
      } else if (!field.value || field.value === before[name] || isUntouched(field)) field.value = text;
    }
  }
  filledBefore.set(form, chosen.says);
  form.dispatchEvent(new Event("input", { bubbles: true }));
  say(chosen.name);
}

/** @param {ParentNode} root */
function watch(root) {
  for (const form of root.querySelectorAll("form[data-jd-keep]:not([data-jd-watched])")) {
    if (!(form instanceof HTMLFormElement)) continue;
    form.dataset.jdWatched = "";
    new Keeper(form);
  }
}

// A gap that a template left is for a person to write: Enter goes there instead of sending it to the resident.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.dataset.jdKeep) return;
  const gap = [...form.elements].find(
    (one) => (one instanceof HTMLTextAreaElement || (one instanceof HTMLInputElement && one.type === "text")) && one.value.includes(GAP),
  );
  if (!(gap instanceof HTMLTextAreaElement || gap instanceof HTMLInputElement)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  gap.focus();
  gap.setSelectionRange(gap.value.indexOf(GAP), gap.value.indexOf(GAP) + GAP.length);
  const out = form.querySelector("[data-jd-kept]");
  if (out) out.textContent = form.dataset.jdGap ?? "";
  say(form.dataset.jdGap ?? "");
}, true);

document.addEventListener("change", (event) => {
  if (event.target instanceof HTMLSelectElement && event.target.hasAttribute("data-jd-template")) fill(event.target);
});
document.body.addEventListener("htmx:load", (event) => {
  if (event.target instanceof Element) watch(event.target.parentElement ?? event.target);
});
watch(document);

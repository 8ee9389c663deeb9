/**
 * <jd-outbox> (待发): reports that could not be sent wait on this phone, text and photos, until there is a network.
 *
 * Each has its own key, so that sending it twice, from two tabs or after a lost answer, is one report. What was received
 * is deleted here at once; number and code stand on the receipt.
 */

import { say } from "./page.js";

/** @typedef {{key: string, at: number, fields: [string, string][], files: File[], said?: string, draft?: boolean}} Waiting */

const NAME = "jiedao-outbox";
const STORE = "reports";
const AGAIN = 30_000;

/** @returns {Promise<IDBDatabase>} */
function open() {
  return new Promise((done, failed) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "key" });
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
}

/**
 * One request to the store.
 * @template T
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest<T>} act
 * @returns {Promise<T>}
 */
async function stored(mode, act) {
  const database = await open();
  try {
    return await new Promise((done, failed) => {
      const doing = database.transaction(STORE, mode);
      const asked = act(doing.objectStore(STORE));
      doing.oncomplete = () => done(asked.result);
      doing.onabort = () => failed(doing.error);
      doing.onerror = () => failed(doing.error);
    });
  } finally {
    database.close();
  }
}

/** @returns {Promise<Waiting[]>} */
const all = () => stored("readonly", (store) => store.getAll());
/** @param {Waiting} one */
const put = (one) => stored("readwrite", (store) => store.put(one));
/** @param {string} key */
const remove = (key) => stored("readwrite", (store) => store.delete(key));

/**
 * A form as it waits: every field but those of this page's session.
 * @param {FormData} form
 * @returns {Waiting}
 */
function packed(form) {
  /** @type {[string, string][]} */
  const fields = [];
  /** @type {File[]} */
  const files = [];
  for (const [name, value] of form.entries()) {
    if (value instanceof File) {
      if (value.size) files.push(value);
    } else if (!["csrfmiddlewaretoken", "key", "go", "step"].includes(name)) fields.push([name, value]);
  }
  return { key: String(form.get("key") || crypto.randomUUID()), at: Date.now(), fields, files };
}

class Outbox extends HTMLElement {
  connectedCallback() {
    /** @type {Map<string, {number: string, href: string}>} */
    this.received = new Map();
    this.busy = false;
    window.addEventListener("online", () => this.send());
    document.addEventListener("submit", (event) => this.take(event), { capture: true });
    window.setInterval(() => this.send(), AGAIN);
    this.refill()
      .then(() => this.send())
      .catch(() => undefined);
  }

  /**
   * A report sent without a network waits here instead. The page without a server always does.
   * @param {Event} event
   */
  take(event) {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.id !== "report") return;
    if (navigator.onLine && !("jdOffline" in form.dataset)) return;
    const button = event instanceof SubmitEvent && event.submitter instanceof HTMLButtonElement ? event.submitter.value : "";
    if (!["send", "check"].includes(button)) return;
    event.preventDefault();
    event.stopPropagation();
    if (!form.reportValidity()) return;
    this.keep(form).catch(() => say(this.dataset.full ?? ""));
  }

  /** @param {HTMLFormElement} form */
  async keep(form) {
    try {
      await put(packed(new FormData(form)));
    } catch {
      this.tell(this.dataset.full ?? "");
      return;
    }
    form.hidden = true;
    form.reset();
    await this.show();
    say(this.dataset.waits ?? "");
    await this.send();
  }

  /** A draft that the network cut off comes back into the form of the page without a server. */
  async refill() {
    const form = document.querySelector("form[data-jd-offline]");
    if (!(form instanceof HTMLFormElement)) return;
    for (const one of (await all()).filter((row) => row.draft)) {
      for (const [name, value] of one.fields) {
        const field = form.elements.namedItem(name);
        if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement || field instanceof HTMLSelectElement) field.value = value;
      }
      const photos = form.elements.namedItem("photos");
      if (photos instanceof HTMLInputElement && one.files.length) {
        const carried = new DataTransfer();
        one.files.forEach((file) => carried.items.add(file));
        photos.files = carried.files;
        photos.dispatchEvent(new Event("change", { bubbles: true }));
      }
      await remove(one.key);
    }
  }

  async send() {
    if (this.busy) return;
    this.busy = true;
    try {
      const waiting = (await all()).filter((row) => !row.draft);
      await this.show(waiting);
      if (!navigator.onLine || !waiting.some((row) => !row.said)) return;
      const token = await this.token();
      for (const one of waiting.filter((row) => !row.said)) await this.deliver(one, token);
    } catch {
      // No network after all: they go on waiting.
    } finally {
      this.busy = false;
      await this.show().catch(() => undefined);
    }
  }

  /** The token of a page of now: the one of the page that was saved may be of another day. */
  async token() {
    const answer = await fetch(this.dataset.report ?? "", { cache: "no-store" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const field = page.querySelector('input[name="csrfmiddlewaretoken"]');
    if (!(field instanceof HTMLInputElement)) throw new Error("no token");
    return field.value;
  }

  /**
   * @param {Waiting} one
   * @param {string} token
   */
  async deliver(one, token) {
    const form = new FormData();
    for (const [name, value] of one.fields) form.append(name, value);
    for (const file of one.files) form.append("photos", file, file.name);
    for (const [name, value] of Object.entries({ key: one.key, go: "send", csrfmiddlewaretoken: token })) form.set(name, value);
    const answer = await fetch(this.dataset.report ?? "", { method: "POST", body: form, headers: { Accept: "application/json" } });
    if (answer.status >= 500 || !answer.headers.get("Content-Type")?.startsWith("application/json")) throw new Error("later");
    const came = await answer.json();
    if (answer.ok) {
      await remove(one.key);
      this.received?.set(one.key, came);
      say(`${this.dataset.sent} ${came.number}`);
    } else await put({ ...one, said: String(came.said) });
  }

  /** @param {Waiting[]} [waiting] */
  async show(waiting) {
    const rows = waiting ?? (await all()).filter((row) => !row.draft);
    this.hidden = !rows.length && !this.received?.size;
    const title = document.createElement("h2");
    title.textContent = `${this.dataset.title} ${rows.length + (this.received?.size ?? 0)}`;
    const list = document.createElement("ul");
    list.className = "cards";
    for (const { number, href } of this.received?.values() ?? []) list.append(this.arrived(number, href));
    for (const row of rows) list.append(this.row(row));
    const panel = document.createElement("section");
    panel.className = "panel stack tight";
    panel.append(title, list);
    this.replaceChildren(panel);
  }

  /**
   * @param {string} number
   * @param {string} href
   */
  arrived(number, href) {
    const item = document.createElement("li");
    item.className = "card";
    const told = document.createElement("strong");
    told.textContent = `${this.dataset.sent} ${number}`;
    const link = document.createElement("a");
    link.className = "button main";
    link.href = href;
    link.textContent = this.dataset.open ?? "";
    const actions = document.createElement("span");
    actions.append(link);
    item.append(told, actions);
    return item;
  }

  /** @param {Waiting} one */
  row(one) {
    const item = document.createElement("li");
    item.className = "card";
    const words = document.createElement("span");
    words.className = "words";
    words.textContent = one.fields.find(([name]) => name === "words")?.[1].slice(0, 80) ?? "";
    const state = document.createElement("span");
    state.className = "quiet";
    state.textContent = one.said ? `${this.dataset.refused} ${one.said}` : (this.dataset.waits ?? "");
    item.append(words, state);
    const drop = document.createElement("button");
    drop.type = "button";
    drop.textContent = this.dataset.drop ?? "";
    drop.addEventListener("click", () => remove(one.key).then(() => this.show()).catch(() => undefined));
    const actions = document.createElement("span");
    actions.append(drop);
    item.append(actions);
    return item;
  }

  /** @param {string} text */
  tell(text) {
    this.hidden = false;
    const line = document.createElement("p");
    line.className = "note";
    line.textContent = text;
    this.prepend(line);
    say(text);
  }
}

customElements.define("jd-outbox", Outbox);

if ("serviceWorker" in navigator) navigator.serviceWorker.register("/report/sw.js").catch(() => undefined);

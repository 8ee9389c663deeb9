/**
 * <jd-photos> (照片): up to nine photos gathered over several choices, shown before they are sent.
 *
 * Nothing is shrunk or dropped without a word: what does not fit is said.
 */

import { say } from "./page.js";

class Photos extends HTMLElement {
  connectedCallback() {
    const input = this.querySelector('input[type="file"]');
    if (!(input instanceof HTMLInputElement) || this.list) return;
    this.input = input;
    this.list = document.createElement("ul");
    this.list.className = "photos";
    this.told = document.createElement("p");
    this.told.className = "meta";
    this.append(this.list, this.told);
    /** @type {File[]} */
    this.files = [];
    input.addEventListener("change", () => this.add([...(input.files ?? [])]));
  }

  get most() {
    return Number(this.dataset.max) || 9;
  }

  /** @param {File[]} chosen */
  add(chosen) {
    const known = new Set(this.files?.map(fingerprint));
    const all = [...(this.files ?? []), ...chosen.filter((file) => !known.has(fingerprint(file)))];
    this.show(all.slice(0, this.most));
    if (all.length > this.most) this.tell(this.dataset.tooMany ?? "");
  }

  /** @param {File[]} files */
  show(files) {
    this.files = files;
    const carried = new DataTransfer();
    files.forEach((file) => carried.items.add(file));
    if (this.input) this.input.files = carried.files;
    this.list?.querySelectorAll("img").forEach((image) => URL.revokeObjectURL(image.src));
    this.list?.replaceChildren(...files.map((file, index) => this.entry(file, index)));
    this.tell(files.length ? `${files.length} / ${this.most}` : "");
  }

  /**
   * @param {File} file
   * @param {number} index
   */
  entry(file, index) {
    const item = document.createElement("li");
    const image = document.createElement("img");
    image.alt = file.name;
    if (file.type.startsWith("image/")) image.src = URL.createObjectURL(file);
    const size = document.createElement("span");
    size.className = "meta";
    size.textContent = file.size < 1_048_576 ? `${Math.ceil(file.size / 1024)} kB` : `${(file.size / 1_048_576).toFixed(1)} MB`;
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "plain";
    remove.textContent = this.dataset.remove ?? "×";
    remove.setAttribute("aria-label", `${this.dataset.remove ?? "×"} ${file.name}`);
    remove.addEventListener("click", () => {
      this.show((this.files ?? []).filter((_, other) => other !== index));
      this.input?.focus();
    });
    item.append(image, size, remove);
    return item;
  }

  /** @param {string} text */
  tell(text) {
    if (this.told) this.told.textContent = text;
    if (text) say(text);
  }
}

/** @param {File} file */
function fingerprint(file) {
  return `${file.name}|${file.size}|${file.lastModified}`;
}

customElements.define("jd-photos", Photos);

/**
 * <jd-tour> (导览): stands its note at the head of what it speaks of. Without this script it stays at the top of the page.
 */

class Tour extends HTMLElement {
  #isPlaced = false;

  connectedCallback() {
    if (this.#isPlaced) return;
    this.#isPlaced = true;
    this.#place();
    // A live part that reloads takes the note along; it is put back.
    document.body.addEventListener("htmx:afterSettle", () => {
      if (!this.isConnected) this.#place();
    });
  }

  #place() {
    const target = document.querySelector(`main ${this.dataset.at ?? ""}`);
    if (!target || this.contains(target)) {
      if (!this.isConnected) document.querySelector("main")?.prepend(this);
      return;
    }
    if (target.matches("section, div.panel")) target.prepend(this);
    else if (target.matches("form")) target.before(this);
    else target.after(this);
    target.setAttribute("data-jd-toured", "");
  }
}

customElements.define("jd-tour", Tour);

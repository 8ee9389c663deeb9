/** Printing (打印): a button that prints the page; without scripts the browser's own command does. */

class Print extends HTMLElement {
  connectedCallback() {
    this.querySelector("button")?.addEventListener("click", () => window.print());
  }
}

customElements.define("jd-print", Print);

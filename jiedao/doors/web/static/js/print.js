/** Printing (打印): a button that prints the page; without scripts the browser's own command does. */

class Print extends HTMLElement {
  connectedCallback() {
    this.querySelector("button")?.addEventListener("click", () => window.print());
  }
}

// What is folded on the screen is read on paper; afterwards it folds again.
/** @type {HTMLDetailsElement[]} */
let opened = [];
window.addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("main details:not([open])")].filter((one) => one instanceof HTMLDetailsElement);
  for (const one of opened) one.open = true;
});
window.addEventListener("afterprint", () => {
  for (const one of opened) one.open = false;
});

customElements.define("jd-print", Print);

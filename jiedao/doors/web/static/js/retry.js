/**
 * <jd-retry> (重试): counts a 503's Retry-After down and opens the page again.
 */

class Retry extends HTMLElement {
  connectedCallback() {
    let seconds = Number(this.dataset.after) || 10;
    const told = document.createElement("p");
    told.className = "num";
    this.append(told);
    const tick = () => {
      told.textContent = (this.dataset.text ?? "").replace("{n}", String(seconds));
      if (seconds <= 0) window.location.reload();
      else window.setTimeout(tick, 1000);
      seconds -= 1;
    };
    tick();
  }
}

customElements.define("jd-retry", Retry);

/**
 * <jd-countdown> (倒计时): says how many seconds something stays open. What happens at the end is not its business.
 */

class Countdown extends HTMLElement {
  connectedCallback() {
    const ends = Date.now() + (Number(this.dataset.seconds) || 0) * 1000;
    const tick = () => {
      const left = Math.max(0, Math.ceil((ends - Date.now()) / 1000));
      this.textContent = (this.dataset.text ?? "").replace("{n}", String(left));
      if (left > 0 && this.isConnected) window.setTimeout(tick, 1000);
    };
    tick();
  }
}

customElements.define("jd-countdown", Countdown);

/**
 * Residents (居民端): printing, copying and pasting number and code, and a page read aloud by the device itself.
 *
 * Every page works without this file.
 */

import "./outbox.js";
import { isChinese, say } from "./page.js";

for (const button of document.querySelectorAll("[data-jd-print]")) {
  button.addEventListener("click", () => window.print());
}

for (const button of document.querySelectorAll("[data-jd-copy]")) {
  if (!(button instanceof HTMLElement) || !navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.jdCopy ?? "").catch(() => undefined);
    button.textContent = button.dataset.done ?? "";
    say(button.textContent);
  });
}

/* Number and code pasted as one text go into their two fields. */

const number = document.getElementById("id_number");
const code = document.getElementById("id_code");
for (const field of [number, code])
  field?.addEventListener("paste", (event) => {
    if (!(event instanceof ClipboardEvent) || !(number instanceof HTMLInputElement) || !(code instanceof HTMLInputElement)) return;
    const text = (event.clipboardData?.getData("text") ?? "").normalize("NFKC").toUpperCase();
    const first = text.match(/\d{2}-\d{4,}/);
    const second = text.replace(first?.[0] ?? "", " ").match(/[2-9A-HJ-NP-Z]{4}[- ]?[2-9A-HJ-NP-Z]{4}(?![0-9A-Z])/);
    if (!first || !second) return;
    event.preventDefault();
    number.value = first[0];
    code.value = second[0];
    code.focus();
  });

/* Read aloud, with the voice of the device; nothing is sent anywhere. */

for (const button of document.querySelectorAll("[data-jd-read]")) {
  if (!(button instanceof HTMLElement) || !("speechSynthesis" in window)) continue;
  const start = button.textContent ?? "";
  const over = () => (button.textContent = start);
  button.hidden = false;
  button.addEventListener("click", () => {
    if (button.textContent !== start) {
      window.speechSynthesis.cancel();
      over();
      return;
    }
    button.textContent = button.dataset.stop ?? "";
    const spoken = new SpeechSynthesisUtterance(words());
    spoken.lang = isChinese ? "zh-CN" : "en-GB";
    spoken.rate = 0.9;
    spoken.onend = over;
    spoken.onerror = over;
    window.speechSynthesis.cancel();
    window.speechSynthesis.speak(spoken);
  });
  window.addEventListener("pagehide", () => window.speechSynthesis.cancel());
}

/** What is to be read: the text of the page as it stands, without the button itself. */
function words() {
  const main = document.getElementById("main");
  const spoken = main?.innerText ?? "";
  const button = main?.querySelector("[data-jd-read]");
  return button instanceof HTMLElement ? spoken.replace(button.innerText, "") : spoken;
}

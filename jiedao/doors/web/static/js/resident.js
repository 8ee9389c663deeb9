/**
 * Residents (居民端): printing the receipt, and the place that goes with a chosen community.
 *
 * Both pages work without this file.
 */

import { say } from "./page.js";

for (const button of document.querySelectorAll("[data-jd-print]")) {
  button.addEventListener("click", () => window.print());
}

const community = document.querySelector('.report select[name="area"]');
if (community instanceof HTMLSelectElement) {
  community.addEventListener("change", () => {
    if (community.value) ask(community.value).catch(() => undefined);
  });
}

/** @param {string} code */
async function ask(code) {
  const map = document.querySelector("jd-map[data-locate-url]");
  if (!(map instanceof HTMLElement)) return;
  const answer = await fetch(`${map.dataset.locateUrl}?area=${encodeURIComponent(code)}`, { headers: { "HX-Request": "true" } });
  const place = map.querySelector("[data-jd-place]");
  if (!answer.ok || !place) return;
  place.textContent = (new DOMParser().parseFromString(await answer.text(), "text/html").body.textContent ?? "").trim();
  say(place.textContent);
}
